"""From the API's answer to what the page shows. Points are fractions of the upright picture, percents are 0 to 100."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adlens_web.components.cards import Piece, pieces_of
from adlens_web.texts import looks_title, object_title

STAGES = ("ocr", "detection", "classification", "color")
ENDED = ("SUCCESS", "ERROR")
MOST_REASONS = 10


@dataclass
class Finding:
    """A line of text or an object; ru and en are the same for a line. `points` are corners, or two of an upright box.
    `percents` and `pixels` are x1, y1, x2, y2; no pixels where the picture's size is unknown. `hit` when a search has
    found it, `pieces` are then the parts of the line."""

    ru: str
    en: str
    text: str
    percent: float
    points: list[list[float]]
    percents: list[float]
    pixels: list[int]
    hit: bool
    pieces: list[Piece]


@dataclass
class Topic:
    """One that a creative may be of."""

    topic: str
    ru: str
    en: str


@dataclass
class Score:
    topic: str
    ru: str
    en: str
    percent: float


@dataclass
class Reason:
    """What moved the topic: a word, an object or what the picture looks like. `share` is 0 to 100 of the strongest."""

    kind: str
    ru: str
    en: str
    weight: float
    share: float


@dataclass
class Color:
    hex: str
    percent: float
    ru: str
    en: str


@dataclass
class StageFact:
    """`seconds` is below 0 while there is none."""

    stage: str
    status: str
    seconds: float
    reason: str


def line_of(block: Mapping[str, Any], size: tuple[int, int] | None, words: Collection[str] = ()) -> Finding:
    """`words` are those that were searched for."""
    text = block["text"]
    return _finding(text, text, text, block, block["polygon"], size, words)


def object_of(found: Mapping[str, Any], size: tuple[int, int] | None) -> Finding:
    ru, en = object_title(found["class"])
    return _finding(ru, en, "", found, [], size)


def scores_of(creative: Mapping[str, Any], titles: Mapping[str, tuple[str, str]]) -> list[Score]:
    """The likeliest first; `titles` are the topics' in Russian and English."""
    scores: Mapping[str, float] = creative["topic_scores"]
    return [
        Score(topic, *titles.get(topic, (topic, topic)), 100 * score)
        for topic, score in sorted(scores.items(), key=lambda entry: -entry[1])
    ]


def reasons_of(creative: Mapping[str, Any]) -> list[Reason]:
    """What was measured, in the order of the API: strongest first."""
    told: Sequence[Mapping[str, Any]] = [entry for entry in creative["topic_explanation"] if entry["weight"]]
    strongest = max((abs(entry["weight"]) for entry in told), default=1)
    return [
        Reason(
            entry["kind"],
            *_reason_title(entry["kind"], entry["what"]),
            entry["weight"],
            100 * abs(entry["weight"]) / strongest,
        )
        for entry in told[:MOST_REASONS]
    ]


def colors_of(colors: Sequence[Mapping[str, Any]]) -> list[Color]:
    return [Color(color["hex"], color["percent"], color["class"], color["class_en"].capitalize()) for color in colors]


def stages_of(creative: Mapping[str, Any]) -> list[StageFact]:
    """What has not begun when all has ended was never reached."""
    stages, ended = creative["stages"], creative["overall_status"] in ENDED
    return [
        StageFact(
            stage,
            "NOT_REACHED" if ended and stages[stage]["status"] == "PENDING" else stages[stage]["status"],
            -1.0 if stages[stage]["seconds"] is None else stages[stage]["seconds"],
            stages[stage]["reason"] or "",
        )
        for stage in STAGES
    ]


def size_of(creative: Mapping[str, Any]) -> tuple[int, int] | None:
    width, height = creative["image_width"], creative["image_height"]
    return (width, height) if width and height else None


def _reason_title(kind: str, what: str) -> tuple[str, str]:
    match kind:
        case "object":
            return object_title(what)
        case "looks":
            return looks_title(what)
    return what, what


def _finding(
    ru: str,
    en: str,
    text: str,
    told: Mapping[str, Any],
    polygon: Sequence[Sequence[float]],
    size: tuple[int, int] | None,
    words: Collection[str] = (),
) -> Finding:
    pieces = pieces_of(text, words) if words else []
    x1, y1, x2, y2 = told["bbox"]
    width, height = size or (0, 0)
    return Finding(
        ru=ru,
        en=en,
        text=text,
        percent=100 * told["confidence"],
        points=[list(point) for point in polygon] or [[x1, y1], [x2, y2]],
        percents=[100 * x1, 100 * y1, 100 * x2, 100 * y2],
        pixels=[round(x1 * width), round(y1 * height), round(x2 * width), round(y2 * height)] if size else [],
        hit=any(piece.hit for piece in pieces),
        pieces=pieces,
    )
