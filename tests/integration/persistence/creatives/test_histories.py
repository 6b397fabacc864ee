"""After every history of uploads, analyses, exports and deletions the stores hold exactly what the rows say: on
PostgreSQL and the S3 of LocalStack."""

from __future__ import annotations

import random
import tempfile
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from adlens.domain.analysis import Analysis
from adlens.domain.creative import Claim, CreativeId, NewCreative, object_key, preview_key
from adlens.domain.errors import CreativesDeleted, UnknownCreative
from adlens.domain.events import ObjectCreated
from adlens.domain.exports import ExportedFile, ExportFormat, ExportId, ExportOrder
from adlens.domain.gallery import CreativeFilter
from adlens.domain.stored_files import FileKind
from adlens.persistence.creatives.removals import PostgresRemovals
from adlens.persistence.creatives.stored_files import PostgresFileRecords
from adlens.persistence.exports.repository import PostgresExports
from adlens.persistence.search.gone_words import PostgresGoneWords
from adlens.services.check_storage import CheckStorage
from adlens.services.remove_files import DeleteCreatives, RemoveFiles
from adlens.storage.objects import S3ObjectStore
from local.deployment import client
from local.services.localstack import LocalStack, install
from local.state import State

GROUPS = ("one", "two")
WINDOW = timedelta(minutes=30)
STEPS = 60


@pytest.fixture(scope="module")
def s3() -> Iterator[Any]:
    install()
    with tempfile.TemporaryDirectory(prefix="adlens-test-") as folder:
        localstack = LocalStack(State.at(Path(folder) / "state"))
        localstack.start()
        try:
            localstack.wait()
            yield client(localstack, "s3")
        finally:
            localstack.stop()


class History:
    """Random steps of users and workers. Steps of a worker may have deletions between them."""

    def __init__(self, seed: int, tenant: Any, s3: Any, findings: Callable[..., Analysis]) -> None:
        self.chance, self.tenant, self.findings = random.Random(seed), tenant, findings
        self.stores = {}
        for kind in FileKind:
            bucket = f"{kind}-{uuid.uuid4().hex}"
            s3.create_bucket(Bucket=bucket)
            self.stores[kind] = S3ObjectStore(s3, s3, bucket, 900)
        self.exports, self.events = PostgresExports(tenant.engine), 0
        self.forms: list[tuple[CreativeId, str]] = []
        self.claims: list[Claim] = []
        uploads, previews = self.stores[FileKind.UPLOADS], self.stores[FileKind.PREVIEWS]
        self.delete = DeleteCreatives(tenant.repository, uploads, previews)
        self.remove = RemoveFiles(
            PostgresRemovals(tenant.engine), uploads, previews, self.stores[FileKind.EXPORTS], WINDOW
        )

    def run(self) -> None:
        steps = [self.register, self.upload, self.upload, self.begin, self.begin, self.finish, self.finish]
        steps += [self.export, self.delete_one, self.delete_while_the_store_is_down, self.delete_group, self.sweep]
        for _ in range(STEPS):
            self.chance.choice(steps)()
        while self.claims:
            self.finish()
        for _ in range(2):
            self.remove(datetime.now(UTC) + WINDOW)

    def ids(self) -> list[uuid.UUID]:
        rows = self.tenant.rows("SELECT id FROM creatives WHERE workspace_id = :workspace_id ORDER BY id")
        return [row["id"] for row in rows]

    def register(self) -> None:
        """A new creative, or one of before, which may have been deleted."""
        if self.forms and self.chance.random() < 0.3:
            key, group_id = self.chance.choice(self.forms)
        else:
            key = CreativeId(self.tenant.workspace_id, uuid.UUID(int=self.chance.getrandbits(128)))
            group_id = self.chance.choice(GROUPS)
        new = NewCreative(key.id, f"{self.chance.choice(['sale', 'banner'])}.png", 10)
        self.tenant.repository.register(key.workspace_id, group_id, [new])
        self.forms.append((key, group_id))

    def upload(self) -> None:
        """By a form, whose creative may be deleted by now."""
        if self.forms:
            key, group_id = self.chance.choice(self.forms)
            self.stores[FileKind.UPLOADS].put(object_key(key, group_id), b"picture", "image/png")

    def begin(self) -> None:
        if not self.forms:
            return
        key, group_id = self.chance.choice(self.forms)
        self.events += 1
        created = ObjectCreated("uploads", object_key(key, group_id), 10, f"etag-{self.events}", f"{self.events:08X}")
        if self.stores[FileKind.UPLOADS].exists(created.key):
            try:
                claim = self.tenant.repository.claim(created, f"message-{self.events}", 60)
            except UnknownCreative:
                return
            self.claims += [claim] if claim else []

    def finish(self) -> None:
        """As `services.analyze_creative` does."""
        if not self.claims:
            return
        claim = self.claims.pop(self.chance.randrange(len(self.claims)))
        self.stores[FileKind.PREVIEWS].put(preview_key(claim.object_key), b"preview", "image/webp")
        kept = self.tenant.repository.complete(claim, self.findings(self.chance.randrange(99)), "etag")
        if not kept and not self.tenant.repository.exists(claim.key):
            self.stores[FileKind.PREVIEWS].delete([preview_key(claim.object_key)])

    def export(self) -> None:
        """Now and then a creative of it is deleted before it ends."""
        key = ExportId(self.tenant.workspace_id, uuid.UUID(int=self.chance.getrandbits(128)))
        self.exports.record(key, ExportOrder(ExportFormat.CSV, CreativeFilter()))
        claim = self.exports.claim(key, "message", 60)
        assert claim is not None
        held = self.ids()
        self.exports.progress(claim, len(held), len(held), held)
        self.stores[FileKind.EXPORTS].put(claim.object_key, b"file", "text/csv")
        if self.chance.random() < 0.3:
            self.delete_one()
        try:
            self.exports.complete(claim, ExportedFile(claim.object_key, len(held), 4, "0" * 64))
        except CreativesDeleted:
            self.stores[FileKind.EXPORTS].delete([claim.object_key])
            self.exports.delete(key)

    def delete_one(self) -> None:
        if ids := self.ids():
            self.delete(self.tenant.workspace_id, [self.chance.choice(ids)])

    def delete_while_the_store_is_down(self) -> None:
        if ids := self.ids():
            self.tenant.repository.delete_creatives(self.tenant.workspace_id, [self.chance.choice(ids)])

    def delete_group(self) -> None:
        rows = self.tenant.rows("SELECT id FROM groups WHERE workspace_id = :workspace_id ORDER BY id")
        if rows and self.chance.random() < 0.3:
            self.delete.group(self.tenant.workspace_id, self.chance.choice(rows)["id"])

    def sweep(self) -> None:
        self.remove(datetime.now(UTC))
        PostgresGoneWords(self.tenant.engine).forget(100)

    def stored(self, kind: FileKind) -> set[str]:
        return {each.key for each in self.stores[kind].page("", 1000)}


