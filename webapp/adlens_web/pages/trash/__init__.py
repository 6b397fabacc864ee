"""What was deleted and can still be restored."""

from adlens_web.pages.trash.state import TrashState
from adlens_web.pages.trash.view import page

__all__ = ["TrashState", "page"]
