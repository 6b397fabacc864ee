"""A creative as a card, and its palette as a strip."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import reflex as rx

from adlens_web import routes
from adlens_web.components.react import link
from adlens_web.components.topics import topic_chip
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
class Piece:
    """A part of a line; `hit` when it is a word that was searched for."""

    text: str
    hit: bool


@dataclass
class Line:
    """A line of a creative that a search has hit."""

    pieces: list[Piece]


@dataclass
class Card:
    """`preview` is empty while there is no picture that can be shown. `decision` is sure, unsure or person, `percent`
    the topic's confidence. `lines` are what a search has hit, `more_lines` how many there are besides."""

    creative_id: str
    address: str
    filename: str
    preview: str
    status: str
    failure: str
    reason: str
    topic_ru: str
    topic_en: str
    decision: str
    percent: int
    strip: Strip
    similarity: int
    lines: list[Line]
    more_lines: int


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


MOST_LINES = 2
_WORDS = re.compile(r"([^\W\d_²³]+|\d+)")


def fold(text: str) -> str:
    """A word in the spelling that the API compares words in."""
    return unicodedata.normalize("NFC", text).lower().replace("ё", "е")


def pieces_of(line: str, words: Collection[str]) -> list[Piece]:
    """A line in parts, those being hits that are one of `words`."""
    parts = _WORDS.split(unicodedata.normalize("NFC", line))
    return [Piece(part, fold(part) in words) for part in parts if part]


def card_of(creative: Mapping[str, Any], query: Mapping[str, str], words: Collection[str] = ()) -> Card:
    """A creative of the gallery, of those alike, or of a search for `words`. `query` goes into its page's address."""
    failure, title = creative["failure"] or {}, creative["main_topic_title"] or {}
    hits = creative.get("text_hits", ())
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
        decision=creative["topic_decision"] or "",
        percent=round(100 * (creative["topic_confidence"] or 0)),
        strip=strip_of(creative["dominant_colors"]),
        similarity=round(100 * (creative.get("similarity") or 0)),
        lines=[Line(pieces_of(block["text"], words)) for block in hits[:MOST_LINES]],
        more_lines=max(0, len(hits) - MOST_LINES),
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
                    t("creative.alike", percent=t("unit.percent", value=card.similarity)), class_name="small muted"
                ),
            ),
        ),
    )
