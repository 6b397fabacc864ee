"""The picture at the left, the findings at the right, similar creatives below."""

from __future__ import annotations

import reflex as rx

from adlens_web.browser import open_dialog
from adlens_web.components.browse import arrows, picture
from adlens_web.components.cards import creative_card
from adlens_web.components.dialog import question
from adlens_web.components.polling import poll
from adlens_web.components.react import link
from adlens_web.components.shell import page as shell
from adlens_web.components.states import loading
from adlens_web.pages.creative.file_card import file_card
from adlens_web.pages.creative.finding_cards import objects_card, palette_card, text_card
from adlens_web.pages.creative.parts import RUNNING
from adlens_web.pages.creative.state import CreativeState as State
from adlens_web.pages.creative.topic import topic_card
from adlens_web.routes import CREATIVES
from adlens_web.session import Session
from adlens_web.texts import number, one_of, section_of, t
from adlens_web.texts.language import Language

DELETE = "delete-creative"


def page() -> rx.Component:
    return shell(
        rx.cond(State.ready & (State.filename != ""), State.filename, t("creative.title")),
        poll(State.pause, State.refresh),
        rx.cond(
            State.ready,
            rx.el.div(
                arrows(previous=State.previous, next=State.following),
                _status(),
                rx.el.div(
                    rx.el.section(_picture(), class_name="creative-view", aria_label=t("creative.picture")),
                    rx.el.div(
                        rx.cond(
                            State.has_findings, rx.fragment(topic_card(), palette_card(), text_card(), objects_card())
                        ),
                        file_card(),
                        class_name="stack creative-found",
                    ),
                    class_name="creative-halves",
                ),
                _similar(),
                class_name=rx.cond(rx.State.is_hydrated, "stack creative", "stack creative stale"),
                on_unmount=State.leave,
            ),
            rx.cond(Session.problem == "", loading(2, "320px"), _gallery_link()),
        ),
        question(
            DELETE,
            t("creative.delete_title", name=State.filename),
            t("creative.delete_text"),
            t("creative.delete"),
            State.delete,
        ),
        here=CREATIVES,
        reload=State.load,
        head=_head(),
    )


def _gallery_link() -> rx.Component:
    return rx.el.div(link(t("creative.all"), to=State.gallery, class_name="btn"), class_name="row")


def _head() -> rx.Component:
    return rx.cond(
        State.ready,
        rx.el.div(
            rx.el.nav(
                link(
                    rx.icon("arrow_left", size=16, aria_hidden=True),
                    t("creative.all"),
                    to=State.gallery,
                    class_name="btn",
                ),
                _neighbour(State.previous, "chevron_left", t("creative.previous"), "ArrowLeft", "previous"),
                rx.cond(
                    State.position > 0,
                    rx.el.span(
                        t(
                            "creative.position",
                            position=number(State.position),
                            total=rx.cond(
                                State.more_than_total, number(State.total).to(str) + "+", number(State.total)
                            ),
                        ),
                        class_name="small muted",
                        id="position",
                    ),
                ),
                _neighbour(State.following, "chevron_right", t("creative.next"), "ArrowRight", "next"),
                class_name="row",
                aria_label=t("creative.neighbours"),
            ),
            rx.el.div(
                rx.cond(State.status != "ERROR", _reanalyse("btn")),
                rx.el.a(
                    rx.icon("external_link", size=16, aria_hidden=True),
                    t("creative.original"),
                    href=State.original,
                    target="_blank",
                    rel="noopener",
                    class_name="btn",
                    id="original",
                ),
                rx.el.button(
                    rx.icon("trash_2", size=16, aria_hidden=True),
                    on_click=open_dialog(DELETE),
                    aria_label=t("action.delete"),
                    title=t("action.delete"),
                    class_name="btn icon danger",
                    id="delete",
                ),
                class_name="row",
            ),
            class_name="row between creative-head",
        ),
    )


def _reanalyse(class_name: str) -> rx.Component:
    """For the head, or beside the reason of a failure."""
    return rx.el.button(
        rx.icon("rotate_cw", size=16, aria_hidden=True),
        t("action.reanalyse"),
        on_click=State.reanalyse,
        disabled=RUNNING,
        class_name=class_name,
        id="reanalyse",
    )


def _neighbour(to: rx.Var[str], icon: str, label: rx.Var[str], key: str, id_: str) -> rx.Component:
    sign = rx.icon(icon, size=18, aria_hidden=True)
    named = {"aria_label": label, "title": label, "class_name": "btn icon", "id": id_}
    return rx.cond(
        to != "",
        link(sign, to=to, replace=True, prevent_scroll_reset=True, custom_attrs={"aria-keyshortcuts": key}, **named),
        rx.el.button(sign, disabled=True, **named),
    )


def _status() -> rx.Component:
    return rx.el.div(
        rx.cond(
            RUNNING,
            rx.el.div(
                rx.icon("loader_circle", size=20, class_name="spin", aria_hidden=True),
                rx.el.p(
                    rx.cond(
                        (State.lines.length() > 0) | (State.dominant.length() > 0),
                        t("creative.again"),
                        rx.cond(State.status == "PENDING", t("creative.pending"), t("creative.processing")),
                    )
                ),
                class_name="banner busy",
            ),
        ),
        rx.cond(
            State.status == "ERROR",
            rx.el.div(
                rx.icon("circle_alert", size=20, aria_hidden=True),
                rx.el.p(one_of("problem", State.failure, State.reason)),
                _reanalyse("btn small"),
                class_name="banner bad",
                id="failure",
            ),
        ),
        role="status",
    )


def _picture() -> rx.Component:
    return rx.cond(
        State.src != "",
        picture(
            src=State.src,
            alt=State.filename,
            width=State.width,
            height=State.height,
            background=State.background,
            lines=State.lines,
            objects=State.objects,
            weak=State.weak,
            texts=section_of("picture"),
            language=Language.language,
        ),
        rx.el.div(
            rx.cond(
                RUNNING,
                rx.icon("hourglass", size=40, stroke_width=1.5, aria_hidden=True),
                rx.icon("image_off", size=40, stroke_width=1.5, aria_hidden=True),
            ),
            rx.el.p(rx.cond(RUNNING, t("creative.picture_later"), t("creative.no_picture"))),
            class_name="card empty",
        ),
    )


def _similar() -> rx.Component:
    return rx.cond(
        State.similar.length() > 0,
        rx.el.section(
            rx.el.h2(t("creative.similar")),
            rx.el.ul(rx.foreach(State.similar, creative_card), class_name="grid gallery", id="similar"),
            class_name="stack",
        ),
    )
