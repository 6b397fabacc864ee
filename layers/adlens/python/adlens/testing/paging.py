"""Pages of lists in memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from adlens.domain.paging import Page

T = TypeVar("T")


def page_of(rows: Sequence[T], limit: int, cursor: str | None) -> Page[T]:
    """A cursor is the number of the first row."""
    start = int(cursor or 0)
    end = start + limit
    return Page(tuple(rows[start:end]), str(end) if end < len(rows) else None)
