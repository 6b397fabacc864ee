"""Figures and the marks of charts, made from the API's answers, for one side or for two that are compared. A side is a
group, or all creatives.

A mark is a bar or a slice. For each side it has the number of creatives, their share of the analysed ones in percent,
and the address of their gallery.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from adlens_web.api import answers
from adlens_web.filters import SETTLED
from adlens_web.routes import ANALYTICS, CREATIVES, address, gallery
from adlens_web.texts import color_title, object_title, say

ALL = "all"
"""The value of `beside` in the address when a group is compared with all creatives."""
MOST_BARS = 20
MOST_TIMES = 60
TIMES = ("day", "week", "month")
LISTED = {"objects": 30, "words": 50}
"""The lengths of the API's lists. If a list is shorter, the count of everything else is 0."""
FIGURES = {
    "creatives": ("count", "total_creatives"),
    "text": ("percent", "avg_ocr_confidence"),
    "objects": ("percent", "avg_object_confidence"),
    "topic": ("percent", "avg_topic_confidence"),
    "total_time": ("seconds", "total_processing_time"),
    "average_time": ("seconds", "avg_time_per_creative"),
}
COLUMNS = {
    "text": "Ср. уверенность (OCR)",
    "objects": "Ср. уверенность (объекты)",
    "topic": "Cр. уверенность (топики)",
}

E = TypeVar("E")
Counts = dict[str, int]
"""The number of creatives by key: by topic, object or word."""


@dataclass
class Title:
    """A name in both languages."""

    ru: str
    en: str


@dataclass
class Side:
    """`group` is empty for all creatives. `pending` creatives are not analysed yet."""

    group: str
    name: Title
    address: str
    creatives: int
    analysed: int
    pending: int


@dataclass
class GroupOption:
    group: str
    label: str


@dataclass
class SideCount:
    """`count` is None if the API has none, `percent` if the side does not have the mark."""

    count: int | None
    percent: float | None
    address: str


@dataclass
class Mark:
    """A segment is part of the bar `row`. The mark of a colour has a `color`, #rrggbb. An `unsure` mark counts
    creatives whose topic is a guess."""

    name: Title
    parts: list[SideCount]
    color: str = ""
    row: Title | None = None
    unsure: bool = False


@dataclass
class Figure:
    """`kind` is count, percent or seconds; `difference` is the first side minus the second."""

    name: str
    kind: str
    amounts: list[float | None]
    difference: float | None


@dataclass
class TopicSide:
    """`side` is the index of its side. Confidences are in percent, seconds per creative. `unsure` of `count` creatives
    have a guess for a topic."""

    side: int
    count: int
    text: float | None
    objects: float | None
    topic: float | None
    seconds: float | None
    address: str
    unsure: int
    unsure_address: str


@dataclass
class TopicRow:
    name: Title
    sides: list[TopicSide]


def page_address(group: str, beside: str) -> str:
    """A group is never compared with itself."""
    return address(ANALYTICS, group=group, beside="" if beside in (group, group or ALL) else beside)


def creatives_address(group: str, **filters: str) -> str:
    """The gallery of a group, or of all creatives, with these filters."""
    return address(CREATIVES, group=group, **filters)


def sides_of(group: str, beside: str) -> list[str]:
    """The groups of an address, "" for all creatives; none twice."""
    other = "" if beside == ALL else beside
    return [group, other] if beside and other != group else [group]


def side(group: answers.Group | None, pending: int, analytics: answers.Analytics) -> Side:
    """`group` is None for all creatives."""
    id_ = group["group_id"] if group else ""
    name = group["name"] or id_ if group else ""
    summary = analytics["summary"]
    return Side(
        group=id_,
        name=Title(name, name) if group else Title(say("ru", "analytics.all"), say("en", "analytics.all")),
        address=creatives_address(id_),
        creatives=summary["total_creatives"],
        analysed=summary["analysed_creatives"],
        pending=pending,
    )


