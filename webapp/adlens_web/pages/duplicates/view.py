"""Families of near-duplicates, each with the creatives nearest to its representative."""

from __future__ import annotations

import reflex as rx

from adlens_web.components.cards import creative_card
from adlens_web.components.react import link
from adlens_web.components.shell import page as shell
from adlens_web.components.states import empty, loading, more_button
from adlens_web.pages.duplicates.state import DuplicatesState as State
from adlens_web.pages.duplicates.state import Family
from adlens_web.routes import GROUPS
from adlens_web.session import Session
from adlens_web.texts import number, t


def page() -> rx.Component:
    return shell(
        t("duplicates.title"),
        rx.el.p(t("duplicates.text", group=State.title), class_name="lead"),
        rx.cond(
            State.ready,
            rx.cond(
                State.families.length() > 0,
                rx.el.div(
                    rx.foreach(State.families, _family),
                    more_button(State),
                    class_name="stack",
                ),
                rx.el.section(
                    empty(
                        "copy_check",
                        t("duplicates.none_title"),
                        t("duplicates.none_text"),
                        link(t("groups.creatives"), to=State.gallery, class_name="btn"),
                    ),
                    class_name="card",
                ),
            ),
            rx.cond(Session.problem == "", loading(3, "260px")),
        ),
        here=GROUPS,
        reload=State.load,
        head=link(
            rx.icon("arrow_left", size=16, aria_hidden=True), t("groups.creatives"), to=State.gallery, class_name="btn"
        ),
    )


def _family(family: rx.Var[Family]) -> rx.Component:
    return rx.el.section(
        rx.el.h2(t("duplicates.family", count=number(family.size))),
        rx.el.ul(rx.foreach(family.cards, creative_card), class_name="grid gallery"),
        rx.cond(
            family.size > family.cards.length(),
            rx.el.p(t("duplicates.shown", count=number(family.cards.length())), class_name="small muted"),
        ),
        class_name="card stack family",
        key=family.name,
    )
