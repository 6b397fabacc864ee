"""From the API's answers to what the page shows. One or two sides stand beside each other: groups, or all creatives.

A mark is a bar or a slice. Per side it has a part: how many creatives it counts, their share in percent of the
analysed ones, and the address of exactly these.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adlens_web.filters import SETTLED
from adlens_web.routes import ANALYTICS, CREATIVES, address, gallery
from adlens_web.texts import object_title, say

ALL = "all"
"""What `beside` is in the address when a group stands beside all creatives."""
MOST_BARS = 20
MOST_TIMES = 60
TIMES = ("day", "week", "month")
LISTED = {"objects": 30, "words": 50}
"""How many of each the API lists: what is missing in a shorter list counts nothing."""
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

Counts = dict[str, int]
"""Creatives by the key of what they have."""


@dataclass
class Said:
    """A name in both languages."""

    ru: str
    en: str


@dataclass
class Side:
    """`group` is empty where the side is all creatives. `waiting` of its creatives are not analysed yet."""

    group: str
    name: Said
    address: str
    creatives: int
    analysed: int
    waiting: int


@dataclass
class Choice:
    group: str
    label: str


@dataclass
class Part:
    """`count` is None where the API does not tell it, `percent` where the side does not have the mark at all."""

    count: int | None
    percent: float | None
    address: str


@dataclass
class Mark:
    """`row` is the bar that a segment is part of; `color` is #rrggbb where the mark stands for a colour. `unsure` where
    it counts creatives whose topic is a guess."""

    name: Said
    parts: list[Part]
    color: str = ""
    row: Said | None = None
    unsure: bool = False


@dataclass
class Figure:
    """`kind` is count, percent or seconds; `difference` is that of the first side from the second."""

    name: str
    kind: str
    amounts: list[float | None]
    difference: float | None


@dataclass
class TopicSide:
    """`place` is that of its side. Confidences in percent, seconds per creative. For `unsure` of `count` creatives the
    topic is a guess."""

    place: int
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
    name: Said
    sides: list[TopicSide]


def page_address(group: str, beside: str) -> str:
    """Nothing stands beside itself."""
    return address(ANALYTICS, group=group, beside="" if beside in (group, group or ALL) else beside)


def creatives_address(group: str, **filters: str) -> str:
    """The creatives of a group (all when it is empty) that the filters leave."""
    return address(CREATIVES, group=group, **filters)


def sides_of(group: str, beside: str) -> list[str]:
    """The groups that stand beside each other, "" for all creatives: what an address asks for, nothing twice."""
    other = "" if beside == ALL else beside
    return [group, other] if beside and other != group else [group]


def side(group: Mapping[str, Any] | None, waiting: int, answer: Mapping[str, Any]) -> Side:
    """`group` as the API tells it, None for all creatives."""
    id_ = group["group_id"] if group else ""
    name = group["name"] or id_ if group else ""
    summary = answer["summary"]
    return Side(
        group=id_,
        name=Said(name, name) if group else Said(say("ru", "analytics.all"), say("en", "analytics.all")),
        address=creatives_address(id_),
        creatives=summary["total_creatives"],
        analysed=summary["analysed_creatives"],
        waiting=waiting,
    )


def waiting(groups: Sequence[Mapping[str, Any]]) -> int:
    """How many creatives of these groups are not analysed yet."""
    return sum(group["by_status"][status] for group in groups for status in ("PENDING", "PROCESSING"))


def choices(groups: Sequence[Mapping[str, Any]]) -> list[Choice]:
    return [Choice(group["group_id"], f"{group['name'] or group['group_id']} · {group['count']}") for group in groups]


def united(first: Sequence[Choice], more: Sequence[Choice]) -> list[Choice]:
    """The choices of both, each group once."""
    there = {choice.group for choice in first}
    return [*first, *(choice for choice in more if choice.group not in there)]


def figures(answers: Sequence[Mapping[str, Any]]) -> list[Figure]:
    made = []
    for name, (kind, field) in FIGURES.items():
        values = [{**answer, **answer["summary"]}[field] for answer in answers]
        if kind == "percent":
            values = [_percent(value) for value in values]
        known = len(values) == 2 and None not in values
        made.append(Figure(name, kind, values, values[0] - values[1] if known else None))
    return made


def counts(answers: Sequence[Mapping[str, Any]], listed: str, key: str) -> list[Counts]:
    """What each side counts of a list of the API (`topics`, `objects`, ...), most frequent first."""
    return [{entry[key]: entry["count"] for entry in answer[listed]} for answer in answers]


def most(sides: Sequence[Side], counted: Sequence[Counts]) -> list[str]:
    """The keys of the longest bars of either side, longest first."""
    longest: dict[str, float] = {}
    for one, found in zip(sides, counted, strict=True):
        for key, count in found.items():
            longest[key] = max(longest.get(key, 0.0), _share(count, one))
    return sorted(longest, key=lambda key: -longest[key])[:MOST_BARS]


def untold(listed: str, counted: Sequence[Counts], keys: Sequence[str]) -> list[tuple[int, str]]:
    """The sides and keys that must be asked for: the list of the API was too short for them."""
    return [
        (number, key)
        for number, found in enumerate(counted)
        if len(found) >= LISTED[listed]
        for key in keys
        if key not in found
    ]


def bars(
    sides: Sequence[Side],
    counted: Sequence[Counts],
    filter_: str,
    names: Mapping[str, Said] | None = None,
    **filters: str,
) -> list[Mark]:
    """The longest bars; `filter_` is what the page of creatives calls their keys, `filters` are besides."""
    return [
        Mark(
            names[key] if names else Said(key, key),
            [
                _counted(found.get(key, 0), one, **{filter_: key}, **filters)
                for one, found in zip(sides, counted, strict=True)
            ],
        )
        for key in most(sides, counted)
    ]


def topic_bars(sides: Sequence[Side], answers: Sequence[Mapping[str, Any]]) -> list[Mark]:
    """Topics that are sure or a person's; one more bar has all creatives whose topic is a guess."""
    settled = [
        {entry["topic"]: sure for entry in answer["topics"] if (sure := entry["count"] - entry["unsure"])}
        for answer in answers
    ]
    unsure = [sum(entry["unsure"] for entry in answer["topics"]) for answer in answers]
    made = bars(sides, settled, "topic", topic_names(answers), topic_decision=SETTLED)
    if any(unsure):
        name = Said(say("ru", "decision.unsure"), say("en", "decision.unsure"))
        parts = [_counted(count, one, topic_decision="unsure") for count, one in zip(unsure, sides, strict=True)]
        made.append(Mark(name, parts, unsure=True))
    return made


