"""A worker killed at any step of a creative: its message comes again, and the next worker leaves no trace of that.

The worker: `python test_killed_workers.py DATABASE FOLDER WORKSPACE CREATIVE CLAIMANT PART METHOD WHEN`.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest

from adlens.domain.creative import CreativeId, object_key, preview_key
from adlens.domain.events import AnalysisRequested
from adlens.domain.media import MAX_FILE_BYTES
from adlens.domain.ports.storage import StoredObject
from adlens.domain.webhooks import EventType
from adlens.persistence.creatives.repository import PostgresCreatives
from adlens.persistence.session import make_engine
from adlens.persistence.webhooks.repository import PostgresWebhooks
from adlens.services.analyze_creative import AnalysisOutcome, AnalyzeCreative
from adlens.services.send_events import SendEvents
from adlens.testing.storage import MemoryEventQueue
from adlens.vision.bundle import load_bundle

CHECKOUT = Path(__file__).parents[4]
PICTURE = CHECKOUT / "samples" / "bags_01_card.jpg"
STEPS = [
    ("creatives", "take_turn", "after"),
    ("creatives", "claim", "after"),
    ("store", "get", "after"),
    ("creatives", "record_stages", "after"),
    ("previews", "put", "before"),
    ("previews", "put", "after"),
    ("creatives", "complete", "before"),
    ("creatives", "complete", "after"),
    ("outbox", "hand_over", "before"),
]


@dataclass
class Folder:
    """An object store that outlives its process."""

    path: Path

    def get(self, key: str, max_bytes: int) -> StoredObject:
        assert max_bytes == MAX_FILE_BYTES
        return StoredObject((self.path / key).read_bytes(), "etag")

    def put(self, key: str, data: bytes, content_type: str) -> None:
        (self.path / key).parent.mkdir(parents=True, exist_ok=True)
        (self.path / key).write_bytes(data)

    def keys(self) -> list[str]:
        return sorted(str(path.relative_to(self.path)) for path in self.path.rglob("*") if path.is_file())


@dataclass
class Deadly:
    """A part with which the process is killed, before or after a call of one of its methods."""

    part: Any
    method: str
    when: str

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.part, name)
        return self._call if name == self.method else found

    def _call(self, *args: Any, **options: Any) -> None:
        if self.when == "after":
            getattr(self.part, self.method)(*args, **options)
        os.kill(os.getpid(), signal.SIGKILL)


def work(parts: SimpleNamespace, request: AnalysisRequested, claimant: str) -> AnalysisOutcome:
    """What the analyze function does with a message."""
    engines = load_bundle(CHECKOUT / "models" / "compact", threads=1)
    outcome = AnalyzeCreative(parts.creatives, parts.store, parts.previews, engines)(request, claimant, 60)
    SendEvents(parts.outbox, MemoryEventQueue())()
    return outcome


def made(engine: Any, folder: Path) -> SimpleNamespace:
    return SimpleNamespace(
        creatives=PostgresCreatives(engine),
        store=Folder(folder / "uploads"),
        previews=Folder(folder / "previews"),
        outbox=PostgresWebhooks(engine),
    )


@pytest.mark.parametrize(("part", "method", "when"), STEPS, ids=lambda value: value)
def test_a_worker_killed_at_any_step_loses_nothing(
    tenant: Any, database_url: str, tmp_path: Path, part: str, method: str, when: str
) -> None:
    parts = made(tenant.engine, tmp_path)
    parts.outbox.create(tenant.workspace_id, "https://hooks.example.com/a", [EventType.CREATIVE_DONE], None)
    key = tenant.add()
    stored = object_key(key, "grp")
    parts.store.put(stored, PICTURE.read_bytes(), "image/jpeg")
    (request,) = tenant.repository.arrive([tenant.created(key, etag="etag")])
    message = str(uuid4())

    arguments = map(str, (database_url, tmp_path, key.workspace_id, key.id, message, part, method, when))
    worker = subprocess.run([sys.executable, __file__, *arguments], check=False, timeout=120)
    assert worker.returncode == -signal.SIGKILL

    has_ended = (method, when) in {("complete", "after"), ("hand_over", "before")}
    assert work(parts, request, message) is (AnalysisOutcome.SKIPPED if has_ended else AnalysisOutcome.ANALYSED)
    assert tenant.row(key)["status"] == "SUCCESS"
    assert tenant.row(key)["claim_token"] is None
    assert tenant.rollups() == tenant.recount()
    assert tenant.rollups()["total"]["analysed"] == 1
    assert tenant.rows("SELECT * FROM waiting WHERE workspace_id = :workspace_id") == []
    deliveries = tenant.rows("SELECT * FROM webhook_deliveries WHERE workspace_id = :workspace_id")
    assert [delivery["state"] for delivery in deliveries] == ["QUEUED"]
    assert parts.store.keys() == [stored]
    assert parts.previews.keys() == [preview_key(stored)]


def main(database: str, folder: str, workspace: str, creative: str, claimant: str, *step: str) -> None:
    part, method, when = step
    parts = made(make_engine(database), Path(folder))
    setattr(parts, part, Deadly(getattr(parts, part), method, when))
    work(parts, AnalysisRequested(CreativeId(UUID(workspace), UUID(creative)), 1), claimant)


if __name__ == "__main__":
    main(*sys.argv[1:])
