"""Comparison: what sets two groups, two periods, or some creatives and all others apart."""

from adlens_web.pages.compare.page import page
from adlens_web.pages.compare.state import CompareState

__all__ = ["CompareState", "page"]
