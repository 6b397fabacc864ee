"""Exports and what they read, on a real PostgreSQL."""

from __future__ import annotations

import csv
import io
import itertools
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, text

from adlens.domain.creative import Creative, CreativeId, Failure
from adlens.domain.errors import LimitReached, UnknownExport, UnknownGroup
from adlens.domain.exports import (
    ExportedFile,
    ExportFormat,
    ExportId,
    ExportOrder,
    ExportState,
    Snapshot,
)
from adlens.domain.gallery import CreativeFilter
from adlens.exporting.formats import WRITERS
from adlens.persistence.creatives.queries import PostgresQueries
from adlens.persistence.exports import creative_reader as module
from adlens.persistence.exports.creative_reader import PostgresCreativeReader
from adlens.persistence.exports.repository import PostgresExports
from adlens.persistence.session import make_engine
from adlens.services.end_unfinished import ReleaseExports
from adlens.services.write_export import ExportOutcome, WriteExport

GAVE_UP = Failure("export_failed", "It failed.")
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def of_group(group_id: str) -> CreativeFilter:
    return CreativeFilter(group_ids=(group_id,))


@pytest.fixture
def exports(engine: Engine) -> PostgresExports:
    return PostgresExports(engine)


@pytest.fixture
def reader(engine: Engine) -> PostgresCreativeReader:
    return PostgresCreativeReader(engine)


@pytest.fixture
def ordered(tenant: Any, exports: PostgresExports) -> Callable[..., ExportId]:
    def order(export_format: ExportFormat = ExportFormat.CSV, chosen: CreativeFilter | None = None) -> ExportId:
        key = ExportId(tenant.workspace_id, uuid4())
        exports.record(key, ExportOrder(export_format, chosen or CreativeFilter()))
        return key

    return order


# --- rows -----------------------------------------------------------------------------------------------------------


def test_an_order_comes_back_as_it_was_given(tenant: Any, exports: PostgresExports) -> None:
    tenant.add("grp_1")
    chosen = of_group("grp_1")
    order = ExportOrder(ExportFormat.PARQUET, chosen, with_embeddings=True)
    key = ExportId(tenant.workspace_id, uuid4())
    exports.record(key, order)
    found = exports.get(key)
    assert found.order == order
    assert (found.state, found.done, found.total, found.file) == (ExportState.PENDING, 0, None, None)
    claim = exports.claim(key, "message", 60)
    assert claim is not None
    assert claim.order == order


def test_a_group_that_is_not_there_has_no_export(tenant: Any, exports: PostgresExports) -> None:
    with pytest.raises(UnknownGroup):
        exports.record(ExportId(tenant.workspace_id, uuid4()), ExportOrder(ExportFormat.CSV, of_group("grp_never")))


def test_an_export_is_written_from_claim_to_file(exports: PostgresExports, ordered: Any) -> None:
    key = ordered()
    claim = exports.claim(key, "message", 60)
    assert claim is not None
    assert exports.progress(claim, 5, 9)
    running = exports.get(key)
    assert (running.state, running.done, running.total) == (ExportState.RUNNING, 5, 9)
    file = ExportedFile(claim.object_key, 9, 1234, "a" * 64)
    assert exports.complete(claim, file)
    done = exports.get(key)
    assert (done.state, done.file, done.failure) == (ExportState.DONE, file, None)
    assert done.ended_at is not None
    assert exports.claim(key, "message", 60) is None


def test_a_message_delivered_again_takes_over_and_begins_anew(exports: PostgresExports, ordered: Any) -> None:
    key = ordered()
    first = exports.claim(key, "message", 600)
    assert first is not None
    assert exports.progress(first, 5, 9)
    assert exports.claim(key, "another message", 600) is None
    second = exports.claim(key, "message", 600)
    assert second is not None
    assert (exports.get(key).done, exports.get(key).total) == (0, None)
    assert second.object_key != first.object_key
    assert not exports.progress(first, 6, 9)
    assert not exports.complete(first, ExportedFile(first.object_key, 9, 1, "a" * 64))
    assert not exports.fail(first, GAVE_UP)
    assert exports.complete(second, ExportedFile(second.object_key, 9, 1, "a" * 64))


