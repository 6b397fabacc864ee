"""Effects of handlers in the browser: dialogs, downloads, reloads."""

from __future__ import annotations

import json
from typing import Any

import reflex as rx


def open_dialog(id_: str) -> Any:
    return rx.call_script(f"document.getElementById({json.dumps(id_)}).showModal()")


def close_dialog(id_: str) -> Any:
    return rx.call_script(f"document.getElementById({json.dumps(id_)}).close()")


def show_once(dialog: str, secret: str) -> Any:
    """Opens a dialog with a text in its element `DIALOG-secret`, which is gone when the dialog closes."""
    return rx.call_script(
        f"(() => {{ const dialog = document.getElementById({json.dumps(dialog)});"
        f"const place = document.getElementById({json.dumps(f'{dialog}-secret')});"
        f"place.textContent = {json.dumps(secret)};"
        "dialog.addEventListener('close', () => { place.textContent = '' }, {once: true});"
        "dialog.showModal() })()"
    )


def download(url: str) -> Any:
    """The answer must be an attachment: then the page stays."""
    return rx.call_script(f"window.location.assign({json.dumps(url)})")


def reload() -> Any:
    return rx.call_script("window.location.reload()")
