"""The findings of a creative, made from the API's answer. Points are fractions of the upright picture, percents are 0
to 100."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from adlens_web.api import answers
from adlens_web.api.answers import STAGES
from adlens_web.cards import Piece, pieces_of
from adlens_web.texts import color_title, looks_title, object_title

ENDED = ("SUCCESS", "ERROR")
MOST_REASONS = 10


@dataclass
class Finding:
    """A line of text or an object; a line has the same ru and en. `points` are all corners, or two of an upright box.
    `percents` and `pixels` are x1, y1, x2, y2; `pixels` is empty while the size of the picture is unknown. If a search
    has found the line, it is a `hit` and has `pieces`."""

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
    """A topic that people can choose."""

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
    """What influenced the topic: a word, an object, or what the picture looks like. It speaks for the topic where
    `weight` is positive, else against it; `share` is 0 to 100, in percent of the strongest."""

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
    """`seconds` is below 0 until the stage has ended."""

    stage: str
    status: str
    seconds: float
    reason: str


def line_of(block: answers.TextBlock, size: tuple[int, int] | None, words: Collection[str] = ()) -> Finding:
    """`words` are those of a search."""
    text = block["text"]
    polygon = [list(point) for point in block["polygon"]]
    return _finding((text, text), text, block["confidence"], block["bbox"], polygon, size, words)


def object_of(found: answers.DetectedObject, size: tuple[int, int] | None) -> Finding:
    return _finding(object_title(found["class"]), "", found["confidence"], found["bbox"], [], size)


def scores_of(creative: answers.Creative, titles: Mapping[str, tuple[str, str]]) -> list[Score]:
    """The likeliest first; `titles` are those of the topics, in Russian and English."""
    return [
        Score(topic, *titles.get(topic, (topic, topic)), 100 * score)
        for topic, score in sorted(creative["topic_scores"].items(), key=lambda entry: -entry[1])
    ]


def reasons_of(creative: answers.Creative) -> list[Reason]:
    """Strongest first, as in the API's answer."""
    reasons = [entry for entry in creative["topic_explanation"] if entry["weight"]]
    strongest = max((abs(entry["weight"]) for entry in reasons), default=1)
    return [
        Reason(
            entry["kind"],
            *_reason_title(entry["kind"], entry["what"]),
            entry["weight"],
            100 * abs(entry["weight"]) / strongest,
        )
        for entry in reasons[:MOST_REASONS]
    ]


def colors_of(colors: Sequence[answers.Color]) -> list[Color]:
    return [Color(color["hex"], color["percent"], *color_title(color["class_en"])) for color in colors]


def stages_of(creative: answers.Creative) -> list[StageFact]:
    """A stage that is pending when the analysis has ended was skipped."""
    ended = creative["overall_status"] in ENDED
    facts = []
    for name in STAGES:
        stage = creative["stages"][name]
        status = "SKIPPED" if ended and stage["status"] == "PENDING" else stage["status"]
        seconds = stage.get("seconds")
        facts.append(StageFact(name, status, -1.0 if seconds is None else seconds, stage.get("reason") or ""))
    return facts


def size_of(creative: answers.Creative) -> tuple[int, int] | None:
    width, height = creative["image_width"], creative["image_height"]
    return (width, height) if width and height else None


def _reason_title(kind: str, name: str) -> tuple[str, str]:
    match kind:
        case "object":
            return object_title(name)
        case "looks":
            return looks_title(name)
    return name, name


def _finding(
    title: tuple[str, str],
    text: str,
    confidence: float,
    bbox: tuple[float, float, float, float],
    polygon: list[list[float]],
    size: tuple[int, int] | None,
    words: Collection[str] = (),
) -> Finding:
    pieces = pieces_of(text, words) if words else []
    x1, y1, x2, y2 = bbox
    width, height = size or (0, 0)
    return Finding(
        ru=title[0],
        en=title[1],
        text=text,
        percent=100 * confidence,
        points=polygon or [[x1, y1], [x2, y2]],
        percents=[100 * x1, 100 * y1, 100 * x2, 100 * y2],
        pixels=[round(x1 * width), round(y1 * height), round(x2 * width), round(y2 * height)] if size else [],
        hit=any(piece.hit for piece in pieces),
        pieces=pieces,
    )
