"""The API keys of the workspace, and its audit log."""

from adlens_web.pages.keys.state import KeysState
from adlens_web.pages.keys.view import page

__all__ = ["KeysState", "page"]
