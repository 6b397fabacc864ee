"""Aggregates over creatives. Every mean is over the things it averages, and None when there are none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class TopicFigures:
    """One topic's row: means over its text blocks, over its shown objects, and (topic, seconds) over its creatives.

    `count` is whatever the decision; the topic is a guess for `unsure` of them.
    """

    topic: str
    count: int
    mean_ocr_confidence: float | None
    mean_object_confidence: float | None
    mean_topic_confidence: float | None
    mean_seconds: float | None
    unsure: int


@dataclass(frozen=True, slots=True)
class Analytics:
    """A group's figures, or those of a whole workspace.

    `analysed` counts creatives with findings; means, topics and colours are over these. `colors` counts how many
    creatives have a dominant colour; `class_percents` adds up the swatches' percents per colour class, and
    `topic_class_percents` does so within each topic. `objects`, `color_classes` and `words` count the creatives that
    have one, most frequent first.
    """

    creatives: int
    analysed: int
    mean_ocr_confidence: float | None
    mean_object_confidence: float | None
    mean_topic_confidence: float | None
    processing_seconds: float
    topics: tuple[TopicFigures, ...]
    colors: tuple[tuple[str, int], ...]
    class_percents: Mapping[str, float]
    topic_class_percents: Mapping[str, Mapping[str, float]]
    objects: tuple[tuple[str, int], ...] = ()
    color_classes: tuple[tuple[str, int], ...] = ()
    words: tuple[tuple[str, int], ...] = ()
    updated_at: datetime | None = None


NOTHING = Analytics(0, 0, None, None, None, 0.0, (), (), {}, {})
"""The figures of no creatives."""
