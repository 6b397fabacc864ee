"""The drop zone, and the progress of the group that was uploaded."""

from __future__ import annotations

import reflex as rx

from adlens_web.components.polling import poll
from adlens_web.components.react import link
from adlens_web.components.shell import page as shell
from adlens_web.components.states import loading
from adlens_web.components.uploads import uploader
from adlens_web.pages.upload.state import UploadState as State
from adlens_web.pages.upload.table import progress_table
from adlens_web.routes import ANALYTICS, CREATIVES, UPLOAD
from adlens_web.session import Session
from adlens_web.texts import section_of, t
from adlens_web.texts.language import Language


def page() -> rx.Component:
    return shell(
        t("upload.title"),
        rx.el.p(t("upload.text"), class_name="lead"),
        uploader(
            texts=section_of("uploader"),
            units=section_of("unit"),
            language=Language.language,
            group=State.group,
            group_title=State.title,
            compact=State.group != "",
            on_change=State.follow,
        ),
        rx.cond(
            State.group != "",
            rx.cond(State.ready, _group(), rx.cond(Session.problem == "", loading(5, "56px"))),
            _steps(),
        ),
        poll(State.pause, State.refresh),
        here=UPLOAD,
        reload=State.load,
    )


def _steps() -> rx.Component:
    """The three steps, for a first visit."""
    steps = (("images", "choose"), ("scan_search", "analyse"), ("chart_column", "compare"))
    return rx.el.ol(
        *(
            rx.el.li(
                rx.icon(icon, size=22, aria_hidden=True),
                rx.el.div(rx.el.h2(t(f"upload.{step}")), rx.el.p(t(f"upload.{step}_text"), class_name="muted")),
            )
            for icon, step in steps
        ),
        class_name="steps",
    )


def _group() -> rx.Component:
    return rx.el.section(
        _group_head(), _progress(), progress_table(), _pager(), class_name="card flush live", id="live"
    )


def _group_head() -> rx.Component:
    group = State.group
    return rx.el.div(
        rx.el.div(
            rx.el.h2(rx.cond(State.title != "", State.title, group), class_name="cut"),
            rx.el.p(
                rx.cond(
                    State.done,
                    _done_text(),
                    t("upload.running", finished=State.finished, count=State.count),
                ),
                class_name="muted",
            ),
            min_width="0",
        ),
        rx.el.div(
            rx.cond(
                State.done,
                rx.el.button(
                    rx.icon("plus", size=18, aria_hidden=True),
                    t("upload.more"),
                    on_click=State.start_over,
                    class_name="btn",
                    id="analyse-more",
                ),
            ),
            rx.cond(
                State.succeeded > 0,
                rx.fragment(
                    link(t("upload.creatives"), to=f"{CREATIVES}?group=" + group, class_name="btn"),
                    link(
                        t("upload.analytics"),
                        to=f"{ANALYTICS}?group=" + group,
                        class_name=rx.cond(State.done, "btn primary", "btn"),
                    ),
                ),
            ),
            class_name="row",
        ),
        class_name="row between live-head",
    )


def _done_text() -> rx.Var[str]:
    text: rx.Var[str] = rx.cond(
        State.failed > 0,
        t("upload.done_failed", succeeded=State.succeeded, count=State.count, failed=State.failed),
        t("upload.done", count=State.count),
    )
    return text


def _progress() -> rx.Component:
    share = rx.cond(State.count > 0, State.finished * 100 / State.count, 0)
    return rx.el.div(
        rx.el.div(
            rx.el.span(width=share.to(str) + "%"),
            role="progressbar",
            aria_label=t("upload.progress"),
            aria_valuenow=share.to(int),
            aria_valuemin=0,
            aria_valuemax=100,
            class_name=rx.cond(State.done, "bar good", "bar"),
        ),
        rx.cond(
            State.failed > 0,
            link(
                rx.icon("circle_alert", size=16, aria_hidden=True),
                t("upload.failed", count=State.failed),
                to=f"{CREATIVES}?status=ERROR&group=" + State.group,
                class_name="chip bad",
            ),
        ),
        rx.el.p(
            rx.cond(State.done, _done_text(), ""),
            role="status",
            class_name="visually-hidden",
        ),
        class_name="live-progress",
    )


def _pager() -> rx.Component:
    return rx.cond(
        (State.next_cursor != "") | (State.cursors.length() > 1),
        rx.el.nav(
            rx.el.button(
                rx.icon("chevron_left", size=18, aria_hidden=True),
                t("action.back"),
                disabled=State.cursors.length() == 1,
                on_click=State.turn_page(False),
                class_name="btn small",
            ),
            rx.el.span(
                t(
                    "upload.page",
                    first=State.first,
                    last=State.first + State.rows.length() - 1,
                    count=State.count,
                ),
                class_name="small muted",
            ),
            rx.el.button(
                t("action.next"),
                rx.icon("chevron_right", size=18, aria_hidden=True),
                disabled=State.next_cursor == "",
                on_click=State.turn_page(True),
                class_name="btn small",
            ),
            class_name="pager",
            aria_label=t("upload.pages"),
        ),
    )
