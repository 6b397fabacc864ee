"""The gallery of creatives."""

from adlens_web.pages.creatives.state import CreativesState
from adlens_web.pages.creatives.view import page

__all__ = ["CreativesState", "page"]
