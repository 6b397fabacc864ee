"""The list of groups: status, topics and colours of each, and its actions."""

from __future__ import annotations

import reflex as rx

from adlens_web.cards import Strip
from adlens_web.components.browse import rename
from adlens_web.components.cards import strip
from adlens_web.components.dialog import question
from adlens_web.components.exports import exports_dialog
from adlens_web.components.jobs import jobs_panel
from adlens_web.components.polling import poll
from adlens_web.components.react import link
from adlens_web.components.shell import page as shell
from adlens_web.components.states import empty, loading, more_button
from adlens_web.exporting import Exporting
from adlens_web.pages.groups.state import DELETE
from adlens_web.pages.groups.state import GroupsState as State
from adlens_web.pages.groups.summaries import Group, TopicCount
from adlens_web.routes import ANALYTICS, CREATIVES, DUPLICATES, GROUPS, TRASH, UPLOAD
from adlens_web.session import Session
from adlens_web.texts import both, moment, number, t


def page() -> rx.Component:
    return shell(
        t("groups.title"),
        poll(State.pause, State.refresh),
        jobs_panel(),
        rx.cond(
            State.ready,
            rx.cond(
                State.groups.length() > 0,
                rx.el.div(
                    rx.el.ul(rx.foreach(State.groups, _group), class_name="stack groups"),
                    more_button(State),
                    class_name="stack",
                ),
                rx.el.section(rx.cond(State.search != "", _nothing_found(), _no_groups()), class_name="card"),
            ),
            rx.cond(Session.problem == "", loading(4, "120px")),
        ),
        _delete_dialog(),
        exports_dialog(),
        here=GROUPS,
        reload=State.load,
        head=rx.el.div(
            _search(),
            link(
                rx.icon("trash_2", size=18, aria_hidden=True),
                to=TRASH,
                aria_label=t("trash.title"),
                title=t("trash.title"),
                class_name="btn icon",
                id="trash",
            ),
            class_name="row",
            flex_wrap="nowrap",
        ),
    )


def _search() -> rx.Component:
    return rx.el.div(
        rx.el.label(t("groups.search"), html_for="search", class_name="visually-hidden"),
        rx.icon("search", size=18, aria_hidden=True),
        rx.debounce_input(
            rx.el.input(
                id="search",
                type="search",
                value=State.search,
                placeholder=t("groups.search"),
                on_change=State.find,
                class_name="input",
                auto_complete="off",
            ),
            debounce_timeout=300,
        ),
        class_name="search-field",
        role="search",
    )


def _nothing_found() -> rx.Component:
    return empty(
        "search_x",
        t("groups.none_title"),
        t("groups.none_text", search=State.search),
        link(t("groups.all"), to=GROUPS, class_name="btn"),
    )


def _no_groups() -> rx.Component:
    return empty(
        "layers",
        t("groups.empty_title"),
        t("groups.empty_text"),
        link(t("groups.upload"), to=UPLOAD, class_name="btn primary"),
    )


def _group(group: rx.Var[Group]) -> rx.Component:
    return rx.el.li(
        rx.el.article(
            rx.el.div(
                rename(
                    rx.el.h2(
                        link(group.title, to=f"{CREATIVES}?group=" + group.group_id, class_name="plain"),
                        class_name="cut",
                        title=group.group_id,
                    ),
                    name=group.name,
                    texts={
                        "rename": t("groups.rename"),
                        "name": t("groups.name"),
                        "none": group.group_id,
                        "save": t("action.save"),
                        "cancel": t("action.cancel"),
                    },
                    on_save=lambda name: State.rename(group.group_id, name),
                ),
                rx.el.p(
                    t("groups.count", count=number(group.count)),
                    " · ",
                    rx.el.time(moment(group.created_at), date_time=group.created_at),
                    class_name="small muted",
                ),
                rx.el.div(_statuses(group), class_name="row"),
                class_name="stack-s group-what",
            ),
            rx.el.div(
                rx.el.div(
                    rx.foreach(group.topics, _topic),
                    class_name="row",
                ),
                strip(group.strip),
                class_name="stack-s group-in",
            ),
            rx.el.div(_actions(group), class_name="group-actions"),
            class_name="card group",
        ),
        key=group.group_id,
        custom_attrs={"data-group": group.group_id},
    )


def _statuses(group: rx.Var[Group]) -> rx.Component:
    to = f"{CREATIVES}?group=" + group.group_id + "&status="
    return rx.fragment(
        rx.cond(
            group.pending > 0,
            link(
                rx.icon("loader_circle", size=14, class_name="spin", aria_hidden=True),
                t("groups.waiting", count=number(group.pending)),
                to=f"{UPLOAD}?group=" + group.group_id,
                class_name="chip busy",
            ),
        ),
        rx.cond(
            group.done > 0,
            link(
                rx.icon("check", size=14, aria_hidden=True),
                t("groups.done", count=number(group.done)),
                to=to + "SUCCESS",
                class_name="chip good",
            ),
        ),
        rx.cond(
            group.failed > 0,
            link(
                rx.icon("circle_alert", size=14, aria_hidden=True),
                t("groups.failed", count=number(group.failed)),
                to=to + "ERROR",
                class_name="chip bad",
            ),
        ),
    )


def _topic(topic: rx.Var[TopicCount]) -> rx.Component:
    return link(
        both(topic.ru, topic.en),
        rx.el.span(number(topic.count), class_name="share"),
        to=topic.address,
        class_name="chip",
    )


def _actions(group: rx.Var[Group]) -> rx.Component:
    pages = (
        (CREATIVES, "images", "creatives"),
        (ANALYTICS, "chart_column", "analytics"),
        (UPLOAD, "activity", "status"),
    )
    return rx.fragment(
        *(
            link(
                rx.icon(icon, size=16, aria_hidden=True),
                t(f"groups.{name}"),
                to=f"{route}?group=" + group.group_id,
                class_name="btn small",
            )
            for route, icon, name in pages
        ),
        link(
            rx.icon("copy", size=16, aria_hidden=True),
            to=f"{DUPLICATES}?group=" + group.group_id,
            aria_label=t("duplicates.title"),
            title=t("duplicates.title"),
            class_name="btn small icon",
        ),
        rx.el.button(
            rx.icon("download", size=16, aria_hidden=True),
            on_click=Exporting.open({"group": group.group_id}),
            aria_label=t("exports.export"),
            title=t("exports.export"),
            class_name="btn small icon export",
        ),
        rx.el.button(
            rx.icon("rotate_cw", size=16, aria_hidden=True),
            on_click=State.reanalyse(group.group_id),
            aria_label=t("action.reanalyse"),
            title=t("action.reanalyse"),
            class_name="btn small icon reanalyse",
        ),
        rx.el.button(
            rx.icon("trash_2", size=16, aria_hidden=True),
            on_click=State.ask_to_delete(group.group_id),
            aria_label=t("action.delete"),
            title=t("action.delete"),
            class_name="btn small icon danger delete",
        ),
    )


def _delete_dialog() -> rx.Component:
    group = rx.cond(State.deleting, State.deleting, Group("", "", "", "", 0, 0, 0, 0, [], Strip([], "", ""))).to(Group)
    return question(
        DELETE,
        t("groups.delete_title", title=group.title),
        t("groups.delete_text", count=number(group.count)),
        t("groups.delete"),
        State.delete,
    )
