"""Effects of handlers in the browser: dialogs, downloads, reloads."""

from __future__ import annotations

import json
from typing import Any

import reflex as rx


def open_dialog(id_: str) -> Any:
    return rx.call_script(f"document.getElementById({json.dumps(id_)}).showModal()")


def close_dialog(id_: str) -> Any:
    return rx.call_script(f"document.getElementById({json.dumps(id_)}).close()")


def download(url: str) -> Any:
    """The answer must be an attachment: then the page stays."""
    return rx.call_script(f"window.location.assign({json.dumps(url)})")


def reload() -> Any:
    return rx.call_script("window.location.reload()")
