"""The list of what was deleted, with the buttons that bring it back."""

from __future__ import annotations

import reflex as rx

from adlens_web.components.dialog import question
from adlens_web.components.react import link
from adlens_web.components.shell import page as shell
from adlens_web.components.states import empty, loading, more_button
from adlens_web.pages.trash.state import DELETE, Item, Section
from adlens_web.pages.trash.state import TrashState as State
from adlens_web.routes import GROUPS
from adlens_web.session import Session
from adlens_web.texts import moment, number, t


def page() -> rx.Component:
    return shell(
        t("trash.title"),
        rx.el.p(t("trash.text"), class_name="lead"),
        rx.cond(
            State.ready,
            rx.cond(
                State.sections.length() > 0,
                rx.el.div(rx.foreach(State.sections, _section), more_button(State), class_name="stack"),
                rx.el.section(empty("trash_2", t("trash.none_title"), t("trash.none_text")), class_name="card"),
            ),
            rx.cond(Session.problem == "", loading(3, "96px")),
        ),
        _delete_dialog(),
        here=GROUPS,
        reload=State.load,
        head=link(rx.icon("arrow_left", size=16, aria_hidden=True), t("groups.title"), to=GROUPS, class_name="btn"),
    )


def _section(section: rx.Var[Section]) -> rx.Component:
    return rx.el.section(
        rx.el.div(
            rx.el.h2(section.title),
            rx.el.button(
                rx.icon("undo_2", size=16, aria_hidden=True),
                t("trash.restore_all", count=number(section.creatives.length())),
                on_click=State.restore_group(section.group_id),
                class_name="btn small restore-group",
            ),
            class_name="row between",
        ),
        rx.el.ul(rx.foreach(section.creatives, _item), class_name="stack"),
        class_name="card stack trashed",
        key=section.group_id,
    )


def _item(item: rx.Var[Item]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.span(item.filename, class_name="cut strong"),
            rx.el.span(t("trash.until", time=moment(item.until)), class_name="small muted"),
            class_name="stack-s",
        ),
        rx.el.div(
            rx.el.button(t("trash.restore"), on_click=State.restore(item.creative_id), class_name="btn small restore"),
            rx.el.button(
                rx.icon("trash_2", size=16, aria_hidden=True),
                on_click=State.ask_to_delete(item.creative_id),
                aria_label=t("trash.delete"),
                title=t("trash.delete"),
                class_name="btn small icon danger delete",
            ),
            class_name="row",
        ),
        class_name="row between trashed-creative",
        key=item.creative_id,
    )


def _delete_dialog() -> rx.Component:
    item = rx.cond(State.deleting, State.deleting, Item("", "", "")).to(Item)
    return question(
        DELETE, t("trash.delete_title", name=item.filename), t("trash.delete_text"), t("trash.delete"), State.delete
    )
