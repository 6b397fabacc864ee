"""One creative: the picture with all that was found in it, and what can be done with it."""

from adlens_web.pages.creative.page import page
from adlens_web.pages.creative.state import CreativeState

__all__ = ["CreativeState", "page"]
