"""Questions before something is done that cannot be undone."""

from __future__ import annotations

from typing import Any

import reflex as rx

from adlens_web.browser import close_dialog
from adlens_web.texts import t


def question(
    id_: str, title: rx.Var[str] | str, text: rx.Var[str] | str, action: rx.Var[str] | str, on_confirm: Any
) -> rx.Component:
    """A dialog that `browser.open_dialog` opens; `on_confirm` handles its button `action`."""
    close = close_dialog(id_)  # a form of Reflex keeps its dialog open
    return rx.el.dialog(
        rx.el.div(
            rx.el.h2(title, id=f"{id_}-title"),
            rx.el.p(text, class_name="muted"),
            rx.el.div(
                rx.el.button(t("action.cancel"), on_click=close, class_name="btn", auto_focus=True),
                rx.el.button(action, on_click=[close, on_confirm], class_name="btn danger primary", id=f"{id_}-yes"),
                class_name="row dialog-actions",
            ),
            class_name="stack",
        ),
        id=id_,
        aria_labelledby=f"{id_}-title",
    )
