"""Browsing creatives: the filter, the order, and what a card shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from adlens.domain.analysis import Decision, ImageFacts, Swatch
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


NO_TOPIC = "none"
"""Stands among the topics of a filter for creatives without one."""
UNSURE = Decision.UNSURE.value
"""Stands among the topics of figures for creatives whose topic is a guess, whichever it is."""
CERTAIN = (Decision.SURE, Decision.PERSON)
"""Decisions by which a topic is a fact."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreativeFilter:
    """What creatives must have; None and empty values restrict nothing.

    One of `group_ids`, one of `topics`, one of `topic_decisions`. `color_class` is the class of one of its swatches;
    `hex` a colour that one of them is like (within `color_distance.NEAR`) and that covers at least `min_share` percent.
    `object_class` is that of an object found, `min_objects` how many of it there are, or of all objects when there is
    no class. `word` is one of its distinct words. `phrase` is words of its text, `text` of its text or its file name:
    all of them, each in this form or another, as a part of a word, or with a letter wrong. Confidences are those of the
    topic, `min_text_share` and `max_text_share` parts of the picture, all in [0, 1]; sizes are pixels, aspects width by
    height. `uploaded_from` is the first moment, `uploaded_before` the first one that is too late. `within` is true of
    them as well, `rest_of` is not.
    """

    group_ids: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    topic_decisions: tuple[Decision, ...] = ()
    color_class: str | None = None
    hex: str | None = None
    min_share: float = 0.0
    object_class: str | None = None
    min_objects: int | None = None
    max_objects: int | None = None
    word: str | None = None
    phrase: str | None = None
    text: str | None = None
    status: Status | None = None
    min_confidence: float | None = None
    max_confidence: float | None = None
    min_text_share: float | None = None
    max_text_share: float | None = None
    uploaded_from: datetime | None = None
    uploaded_before: datetime | None = None
    min_width: int | None = None
    max_width: int | None = None
    min_height: int | None = None
    max_height: int | None = None
    min_aspect: float | None = None
    max_aspect: float | None = None
    within: CreativeFilter | None = None
    rest_of: CreativeFilter | None = None


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
    topic_decision: Decision | None
    dominant: tuple[Swatch, ...]
    has_preview: bool = False


@dataclass(frozen=True, slots=True)
class Total:
    """How many creatives a filter leaves; `more`: counting ended there, and there may be more."""

    count: int
    more: bool = False


@dataclass(frozen=True, slots=True)
class Gallery:
    """Some cards of a list of `total`; `next_cursor` leads to those after them and is None at the end."""

    cards: tuple[CreativeCard, ...]
    total: Total
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Neighbours:
    """What stands before and after a creative in a list of `total`, and its own place, from 1; None when it is too far
    from the beginning to be counted."""

    previous: UUID | None
    next: UUID | None
    position: int | None
    total: Total


LEAST_SIMILARITY = 0.55
"""The least cosine of similar creatives. docs/models.md has the measurement behind it."""


@dataclass(frozen=True, slots=True)
class SimilarCreative:
    """`similarity` is the cosine of the two embeddings."""

    card: CreativeCard
    similarity: float