def test_another_message_may_begin_when_the_lease_has_run_out(exports: PostgresExports, ordered: Any) -> None:
    key = ordered()
    assert exports.claim(key, "message", -1)
    assert exports.claim(key, "another message", 60)


def test_what_is_released_waits_again(exports: PostgresExports, ordered: Any) -> None:
    key = ordered()
    claim = exports.claim(key, "message", 60)
    assert claim is not None
    exports.release(claim)
    assert exports.get(key).state is ExportState.PENDING
    assert exports.claim(key, "another message", 60)


def test_a_dead_letter_ends_what_is_unfinished_and_nothing_else(exports: PostgresExports, ordered: Any) -> None:
    waiting, running, done = (ordered() for _ in range(3))
    assert exports.claim(running, "worker", 600)
    claim = exports.claim(done, "message", 60)
    assert claim is not None
    exports.complete(claim, ExportedFile(claim.object_key, 1, 1, "a" * 64))
    assert exports.fail_unfinished(waiting, "message", GAVE_UP)
    assert not exports.fail_unfinished(running, "message", GAVE_UP)
    assert exports.fail_unfinished(running, "worker", GAVE_UP)
    assert not exports.fail_unfinished(done, "message", GAVE_UP)
    assert not exports.fail_unfinished(ExportId(waiting.workspace_id, uuid4()), "message", GAVE_UP)
    assert exports.get(waiting).failure == GAVE_UP
    assert exports.get(done).state is ExportState.DONE


def test_a_deleted_export_stops_its_worker(exports: PostgresExports, ordered: Any) -> None:
    key = ordered()
    claim = exports.claim(key, "message", 60)
    assert claim is not None
    assert exports.delete(key)
    assert not exports.delete(key)
    assert not exports.progress(claim, 1, 2)
    assert exports.claim(key, "message", 60) is None
    with pytest.raises(UnknownExport):
        exports.get(key)


def test_where_workers_are_gone_all_that_waits_is_free_and_sent_again(exports: PostgresExports, ordered: Any) -> None:
    at_work, waiting, ended = ordered(), ordered(), ordered()
    claim, other = exports.claim(at_work, "message", 900), exports.claim(ended, "other", 900)
    assert claim
    assert other
    exports.fail(other, GAVE_UP)
    sent: list[ExportId] = []
    assert ReleaseExports(exports, SimpleNamespace(send=sent.append))() == len(sent)
    assert {at_work, waiting} <= set(sent), "other tests' workspaces may have some, too"
    assert ended not in sent
    assert exports.get(at_work).state is ExportState.PENDING
    assert not exports.progress(claim, 1, 2), "the claim is void"
    assert exports.claim(at_work, "another message", 900)


def test_lost_and_old_exports_are_swept(tenant: Any, exports: PostgresExports, ordered: Any) -> None:
    lost, old, fresh = ordered(), ordered(), ordered()
    claim = exports.claim(old, "message", 60)
    assert claim is not None
    exports.fail(claim, GAVE_UP)
    with tenant.engine.begin() as connection:
        for column, key in (("updated_at", lost), ("ended_at", old)):
            connection.execute(
                text(f"UPDATE exports SET {column} = now() - interval '8 days' WHERE id = :id"), {"id": key.id}
            )
    now = datetime.now(UTC)
    assert exports.end_lost(now - timedelta(days=1), GAVE_UP) == 1
    assert exports.forget(now - timedelta(days=7)) == 1
    assert exports.get(lost).state is ExportState.FAILED
    assert exports.get(fresh).state is ExportState.PENDING
    with pytest.raises(UnknownExport):
        exports.get(old)


