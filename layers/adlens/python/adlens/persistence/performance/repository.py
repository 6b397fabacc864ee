"""Performance in and out: files are matched to creatives in the database, set by set, in one transaction."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from typing import IO, Any
from uuid import UUID

from sqlalchemy import Engine, func, select, text, tuple_
from sqlalchemy.orm import Session

from adlens.domain.errors import LimitReached, UnknownCreative
from adlens.domain.paging import Page
from adlens.domain.performance import (
    FILES_KEPT_FOR,
    MOST_FILES,
    MOST_LISTED,
    DailyPerformance,
    KeyKind,
    Malformed,
    Metrics,
    NotMatched,
    PerformanceReport,
    Reason,
    SentRow,
    is_id,
)
from adlens.domain.ports.performance import SentTable
from adlens.domain.stored_files import FileKind
from adlens.domain.text import clean_filename, storable
from adlens.persistence.paging import cursor_of, fetch_page, read_cursor
from adlens.persistence.schema import Creative, Performance, Removal
from adlens.persistence.session import transactional

_ROWS_AT_ONCE = 5000
_HELD_BYTES = 8_000_000

_SENT = """
    CREATE TEMPORARY TABLE sent (
        line integer NOT NULL, kind text NOT NULL, key text NOT NULL, name text NOT NULL, day date NOT NULL,
        placement text NOT NULL, impressions bigint NOT NULL, clicks bigint NOT NULL, conversions numeric NOT NULL,
        spend numeric NOT NULL
    ) ON COMMIT DROP
"""

_KEYS = """
    CREATE TEMPORARY TABLE sent_keys ON COMMIT DROP AS
    SELECT kind, key, min(name) AS name, min(line) AS line, count(*) AS rows, sum(impressions) AS impressions,
           sum(clicks) AS clicks, sum(conversions) AS conversions, sum(spend) AS spend,
           0 AS creatives, NULL::uuid AS creative_id
    FROM sent GROUP BY kind, key
"""

# A statement per kind of key, for its own index. Candidates are locked against deletion, always in the same order.
_CANDIDATES = """
    CREATE TEMPORARY TABLE candidates (kind text, key text, creative_id uuid) ON COMMIT DROP
"""

_BY_KEY = {
    KeyKind.CREATIVE_ID: """
        INSERT INTO candidates SELECT k.kind, k.key, c.id
        FROM sent_keys k JOIN creatives c ON c.workspace_id = :workspace_id AND c.id = k.key::uuid
        WHERE k.kind = 'creative_id' ORDER BY c.id FOR KEY SHARE OF c
    """,
    KeyKind.SHA256: """
        INSERT INTO candidates SELECT k.kind, k.key, c.id
        FROM sent_keys k JOIN creatives c ON c.workspace_id = :workspace_id AND c.sha256 = k.key
        WHERE k.kind = 'sha256' ORDER BY c.id FOR KEY SHARE OF c
    """,
    KeyKind.FILENAME: """
        INSERT INTO candidates SELECT k.kind, k.key, c.id
        FROM sent_keys k
        JOIN creative_facts f ON f.workspace_id = :workspace_id AND f.filename = k.name
        JOIN creatives c ON c.workspace_id = f.workspace_id AND c.id = f.creative_id
        WHERE k.kind = 'filename' ORDER BY c.id FOR KEY SHARE OF c
    """,
}

# File systems and spreadsheets write the extension as they like: another case of it counts where the name itself is not
# there.
_BY_OTHER_EXTENSION = """
    INSERT INTO candidates SELECT k.kind, k.key, c.id
    FROM sent_keys k
    CROSS JOIN LATERAL (SELECT regexp_replace(k.name, '[^.]*$', '') AS stem, substring(k.name from '[^.]*$') AS end) n
    CROSS JOIN LATERAL (SELECT DISTINCT n.stem || e FROM unnest(ARRAY[lower(n.end), upper(n.end), initcap(n.end)]) e)
        other (name)
    JOIN creative_facts f ON f.workspace_id = :workspace_id AND f.filename = other.name
    JOIN creatives c ON c.workspace_id = f.workspace_id AND c.id = f.creative_id
    WHERE k.kind = 'filename' AND n.stem <> ''
    AND NOT EXISTS (SELECT FROM candidates known WHERE known.kind = k.kind AND known.key = k.key)
    ORDER BY c.id FOR KEY SHARE OF c