@pytest.mark.parametrize("seed", range(4))
def test_the_stores_hold_exactly_what_the_rows_say(
    seed: int, engine: Engine, new_tenant: Callable[[], Any], s3: Any, findings: Callable[..., Analysis]
) -> None:
    history = History(seed, new_tenant(), s3, findings)
    history.run()
    tenant = history.tenant
    rows = tenant.rows("SELECT * FROM creatives WHERE workspace_id = :workspace_id")
    # A creative that was registered anew may still have files of before, which the next analysis replaces.
    mine = {row["object_key"] for row in rows}
    uploads, previews = history.stored(FileKind.UPLOADS), history.stored(FileKind.PREVIEWS)
    assert {row["object_key"] for row in rows if row["event_etag"] or row["etag"]} <= uploads <= mine
    assert {preview_key(row["object_key"]) for row in rows if row["has_preview"]} <= previews
    assert previews <= {preview_key(key) for key in mine}
    exports = tenant.rows("SELECT object_key FROM exports WHERE workspace_id = :workspace_id")
    assert history.stored(FileKind.EXPORTS) == {row["object_key"] for row in exports}

    while PostgresGoneWords(engine).forget(1000):
        pass
    vocabulary = tenant.rows("SELECT token, word FROM vocabulary WHERE workspace_id = :workspace_id")
    facts = tenant.rows("SELECT words FROM creative_facts WHERE workspace_id = :workspace_id")
    names = {row["filename"].partition(".")[0] for row in rows}
    in_use = {token for row in facts for token in row["words"]}
    assert {row["word"] for row in vocabulary if row["token"] not in in_use} <= names | {"png"}

    check = CheckStorage(PostgresFileRecords(engine), history.stores)
    after: str | None = f"{tenant.workspace_id}/"
    later = datetime.now(UTC) + timedelta(hours=2)
    page = check(FileKind.UPLOADS, after, later)
    assert not page.objects
    assert not [key for key in page.rows if key.startswith(after)]
