"""The sides and the differences of a comparison, made from the API's answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from adlens_web import filters, routes
from adlens_web.api import answers
from adlens_web.filters import Titles
from adlens_web.pages.analytics.figures import Title
from adlens_web.texts import color_title, object_title, say

SectionName = Literal["topics", "colors", "objects", "words"]
SECTIONS: tuple[SectionName, ...] = ("topics", "colors", "objects", "words")
VERDICTS = {"higher": "higher", "lower": "lower", "no difference seen": "same"}
FIRST = 12
"""Rows of a section that are shown unfolded, besides all those that differ."""
KINDS = {"objects": "decimal", "text_share": "percent", "topic_confidence": "percent"}
REST = "rest"


@dataclass
class SideFilters:
    """The filters of a side that people can choose here. `others` describes the rest, which stays as it is."""

    group: str
    since: str
    until: str
    others: Title


@dataclass
class ComparedSide:
    """One side of a comparison."""

    name: Title
    creatives: int
    analysed: int
    address: str


@dataclass
class SideValue:
    """`value` has the unit of the row; `count` is below 0 for means."""

    value: float | None
    count: int
    address: str


@dataclass
class Bar:
    """An interval in percent of the bar's width, with 0 in the middle; `at` is the difference itself."""

    known: bool = False
    left: float = 0.0
    width: float = 0.0
    at: float = 0.0


@dataclass
class Row:
    """`low` and `high` are the ends of the difference's interval; rows in percent have differences in points."""

    name: Title
    kind: str
    a: SideValue
    b: SideValue
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


def side_filters(query: str, titles: Titles) -> SideFilters:
    """Of a query string of the API."""
    selected = filters.from_api(query)
    others = {**selected, "group": "", "from": "", "before": ""}
    return SideFilters(
        selected.get("group", ""),
        filters.day(selected.get("from", "")),
        filters.day(selected.get("before", "")),
        Title(*filters.describe(others, titles)),
    )


def replace_filter(query: str, name: str, value: str) -> str:
    """A side's query string with another value of one filter."""
    return filters.to_api_query({**filters.from_api(query), name: value.strip()})


def compared_side(side: answers.ComparedSide, name: Title) -> ComparedSide:
    return ComparedSide(name, side["creatives"], side["analysed"], routes.gallery(side["link"]))


def sections_of(comparison: answers.Comparison) -> list[Section]:
    """Rows that differ come first, then the largest difference. Empty sections are left out."""
    traits = _section("traits", (_mean_row(entry) for entry in comparison["traits"]))
    shares = [_share_section(name, comparison[name]) for name in SECTIONS]
    return [section for section in (traits, *shares) if section.rows]


def _section(name: str, rows: Iterable[Row]) -> Section:
    ordered = sorted(rows, key=_order)
    differing = sum(row.verdict in ("higher", "lower") for row in ordered)
    unfolded = max(FIRST, differing)
    return Section(name, ordered[:unfolded], ordered[unfolded:])


def _order(row: Row) -> tuple[int, float]:
    rank = {"higher": 0, "lower": 0, "same": 1}.get(row.verdict, 2)
    return rank, -abs(row.difference or 0.0)


def _share_section(name: SectionName, entries: list[answers.ComparedShare]) -> Section:
    """All bars of the section have one scale: the farthest end of an interval."""
    ends = [abs(end) for entry in entries for end in entry["interval"] or ()]
    return _section(name, (_share_row(name, entry, max(ends, default=0.0)) for entry in entries))


def _share_row(section: SectionName, entry: answers.ComparedShare, scale: float) -> Row:
    a, b = (
        SideValue(_scaled(side["share"], 100), side["count"], routes.gallery(side["link"]))
        for side in (entry["a"], entry["b"])
    )
    return _row(_share_title(section, entry), "percent", a, b, entry, scale)


def _mean_row(entry: answers.ComparedMean) -> Row:
    """Each trait has a scale of its own."""
    kind = KINDS[entry["trait"]]
    a, b = (SideValue(_scaled(side["mean"], _factor(kind)), -1, "") for side in (entry["a"], entry["b"]))
    title = Title(*(say(language, f"compare.trait.{entry['trait']}") for language in ("ru", "en")))
    return _row(title, kind, a, b, entry, max((abs(end) for end in entry["interval"] or ()), default=0.0))


def _row(
    name: Title,
    kind: str,
    a: SideValue,
    b: SideValue,
    entry: answers.ComparedShare | answers.ComparedMean,
    scale: float,
) -> Row:
    low, high = entry["interval"] or (None, None)
    factor = _factor(kind)
    return Row(
        name=name,
        kind=kind,
        a=a,
        b=b,
        difference=_scaled(entry["difference"], factor),
        low=_scaled(low, factor),
        high=_scaled(high, factor),
        bar=_bar(low, high, entry["difference"], scale),
        verdict=VERDICTS.get(entry["verdict"], "unknown"),
    )


def _bar(low: float | None, high: float | None, value: float | None, scale: float) -> Bar:
    """An interval between -scale and scale."""
    if low is None or high is None or value is None or not scale:
        return Bar()
    return Bar(True, _position(low, scale), round(50 * (high - low) / scale, 2), _position(value, scale))


def _position(value: float, scale: float) -> float:
    return round(50 + 50 * value / scale, 2)


def _share_title(section: SectionName, entry: answers.ComparedShare) -> Title:
    key, title = entry["key"], entry["title"]
    if section == "objects":
        return Title(*object_title(key))
    if section == "colors":
        return Title(*color_title(key))
    if title:
        return Title(title["ru"], title["en"].capitalize())
    if section == "topics":
        text = "decision.unsure" if key == "unsure" else "creatives.no_topic"
        return Title(say("ru", text), say("en", text))
    return Title(key, key)


def _factor(kind: str) -> int:
    return 100 if kind == "percent" else 1


def _scaled(value: float | None, factor: int) -> float | None:
    return None if value is None else round(factor * value, 4)
