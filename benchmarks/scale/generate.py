"""Fills a migrated, empty database with the creatives of a plan, in minutes.

COPY in several processes, triggers off, indexes and keys taken down before and put up after it, roll-ups counted from
the rows by SQL of their own. What comes of it is what the application would have written, as
tests/integration/persistence/search/test_plans.py checks.
"""

from __future__ import annotations

import contextlib
import io
import multiprocessing
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg2
from sqlalchemy import make_url

from adlens.domain.words import distinct_words
from adlens.persistence import schema
from adlens.persistence.search.vocabulary import add_words
from adlens.persistence.search.words import meaningful_words
from adlens.persistence.session import make_engine, transaction
from benchmarks.scale.content import BUNDLE, YEAR, Plan, creatives, dictionary, plan
from benchmarks.scale.rows import COLUMNS, NOTHING, CachedTokens, embeddings, facts_columns, lines_of

CHUNK = 1000
_ROLLUPS = ("rollup", "topic_rollup", "finding_rollup", "color_rollup", "topic_color_rollup")
_LOADED = (
    *("groups", *COLUMNS, "creative_facts", "embeddings", "vocabulary"),
    *(f"{whose}_{name}" for name in _ROLLUPS for whose in ("group", "workspace")),
)
Say = Callable[[str], None]


def fill(url: str, size: int, workers: int = 2, seed: int = 5, say: Say = print) -> Plan:
    """Makes `size` creatives, and a few more of other workspaces, in the database of a superuser's URL."""
    tell = _stopwatch(say)
    of = plan(size, seed)
    with _connected(url) as connection:
        _note_tenants(connection, of)
        taken_down = _take_down(connection)
        tell(f"planned {len(of):,} creatives in {len(of.groups):,} groups")
        words = _copy_all(url, of, workers)
        tell("copied")
        for statement in _rollups():
            _run(connection, statement)
        tell("roll-ups")
        _learn_all(url, of, words, workers)
        tell(f"{sum(map(len, words)):,} words of the vocabulary")
        _put_up(url, taken_down, workers)
        tell("indexes and keys")
        _run(connection, "VACUUM (ANALYZE)")
        tell("vacuumed")
    return of


def _stopwatch(say: Say) -> Say:
    started = last = time.monotonic()

    def tell(what: str) -> None:
        nonlocal last
        now = time.monotonic()
        say(f"{now - started:6.0f} s  {what} ({now - last:.0f} s; load {os.getloadavg()[0]:.1f})")
        last = now

    return tell


def _connected(url: str) -> Any:
    """A psycopg2 connection for loading; each statement is a transaction of its own."""
    parts = make_url(url)
    connection = psycopg2.connect(
        parts.set(drivername="postgresql").render_as_string(hide_password=False),
        options=(
            "-c timezone=UTC -c session_replication_role=replica -c synchronous_commit=off -c work_mem=512MB "
            "-c maintenance_work_mem=1GB"
        ),
    )
    connection.autocommit = True
    return contextlib.closing(connection)


def _run(connection: Any, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, tuple(values) or None)
        return cursor.fetchall() if cursor.description else []


def _note_tenants(connection: Any, of: Plan) -> None:
    for tenant in of.tenants:
        _run(connection, "INSERT INTO workspaces (id, name) VALUES (%s, %s)", (str(tenant.id), tenant.name))
    engines = '{"ocr": "ppocr-ctc"}'
    _run(
        connection,
        "INSERT INTO model_bundles (checksum, name, version, engines) VALUES (%s, 'compact', '1', %s)",
        (BUNDLE, engines),
    )
    rows = "".join(
        f"{of.tenants[g.tenant].id}\t{g.id}\t{YEAR + timedelta(microseconds=g.created)}\t{g.name or NOTHING}\n"
        for g in of.groups
    )
    _copy(connection, "groups (workspace_id, id, created_at, name)", rows.encode())


def _copy(connection: Any, table: str, rows: bytes, options: str = "") -> None:
    with connection.cursor() as cursor:
        cursor.copy_expert(f"COPY {table} FROM STDIN {options}", io.BytesIO(rows))


# --- indexes and keys -----------------------------------------------------------------------------------------------