def topic_names(answers: Sequence[Mapping[str, Any]]) -> dict[str, Said]:
    return {entry["topic"]: Said(**entry["title"]) for answer in answers for entry in answer["topics"]}


def object_names(keys: Sequence[str]) -> dict[str, Said]:
    return {key: Said(*object_title(key)) for key in keys}


def times(sides: Sequence[Side], answers: Sequence[Mapping[str, Any]]) -> list[Mark]:
    """Days, weeks or months, earliest first and none left out; `answers` are breakdowns by time, shares are of all."""
    rows = [{row["key"]: row for row in answer["rows"]} for answer in answers]
    keys = sorted({key for found in rows for key in found})[-MOST_TIMES:]
    return [
        Mark(Said(key, key), [_time(found.get(key), one) for one, found in zip(sides, rows, strict=True)])
        for key in keys
    ]


def _time(row: Mapping[str, Any] | None, one: Side) -> Part:
    if row is None:
        return Part(0, 0.0, one.address)
    return Part(row["creatives"], _percent(row["share"]) or 0.0, gallery(row["link"]))


def slices(sides: Sequence[Side], answers: Sequence[Mapping[str, Any]]) -> list[Mark]:
    """The colour classes by their share of the pictures; a class has a slice on the sides that have it."""
    listed = [{entry["class_en"]: entry for entry in answer["color_classes"]} for answer in answers]
    return [
        Mark(
            _color_name(entry),
            [
                _part(found.get(name), creatives_address(one.group, color=name))
                for one, found in zip(sides, listed, strict=True)
            ],
            entry["hex"],
        )
        for name, entry in _united(listed).items()
    ]


def segments(sides: Sequence[Side], answers: Sequence[Mapping[str, Any]], topics: Sequence[str]) -> list[Mark]:
    """The colours of each topic, the topics in the given order."""
    names = topic_names(answers)
    made = []
    for topic in topics:
        listed = [
            {entry["class_en"]: entry for entry in answer["topic_color_distribution"].get(topic, ())}
            for answer in answers
        ]
        for color, entry in _united(listed).items():
            parts = [
                _part(found.get(color), creatives_address(one.group, topic=topic, color=color))
                for one, found in zip(sides, listed, strict=True)
            ]
            made.append(Mark(_color_name(entry), parts, entry["hex"], names[topic]))
    return made


def topic_rows(sides: Sequence[Side], answers: Sequence[Mapping[str, Any]], topics: Sequence[str]) -> list[TopicRow]:
    """Confidence and time per topic and side, guesses among them; a side without the topic has no line in its row."""
    names = topic_names(answers)
    unsure = [{entry["topic"]: entry["unsure"] for entry in answer["topics"]} for answer in answers]
    listed = [{entry["Тематики"]: entry for entry in answer["topics_table"]} for answer in answers]
    return [
        TopicRow(
            names[topic],
            [
                TopicSide(
                    place=place,
                    count=row["Кол-во"],
                    **{name: _percent(row[column]) for name, column in COLUMNS.items()},
                    seconds=row["avg_seconds"],
                    address=creatives_address(one.group, topic=topic),
                    unsure=unsure[place][topic],
                    unsure_address=creatives_address(one.group, topic=topic, topic_decision="unsure"),
                )
                for place, (one, found) in enumerate(zip(sides, listed, strict=True))
                if (row := found.get(topic))
            ],
        )
        for topic in topics
    ]


def _united(listed: Sequence[Mapping[str, Mapping[str, Any]]]) -> dict[str, Mapping[str, Any]]:
    """The entries of all sides by key, in the order of the first side, then of the second."""
    return {name: entry for found in listed for name, entry in found.items()}


def _color_name(entry: Mapping[str, Any]) -> Said:
    return Said(entry["class"], entry["class_en"].capitalize())


def _part(entry: Mapping[str, Any] | None, leads_to: str) -> Part:
    return Part(entry.get("count"), entry["percent"], leads_to) if entry else Part(None, None, leads_to)


def _counted(count: int, one: Side, **filters: str) -> Part:
    return Part(count, _share(count, one), creatives_address(one.group, **filters))


def _share(count: int, one: Side) -> float:
    return 100 * count / one.analysed if one.analysed else 0.0


def _percent(fraction: float | None) -> float | None:
    return None if fraction is None else 100 * fraction
