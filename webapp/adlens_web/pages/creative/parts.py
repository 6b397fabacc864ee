"""Parts that several cards of the page share."""

from __future__ import annotations

import reflex as rx

from adlens_web.pages.creative.state import CreativeState as State
from adlens_web.texts import number, t

RUNNING = (State.status == "PENDING") | (State.status == "PROCESSING")


def finding_card(title: str, *content: rx.Component, stage: str = "", tool: rx.Component | None = None) -> rx.Component:
    """A card of findings. Without a model for its `stage` it says so."""
    inside = rx.fragment(*content)
    return rx.el.section(
        rx.el.div(rx.el.h2(t(title)), tool or rx.fragment(), class_name="row between"),
        rx.cond(State.missing.contains(stage), rx.el.p(t("creative.no_model"), class_name="muted"), inside)
        if stage
        else inside,
        class_name="card stack-s part",
        id=title.replace(".", "-"),
    )


def percent(value: rx.Var[float], digits: int = 0) -> rx.Var[str]:
    return t("unit.percent", value=number(value, digits))


def nothing_found(key: str) -> rx.Component:
    return rx.el.p(rx.cond(RUNNING, t("creative.not_yet"), t(key)), class_name="muted")
