"""A creative as a card, and its palette as a strip."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import reflex as rx

from adlens_web import routes
from adlens_web.components.react import link
from adlens_web.texts import both, one_of, t


@dataclass
class Stripe:
    """`share` is the width in a strip in percent, `percent` what people are told; ru and en name the colour class."""

    hex: str
    share: float
    percent: int
    ru: str
    en: str


@dataclass
class Strip:
    """Colours side by side; ru and en say them in words."""

    stripes: list[Stripe]
    ru: str
    en: str


@dataclass
class Card:
    """`preview` is empty while there is no picture that can be shown; `percent` is the topic's confidence."""

    creative_id: str
    address: str
    filename: str
    preview: str
    status: str
    failure: str
    reason: str
    topic_ru: str
    topic_en: str
    percent: int
    strip: Strip
    similarity: int


def strip_of(colors: Iterable[Mapping[str, Any]]) -> Strip:
    """Colours of the API, with `class`, `class_en`, `hex` and `percent`, as a strip that is filled by them."""
    known = list(colors)
    whole = sum(color["percent"] for color in known) or 1
    stripes = [
        Stripe(
            hex=color["hex"],
            share=round(100 * color["percent"] / whole, 2),
            percent=round(color["percent"]),
            ru=color["class"],
            en=color["class_en"].capitalize(),
        )
        for color in known
    ]
    return Strip(
        stripes,
        ", ".join(f"{stripe.ru} {stripe.percent} %" for stripe in stripes),
        ", ".join(f"{stripe.en} {stripe.percent}%" for stripe in stripes),
    )


def card_of(creative: Mapping[str, Any], query: Mapping[str, str]) -> Card:
    """A creative of the gallery or of those alike; `query` goes into the address of its page."""
    failure, title = creative["failure"] or {}, creative["main_topic_title"] or {}
    # What was never decoded may be anything.
    shown = creative["preview_url"] or creative["file_path"] if creative["image_width"] else ""
    return Card(
        creative_id=creative["creative_id"],
        address=routes.creative(creative["creative_id"], query),
        filename=creative["original_filename"],
        preview=shown,
        status=creative["overall_status"],
        failure=failure.get("code", ""),
        reason=failure.get("reason", ""),
        topic_ru=title.get("ru", ""),
        topic_en=title.get("en", ""),
        percent=round(100 * (creative["topic_confidence"] or 0)),
        strip=strip_of(creative["dominant_colors"]),
        similarity=round(100 * creative.get("similarity", 0)),
    )


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
            rx.el.span(_finding(card), class_name="creative-finding"),
            strip(card.strip),
            to=card.address,
            class_name="card tile creative-card",
        ),
        key=card.creative_id,
        custom_attrs={"data-creative": card.creative_id},
    )


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
                rx.el.span(
                    both(card.topic_ru, card.topic_en),
                    rx.el.span(t("unit.percent", value=card.percent), class_name="share"),
                    class_name="chip accent",
                ),
                rx.el.span(t("creatives.no_topic"), class_name="small muted"),
            ),
            rx.cond(
                card.similarity > 0,
                rx.el.span(
                    t("creative.alike", percent=t("unit.percent", value=card.similarity)), class_name="small muted"
                ),
            ),
        ),
    )
