"""Figures over the creatives that a filter leaves, broken down by what they show, where they are or when they came."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from adlens.domain.analysis import Decision
from adlens.domain.errors import InvalidValue
from adlens.domain.gallery import CERTAIN, NO_TOPIC, UNSURE, CreativeFilter

MOST_BUCKETS = 1000
"""Days, weeks or months of one answer."""


class By(StrEnum):
    TOPIC = "topic"
    COLOR = "color"
    OBJECT = "object"
    WORD = "word"
    GROUP = "group"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"

    @property
    def of_time(self) -> bool:
        return self in (By.DAY, By.WEEK, By.MONTH)

    @property
    def of_findings(self) -> bool:
        """Whether only analysed creatives can be in a row."""
        return self in (By.TOPIC, By.COLOR, By.OBJECT, By.WORD)


@dataclass(frozen=True, slots=True)
class Totals:
    """`analysed` have findings. The mean topic confidence is over those with a topic, the others over `analysed`."""

    creatives: int
    analysed: int
    mean_topic_confidence: float | None = None
    mean_objects: float | None = None
    mean_text_share: float | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """`key` is a topic, a colour class, an object's class, a word, a group, or the first day of a week or month.

    `chosen` leaves exactly the creatives of the row. `share` is of the analysed creatives for findings, else of all.
    """

    key: str
    totals: Totals
    share: float | None
    chosen: CreativeFilter
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """`next_cursor` leads to the rows after these and is None at the end."""

    chosen: CreativeFilter
    totals: Totals
    rows: tuple[Row, ...]
    next_cursor: str | None


# --- the creatives behind a figure ----------------------------------------------------------------------------------


def analysed_of(chosen: CreativeFilter) -> CreativeFilter:
    """Those of them that have findings: only these have a share of text at all."""
    if chosen.min_text_share is not None or chosen.max_text_share is not None:
        return chosen
    return replace(chosen, min_text_share=0.0)


def having(chosen: CreativeFilter, by: By, key: str) -> CreativeFilter:
    """Those of them that a row of a breakdown counts."""
    if by.of_time:
        start = datetime.fromisoformat(key).replace(tzinfo=UTC)
        return uploaded_between(chosen, start, _next(by, start))
    own: dict[str, Any]
    match by:
        case By.TOPIC:
            return _of_topic(chosen, key)
        case By.GROUP:
            return replace(chosen, group_ids=(key,))
        case By.COLOR:
            own, free = {"color_class": key}, chosen.color_class in (None, key)
        case By.OBJECT:
            # With a class, `min_objects` would count those of the class only.
            own, free = {"object_class": key}, chosen.object_class == key
            free = free or (chosen.object_class is None and chosen.min_objects is None)
        case _:
            own, free = {"word": key}, chosen.word in (None, key)
    return replace(chosen, **own) if free else CreativeFilter(**own, within=chosen)


def _of_topic(chosen: CreativeFilter, key: str) -> CreativeFilter:
    """A row's topic and decision are among those that the filter leaves."""
    if key == UNSURE:
        return replace(chosen, topic_decisions=(Decision.UNSURE,))
    if key == NO_TOPIC:
        return replace(analysed_of(chosen), topics=(key,))
    asked = chosen.topic_decisions or CERTAIN
    return replace(chosen, topics=(key,), topic_decisions=tuple(of for of in asked if of in CERTAIN))


def uploaded_between(chosen: CreativeFilter, start: datetime, end: datetime) -> CreativeFilter:
    since, before = chosen.uploaded_from, chosen.uploaded_before
    return replace(
        chosen,
        uploaded_from=start if since is None else max(start, since),
        uploaded_before=end if before is None else min(end, before),
    )


# --- time -----------------------------------------------------------------------------------------------------------


def buckets(by: By, first: datetime, end: datetime) -> list[datetime]:
    """When each day, week (from Monday) or month from that of `first` begins, all before `end`, in UTC.

    Raises InvalidValue when they are more than MOST_BUCKETS.
    """
    found: list[datetime] = []
    start = bucket_of(by, first)
    while start < end:
        if len(found) == MOST_BUCKETS:
            raise InvalidValue(
                f"There are more than {MOST_BUCKETS} rows by {by} from {first.date()} to {end.date()}: take longer "
                "units, or less time.",
                "by",
            )
        found.append(start)
        start = _next(by, start)
    return found


def bucket_of(by: By, moment: datetime) -> datetime:
    day = moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    match by:
        case By.WEEK:
            return day - timedelta(days=day.weekday())
        case By.MONTH:
            return day.replace(day=1)
        case _:
            return day


def _next(by: By, start: datetime) -> datetime:
    try:
        match by:
            case By.WEEK:
                return start + timedelta(days=7)
            case By.MONTH:
                return (start + timedelta(days=31)).replace(day=1)
            case _:
                return start + timedelta(days=1)
    except OverflowError:  # the calendar ends
        return datetime.max.replace(tzinfo=UTC)
