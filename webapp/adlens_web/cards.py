"""Creatives as cards and palettes as strips, made from the API's answers."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from adlens_web import routes
from adlens_web.api import answers
from adlens_web.api.answers import Color
from adlens_web.texts import color_title


@dataclass
class Stripe:
    """`share` is the width in the strip and `percent` the share of the picture, both in percent; ru and en name the
    colour class."""

    hex: str
    share: float
    percent: int
    ru: str
    en: str


@dataclass
class Strip:
    """Colours side by side; ru and en list them in words."""

    stripes: list[Stripe]
    ru: str
    en: str


@dataclass
class Piece:
    """A part of a line; `hit` when it is a word of the search."""

    text: str
    hit: bool


@dataclass
class Line:
    """A line of text that a search has found."""

    pieces: list[Piece]


@dataclass
class Card:
    """`preview` is empty while no picture can be shown. `decision` is sure, unsure or person, `percent` the topic's
    confidence. A search has found `lines` and `more_lines` others."""

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


def strip_of(colors: Sequence[Color]) -> Strip:
    """The colours fill the whole strip."""
    total = sum(color["percent"] for color in colors) or 1
    stripes = [
        Stripe(
            hex=color["hex"],
            share=round(100 * color["percent"] / total, 2),
            percent=round(color["percent"]),
            ru=ru,
            en=en,
        )
        for color in colors
        for ru, en in [color_title(color["class_en"])]
    ]
    return Strip(
        stripes,
        ", ".join(f"{stripe.ru} {stripe.percent} %" for stripe in stripes),
        ", ".join(f"{stripe.en} {stripe.percent}%" for stripe in stripes),
    )


MOST_LINES = 2
_WORDS = re.compile(r"([^\W\d_²³]+|\d+)")


def fold(text: str) -> str:
    """A word in the spelling by which the API compares words."""
    return unicodedata.normalize("NFC", text).lower().replace("ё", "е")


def pieces_of(line: str, words: Collection[str]) -> list[Piece]:
    """A line in parts; parts that are one of `words` are hits."""
    parts = _WORDS.split(unicodedata.normalize("NFC", line))
    return [Piece(part, fold(part) in words) for part in parts if part]


def card_of(creative: answers.Card, query: Mapping[str, str], words: Collection[str] = ()) -> Card:
    """`words` are those of a search. `query` becomes part of the address of the creative's page."""
    failure, title = creative["failure"], creative["main_topic_title"]
    hits = creative.get("text_hits", [])
    # A file that was never decoded may be no picture.
    preview = creative["preview_url"] or creative["file_path"] if creative["image_width"] else ""
    return Card(
        creative_id=creative["creative_id"],
        address=routes.creative(creative["creative_id"], query),
        filename=creative["original_filename"],
        preview=preview,
        status=creative["overall_status"],
        failure=failure["code"] if failure else "",
        reason=failure["reason"] if failure else "",
        topic_ru=title["ru"] if title else "",
        topic_en=title["en"] if title else "",
        decision=creative["topic_decision"] or "",
        percent=round(100 * (creative["topic_confidence"] or 0)),
        strip=strip_of(creative["dominant_colors"]),
        similarity=round(100 * (creative.get("similarity") or 0)),
        lines=[Line(pieces_of(block["text"], words)) for block in hits[:MOST_LINES]],
        more_lines=max(0, len(hits) - MOST_LINES),
    )
