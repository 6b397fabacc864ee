"""Groups and their actions."""

from adlens_web.pages.groups.state import GroupsState
from adlens_web.pages.groups.view import page

__all__ = ["GroupsState", "page"]
