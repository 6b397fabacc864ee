"""Comparison of two groups or periods."""

from adlens_web.pages.compare.state import CompareState
from adlens_web.pages.compare.view import page

__all__ = ["CompareState", "page"]
