"""Browsing creatives: which are meant, in which order, and what a card of one shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from adlens.domain.analysis import ImageFacts, Swatch
from adlens.domain.creative import Failure, Status


class CreativeOrder(StrEnum):
    """A column, `-` before it for the largest first. Creatives without a topic come last either way."""

    NEWEST = "-uploaded_at"
    OLDEST = "uploaded_at"
    NAME = "filename"
    NAME_REVERSED = "-filename"
    LEAST_CONFIDENT = "topic_confidence"
    MOST_CONFIDENT = "-topic_confidence"

    @property
    def column(self) -> str:
        return self.value.removeprefix("-")

    @property
    def descending(self) -> bool:
        return self.value.startswith("-")


@dataclass(frozen=True, slots=True)
class CreativeFilter:
    """What creatives must have; None asks for nothing.

    `color_class` is the class of one of its swatches, `object_class` that of an object found, `word` one of its
    distinct words, `text` a part of a line of its text or of its file name, whatever the case. Confidences are those
    of the topic, 0 to 1.
    """

    group_id: str | None = None
    topic: str | None = None
    color_class: str | None = None
    object_class: str | None = None
    word: str | None = None
    text: str | None = None
    status: Status | None = None
    min_confidence: float | None = None
    max_confidence: float | None = None


@dataclass(frozen=True, slots=True)
class CreativeCard:
    """What a gallery shows of a creative; `dominant` are its dominant swatches."""

    id: UUID
    group_id: str
    filename: str
    object_key: str
    status: Status
    uploaded_at: datetime
    facts: ImageFacts | None
    failure: Failure | None
    topic: str | None
    topic_confidence: float | None
    dominant: tuple[Swatch, ...]
    has_preview: bool = False


@dataclass(frozen=True, slots=True)
class Gallery:
    """Some cards of a list of `total`; `next_cursor` leads to those after them and is None at the end."""

    cards: tuple[CreativeCard, ...]
    total: int
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Neighbours:
    """What stands before and after a creative in a list of `total`, and its own place, from 1."""

    previous: UUID | None
    next: UUID | None
    position: int
    total: int


LEAST_SIMILARITY = 0.55
"""Of what is called similar. docs/models.md tells how it was chosen."""


@dataclass(frozen=True, slots=True)
class SimilarCreative:
    """`similarity` is the cosine of the two embeddings."""

    card: CreativeCard
    similarity: float
