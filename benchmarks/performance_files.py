"""What a file of figures takes: `python -m benchmarks.performance_files [--megabytes 64] [--short]`.

Fills a PostgreSQL of its own with creatives, makes a file about them and imports it twice, through the code of the
function `jobs`. `--short` fills the file with the shortest rows there are, as many as are taken.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections.abc import Iterator
from uuid import UUID, uuid4

from sqlalchemy import Engine, text

from adlens.domain.jobs import JobId, JobKind, PerformanceOrder
from adlens.domain.performance import MOST_BYTES, MOST_ROWS, performance_file_key
from adlens.persistence.jobs.pages import PostgresPerformanceImports
from adlens.persistence.jobs.repository import PostgresJobs
from adlens.persistence.migrations import migrate
from adlens.persistence.session import make_engine
from adlens.persistence.workspaces.repository import PostgresWorkspaces
from adlens.services.run_job import JobOutcome, PerformancePages, RunJob
from adlens.testing.storage import MemoryJobQueue, MemoryStore
from benchmarks.exports import database, fill
from functions.jobs.handler import read_table

CREATIVES = 3000
HEADER = "creative_id,day,placement,impressions,clicks,conversions,spend\n"
SHORTEST_HEADER = "filename,day,impressions,clicks,conversions,spend\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=float, default=MOST_BYTES / 1e6)
    parser.add_argument("--short", action="store_true")
    chosen = parser.parse_args()
    with database() as url:
        engine = make_engine(url)
        migrate(engine)
        workspace = PostgresWorkspaces(engine).create("benchmark").id
        fill(engine, workspace, CREATIVES)
        rows = _short_rows() if chosen.short else _rows(_ids(engine, workspace))
        header = SHORTEST_HEADER if chosen.short else HEADER
        table, count = _table(header, rows, min(int(chosen.megabytes * 1e6), MOST_BYTES))
        print(f"{len(table) / 1e6:.1f} MB, {count} rows; {_peak_megabytes()} MB of memory before")
        for name in ("imported", "imported again"):
            _import(engine, workspace, table, name)
    return 0


def _ids(engine: Engine, workspace: UUID) -> list[UUID]:
    with engine.connect() as connection:
        statement = text("SELECT id FROM creatives WHERE workspace_id = :id ORDER BY id")
        return list(connection.execute(statement, {"id": workspace}).scalars())


def _rows(ids: list[UUID]) -> Iterator[str]:
    for n in range(MOST_ROWS):
        day, placement = n // len(ids) % 336, n // len(ids) // 336
        figures = f"{n % 10_000 + 200},{n % 200},{n % 7},{n % 900}.{n % 97:02d}"
        yield f"{ids[n % len(ids)]},2026-{day // 28 + 1:02d}-{day % 28 + 1:02d},feed {placement},{figures}\n"


def _short_rows() -> Iterator[str]:
    """Keys that no creative has, each another: nothing is shorter, and none adds up."""
    for n in range(MOST_ROWS):
        yield f"{n:x},2026-01-01,0,0,0,0\n"


def _table(header: str, rows: Iterator[str], most: int) -> tuple[bytes, int]:
    table, count = bytearray(header.encode()), 0
    for row in rows:
        if len(table) + len(row) > most:
            break
        table += row.encode()
        count += 1
    return bytes(table), count


def _import(engine: Engine, workspace: UUID, table: bytes, name: str) -> None:
    jobs, files, key = PostgresJobs(engine), MemoryStore(), JobId(workspace, uuid4())
    files.objects[performance_file_key(workspace, key.id)] = table
    pages = PerformancePages(jobs, PostgresPerformanceImports(engine), files, read_table)
    run = RunJob(jobs, MemoryJobQueue(), {JobKind.PERFORMANCE: pages}, {JobKind.PERFORMANCE: pages.clean_up})
    jobs.record(key, PerformanceOrder(), 0, None)
    started, processor = time.monotonic(), time.process_time()
    outcome = run(key, "benchmark", lambda: True)
    seconds, processor = time.monotonic() - started, time.process_time() - processor
    report = jobs.get(key).report
    if outcome is not JobOutcome.DONE or report is None:
        raise RuntimeError(f"{outcome}: {jobs.get(key).failure}")
    print(
        f"{name:15} {seconds:6.1f} s, {processor:5.1f} s of them in Python; {report.stored} days stored, "
        f"{report.changed} changed; peak {_peak_megabytes()} MB",
        flush=True,
    )


def _peak_megabytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    sys.exit(main())
