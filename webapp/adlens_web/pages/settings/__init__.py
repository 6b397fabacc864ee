"""Settings of the workspace and of the browser."""

from adlens_web.pages.settings.state import SettingsState
from adlens_web.pages.settings.view import page

__all__ = ["SettingsState", "page"]