"""

_MATCH = """
    UPDATE sent_keys k SET creatives = found.creatives,
                           creative_id = CASE WHEN found.creatives = 1 THEN found.creative_id END
    FROM (SELECT kind, key, count(*) AS creatives, (array_agg(creative_id))[1] AS creative_id
          FROM candidates GROUP BY kind, key) found
    WHERE k.kind = found.kind AND k.key = found.key
"""

_SUMS = """
    CREATE TEMPORARY TABLE summed ON COMMIT DROP AS
    SELECT k.creative_id, s.day, s.placement, sum(s.impressions)::bigint AS impressions,
           sum(s.clicks)::bigint AS clicks, sum(s.conversions) AS conversions, sum(s.spend) AS spend
    FROM sent s JOIN sent_keys k ON k.kind = s.kind AND k.key = s.key
    WHERE k.creative_id IS NOT NULL GROUP BY k.creative_id, s.day, s.placement
"""

_STORE = """
    INSERT INTO performance AS p
        (workspace_id, creative_id, day, placement, impressions, clicks, conversions, spend, updated_at)
    SELECT :workspace_id, creative_id, day, placement, impressions, clicks, conversions, spend, clock_timestamp()
    FROM summed ORDER BY creative_id, day, placement
    ON CONFLICT (workspace_id, creative_id, day, placement) DO UPDATE SET
        impressions = excluded.impressions, clicks = excluded.clicks, conversions = excluded.conversions,
        spend = excluded.spend, updated_at = excluded.updated_at
    WHERE (p.impressions, p.clicks, p.conversions, p.spend)
        IS DISTINCT FROM (excluded.impressions, excluded.clicks, excluded.conversions, excluded.spend)
"""

_TOTALS = """
    SELECT creative_id IS NOT NULL AS matched, count(*) AS keys, sum(rows) AS rows, sum(impressions) AS impressions,
           sum(clicks) AS clicks, sum(conversions) AS conversions, sum(spend) AS spend
    FROM sent_keys GROUP BY 1
"""

_NOT_MATCHED = """
    SELECT kind, key, creatives, line, rows, impressions, clicks, conversions, spend FROM sent_keys
    WHERE creative_id IS NULL ORDER BY line, kind, key LIMIT :most
