"""JSON that is the same text for the same values: sorted keys, no spaces, letters as they are."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any


def utc_text(moment: datetime) -> str:
    """2026-03-01T10:15:02.000001Z, with six digits always, so that texts sort as moments do."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return utc_text(value)
    raise TypeError(f"{type(value).__name__} has no JSON")


_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=_plain)


def json_text(value: Any) -> str:
    return _ENCODER.encode(value)


def vector_text(vector: Sequence[float]) -> str:
    """A JSON array of single-precision numbers: as many digits as tell them apart, which are fewer than a double's."""
    return "[" + ("%.9g," * len(vector))[:-1] % tuple(vector) + "]"
