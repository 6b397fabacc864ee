"""Which creatives a gallery shows, as its address says it, and as the API does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import isfinite
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from adlens_web import texts

FILTERS = (
    "group",
    "topic",
    "topic_decision",
    "color",
    "hex",
    "min_share",
    "object",
    "min_objects",
    "max_objects",
    "word",
    "q",
    "text",
    "status",
    "min_confidence",
    "max_confidence",
    "min_text_share",
    "max_text_share",
    "from",
    "before",
    "min_width",
    "max_width",
    "min_height",
    "max_height",
    "min_aspect",
    "max_aspect",
    "within",
    "rest_of",
)
"""`within` and `rest_of` are query strings of the API."""
LISTS = ("group", "topic", "topic_decision")
"""Filters that may have several values, by comma."""
DECISIONS = ("sure", "unsure", "person")
SETTLED = "sure,person"
"""The decisions about a topic that charts take for a fact."""
SHARES = ("min_share", "min_confidence", "max_confidence", "min_text_share", "max_text_share")
NEWEST = "-uploaded_at"
PLACE = ("page", "cursor")
"""Where in the gallery one is. A cursor holds for the filters and the sort that it came with."""

Titles = Mapping[str, Mapping[str, tuple[str, str]]]
"""What values are called in Russian and English, by filter."""


def asked_for(query: Mapping[str, str]) -> dict[str, str]:
    """All filters and the sort of an address by name; empty where it asks for nothing."""
    return {name: query.get(name, "").strip() for name in (*FILTERS, "sort")}


def for_api(asked: Mapping[str, str]) -> dict[str, str | list[str]]:
    """The same as parameters of the API."""
    return {
        "group_id" if name == "group" else name: value.split(",") if name in LISTS and "," in value else value
        for name, value in asked.items()
    }


def from_api(link: str) -> dict[str, str]:
    """The filters of a link or a query string of the API, as an address of the gallery has them."""
    found: dict[str, str] = {}
    for told, value in parse_qsl(link.rpartition("?")[2]):
        name = "group" if told == "group_id" else told
        found[name] = f"{found[name]},{value}" if name in found and name in LISTS else value
    return found


def to_query(asked: Mapping[str, str]) -> str:
    """The reverse: filters as a query string of the API, without those that are empty."""
    given = {name: value for name, value in for_api(asked).items() if value}
    return urlencode(given, doseq=True, quote_via=quote)


def toggled(values: str, value: str) -> str:
    """Decisions by comma, with one more or without it."""
    chosen = {*values.split(",")} ^ {value}
    return ",".join(decision for decision in DECISIONS if decision in chosen)


def without(asked: Mapping[str, str], name: str) -> dict[str, str]:
    """The filters but one; a share is that of the colour it comes with."""
    return {**asked, name: "", **({"min_share": ""} if name == "hex" else {})}


def said(name: str, value: str, titles: Titles) -> tuple[str, str]:
    """What a filter asks for, in Russian and English."""
    match name:
        case "object":
            return texts.object_title(value)
        case "group" | "topic" | "topic_decision" | "color":
            known = {**_FIXED.get(name, {}), **titles.get(name, {})}
            both = [known.get(one, (one, one)) for one in value.split(",")]
            return ", ".join(ru for ru, _ in both), ", ".join(en for _, en in both)
        case "status" if texts.known(f"status.{value}"):
            return _in_both(f"status.{value}")
        case "within" | "rest_of":
            return described(from_api(value), titles)
    if name in SHARES:
        part = value if name == "min_share" else percent(value)
        return f"{part} %", f"{part}%"
    shown = day(value) or value if name in ("from", "before") else value
    return shown, shown


def titles_of(
    taxonomy: Mapping[str, Any], groups: Iterable[Mapping[str, Any]]
) -> dict[str, dict[str, tuple[str, str]]]:
    """From the API's topics, colours and groups."""
    names = {group["group_id"]: group["name"] or group["group_id"] for group in groups}
    colors = {entry["class_en"]: entry["class"] for entry in taxonomy["color_classes"]}
    return {
        "group": {id_: (name, name) for id_, name in names.items()},
        "topic": {entry["topic"]: (entry["title"]["ru"], entry["title"]["en"]) for entry in taxonomy["topics"]},
        "color": {en: (ru, en.capitalize()) for en, ru in colors.items()},
    }


def described(asked: Mapping[str, str], titles: Titles) -> tuple[str, str]:
    """All that is asked for in one line, in Russian and English; empty where nothing is."""
    parts: list[tuple[str, str]] = []
    for name in FILTERS:
        if value := asked.get(name):
            ru, en = said(name, value, titles)
            title_ru, title_en = _in_both(f"creatives.filter.{name}")
            parts.append((f"{title_ru}: {ru}", f"{title_en}: {en}"))
    return "; ".join(ru for ru, _ in parts), "; ".join(en for _, en in parts)


def day(moment: str) -> str:
    """The day of a moment that begins it in UTC, or of a day; empty for any other moment."""
    date, _, time = moment.partition("T")
    return date if not time or time in ("00:00:00+00:00", "00:00:00Z") else ""


def percent(fraction: str) -> str:
    """A fraction as people write it, "60" for "0.6"; empty when it is none."""
    number = _number(fraction)
    return "" if number is None else f"{100 * number:.4g}"


def fraction(percent: str) -> str:
    """The reverse; what is outside of 0 to 100 becomes the nearer end."""
    number = _number(percent.replace(",", "."))
    return "" if number is None else f"{min(100.0, max(0.0, number)) / 100:.4g}"


def share(percent: str) -> str:
    """A share in percent as it may be asked for; empty when it is none."""
    number = _number(percent.replace(",", "."))
    return "" if number is None else f"{min(100.0, max(0.0, number)):.4g}"


def count(text: str) -> str:
    """How many, as it may be asked for: at least one, at most what the API counts to; empty when it is no number."""
    number = _number(text)
    return "" if number is None or number < 1 else str(min(1000, int(number)))


def _in_both(key: str) -> tuple[str, str]:
    return texts.say("ru", key), texts.say("en", key)


_FIXED: Titles = {
    "topic": {"none": _in_both("creatives.no_topic")},
    "topic_decision": {decision: _in_both(f"decision.{decision}") for decision in DECISIONS},
}
"""Values that are the same everywhere."""


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if isfinite(number) else None
