"""The card of the topic: the decision, how to change it, the scores and the reasons."""

from __future__ import annotations

from typing import Any

import reflex as rx

from adlens_web.components.topics import guess
from adlens_web.pages.creative.findings import Reason, Score, Topic
from adlens_web.pages.creative.parts import finding_card, nothing_found, percent
from adlens_web.pages.creative.state import CreativeState as State
from adlens_web.texts import both, t


def topic_card() -> rx.Component:
    return finding_card(
        "creative.topic",
        rx.cond(State.topic_en != "", _prediction(), nothing_found("creative.no_topic")),
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
    """The topic: a fact, a guess to confirm, or a person's choice to take back."""
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
                rx.el.span(percent(State.percent), class_name="muted"),
            ),
            class_name=rx.cond(unsure, "topic-name unsure", "topic-name"),
        ),
        rx.cond(
            by_person,
            _decision(t("creative.corrected_text"), "undo_2", t("creative.take_back"), State.reset_topic, "take-back"),
        ),
        rx.cond(
            unsure & (State.status == "SUCCESS"),
            _decision(
                t("creative.unsure_text"),
                "check",
                t("creative.confirm", topic=topic),
                State.confirm_topic,
                "confirm-topic",
            ),
        ),
    )


def _decision(about: rx.Var[str], icon: str, label: rx.Var[str], act: Any, id_: str) -> rx.Component:
    """The meaning of a decision about the topic, and the button that changes it."""
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
            on_submit=State.correct_topic,
            class_name="correction",
        ),
        key=State.topic,
    )


def _score(score: rx.Var[Score]) -> rx.Component:
    return rx.el.li(
        rx.el.span(both(score.ru, score.en), class_name="cut"),
        rx.el.span(rx.el.span(width=score.percent.to(str) + "%"), class_name="bar", aria_hidden=True),
        rx.el.span(percent(score.percent, 1), class_name="number small"),
        key=score.topic,
    )


def _reason(reason: rx.Var[Reason]) -> rx.Component:
    title = rx.match(
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
        rx.el.span(title, class_name="reason-what"),
        rx.el.span(
            rx.el.span(width=(reason.share / 2).to(str) + "%"),
            class_name=rx.cond(reason.weight > 0, "bar for", "bar against"),
            role="img",
            aria_label=rx.cond(reason.weight > 0, t("creative.speaks_for"), t("creative.speaks_against")),
        ),
    )