def test_the_list_is_newest_first_in_pages_and_filtered(tenant: Any, exports: PostgresExports, ordered: Any) -> None:
    tenant.add("grp_1")
    tenant.add("grp_2")
    keys = [
        ordered(ExportFormat.CSV, of_group("grp_1")),
        ordered(ExportFormat.COCO, of_group("grp_2")),
        ordered(ExportFormat.CSV),
    ][::-1]
    assert exports.claim(keys[0], "message", 60)
    first = exports.list(tenant.workspace_id, 2)
    assert [export.key for export in first.items] == keys[:2]
    rest = exports.list(tenant.workspace_id, 2, first.next_cursor)
    assert [export.key for export in rest.items] == keys[2:]
    assert rest.next_cursor is None

    def found(**chosen: Any) -> list[ExportId]:
        return [export.key for export in exports.list(tenant.workspace_id, 10, **chosen).items]

    assert found(group_id="grp_1") == [keys[2]]
    assert found(format=ExportFormat.COCO) == [keys[1]]
    assert found(state=ExportState.RUNNING) == [keys[0]]
    assert found(group_id="grp_1", state=ExportState.RUNNING) == []


def test_a_workspace_cannot_fill_the_queue(exports: PostgresExports, ordered: Any) -> None:
    keys = [ordered() for _ in range(20)]
    with pytest.raises(LimitReached, match="20 exports are not finished yet"):
        ordered()
    exports.delete(keys[0])
    ordered()


# --- what is read ---------------------------------------------------------------------------------------------------


def read(reader: PostgresCreativeReader, workspace_id: UUID, chosen: CreativeFilter | None = None) -> list[Creative]:
    with reader.snapshot(workspace_id, chosen or CreativeFilter(), True) as snapshot:
        creatives = list(snapshot.creatives)
        assert snapshot.total == len(creatives)
    return creatives


@pytest.fixture
def filled(tenant: Any, findings: Any) -> list[CreativeId]:
    """Creatives with and without every kind of finding, failed ones and such that wait."""
    keys = []
    for seed in range(23):
        key = tenant.add(f"grp_{seed % 3}")
        keys.append(key)
        if seed % 7 == 3:
            tenant.repository.fail(
                tenant.claimed(key, group_id=f"grp_{seed % 3}"), Failure("invalid_image", "No."), "a"
            )
        elif seed % 7 != 5:
            tenant.analysed(key, findings(seed), group_id=f"grp_{seed % 3}")
    return keys


