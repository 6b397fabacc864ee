"""A creative as a card, and its palette as a strip."""

from __future__ import annotations

import reflex as rx

from adlens_web.cards import Card, Piece, Strip
from adlens_web.components.react import link
from adlens_web.components.topics import topic_chip
from adlens_web.texts import both, one_of, t


def strip(colors: rx.Var[Strip]) -> rx.Component:
    return rx.cond(
        colors.stripes.length() > 0,
        rx.el.div(
            rx.foreach(
                colors.stripes,
                lambda stripe: rx.el.span(
                    background=stripe.hex,
                    width=stripe.share.to(str) + "%",
                    title=both(stripe.ru, stripe.en),
                ),
            ),
            class_name="strip",
            role="img",
            aria_label=both(colors.ru, colors.en),
        ),
        rx.el.div(class_name="strip none", aria_hidden=True),
    )


def creative_card(card: rx.Var[Card]) -> rx.Component:
    return rx.el.li(
        link(
            rx.el.span(
                rx.cond(
                    card.preview != "",
                    rx.el.img(src=card.preview, alt=card.filename, loading="lazy", decoding="async"),
                    rx.cond(
                        card.status == "ERROR",
                        rx.icon("image_off", size=32, stroke_width=1.5, aria_hidden=True),
                        rx.icon("image", size=32, stroke_width=1.5, aria_hidden=True),
                    ),
                ),
                _state(card),
                class_name="creative-picture",
            ),
            rx.el.span(card.filename, class_name="cut strong", title=card.filename),
            rx.cond(card.lines.length() > 0, _hits(card)),
            rx.el.span(_finding(card), class_name="creative-finding"),
            strip(card.strip),
            to=card.address,
            class_name="card tile creative-card",
        ),
        key=card.creative_id,
        custom_attrs={"data-creative": card.creative_id},
    )


def _hits(card: rx.Var[Card]) -> rx.Component:
    return rx.el.span(
        rx.foreach(card.lines, lambda line: rx.el.span(rx.foreach(line.pieces, piece), class_name="hit-line")),
        rx.cond(card.more_lines > 0, rx.el.span(t("creatives.more_lines", count=card.more_lines), class_name="muted")),
        class_name="hits small",
    )


def piece(part: rx.Var[Piece]) -> rx.Component:
    return rx.cond(part.hit, rx.el.mark(part.text), rx.fragment(part.text))


def _state(card: rx.Var[Card]) -> rx.Component:
    return rx.match(
        card.status,
        (
            "SUCCESS",
            rx.el.span(
                rx.icon("check", size=14, aria_hidden=True),
                rx.el.span(t("status.SUCCESS"), class_name="visually-hidden"),
                title=t("status.SUCCESS"),
                class_name="chip good state",
            ),
        ),
        ("ERROR", rx.el.span(t("status.ERROR"), class_name="chip bad state")),
        ("PROCESSING", rx.el.span(t("status.PROCESSING"), class_name="chip busy state")),
        rx.el.span(t("status.PENDING"), class_name="chip busy state"),
    )


def _finding(card: rx.Var[Card]) -> rx.Component:
    return rx.cond(
        card.status == "ERROR",
        rx.el.span(one_of("problem", card.failure, card.reason), class_name="small bad-ink cut"),
        rx.fragment(
            rx.cond(
                card.topic_en != "",
                topic_chip(card),
                rx.el.span(t("creatives.no_topic"), class_name="small muted"),
            ),
            rx.cond(
                card.similarity > 0,
                rx.el.span(
                    t("creative.similarity", percent=t("unit.percent", value=card.similarity)), class_name="small muted"
                ),
            ),
        ),
    )
