"""From the API's comparison to what the page shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adlens_web import filters, routes
from adlens_web.filters import Titles
from adlens_web.pages.analytics.figures import Said
from adlens_web.texts import object_title, say

SECTIONS = ("traits", "topics", "colors", "objects", "words")
VERDICTS = {"higher": "higher", "lower": "lower", "no difference seen": "same"}
FIRST = 12
"""Rows of a section that are shown before the rest is asked for; all that differ are."""
KINDS = {"objects": "decimal", "text_share": "percent", "topic_confidence": "percent"}
REST = "rest"


@dataclass
class Side:
    """What the page lets people choose of a filter; the `others` are said, and stay as they are."""

    group: str
    since: str
    until: str
    others: Said


@dataclass
class Whole:
    """One side of a comparison."""

    name: Said
    creatives: int
    analysed: int
    address: str


@dataclass
class Part:
    """`value` is in percent where the row is; `count` is below 0 where nothing is counted."""

    value: float | None
    count: int
    address: str


@dataclass
class Bar:
    """An interval between -widest and widest, in percent of that width; `at` is the difference itself."""

    known: bool = False
    left: float = 0.0
    width: float = 0.0
    at: float = 0.0


@dataclass
class Row:
    """`low` and `high` end the interval of the difference, in points where the row is in percent."""

    name: Said
    kind: str
    a: Part
    b: Part
    difference: float | None
    low: float | None
    high: float | None
    bar: Bar
    verdict: str


@dataclass
class Section:
    name: str
    rows: list[Row]
    more: list[Row]


def side_of(query: str, titles: Titles) -> Side:
    asked = filters.from_api(query)
    own = {"group": "", "from": "", "before": ""}
    return Side(
        asked.get("group", ""),
        filters.day(asked.get("from", "")),
        filters.day(asked.get("before", "")),
        Said(*filters.described({**asked, **own}, titles)),
    )


def changed(query: str, name: str, value: str) -> str:
    """A side with one filter in another way."""
    return filters.to_query({**filters.from_api(query), name: value.strip()})


def whole_of(side: Mapping[str, Any], name: Said) -> Whole:
    return Whole(name, side["creatives"], side["analysed"], routes.gallery(side["link"]))


def sections_of(comparison: Mapping[str, Any]) -> list[Section]:
    """What differs first, then by the size of the difference; sections that nothing is known of are left out."""
    made = []
    for name in SECTIONS:
        told: Sequence[Mapping[str, Any]] = comparison[name]
        ends = [abs(end) for entry in told for end in entry["interval"] or () if name != "traits"]
        rows = sorted((_row(name, entry, max(ends, default=0.0)) for entry in told), key=_order)
        seen = sum(row.verdict in ("higher", "lower") for row in rows)
        if rows:
            made.append(Section(name, rows[: max(FIRST, seen)], rows[max(FIRST, seen) :]))
    return made


def _order(row: Row) -> tuple[int, float]:
    rank = {"higher": 0, "lower": 0, "same": 1}.get(row.verdict, 2)
    return rank, -abs(row.difference or 0.0)


def _row(section: str, entry: Mapping[str, Any], widest: float) -> Row:
    kind = KINDS[entry["trait"]] if section == "traits" else "percent"
    times = 100 if kind == "percent" else 1
    low, high = entry["interval"] or (None, None)
    reach = widest or max(abs(low or 0.0), abs(high or 0.0))  # each trait has a measure of its own
    return Row(
        name=_name(section, entry),
        kind=kind,
        a=_part(entry["a"], times),
        b=_part(entry["b"], times),
        difference=_times(entry["difference"], times),
        low=_times(low, times),
        high=_times(high, times),
        bar=_bar(low, high, entry["difference"], reach),
        verdict=VERDICTS.get(entry["verdict"], "unknown"),
    )


def _part(part: Mapping[str, Any], times: int) -> Part:
    if "mean" in part:
        return Part(_times(part["mean"], times), -1, "")
    return Part(_times(part["share"], times), part["count"], routes.gallery(part["link"]))


def _bar(low: float | None, high: float | None, value: float | None, reach: float) -> Bar:
    if low is None or high is None or value is None or not reach:
        return Bar()
    return Bar(True, _place(low, reach), round(50 * (high - low) / reach, 2), _place(value, reach))


def _place(value: float, reach: float) -> float:
    return round(50 + 50 * value / reach, 2)


def _name(section: str, entry: Mapping[str, Any]) -> Said:
    if section == "traits":
        return Said(*(say(language, f"compare.trait.{entry['trait']}") for language in ("ru", "en")))
    if section == "objects":
        return Said(*object_title(entry["key"]))
    if title := entry["title"]:
        return Said(title["ru"], title["en"].capitalize())
    if section == "topics":
        text = "decision.unsure" if entry["key"] == "unsure" else "creatives.no_topic"
        return Said(say("ru", text), say("en", text))
    return Said(entry["key"], entry["key"])


def _times(value: float | None, times: int) -> float | None:
    return None if value is None else round(times * value, 4)
