"""How what is in creatives goes with how they perform: what is asked, what the estimate starts from, what comes out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from adlens.domain.analysis import Decision
from adlens.domain.creative import Status
from adlens.domain.errors import MalformedEvent
from adlens.domain.gallery import CreativeFilter


class Metric(StrEnum):
    CTR = "ctr"
    """Clicks per impression."""
    CVR = "cvr"
    """Conversions per click."""
    CPA = "cpa"
    """Spend per conversion: the lower the better."""


class ElementKind(StrEnum):
    TOPIC = "topic"
    COLOR_CLASS = "color"
    OBJECT = "object"
    WORD = "word"
    TEXT_SHARE = "text_share"
    OBJECT_COUNT = "objects"


@dataclass(frozen=True, slots=True, order=True)
class Element:
    """Something that a creative has or has not; the name of a band is `LOW-HIGH`, of the last one `LOW+`.

    A topic is one that is sure or a person's; creatives whose topic is a guess have the topic UNSURE instead.
    """

    kind: ElementKind
    name: str


@dataclass(frozen=True, slots=True)
class Band:
    """Values from `low` on and below `high`; None is without end."""

    low: float
    high: float | None

    @property
    def name(self) -> str:
        return f"{self.low:g}+" if self.high is None else f"{self.low:g}-{self.high:g}"


TEXT_SHARE_BANDS = (Band(0, 0.05), Band(0.05, 0.1), Band(0.1, 0.2), Band(0.2, 0.4), Band(0.4, None))
"""Of the part of the picture that is under text."""
OBJECT_COUNT_BANDS = (Band(0, 1), Band(1, 2), Band(2, 4), Band(4, None))
MOST_WORDS = 40
"""The most frequent words that are looked at; more words are more comparisons, and each then needs to be clearer."""


@dataclass(frozen=True, slots=True)
class PerformanceTable:
    """What was delivered, one row per creative and placement with all days added up.

    Creatives, groups and placements go by number, from 0. `group_of` and `elements` are about creatives: the group of
    each, and those that have an element, in ascending order. The other sequences are the columns of the rows.
    """

    group_of: Sequence[int]
    elements: Mapping[Element, Sequence[int]]
    creative: Sequence[int] = field(default_factory=list)
    placement: Sequence[int] = field(default_factory=list)
    impressions: Sequence[int] = field(default_factory=list)
    clicks: Sequence[int] = field(default_factory=list)
    conversions: Sequence[float] = field(default_factory=list)
    spend: Sequence[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Delivered:
    """How much of the data is on one side of a comparison. `events` are clicks for the CTR, else conversions."""

    creatives: int
    impressions: int
    events: int


@dataclass(frozen=True, slots=True)
class ElementLift:
    """One element. `ratio` is the metric of creatives that have it by that of creatives that have not, of the same
    group and placement; `low` and `high` bound it with 95 % confidence, `corrected_p` is after Holm's correction.

    `raw_ratio` compares all creatives with nothing adjusted. `insufficient` is the reason why there is no estimate.
    `have` and `have_not` count only where both can be compared: in groups and placements that have creatives of either.
    """

    element: Element
    have: Delivered
    have_not: Delivered
    raw_ratio: float | None
    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    corrected_p: float | None = None
    insufficient: str | None = None


@dataclass(frozen=True, slots=True)
class Lift:
    """`elements` with the clearest first. `total` is over the creatives with figures that the filter leaves; `spread`
    is how much creatives of the same group and placement differ, as the coefficient of variation of their true rates.
    """

    metric: Metric
    total: Delivered
    spread: float | None
    tested: int
    elements: tuple[ElementLift, ...]


# --- between the API and the function that estimates ----------------------------------------------------------------


def lift_request(workspace_id: UUID, metric: Metric, chosen: CreativeFilter) -> dict[str, Any]:
    """The event that requests an estimate; `parse_lift_request` reads it."""
    return {"workspace_id": str(workspace_id), "metric": metric.value, "filter": _filter_json(chosen)}


def _filter_json(chosen: CreativeFilter) -> dict[str, Any]:
    given = {field.name: getattr(chosen, field.name) for field in fields(chosen)}
    return {
        name: value.isoformat()
        if isinstance(value, datetime)
        else _filter_json(value)
        if isinstance(value, CreativeFilter)
        else value
        for name, value in given.items()
        if value != getattr(CreativeFilter(), name)
    }


def parse_lift_request(event: Mapping[str, Any]) -> tuple[UUID, Metric, CreativeFilter]:
    """Raises MalformedEvent when it is none that `lift_request` made."""
    try:
        return UUID(event["workspace_id"]), Metric(event["metric"]), _filter_of(event["filter"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise MalformedEvent("This is no question about lift.") from error


def _filter_of(given: Mapping[str, Any]) -> CreativeFilter:
    if given.keys() - {field.name for field in fields(CreativeFilter)}:
        raise ValueError("a filter of another release")
    return CreativeFilter(**{name: _READ.get(name, _plain)(value) for name, value in given.items()})


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


_READ: Mapping[str, Callable[[Any], Any]] = {
    "uploaded_from": datetime.fromisoformat,
    "uploaded_before": datetime.fromisoformat,
    "status": Status,
    "topic_decisions": lambda values: tuple(map(Decision, values)),
    "within": _filter_of,
    "rest_of": _filter_of,
}


def lift_answer(lift: Lift) -> dict[str, Any]:
    return asdict(lift)


def parse_lift_answer(answer: Mapping[str, Any]) -> Lift:
    """Raises MalformedEvent when it is none that `lift_answer` made."""
    try:
        return Lift(
            metric=Metric(answer["metric"]),
            total=Delivered(**answer["total"]),
            spread=answer["spread"],
            tested=answer["tested"],
            elements=tuple(
                ElementLift(
                    **{
                        **element,
                        "element": Element(ElementKind(element["element"]["kind"]), element["element"]["name"]),
                        "have": Delivered(**element["have"]),
                        "have_not": Delivered(**element["have_not"]),
                    }
                )
                for element in answer["elements"]
            ),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise MalformedEvent("This is no answer about lift.") from error
