"""The picture at the left, what was found at the right, those like it below."""

from __future__ import annotations

from typing import Any

import reflex as rx

from adlens_web.components.browse import arrows, picture
from adlens_web.components.cards import creative_card, piece, strip
from adlens_web.components.dialog import ask, question
from adlens_web.components.react import heartbeat, link
from adlens_web.components.shell import page as shell
from adlens_web.components.states import loading
from adlens_web.components.topics import guess
from adlens_web.pages.creative.findings import Color, Finding, Reason, Score, StageFact, Topic
from adlens_web.pages.creative.state import CreativeState
from adlens_web.routes import CREATIVES
from adlens_web.session import Session
from adlens_web.texts import both, moment, number, one_of, section_of, t

State = CreativeState
DELETE = "delete-creative"
RUNNING = (State.status == "PENDING") | (State.status == "PROCESSING")


def page() -> rx.Component:
    return shell(
        rx.cond(State.filename != "", State.filename, t("creative.title")),
        heartbeat(every=rx.cond(Session.problem == "", State.pause, 0), beat=Session.tries, on_tick=State.look),
        rx.cond(
            State.ready,
            rx.el.div(
                arrows(previous=State.previous, next=State.following),
                _state(),
                rx.el.div(
                    rx.el.section(_picture(), class_name="creative-view", aria_label=t("creative.picture")),
                    rx.el.div(
                        rx.cond(State.reached, rx.fragment(_topic(), _palette(), _text(), _objects())),
                        _facts(),
                        class_name="stack creative-found",
                    ),
                    class_name="creative-halves",
                ),
                _similar(),
                class_name=rx.cond(rx.State.is_hydrated, "stack creative", "stack creative stale"),
                on_unmount=State.leave,
            ),
            rx.cond(Session.problem == "", loading(2, "320px"), _elsewhere()),
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


def _elsewhere() -> rx.Component:
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
                            total=rx.cond(State.more, number(State.total).to(str) + "+", number(State.total)),
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
                    on_click=ask(DELETE),
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


def _reanalyse(look: str) -> rx.Component:
    """In the head, or beside the reason of a failure."""
    return rx.el.button(
        rx.icon("rotate_cw", size=16, aria_hidden=True),
        t("action.reanalyse"),
        on_click=State.reanalyse,
        disabled=RUNNING,
        class_name=look,
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


def _state() -> rx.Component:
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
            language=Session.language,
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


def _part(title: str, *content: rx.Component, stage: str = "", tool: rx.Component | None = None) -> rx.Component:
    """A card of findings; without a model for its stage it says just that."""
    inside = rx.fragment(*content)
    return rx.el.section(
        rx.el.div(rx.el.h2(t(title)), tool or rx.fragment(), class_name="row between"),
        rx.cond(State.missing.contains(stage), rx.el.p(t("creative.no_model"), class_name="muted"), inside)
        if stage
        else inside,
        class_name="card stack-s part",
        id=title.replace(".", "-"),
    )


def _percent(value: rx.Var[float], digits: int = 0) -> rx.Var[str]:
    return t("unit.percent", value=number(value, digits))


def _none(key: str) -> rx.Component:
    return rx.el.p(rx.cond(RUNNING, t("creative.not_yet"), t(key)), class_name="muted")


def _topic() -> rx.Component:
    return _part(
        "creative.topic",
        rx.cond(State.topic_en != "", _prediction(), _none("creative.no_topic")),
        rx.cond(State.status == "SUCCESS", _correction()),
        rx.cond(
            State.scores.length() > 0,
            rx.el.ul(rx.foreach(State.scores, _score), class_name="scores"),
        ),
        rx.cond(
            State.reasons.length() > 0,
            rx.fragment(
                rx.el.h3(t("creative.why")),
                rx.el.p(t("creative.why_text"), class_name="hint"),
                rx.el.ul(rx.foreach(State.reasons, _reason), class_name="reasons"),
            ),
        ),
        stage="classification",
    )


def _prediction() -> rx.Component:
    """The topic as a fact, a guess to confirm, or a person's choice to take back."""
    topic = both(State.topic_ru, State.topic_en)
    unsure, by_person = State.decision == "unsure", State.decision == "person"
    return rx.fragment(
        rx.el.p(
            rx.el.span(rx.cond(unsure, guess(topic), topic), id="topic-name"),
            rx.cond(
                by_person,
                rx.el.span(
                    rx.icon("user_check", size=14, aria_hidden=True),
                    t("decision.person"),
                    class_name="chip good",
                    id="corrected",
                ),
                rx.el.span(_percent(State.percent), class_name="muted"),
            ),
            class_name=rx.cond(unsure, "topic-name unsure", "topic-name"),
        ),
        rx.cond(
            by_person,
            _decision(t("creative.corrected_text"), "undo_2", t("creative.take_back"), State.take_back, "take-back"),
        ),
        rx.cond(
            unsure & (State.status == "SUCCESS"),
            _decision(
                t("creative.unsure_text"), "check", t("creative.confirm", topic=topic), State.confirm, "confirm-topic"
            ),
        ),
    )


def _decision(about: rx.Var[str], icon: str, label: rx.Var[str], act: Any, id_: str) -> rx.Component:
    """What the decision about the topic means, and how to change it."""
    return rx.el.div(
        rx.el.p(about, class_name="hint"),
        rx.el.button(rx.icon(icon, size=16, aria_hidden=True), label, on_click=act, class_name="btn small", id=id_),
        class_name="stack-s decision",
    )


def _correction() -> rx.Component:
    def option(topic: rx.Var[Topic]) -> rx.Component:
        return rx.cond(topic.topic != State.topic, rx.el.option(both(topic.ru, topic.en), value=topic.topic))

    return rx.el.details(
        rx.el.summary(t("creative.correct"), class_name="small"),
        rx.el.form(
            rx.el.label(t("creative.right_topic"), html_for="right-topic", class_name="visually-hidden"),
            rx.el.select(
                rx.el.option(t("creative.choose_topic"), value=""),
                rx.foreach(State.topics, option),
                id="right-topic",
                name="topic",
                class_name="input",
            ),
            rx.el.button(t("action.save"), type="submit", class_name="btn", id="correct-topic"),
            on_submit=State.correct,
            class_name="correction",
        ),
        key=State.topic,
    )


def _score(score: rx.Var[Score]) -> rx.Component:
    return rx.el.li(
        rx.el.span(both(score.ru, score.en), class_name="cut"),
        rx.el.span(rx.el.span(width=score.percent.to(str) + "%"), class_name="bar", aria_hidden=True),
        rx.el.span(_percent(score.percent, 1), class_name="number small"),
        key=score.topic,
    )


def _reason(reason: rx.Var[Reason]) -> rx.Component:
    what = rx.match(
        reason.kind,
        (
            "word",
            rx.fragment(rx.icon("type", size=15, aria_hidden=True), rx.el.span("«", reason.ru, "»", class_name="cut")),
        ),
        (
            "object",
            rx.fragment(
                rx.icon("box", size=15, aria_hidden=True), rx.el.span(both(reason.ru, reason.en), class_name="cut")
            ),
        ),
        (
            "looks",
            rx.fragment(
                rx.icon("image", size=15, aria_hidden=True),
                rx.el.span(t("creative.looks_like", what=both(reason.ru, reason.en)), class_name="reason-looks"),
            ),
        ),
        rx.fragment(rx.icon("image", size=15, aria_hidden=True), rx.el.span(t("creative.looks"), class_name="cut")),
    )
    return rx.el.li(
        rx.el.span(what, class_name="reason-what"),
        rx.el.span(
            rx.el.span(width=reason.share.to(str) + "%"),
            class_name=rx.cond(reason.weight > 0, "bar good", "bar bad"),
            aria_hidden=True,
        ),
        rx.el.span(rx.cond(reason.weight > 0, "+", ""), number(reason.weight, 1), class_name="number small"),
    )


def _palette() -> rx.Component:
    return _part(
        "creative.palette",
        rx.cond(
            State.dominant.length() > 0,
            rx.fragment(
                strip(State.strip),
                rx.el.h3(t("creative.dominant")),
                rx.el.ul(rx.foreach(State.dominant, _color), class_name="colors"),
                rx.cond(
                    State.secondary.length() > 0,
                    rx.fragment(
                        rx.el.h3(t("creative.secondary")),
                        rx.el.ul(rx.foreach(State.secondary, _color), class_name="colors"),
                    ),
                ),
            ),
            _none("creative.no_colors"),
        ),
        stage="color",
    )


def _color(color: rx.Var[Color]) -> rx.Component:
    return rx.el.li(
        rx.el.span(background=color.hex, class_name="swatch big", aria_hidden=True),
        rx.el.span(
            rx.el.span(
                rx.el.span(color.hex, class_name="mono"), _copy(color.hex, t("creative.copy_color", hex=color.hex))
            ),
            rx.el.span(both(color.ru, color.en), " ", _percent(color.percent, 1), class_name="muted"),
            class_name="color-facts",
        ),
    )


def _copy(value: rx.Var[str], label: rx.Var[str], **attrs: Any) -> rx.Component:
    return rx.el.button(
        rx.icon("copy", size=15, aria_hidden=True),
        on_click=[rx.set_clipboard(value), rx.toast.success(t("action.copied"))],
        aria_label=label,
        title=label,
        class_name="btn ghost small icon",
        **attrs,
    )


def _text() -> rx.Component:
    return _part(
        "creative.text",
        rx.cond(
            State.lines.length() > 0,
            _finding_list("text", State.lines),
            _none("creative.no_text"),
        ),
        stage="ocr",
        tool=rx.cond(
            State.lines.length() > 0,
            rx.el.div(
                _measures(),
                rx.el.button(
                    rx.icon("copy", size=15, aria_hidden=True),
                    t("creative.copy_text"),
                    on_click=[rx.set_clipboard(State.text), rx.toast.success(t("action.copied"))],
                    class_name="btn small",
                    id="copy-text",
                ),
                class_name="row",
            ),
        ),
    )


def _objects() -> rx.Component:
    return _part(
        "creative.objects",
        rx.cond(
            State.objects.length() > 0,
            _finding_list("object", State.objects),
            rx.cond(
                State.weak.length() > 0,
                rx.el.p(t("creative.no_sure_objects"), class_name="muted"),
                _none("creative.no_objects"),
            ),
        ),
        rx.cond(
            State.weak.length() > 0,
            rx.el.details(
                rx.el.summary(t("creative.weak", count=State.weak.length()), class_name="small"),
                rx.el.p(t("creative.weak_text"), class_name="hint"),
                _finding_list("weak", State.weak),
                id="weak-objects",
            ),
        ),
        stage="detection",
        tool=rx.cond((State.objects.length() > 0) & (State.lines.length() == 0), _measures()),
    )


def _finding_list(kind: str, found: rx.Var[list[Finding]]) -> rx.Component:
    return rx.el.ol(rx.foreach(found, lambda one, index: _row(kind, one, index)), class_name="finding-list")


def _measures() -> rx.Component:
    """Where things are, in percent of the picture or in its pixels."""
    return rx.el.div(
        *(
            rx.el.button(
                sign,
                on_click=State.measure(in_pixels),
                aria_pressed=State.in_pixels == in_pixels,
                aria_label=t(f"creative.{name}"),
                title=t(f"creative.{name}"),
                class_name="btn small",
            )
            for sign, in_pixels, name in (("%", False, "in_percent"), ("px", True, "in_pixels"))
        ),
        class_name="joined",
        role="group",
        aria_label=t("creative.measure"),
    )


def _row(kind: str, found: rx.Var[Finding], index: rx.Var[int]) -> rx.Component:
    def place(box: rx.Var[list[Any]], digits: int) -> dict[str, rx.Var[str]]:
        return {side: number(box[at], digits) for at, side in enumerate(("x1", "y1", "x2", "y2"))}

    return rx.el.li(
        rx.el.button(
            rx.el.span(
                rx.cond(found.hit, rx.fragment(rx.foreach(found.pieces, piece)), both(found.ru, found.en)),
                class_name="finding-text",
            ),
            rx.el.span(
                rx.cond(
                    State.in_pixels & (found.pixels.length() > 0),
                    t("creative.at_pixels", **place(found.pixels, 0)),
                    t("creative.at_percent", **place(found.percents, 1)),
                ),
                class_name="small muted",
            ),
            rx.el.span(_percent(found.percent), class_name="number small", title=t("creative.confidence")),
            type="button",
            class_name="finding",
            custom_attrs={"data-row": f"{kind}-" + index.to(str)},
        ),
    )


def _facts() -> rx.Component:
    size = rx.cond(
        State.bytes_ < 1024 * 1024,
        t("unit.kilobytes", value=number(State.bytes_ / 1024)),
        t("unit.megabytes", value=number(State.bytes_ / (1024 * 1024), 1)),
    )
    facts = (
        ("format", State.format_ != "", State.format_),
        ("dimensions", State.width > 0, t("creative.size", width=State.width, height=State.height)),
        ("background", State.background != "", _background()),
        ("file_size", State.bytes_ >= 0, size),
        ("uploaded", State.uploaded_at != "", moment(State.uploaded_at)),
        ("models", State.models != "", State.models),
    )
    return _part(
        "creative.facts",
        rx.el.dl(
            *(
                rx.cond(there, rx.el.div(rx.el.dt(t(f"creative.{name}")), rx.el.dd(value)))
                for name, there, value in facts
            ),
            rx.el.div(
                rx.el.dt(t("creative.group")),
                rx.el.dd(link(State.group, to=f"{CREATIVES}?group=" + State.group, class_name="cut")),
            ),
            class_name="facts",
        ),
        rx.el.h3(t("creative.stages")),
        rx.el.dl(
            rx.foreach(State.stages, _stage),
            rx.cond(
                State.seconds > 0,
                rx.el.div(
                    rx.el.dt(t("creative.all_stages")), rx.el.dd(t("unit.seconds", value=number(State.seconds, 2)))
                ),
            ),
            class_name="facts",
        ),
    )


def _background() -> rx.Component:
    return rx.fragment(
        rx.el.span(
            rx.el.span(background=State.background, class_name="swatch", aria_hidden=True),
            rx.el.span(State.background, class_name="mono"),
            class_name="row",
            id="background",
        ),
        rx.el.span(t("creative.background_text"), class_name="small muted background-reason"),
    )


def _stage(stage: rx.Var[StageFact]) -> rx.Component:
    return rx.el.div(
        rx.el.dt(one_of("stage", stage.stage)),
        rx.el.dd(
            rx.cond(
                stage.status == "SUCCESS",
                t("unit.seconds", value=number(stage.seconds, 2)),
                rx.fragment(
                    one_of("status", stage.status),
                    rx.cond(
                        (stage.reason != "") & (stage.status == "ERROR"),
                        rx.el.span(stage.reason, class_name="small muted stage-reason"),
                    ),
                ),
            ),
        ),
        custom_attrs={"data-stage": stage.stage, "data-status": stage.status},
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
