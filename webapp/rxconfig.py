"""How the web app is built and served. The only reader of the environment in this room."""

from __future__ import annotations

import os
import re

import reflex as rx
from reflex.plugins import SitemapPlugin

from adlens_web.production import SameOrigin

API_URL = os.environ.get("ADLENS_WEB_API_URL", "http://127.0.0.1:8000")
"""The AdLens API as this process reaches it; browsers never call it."""
API_KEY = os.environ.get("ADLENS_WEB_API_KEY", "")
"""The key of all who have not signed in: that of the local stack. Empty: people sign in."""
_PORT = os.environ.get("REFLEX_FRONTEND_PORT", "3000")  # where `reflex run` serves the pages
ORIGINS = re.split(
    r"[\s,]+", os.environ.get("ADLENS_WEB_ORIGINS", f"http://127.0.0.1:{_PORT},http://localhost:{_PORT}").strip(" ,")
)
"""Origins of the pages, separated by commas or spaces. Pages of other origins get no connection, and so no key."""
STORES = re.findall(r"[^\s,]+", os.environ.get("ADLENS_WEB_STORES", "http://127.0.0.1:4566"))
"""Where browsers send files to and load pictures from: the pages' security policy names these addresses only."""

config = rx.Config(
    app_name="adlens_web",
    cors_allowed_origins=ORIGINS,
    telemetry_enabled=False,
    show_built_with_reflex=False,
    state_manager_mode=rx.constants.StateManagerMode.MEMORY,
    plugins=[SameOrigin()],
    disable_plugins=[SitemapPlugin],
)