def test_creatives_are_those_of_the_queries_in_the_order_of_upload(
    tenant: Any, reader: PostgresCreativeReader, filled: list[CreativeId], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CREATIVES_PER_BATCH", 5)
    creatives = read(reader, tenant.workspace_id)
    assert [creative.key for creative in creatives] == filled
    queries = PostgresQueries(tenant.engine)
    for creative in creatives:
        known = queries.creative(tenant.workspace_id, creative.key.id)
        assert creative.analysis == known.analysis
        for name in ("group_id", "filename", "object_key", "status", "uploaded_at", "facts", "failure", "has_preview"):
            assert getattr(creative, name) == getattr(known, name)


def test_filters_choose_and_other_workspaces_are_never_read(
    tenant: Any, new_tenant: Any, reader: PostgresCreativeReader, filled: list[CreativeId], rich: Any
) -> None:
    other = new_tenant()
    other.analysed(other.add("grp_1"), rich, group_id="grp_1")
    assert [creative.key for creative in read(reader, tenant.workspace_id, of_group("grp_1"))] == filled[1::3]
    assert len(read(reader, other.workspace_id)) == 1
    with pytest.raises(UnknownGroup):
        read(reader, tenant.workspace_id, of_group("grp_never"))


def test_embeddings_are_read_when_asked_for(tenant: Any, reader: PostgresCreativeReader, rich: Any) -> None:
    tenant.analysed(tenant.add(), rich)
    for wanted, expected in ((True, (0.5, -0.25, 1.0)), (False, None)):
        with reader.snapshot(tenant.workspace_id, CreativeFilter(), wanted) as snapshot:
            (creative,) = snapshot.creatives
        assert creative.analysis is not None
        assert creative.analysis.embedding == expected


def test_what_changes_meanwhile_is_not_seen(
    tenant: Any, reader: PostgresCreativeReader, filled: list[CreativeId], rich: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CREATIVES_PER_BATCH", 4)
    before = read(reader, tenant.workspace_id)
    with reader.snapshot(tenant.workspace_id, CreativeFilter(), True) as snapshot:
        creatives = snapshot.creatives
        seen = list(itertools.islice(creatives, 2))
        tenant.analysed(tenant.add("grp_9"), rich, group_id="grp_9")
        newer = tenant.claimed(filled[-1], "b", "02", f"grp_{(len(filled) - 1) % 3}")
        assert tenant.repository.complete(newer, rich, "b")
        tenant.repository.delete_creatives(tenant.workspace_id, [key.id for key in filled[5:10]])
        seen += creatives
    assert seen == before


# --- the use case on it ---------------------------------------------------------------------------------------------


class Kept:
    """A store in memory."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def put_file(self, key: str, path: Path, content_type: str) -> None:
        self.objects[key] = path.read_bytes()

    def delete(self, keys: list[str]) -> None:
        for key in keys:
            del self.objects[key]


@pytest.mark.parametrize("export_format", ExportFormat)
@pytest.mark.parametrize("with_embeddings", [False, True])
def test_unchanged_creatives_give_the_same_bytes_again(
    tenant: Any, exports: PostgresExports, filled: list[CreativeId], export_format: ExportFormat, with_embeddings: bool
) -> None:
    # As many connections as the function has.
    engine = make_engine(tenant.engine.url, pool_size=2)
    store = Kept()
    write = WriteExport(PostgresExports(engine), PostgresCreativeReader(engine), store, WRITERS)
    for _ in range(2):
        key = ExportId(tenant.workspace_id, uuid4())
        exports.record(key, ExportOrder(export_format, with_embeddings=with_embeddings))
        assert write(key, "message", 600) is ExportOutcome.WRITTEN
        export = exports.get(key)
        assert (export.done, export.total) == (len(filled), len(filled))
    one, other = store.objects.values()
    assert one == other
    assert export.file is not None
    assert len(one) == export.file.bytes
    engine.dispose()


def test_a_worker_that_died_is_followed_by_one_that_ends_right(
    tenant: Any, exports: PostgresExports, ordered: Any, filled: list[CreativeId]
) -> None:
    store, reader = Kept(), PostgresCreativeReader(tenant.engine)
    key = ordered(ExportFormat.JSONL)
    dead = exports.claim(key, "message", 600)
    assert dead is not None
    assert exports.progress(dead, 7, len(filled))
    assert WriteExport(exports, reader, store, WRITERS)(key, "message", 600) is ExportOutcome.WRITTEN
    (data,) = store.objects.values()
    assert [json.loads(line)["creative_id"] for line in data.splitlines()] == [str(key.id) for key in filled]


def test_a_group_that_was_deleted_fails_its_export(tenant: Any, exports: PostgresExports, ordered: Any) -> None:
    tenant.add("grp_1")
    key = ordered(ExportFormat.CSV, of_group("grp_1"))
    tenant.repository.delete_group(tenant.workspace_id, "grp_1")
    write = WriteExport(exports, PostgresCreativeReader(tenant.engine), Kept(), WRITERS)
    assert write(key, "message", 600) is ExportOutcome.FAILED
    failure = exports.get(key).failure
    assert failure is not None
    assert failure.code == "unknown_group"


def test_nothing_to_export_is_an_empty_file(tenant: Any, exports: PostgresExports, ordered: Any) -> None:
    store = Kept()
    write = WriteExport(exports, PostgresCreativeReader(tenant.engine), store, WRITERS)
    for export_format in ExportFormat:
        assert write(ordered(export_format), "message", 600) is ExportOutcome.WRITTEN
    by_kind = {key.rsplit("/", 1)[1].partition(".")[2]: data for key, data in store.objects.items()}
    assert list(csv.DictReader(io.StringIO(by_kind["csv"].decode("utf-8-sig")))) == []
    assert by_kind["jsonl"] == b""
    assert json.loads(by_kind["coco.json"])["images"] == []


def test_the_snapshot_is_one_moment(reader: PostgresCreativeReader, tenant: Any) -> None:
    with reader.snapshot(tenant.workspace_id, CreativeFilter(), False) as snapshot:
        assert isinstance(snapshot, Snapshot)
        tenant.add()
        assert list(snapshot.creatives) == []
        assert snapshot.total == 0
