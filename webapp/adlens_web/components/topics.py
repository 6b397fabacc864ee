"""A creative's topic in words: as a fact, as a guess, or as a person's choice."""

from __future__ import annotations

from typing import Any

import reflex as rx

from adlens_web.texts import both, t


def guess(topic: rx.Var[str]) -> rx.Var[str]:
    """A topic of which the model is not sure."""
    return t("topic.unsure", topic=topic)


def topic_chip(found: Any) -> rx.Component:
    """`found` is a Var with `topic_ru`, `topic_en`, `decision` and `percent`, the confidence."""
    topic = both(found.topic_ru, found.topic_en)
    share = rx.el.span(t("unit.percent", value=found.percent), class_name="share", title=t("topic.confidence"))
    return rx.match(
        found.decision,
        (
            "unsure",
            rx.el.span(
                rx.el.span(guess(topic), class_name="visually-hidden"),
                rx.el.span(t("topic.guess", topic=topic), aria_hidden=True),
                share,
                class_name="chip unsure",
                title=guess(topic),
            ),
        ),
        (
            "person",
            rx.el.span(
                topic,
                rx.icon("user_check", size=14, aria_hidden=True),
                rx.el.span(t("decision.person"), class_name="visually-hidden"),
                class_name="chip accent",
                title=t("decision.person"),
            ),
        ),
        rx.el.span(topic, share, class_name="chip accent"),
    )