def _take_down(connection: Any) -> list[str]:
    """Drops the keys and indexes of the tables that are filled; answers with the statements that make them again."""
    constraints = _run(
        connection,
        """
        SELECT conrelid::regclass::text, conname, contype, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE contype IN ('p', 'u', 'f') AND (conrelid::regclass::text = ANY(%s) OR confrelid::regclass::text = ANY(%s))
        ORDER BY contype, 1
        """,
        (list(_LOADED), list(_LOADED)),
    )
    kept = [row for row in constraints if row[:3] == ("vocabulary", "vocabulary_pkey", "p")]
    constraints = [row for row in constraints if row not in kept]
    indexes = _run(
        connection,
        """
        SELECT indexname, indexdef FROM pg_indexes i WHERE schemaname = 'public' AND tablename = ANY(%s)
            AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid::regclass::text = i.indexname)
        """,
        (list(_LOADED),),
    )
    for table, name, _, _ in sorted(constraints, key=lambda row: row[2] != "f"):
        _run(connection, f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    for name, _ in indexes:
        _run(connection, f"DROP INDEX {name}")

    def again(kinds: str) -> list[str]:
        return [f"ALTER TABLE {t} ADD CONSTRAINT {name} {how}" for t, name, kind, how in constraints if kind in kinds]

    checks = [f"ALTER TABLE {t} VALIDATE CONSTRAINT {name}" for t, name, kind, _ in constraints if kind == "f"]
    return [*again("pu"), *(how for _, how in indexes), *(f"{how} NOT VALID" for how in again("f")), *checks]


def _put_up(url: str, statements: Sequence[str], workers: int) -> None:
    def put_up(some: Iterable[str]) -> None:
        with _connected(url) as connection:
            for statement in some:
                _run(connection, statement)

    def side_by_side(some: Iterable[str]) -> None:
        # One table each at a time: what changes a table locks it.
        by_table: dict[str, list[str]] = {}
        for statement in some:
            by_table.setdefault(_table_of(statement), []).append(statement)
        largest_first = sorted(
            by_table.values(), key=lambda of: any("gin" in s or "hnsw" in s for s in of), reverse=True
        )
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(put_up, largest_first))

    unchecked = [statement for statement in statements if statement.endswith(" NOT VALID")]
    checks = [statement for statement in statements if " VALIDATE " in statement]
    side_by_side(statement for statement in statements if statement not in (*unchecked, *checks))
    put_up(unchecked)
    side_by_side(checks)


def _table_of(statement: str) -> str:
    words = statement.split()
    return words[words.index("ON") + 1 if "INDEX" in words[:3] else 2].removeprefix("public.")


# --- rows -----------------------------------------------------------------------------------------------------------

_job: tuple[str, Plan, set[str], bool] | None = None
"""What the processes inherit: forked, they need no copy of the plan."""


def _copy_all(url: str, of: Plan, workers: int) -> list[set[str]]:
    """Answers with the words per tenant."""
    global _job  # noqa: PLW0603 - inherited by fork
    dictionary()
    with _connected(url) as connection:
        kind = _run(
            connection,
            "SELECT atttypid::regtype::text FROM pg_attribute "
            "WHERE attrelid = 'embeddings'::regclass AND attname = 'vector'",
        )
    _job = (url, of, _stop_words(url), kind == [("halfvec",)])
    starts = range(0, len(of), CHUNK)
    words: list[set[str]] = [set() for _ in of.tenants]
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("fork")) as pool:
        for found in pool.map(_copy_some, (starts[at::workers] for at in range(workers))):
            for known, more in zip(words, found, strict=True):
                known.update(more)
    return words


def _copy_some(starts: Sequence[int]) -> list[set[str]]:
    if _job is None:
        raise RuntimeError("nothing was prepared")
    url, of, stop_words, half = _job
    tenants = [(tenant.id, CachedTokens(tenant.id)) for tenant in of.tenants]
    facts = facts_columns()
    with _connected(url) as connection:
        for start in starts:
            made, vectors = creatives(of, start, min(start + CHUNK, len(of)))
            for table, lines in lines_of(made, tenants, stop_words).items():
                _copy(connection, f"{table} ({COLUMNS.get(table, facts)})", lines.encode())
            columns = "embeddings (workspace_id, creative_id, bundle_checksum, vector)"
            _copy(connection, columns, embeddings(made, tenants, vectors, half), "(FORMAT binary)")
    return [tokens.words for _, tokens in tenants]


def _stop_words(url: str) -> set[str]:
    """Of the words that the generator uses."""
    known = distinct_words(dictionary())
    engine = make_engine(url)
    try:
        with transaction(engine) as session:
            return set(known) - set(meaningful_words(session, known))
    finally:
        engine.dispose()


def _learn_all(url: str, of: Plan, words: Sequence[set[str]], workers: int) -> None:
    jobs = []
    for tenant, known in zip(of.tenants, words, strict=True):
        listed = sorted(known)
        jobs += [(url, tenant.id, listed[at : at + 20_000]) for at in range(0, len(listed), 20_000)]
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("fork")) as pool:
        list(pool.map(_learn_some, jobs))


