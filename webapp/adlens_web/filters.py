"""Which creatives a gallery shows, as its address says it."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite

FILTERS = ("group", "topic", "color", "object", "word", "text", "status", "min_confidence", "max_confidence")
NEWEST = "-uploaded_at"
PLACE = ("page", "cursor")
"""Where in the gallery one is. A cursor holds for the filters and the sort that it came with."""


def asked_for(query: Mapping[str, str]) -> dict[str, str]:
    """All filters and the sort of an address by name; empty where it asks for nothing."""
    return {name: query.get(name, "").strip() for name in (*FILTERS, "sort")}


def for_api(asked: Mapping[str, str]) -> dict[str, str]:
    """The same as parameters of the API."""
    return {"group_id" if name == "group" else name: value for name, value in asked.items()}


def percent(fraction: str) -> str:
    """A fraction as people write it, "60" for "0.6"; empty when it is none."""
    number = _number(fraction)
    return "" if number is None else f"{100 * number:.4g}"


def fraction(percent: str) -> str:
    """The reverse; what is outside of 0 to 100 becomes the nearer end."""
    number = _number(percent.replace(",", "."))
    return "" if number is None else f"{min(100.0, max(0.0, number)) / 100:.4g}"


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if isfinite(number) else None
