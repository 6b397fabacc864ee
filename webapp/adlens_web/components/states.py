"""What a page shows when there is nothing yet, or not yet."""

from __future__ import annotations

import reflex as rx

from adlens_web.texts import t


def empty(icon: str, title: rx.Var[str], text: rx.Var[str], *actions: rx.Component) -> rx.Component:
    """Nothing here, and what to do about it."""
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


def further(state: type[rx.State]) -> rx.Component:
    """Below a list of which there is more: `state.further` leads to it, `state.more` adds it."""
    return rx.cond(
        state.further != "",
        rx.el.div(
            rx.el.button(t("action.more"), on_click=state.more, class_name="btn", id="more"),
            class_name="pager",
        ),
    )