"""


@dataclass(frozen=True, slots=True)
class ReadTable:
    """The rows of a table as text for COPY in `file`, and what they come to."""

    file: IO[bytes]
    rows: int
    sent: Metrics
    malformed: Malformed
    ignored_columns: tuple[str, ...]


class PostgresPerformance:
    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def store(self, workspace_id: UUID, table: SentTable) -> PerformanceReport:
        """As `adlens.domain.ports.performance.PerformanceRepository` says. Reading takes longer than storing, so no
        transaction waits for it, and one that lost a race need not read again.
        """
        with read(table) as sent:
            return self._store(workspace_id, sent)

    @transactional
    def _store(self, session: Session, workspace_id: UUID, sent: ReadTable) -> PerformanceReport:
        return store(session, workspace_id, sent)

    @transactional
    def announce_file(self, session: Session, workspace_id: UUID, object_key: str, until: datetime) -> None:
        waiting = select(func.count()).where(
            Removal.workspace_id == workspace_id, Removal.store == FileKind.EXPORTS, Removal.due > func.now()
        )
        if session.scalars(waiting).one() >= MOST_FILES:
            raise LimitReached(
                f"The workspace may send {MOST_FILES:,} files a day. Go on tomorrow.",
                int(FILES_KEPT_FOR.total_seconds()) // MOST_FILES,
            )
        session.add(
            Removal(
                workspace_id=workspace_id, object_key=object_key, store=FileKind.EXPORTS, deleted_at=until, due=until
            )
        )

    @transactional
    def of_creative(
        self,
        session: Session,
        workspace_id: UUID,
        creative_id: UUID,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Page[DailyPerformance]:
        """The days of a creative and their placements, oldest first. Raises UnknownCreative."""
        own = Performance.workspace_id == workspace_id, Performance.creative_id == creative_id
        if session.get(Creative, (workspace_id, creative_id)) is None:
            raise UnknownCreative(f"There is no creative {creative_id}.")
        statement = select(Performance).where(*own).order_by(Performance.day, Performance.placement)
        if cursor is not None:
            day, placement = read_cursor(cursor, date.fromisoformat, str, "performance")
            statement = statement.where(tuple_(Performance.day, Performance.placement) > (day, placement))
        rows, more = fetch_page(session, statement, limit)
        last = rows[-1] if more else None
        return Page(
            tuple(DailyPerformance(row.day, row.placement, _figures(row)) for row in rows),
            cursor_of(last.day.isoformat(), last.placement, "performance") if last is not None else None,
        )


@contextmanager
def read(table: SentTable) -> Iterator[ReadTable]:
    """Reads a table to its end. Raises what it raises."""
    impressions = clicks = count = 0
    conversions = spend = Decimal(0)
    malformed = Malformed()
    with tempfile.SpooledTemporaryFile(_HELD_BYTES) as file:
        rows = malformed.without(table.rows())
        while batch := list(islice(rows, _ROWS_AT_ONCE)):
            for row in batch:
                impressions += row.figures.impressions
                clicks += row.figures.clicks
                conversions += row.figures.conversions
                spend += row.figures.spend
            count += len(batch)
            file.write("".join(map(_copy_line, batch)).encode())
        sent = Metrics(impressions, clicks, conversions, spend)
        yield ReadTable(file, count, sent, malformed, table.ignored_columns)


def store(session: Session, workspace_id: UUID, table: ReadTable) -> PerformanceReport:
    """Stores the figures of a table, replacing stored ones of the same creatives, days and placements."""
    session.execute(text(_SENT))
    connection: Any = session.connection().connection.dbapi_connection
    table.file.seek(0)
    with connection.cursor() as cursor:
        cursor.copy_expert("COPY sent FROM STDIN", table.file)
    for statement in ("ANALYZE sent", _KEYS, "ANALYZE sent_keys", _CANDIDATES):
        session.execute(text(statement))
    for statement in (*_BY_KEY.values(), _BY_OTHER_EXTENSION):
        session.execute(text(statement), {"workspace_id": workspace_id})
    for statement in ("ANALYZE candidates", _MATCH, _SUMS, "ANALYZE summed"):
        session.execute(text(statement))
    changed: Any = session.execute(text(_STORE), {"workspace_id": workspace_id})
    stored = session.execute(text("SELECT count(*) FROM summed")).scalar_one()
    by_match = {total.matched: total for total in session.execute(text(_TOTALS))}
    matched, unmatched = by_match.get(True), by_match.get(False)
    malformed = table.malformed
    return PerformanceReport(
        rows=table.rows + malformed.count,
        matched_rows=int(matched.rows) if matched else 0,
        unmatched_rows=int(unmatched.rows) if unmatched else 0,
        malformed=malformed.count,
        stored=stored,
        changed=changed.rowcount,
        sent=table.sent,
        matched=_figures(matched) if matched else Metrics(),
        unmatched=_figures(unmatched) if unmatched else Metrics(),
        not_matched=tuple(map(_not_matched, session.execute(text(_NOT_MATCHED), {"most": MOST_LISTED}))),
        not_matched_keys=unmatched.keys if unmatched else 0,
        malformed_rows=tuple(malformed.first),
        ignored_columns=table.ignored_columns,
    )


# https://www.postgresql.org/docs/current/sql-copy.html#SQL-COPY-FILE-FORMATS
_ESCAPED = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def _copy_line(row: SentRow) -> str:
    kind = row.kind.value if row.kind is not KeyKind.CREATIVE_ID or is_id(row.key) else Reason.NO_ID.value
    name = clean_filename(row.key) if row.kind is KeyKind.FILENAME else ""
    key, name, placement = (storable(value).translate(_ESCAPED) for value in (row.key, name, row.placement))
    figures = row.figures
    return (
        f"{row.line}\t{kind}\t{key}\t{name}\t{row.day}\t{placement}\t"
        f"{figures.impressions}\t{figures.clicks}\t{figures.conversions:f}\t{figures.spend:f}\n"
    )


def _figures(row: Any) -> Metrics:
    return Metrics(int(row.impressions), int(row.clicks), row.conversions, row.spend)


def _not_matched(row: Any) -> NotMatched:
    no_id = row.kind == Reason.NO_ID.value
    reason = Reason.NO_ID if no_id else Reason.AMBIGUOUS if row.creatives > 1 else Reason.UNKNOWN
    kind = KeyKind.CREATIVE_ID if no_id else KeyKind(row.kind)
    return NotMatched(kind, row.key, reason, row.line, row.rows, _figures(row))
