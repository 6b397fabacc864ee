"""What deleted creatives leave elsewhere, on a real PostgreSQL: no word, no export, no file name."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from adlens.domain.analysis import Analysis, BoundingBox, TextBlock
from adlens.domain.creative import CreativeId, NewCreative, object_key
from adlens.domain.errors import CreativesDeleted, UnknownExport
from adlens.domain.exports import ExportedFile, ExportFormat, ExportId, ExportOrder
from adlens.domain.gallery import CreativeFilter, CreativeOrder
from adlens.domain.stored_files import CheckState, FileKind
from adlens.domain.webhooks import EventType
from adlens.persistence.creatives.removals import PostgresRemovals
from adlens.persistence.creatives.stored_files import PostgresFileRecords
from adlens.persistence.exports.repository import PostgresExports
from adlens.persistence.search.facts import index_filenames
from adlens.persistence.search.gone_words import PostgresGoneWords
from adlens.persistence.search.search import PostgresSearch
from adlens.persistence.search.vocabulary import add_words
from adlens.persistence.session import transaction
from adlens.persistence.webhooks.repository import PostgresWebhooks

LATER = timedelta(days=1)


def saying(findings: Callable[..., Analysis], *lines: str) -> Analysis:
    box = BoundingBox(0, 0, 0.1, 0.1)
    return findings(text=tuple(TextBlock(line, box, 1.0, ((0.1, 0.2), (0.3, 0.4)), "en") for line in lines))


def words(tenant: Any) -> set[str]:
    rows = tenant.rows("SELECT word FROM vocabulary WHERE workspace_id = :workspace_id")
    return {row["word"] for row in rows}


def named(tenant: Any, filename: str, group_id: str = "grp") -> CreativeId:
    id_ = uuid.uuid4()
    tenant.repository.register(tenant.workspace_id, group_id, [NewCreative(id_, filename, 10)])
    return CreativeId(tenant.workspace_id, id_)


def test_words_that_nobody_has_are_forgotten_and_no_longer_guessed(
    engine: Engine, tenant: Any, findings: Callable[..., Analysis]
) -> None:
    gone, kept = named(tenant, "wintersale.png"), named(tenant, "banner.png")
    tenant.analysed(gone, saying(findings, "Secretword banner discount"))
    tenant.analysed(kept, saying(findings, "discount"))
    tenant.repository.delete_creatives(tenant.workspace_id, [gone.id])
    PostgresGoneWords(engine).forget(1000)
    assert words(tenant) & {"secretword", "wintersale", "discount", "banner"} == {"discount", "banner"}
    filters, order = CreativeFilter(text="secretwrod"), CreativeOrder.NEWEST
    found = PostgresSearch(engine).search(tenant.workspace_id, filters, order, 10)
    assert "secretword" not in str(found)


def test_words_go_batch_by_batch_with_a_group_and_with_a_new_analysis(
    engine: Engine, tenant: Any, findings: Callable[..., Analysis]
) -> None:
    key, other = named(tenant, "one.png"), named(tenant, "two.png", "other")
    tenant.analysed(key, saying(findings, "firsttext here"))
    tenant.analysed(other, saying(findings, "othertext"), "other")
    claim = tenant.repository.claim(tenant.created(key, "b", "09"), "again", 60)
    assert tenant.repository.complete(claim, saying(findings, "secondtext here"), "b")
    tenant.repository.delete_group(tenant.workspace_id, "other")
    while PostgresGoneWords(engine).forget(1):
        pass
    assert words(tenant) >= {"secondtext", "here", "one"}
    assert not words(tenant) & {"firsttext", "othertext", "two"}


def test_a_word_that_is_added_meanwhile_stays(engine: Engine, tenant: Any, findings: Callable[..., Analysis]) -> None:
    key, kept = named(tenant, "a.png"), named(tenant, "b.png")
    tenant.analysed(key, saying(findings, "sharedword"))
    tenant.repository.delete_creatives(tenant.workspace_id, [key.id])
    added, go_on = Event(), Event()

    def add() -> None:
        with transaction(engine) as session:
            add_words(session, tenant.workspace_id, ["sharedword"])  # known: nothing is written yet
            added.set()
            assert go_on.wait(60)
            index_filenames(session, tenant.workspace_id, {kept.id: "sharedword.png"})

    with ThreadPoolExecutor(2) as pool:
        adding = pool.submit(add)
        assert added.wait(60)
        forgetting = pool.submit(PostgresGoneWords(engine).forget, 1000)
        assert not forgetting.done()
        go_on.set()
        adding.result(60)
        forgetting.result(60)
    assert "sharedword" in words(tenant)


def written(exports: PostgresExports, tenant: Any, *held: UUID, complete: bool = True) -> Any:
    key = ExportId(tenant.workspace_id, uuid.uuid4())
    exports.record(key, ExportOrder(ExportFormat.CSV, CreativeFilter()))
    claim = exports.claim(key, "message", 60)
    assert claim is not None
    assert exports.progress(claim, len(held), len(held), held)
    if complete:
        assert exports.complete(claim, ExportedFile(claim.object_key, len(held), 1, "0" * 64))
    return claim


def test_exports_that_hold_a_deleted_creative_expire_and_others_stay(engine: Engine, tenant: Any) -> None:
    exports = PostgresExports(engine)
    one, two = tenant.add(), tenant.add()
    holding, other = written(exports, tenant, one.id, two.id), written(exports, tenant, two.id)
    tenant.repository.delete_creatives(tenant.workspace_id, [one.id])
    with pytest.raises(UnknownExport):
        exports.get(holding.key)
    assert exports.get(other.key).file is not None
    due = PostgresRemovals(engine).due(datetime.now(UTC) + LATER, 1000)
    assert [each.object_key for each in due if each.kind is FileKind.EXPORTS] == [holding.object_key]


def test_exports_of_before_may_hold_any_creative(engine: Engine, tenant: Any) -> None:
    exports, key = PostgresExports(engine), tenant.add()
    before = written(exports, tenant, key.id)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM export_contents WHERE export_id = :id"), {"id": before.key.id})
    tenant.repository.delete_creatives(tenant.workspace_id, [key.id])
    with pytest.raises(UnknownExport):
        exports.get(before.key)


def test_an_export_that_is_written_during_a_deletion_is_written_again(engine: Engine, tenant: Any) -> None:
    exports = PostgresExports(engine)
    one, two = tenant.add(), tenant.add()
    claim = written(exports, tenant, one.id, two.id, complete=False)
    tenant.repository.delete_creatives(tenant.workspace_id, [one.id])
    with pytest.raises(CreativesDeleted):
        exports.complete(claim, ExportedFile(claim.object_key, 2, 1, "0" * 64))
    exports.release(claim)
    again = exports.claim(claim.key, "message", 60)
    assert again is not None
    assert exports.progress(again, 1, 1, [two.id])
    assert exports.complete(again, ExportedFile(again.object_key, 1, 1, "0" * 64))


def test_file_names_leave_the_deliveries_of_deleted_creatives(engine: Engine, tenant: Any, rich: Analysis) -> None:
    PostgresWebhooks(engine).create(tenant.workspace_id, "https://a.example", [EventType.CREATIVE_DONE], None)
    gone, kept = tenant.add(), tenant.add()
    for key in (gone, kept):
        tenant.analysed(key, rich)
    tenant.repository.delete_creatives(tenant.workspace_id, [gone.id])
    rows = tenant.rows("SELECT data FROM webhook_deliveries WHERE workspace_id = :workspace_id")
    names = {row["data"]["creative_id"]: row["data"].get("filename") for row in rows if "creative_id" in row["data"]}
    assert names == {str(gone.id): None, str(kept.id): f"{kept.id}.png"}


def test_a_creative_that_is_registered_anew_keeps_its_file(engine: Engine, tenant: Any) -> None:
    key = tenant.add()
    tenant.repository.delete_creatives(tenant.workspace_id, [key.id])
    tenant.add("grp", key.id)
    due = PostgresRemovals(engine).due(datetime.now(UTC) + LATER, 10_000)
    assert object_key(key, "grp") not in [each.object_key for each in due]


def test_rows_say_which_files_are_due_and_forget_those_that_are_gone(
    engine: Engine, tenant: Any, rich: Analysis
) -> None:
    records = PostgresFileRecords(engine)
    done, waiting = tenant.add(), tenant.add()
    tenant.analysed(done, rich)
    prefix, now = f"{tenant.workspace_id}/", datetime.now(UTC)

    def due(kind: FileKind, settled: datetime = now + LATER, kept_since: datetime | None = None) -> dict[str, bool]:
        return {each.key: each.is_due for each in records.page(kind, prefix, 2, settled, kept_since)}

    original, missing = object_key(done, "grp"), object_key(waiting, "grp")
    assert due(FileKind.UPLOADS) == {original: True, missing: False}
    assert due(FileKind.PREVIEWS) == {f"{original}.webp": True, f"{missing}.webp": False}
    assert not any(due(FileKind.UPLOADS, now - LATER).values()), "its row is younger"
    assert not any(due(FileKind.UPLOADS, now + LATER, now + LATER).values()), "it may have expired"
    keys = [original, f"{tenant.workspace_id}/grp/{uuid.uuid4()}", "foreign"]
    assert records.without_row(FileKind.UPLOADS, keys) == keys[1:]
    assert records.without_row(FileKind.PREVIEWS, [f"{original}.webp", original]) == [original]
    for kind in (FileKind.UPLOADS, FileKind.PREVIEWS):
        records.forget_files(kind, list(due(kind)), now - LATER)
        assert any(due(kind).values()), "its row is younger"
        records.forget_files(kind, list(due(kind)), now + LATER)
        assert not any(due(kind).values())
    records.save(FileKind.EXPORTS, CheckState("k", 1, 2, 3, 4))
    records.save(FileKind.EXPORTS, CheckState("l", 1, 2, 3, 4))
    assert records.state(FileKind.EXPORTS) == CheckState("l", 1, 2, 3, 4)


def test_an_export_without_its_file_is_forgotten(engine: Engine, tenant: Any) -> None:
    exports, records, later = PostgresExports(engine), PostgresFileRecords(engine), datetime.now(UTC) + LATER
    claim = written(exports, tenant)
    assert records.without_row(FileKind.EXPORTS, [claim.object_key]) == []
    page = records.page(FileKind.EXPORTS, f"{tenant.workspace_id}/", 1, later, None)
    assert [(each.key, each.is_due) for each in page] == [(claim.object_key, True)]
    records.forget_files(FileKind.EXPORTS, [claim.object_key], later)
    with pytest.raises(UnknownExport):
        exports.get(claim.key)