def pending_count(groups: Sequence[answers.Group]) -> int:
    """The number of creatives of these groups that are not analysed yet."""
    return sum(group["by_status"]["PENDING"] + group["by_status"]["PROCESSING"] for group in groups)


def group_options(groups: Sequence[answers.Group]) -> list[GroupOption]:
    return [
        GroupOption(group["group_id"], f"{group['name'] or group['group_id']} · {group['count']}") for group in groups
    ]


def merge_options(first: Sequence[GroupOption], more: Sequence[GroupOption]) -> list[GroupOption]:
    """The options of both, each group once."""
    known = {option.group for option in first}
    return [*first, *(option for option in more if option.group not in known)]


def figures(analytics: Sequence[answers.Analytics]) -> list[Figure]:
    made = []
    for name, (kind, field) in FIGURES.items():
        values: list[Any] = [{**one, **one["summary"]}[field] for one in analytics]
        if kind == "percent":
            values = [_percent(value) for value in values]
        known = len(values) == 2 and None not in values
        made.append(Figure(name, kind, values, values[0] - values[1] if known else None))
    return made


def topic_counts(analytics: answers.Analytics) -> Counts:
    return {entry["topic"]: entry["count"] for entry in analytics["topics"]}


def object_counts(analytics: answers.Analytics) -> Counts:
    return {entry["class"]: entry["count"] for entry in analytics["objects"]}


def word_counts(analytics: answers.Analytics) -> Counts:
    return {entry["word"]: entry["count"] for entry in analytics["words"]}


def most_frequent(sides: Sequence[Side], counts: Sequence[Counts]) -> list[str]:
    """The keys of the longest bars of any side, longest first."""
    shares: dict[str, float] = {}
    for one, by_key in zip(sides, counts, strict=True):
        for key, count in by_key.items():
            shares[key] = max(shares.get(key, 0.0), _share(count, one))
    return sorted(shares, key=lambda key: -shares[key])[:MOST_BARS]


def missing_counts(listed: str, counts: Sequence[Counts], keys: Sequence[str]) -> list[tuple[int, str]]:
    """The index of the side and the key of each count that the API's list was too short for."""
    return [
        (index, key)
        for index, by_key in enumerate(counts)
        if len(by_key) >= LISTED[listed]
        for key in keys
        if key not in by_key
    ]


def bars(
    sides: Sequence[Side],
    counts: Sequence[Counts],
    filter_: str,
    names: Mapping[str, Title] | None = None,
    **filters: str,
) -> list[Mark]:
    """The longest bars. They lead to the gallery with the filter `filter_` by their key, and the other `filters`."""
    return [
        Mark(
            names[key] if names else Title(key, key),
            [
                _counted(by_key.get(key, 0), one, **{filter_: key}, **filters)
                for one, by_key in zip(sides, counts, strict=True)
            ],
        )
        for key in most_frequent(sides, counts)
    ]


def topic_bars(sides: Sequence[Side], analytics: Sequence[answers.Analytics]) -> list[Mark]:
    """Topics that are sure or set by a person; one more bar counts all guesses."""
    settled = [
        {entry["topic"]: sure for entry in one["topics"] if (sure := entry["count"] - entry["unsure"])}
        for one in analytics
    ]
    unsure = [sum(entry["unsure"] for entry in one["topics"]) for one in analytics]
    made = bars(sides, settled, "topic", topic_names(analytics), topic_decision=SETTLED)
    if any(unsure):
        name = Title(say("ru", "decision.unsure"), say("en", "decision.unsure"))
        parts = [_counted(count, one, topic_decision="unsure") for count, one in zip(unsure, sides, strict=True)]
        made.append(Mark(name, parts, unsure=True))
    return made


def topic_names(analytics: Sequence[answers.Analytics]) -> dict[str, Title]:
    return {entry["topic"]: Title(**entry["title"]) for one in analytics for entry in one["topics"]}


def object_names(keys: Sequence[str]) -> dict[str, Title]:
    return {key: Title(*object_title(key)) for key in keys}


