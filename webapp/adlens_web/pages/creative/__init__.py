"""One creative: the picture with its findings."""

from adlens_web.pages.creative.state import CreativeState
from adlens_web.pages.creative.view import page

__all__ = ["CreativeState", "page"]
