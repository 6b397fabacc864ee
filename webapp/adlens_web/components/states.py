"""Empty states, grey shapes while a page loads, and the button for more."""

from __future__ import annotations

from typing import Any

import reflex as rx

from adlens_web.texts import t


def empty(icon: str, title: rx.Var[str], text: rx.Var[str], *actions: rx.Component) -> rx.Component:
    """Says that there is nothing, and what to do."""
    return rx.el.div(
        rx.icon(icon, size=40, stroke_width=1.5), rx.el.h2(title), rx.el.p(text), *actions, class_name="empty"
    )


def loading(rows: int = 3, height: str = "64px") -> rx.Component:
    """Grey shapes where the content will be."""
    return rx.el.div(
        *(rx.el.div(class_name="skeleton", height=height) for _ in range(rows)),
        rx.el.span(t("state.loading"), class_name="visually-hidden"),
        class_name="stack",
        role="status",
    )


def more_button(state: Any) -> rx.Component:
    """Below a list whose state has a `next_cursor`: loads the next page of it by `load_more`."""
    return rx.cond(
        state.next_cursor != "",
        rx.el.div(
            rx.el.button(t("action.more"), on_click=state.load_more, class_name="btn", id="more"),
            class_name="pager",
        ),
    )