def times(sides: Sequence[Side], breakdowns: Sequence[answers.Breakdown]) -> list[Mark]:
    """Days, weeks or months, earliest first and without gaps. Shares are of all creatives."""
    rows = [{row["key"]: row for row in breakdown["rows"]} for breakdown in breakdowns]
    keys = sorted({key for found in rows for key in found})[-MOST_TIMES:]
    return [
        Mark(Title(key, key), [_time(found.get(key), one) for one, found in zip(sides, rows, strict=True)])
        for key in keys
    ]


def _time(row: answers.BreakdownRow | None, one: Side) -> SideCount:
    if row is None:
        return SideCount(0, 0.0, one.address)
    return SideCount(row["creatives"], _percent(row["share"]) or 0.0, gallery(row["link"]))


def slices(sides: Sequence[Side], analytics: Sequence[answers.Analytics]) -> list[Mark]:
    """The colour classes by their share of the pictures. Only sides that have a class have its slice."""
    listed = [{entry["class_en"]: entry for entry in one["color_classes"]} for one in analytics]
    return [
        Mark(
            _color_name(entry),
            [
                _slice(found.get(name), creatives_address(one.group, color=name))
                for one, found in zip(sides, listed, strict=True)
            ],
            entry["hex"],
        )
        for name, entry in _merged(listed).items()
    ]


def segments(sides: Sequence[Side], analytics: Sequence[answers.Analytics], topics: Sequence[str]) -> list[Mark]:
    """The colours of each topic, in the order of `topics`."""
    names = topic_names(analytics)
    made = []
    for topic in topics:
        listed = [
            {entry["class_en"]: entry for entry in one["topic_color_distribution"].get(topic, ())} for one in analytics
        ]
        for color, entry in _merged(listed).items():
            parts = [
                _segment(found.get(color), creatives_address(one.group, topic=topic, color=color))
                for one, found in zip(sides, listed, strict=True)
            ]
            made.append(Mark(_color_name(entry), parts, entry["hex"], names[topic]))
    return made


def topic_rows(sides: Sequence[Side], analytics: Sequence[answers.Analytics], topics: Sequence[str]) -> list[TopicRow]:
    """Confidence and time by topic and side, guesses included. Only sides that have a topic have a line."""
    names = topic_names(analytics)
    unsure = [{entry["topic"]: entry["unsure"] for entry in one["topics"]} for one in analytics]
    listed = [{entry["Тематики"]: entry for entry in one["topics_table"]} for one in analytics]
    return [
        TopicRow(
            names[topic],
            [
                TopicSide(
                    side=index,
                    count=row["Кол-во"],
                    **{name: _percent(row[column]) for name, column in COLUMNS.items()},
                    seconds=row["avg_seconds"],
                    address=creatives_address(one.group, topic=topic),
                    unsure=unsure[index][topic],
                    unsure_address=creatives_address(one.group, topic=topic, topic_decision="unsure"),
                )
                for index, (one, found) in enumerate(zip(sides, listed, strict=True))
                if (row := found.get(topic))
            ],
        )
        for topic in topics
    ]


def _merged(listed: Sequence[Mapping[str, E]]) -> dict[str, E]:
    """The entries of all sides by key: those of the first side first."""
    return {name: entry for found in listed for name, entry in found.items()}


def _color_name(entry: answers.Color | answers.ColorCount) -> Title:
    return Title(*color_title(entry["class_en"]))


def _slice(entry: answers.ColorCount | None, link: str) -> SideCount:
    return SideCount(entry["count"], entry["percent"], link) if entry else SideCount(None, None, link)


def _segment(entry: answers.Color | None, link: str) -> SideCount:
    """The API does not count the creatives of a topic that have a colour."""
    return SideCount(None, entry["percent"] if entry else None, link)


def _counted(count: int, one: Side, **filters: str) -> SideCount:
    return SideCount(count, _share(count, one), creatives_address(one.group, **filters))


def _share(count: int, one: Side) -> float:
    return 100 * count / one.analysed if one.analysed else 0.0


def _percent(fraction: float | None) -> float | None:
    return None if fraction is None else 100 * fraction
