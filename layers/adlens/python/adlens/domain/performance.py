"""Impressions, clicks, conversions and spend of creatives, as a file has them, and the report on such a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

MOST_LISTED = 1000
"""Keys and malformed rows that a report lists."""
MOST_BYTES = 64_000_000
"""Of a table, as it is sent and when it is unpacked."""
MOST_ROWS = 2_000_000
"""Of a table. A job has 900 seconds for them (docs/performance.md says what they take)."""
FILES_KEPT_FOR = timedelta(days=1)
"""How long a file waits for its import."""
MOST_FILES = 1000
"""A workspace may announce within FILES_KEPT_FOR."""


class KeyKind(StrEnum):
    """By what a row names its creative. A row that has several goes by the first of them."""

    CREATIVE_ID = "creative_id"
    SHA256 = "sha256"
    FILENAME = "filename"


class Reason(StrEnum):
    """Why a key has no creative."""

    UNKNOWN = "unknown"
    AMBIGUOUS = "ambiguous"
    NO_ID = "not_an_id"


@dataclass(frozen=True, slots=True)
class Metrics:
    impressions: int = 0
    clicks: int = 0
    conversions: Decimal = Decimal(0)
    spend: Decimal = Decimal(0)

    def __add__(self, other: Metrics) -> Metrics:
        return Metrics(
            self.impressions + other.impressions,
            self.clicks + other.clicks,
            self.conversions + other.conversions,
            self.spend + other.spend,
        )


@dataclass(frozen=True, slots=True)
class SentRow:
    """`line` is that of the file, from 1, or the number of the row in JSON; `key` is what was sent."""

    line: int
    kind: KeyKind
    key: str
    day: date
    placement: str
    figures: Metrics


@dataclass(frozen=True, slots=True)
class MalformedRow:
    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class DailyPerformance:
    day: date
    placement: str
    figures: Metrics


@dataclass(frozen=True, slots=True)
class NotMatched:
    """A key without a creative: where it is first, in how many rows, and their sums."""

    kind: KeyKind
    key: str
    reason: Reason
    line: int
    rows: int
    figures: Metrics


@dataclass(frozen=True, slots=True)
class PerformanceReport:
    """`sent` sums up the well-formed rows of the file, and is `matched` and `unmatched` together.

    `stored` counts the days and placements of creatives in the file, `changed` those whose stored figures changed.
    The lists end after MOST_LISTED; `not_matched_keys` and `malformed` count all.
    """

    rows: int
    matched_rows: int
    unmatched_rows: int
    malformed: int
    stored: int
    changed: int
    sent: Metrics
    matched: Metrics
    unmatched: Metrics
    not_matched: tuple[NotMatched, ...]
    not_matched_keys: int
    malformed_rows: tuple[MalformedRow, ...]
    ignored_columns: tuple[str, ...] = ()


def performance_file_key(workspace_id: UUID, file_id: UUID) -> str:
    """The object of a file that is to be imported, in the store of the exports."""
    return f"{workspace_id}/performance/{file_id}"


def is_id(key: str) -> bool:
    return parse_id(key) is not None


def parse_id(value: str) -> UUID | None:
    try:
        return UUID(value)
    except ValueError:
        return None


@dataclass
class Malformed:
    """Counts malformed rows, and keeps the first of them."""

    count: int = 0
    first: list[MalformedRow] = field(default_factory=list)

    def without(self, rows: Iterable[SentRow | MalformedRow]) -> Iterator[SentRow]:
        """The other rows."""
        for row in rows:
            if isinstance(row, SentRow):
                yield row
                continue
            self.count += 1
            if len(self.first) < MOST_LISTED:
                self.first.append(row)