def _learn_some(job: tuple[str, UUID, Sequence[str]]) -> None:
    url, workspace_id, words = job
    engine = make_engine(url)
    try:
        for at in range(0, len(words), 2000):
            with transaction(engine) as session:
                add_words(session, workspace_id, words[at : at + 2000])
    finally:
        engine.dispose()


# --- roll-ups -------------------------------------------------------------------------------------------------------


def _rollups() -> Iterator[str]:
    """Statements that count them from the rows, sharing nothing with those that the application keeps them by."""
    yield "SET max_parallel_workers_per_gather = 2"
    yield """
        CREATE TEMPORARY TABLE figures AS
        SELECT c.workspace_id, c.group_id, c.updated_at, (a.creative_id IS NOT NULL)::int AS analysed, a.topic,
            (a.topic IS NOT NULL AND NOT a.topic_sure)::int AS unsure,
            coalesce(a.seconds, 0) AS seconds, coalesce(a.topic_confidence, 0) AS topic_confidence,
            coalesce(t.n, 0) AS text_blocks, coalesce(t.total, 0) AS text_confidence,
            coalesce(o.n, 0) AS objects, coalesce(o.total, 0) AS object_confidence
        FROM creatives c
        LEFT JOIN analyses a ON a.workspace_id = c.workspace_id AND a.creative_id = c.id
        LEFT JOIN (SELECT workspace_id, creative_id, count(*) AS n, sum(confidence) AS total FROM text_blocks
                   GROUP BY 1, 2) t ON t.workspace_id = c.workspace_id AND t.creative_id = c.id
        LEFT JOIN (SELECT workspace_id, creative_id, count(*) AS n, sum(confidence) AS total FROM detected_objects
                   GROUP BY 1, 2) o ON o.workspace_id = c.workspace_id AND o.creative_id = c.id
    """
    sums = ("text_blocks", "text_confidence", "objects", "object_confidence", "topic_confidence", "seconds")
    totals = ", ".join(f"sum({name})" for name in sums)
    yield f"""
        INSERT INTO group_rollup (workspace_id, group_id, creatives, analysed, topics, updated_at, {", ".join(sums)})
        SELECT workspace_id, group_id, count(*), sum(analysed), count(topic), max(updated_at), {totals}
        FROM figures GROUP BY 1, 2
    """
    yield f"""
        INSERT INTO group_topic_rollup (workspace_id, group_id, topic, creatives, unsure, {", ".join(sums)})
        SELECT workspace_id, group_id, topic, count(*), sum(unsure), {totals}
        FROM figures WHERE topic IS NOT NULL GROUP BY 1, 2, 3
    """
    yield "DROP TABLE figures"
    found = "INSERT INTO group_finding_rollup (workspace_id, group_id, kind, name, creatives)"
    of_creative = "JOIN creatives c ON c.workspace_id = f.workspace_id AND c.id = f.creative_id"
    for kind, rows in (
        ("object", "SELECT DISTINCT workspace_id, creative_id, class_name AS name FROM detected_objects"),
        ("color_class", "SELECT DISTINCT workspace_id, creative_id, color_class AS name FROM swatches"),
        ("word", "SELECT workspace_id, creative_id, unnest(words) AS name FROM analyses"),
    ):
        yield f"""
            {found} SELECT c.workspace_id, c.group_id, '{kind}', f.name, count(*) FROM ({rows}) f {of_creative}
            GROUP BY 1, 2, f.name
        """
    yield f"""
        INSERT INTO group_color_rollup (workspace_id, group_id, hex, creatives)
        SELECT c.workspace_id, c.group_id, f.hex, count(*) FROM (
            SELECT DISTINCT workspace_id, creative_id, hex FROM swatches WHERE role = 'dominant'
        ) f {of_creative} GROUP BY 1, 2, 3
    """
    yield f"""
        INSERT INTO group_topic_color_rollup (workspace_id, group_id, topic, color_class, swatches, percent)
        SELECT c.workspace_id, c.group_id, coalesce(a.topic, ''), f.color_class, count(*), sum(f.percent)
        FROM swatches f {of_creative}
        JOIN analyses a ON a.workspace_id = f.workspace_id AND a.creative_id = f.creative_id GROUP BY 1, 2, 3, 4
    """
    for name in _ROLLUPS:
        yield _of_workspaces(name)


def _of_workspaces(name: str) -> str:
    whole = schema.Base.metadata.tables[f"workspace_{name}"].columns
    keys = [column.name for column in whole if column.primary_key]
    values = {
        c.name: f"max({c.name})" if c.name == "updated_at" else f"sum({c.name})" for c in whole if not c.primary_key
    }
    return (
        f"INSERT INTO workspace_{name} ({', '.join([*keys, *values])}) "
        f"SELECT {', '.join([*keys, *values.values()])} FROM group_{name} GROUP BY {', '.join(keys)}"
    )
