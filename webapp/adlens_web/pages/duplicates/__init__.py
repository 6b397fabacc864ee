"""Near-duplicates of a group."""

from adlens_web.pages.duplicates.state import DuplicatesState
from adlens_web.pages.duplicates.view import page

__all__ = ["DuplicatesState", "page"]
