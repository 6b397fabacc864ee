"""The filters of a gallery: in its address, in the API, and in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import isfinite
from urllib.parse import parse_qsl, quote, urlencode

from adlens_web import texts
from adlens_web.api.answers import Group, Taxonomy

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
"""Decisions whose topics the charts count."""
SHARES = ("min_share", "min_confidence", "max_confidence", "min_text_share", "max_text_share")
NEWEST = "-uploaded_at"
POSITION = ("page", "cursor")
"""The page of the gallery. A cursor is valid for the filters and the sort of its own answer only."""

Titles = Mapping[str, Mapping[str, tuple[str, str]]]
"""Titles of values in Russian and English, by filter."""


def from_address(query: Mapping[str, str]) -> dict[str, str]:
    """All filters and the sort by name, from the query of an address; empty where it has none."""
    return {name: query.get(name, "").strip() for name in (*FILTERS, "sort")}


def to_api(selected: Mapping[str, str]) -> dict[str, str | list[str]]:
    """The same as parameters of the API."""
    return {
        "group_id" if name == "group" else name: value.split(",") if name in LISTS and "," in value else value
        for name, value in selected.items()
    }


def from_api(link: str) -> dict[str, str]:
    """The filters of a link or a query string of the API, as an address of the gallery has them."""
    found: dict[str, str] = {}
    for parameter, value in parse_qsl(link.rpartition("?")[2]):
        name = "group" if parameter == "group_id" else parameter
        found[name] = f"{found[name]},{value}" if name in found and name in LISTS else value
    return found


def to_api_query(selected: Mapping[str, str]) -> str:
    """The filters as a query string of the API, without those that are empty."""
    given = {name: value for name, value in to_api(selected).items() if value}
    return urlencode(given, doseq=True, quote_via=quote)


def toggle_decision(decisions: str, decision: str) -> str:
    """Adds a decision to those listed by comma, or removes it."""
    toggled = {*decisions.split(",")} ^ {decision}
    return ",".join(name for name in DECISIONS if name in toggled)


def without(selected: Mapping[str, str], name: str) -> dict[str, str]:
    """The filters without one. `min_share` goes with `hex`, the colour it is about."""
    return {**selected, name: "", **({"min_share": ""} if name == "hex" else {})}


def value_title(name: str, value: str, titles: Titles) -> tuple[str, str]:
    """The value of a filter in words, in Russian and English."""
    match name:
        case "object":
            return texts.object_title(value)
        case "group" | "topic" | "topic_decision" | "color":
            known = {**_FIXED.get(name, {}), **titles.get(name, {})}
            both = [known.get(one, (one, one)) for one in value.split(",")]
            return ", ".join(ru for ru, _ in both), ", ".join(en for _, en in both)
        case "status" if texts.known(f"status.{value}"):
            return _in_both_languages(f"status.{value}")
        case "within" | "rest_of":
            return describe(from_api(value), titles)
    if name in SHARES:
        share = value if name == "min_share" else percent(value)
        return f"{share} %", f"{share}%"
    shown = day(value) or value if name in ("from", "before") else value
    return shown, shown


def titles_of(taxonomy: Taxonomy, groups: Iterable[Group]) -> dict[str, dict[str, tuple[str, str]]]:
    names = {group["group_id"]: group["name"] or group["group_id"] for group in groups}
    return {
        "group": {id_: (name, name) for id_, name in names.items()},
        "topic": {entry["topic"]: (entry["title"]["ru"], entry["title"]["en"]) for entry in taxonomy["topics"]},
        "color": {entry["class_en"]: texts.color_title(entry["class_en"]) for entry in taxonomy["color_classes"]},
    }


def describe(selected: Mapping[str, str], titles: Titles) -> tuple[str, str]:
    """All filters in one line, in Russian and English; empty without filters."""
    parts: list[tuple[str, str]] = []
    for name in FILTERS:
        if value := selected.get(name):
            ru, en = value_title(name, value, titles)
            title_ru, title_en = _in_both_languages(f"creatives.filter.{name}")
            parts.append((f"{title_ru}: {ru}", f"{title_en}: {en}"))
    return "; ".join(ru for ru, _ in parts), "; ".join(en for _, en in parts)


def day(moment: str) -> str:
    """The day of a date, or of a time that begins a day in UTC; empty for any other time."""
    date, _, time = moment.partition("T")
    return date if not time or time in ("00:00:00+00:00", "00:00:00Z") else ""


def percent(fraction: str) -> str:
    """A fraction in percent, "60" for "0.6"; empty when it is no number."""
    number = _number(fraction)
    return "" if number is None else f"{100 * number:.4g}"


def fraction(percent: str) -> str:
    """A percentage as a fraction, limited to 0 to 1; empty when it is no number."""
    number = _number(percent.replace(",", "."))
    return "" if number is None else f"{min(100.0, max(0.0, number)) / 100:.4g}"


def share(percent: str) -> str:
    """A percentage, limited to 0 to 100; empty when it is no number."""
    number = _number(percent.replace(",", "."))
    return "" if number is None else f"{min(100.0, max(0.0, number)):.4g}"


def count(text: str) -> str:
    """A whole number from 1 to 1000, the limit of the API; empty when it is no number, or below 1."""
    number = _number(text)
    return "" if number is None or number < 1 else str(min(1000, int(number)))


def _in_both_languages(key: str) -> tuple[str, str]:
    return texts.say("ru", key), texts.say("en", key)


_FIXED: Titles = {
    "topic": {"none": _in_both_languages("creatives.no_topic")},
    "topic_decision": {decision: _in_both_languages(f"decision.{decision}") for decision in DECISIONS},
}
"""Values that every workspace has."""


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if isfinite(number) else None
