"""Files of deleted creatives: gone at once, or when the store answers again, and gone for good."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from adlens.domain.creative import CreativeId, preview_key
from adlens.domain.errors import TransientError
from adlens.domain.ports.creatives import Removal, RemovalRepository
from adlens.domain.stored_files import FileKind
from adlens.services.remove_files import BATCH, DeleteCreatives, RemoveFiles
from adlens.testing.storage import MemoryStore

NOW = datetime(2026, 1, 1, tzinfo=UTC)
WINDOW = timedelta(minutes=30)


@dataclass
class MemoryRemovals(RemovalRepository):
    """Keys with the time of their deletion and the time they are due."""

    keys: dict[str, tuple[datetime, datetime]] = field(default_factory=dict)

    def due(self, now: datetime, limit: int) -> list[Removal]:
        due = sorted(key for key, (_, due) in self.keys.items() if due <= now)[:limit]
        return [Removal(FileKind.EXPORTS if key.endswith(".csv") else FileKind.UPLOADS, key) for key in due]

    def removed(self, keys: Sequence[str], now: datetime, window: timedelta) -> None:
        for key in keys:
            deleted_at, _ = self.keys.pop(key)
            if deleted_at > now - window:
                self.keys[key] = deleted_at, deleted_at + window


@pytest.fixture
def removals() -> MemoryRemovals:
    return MemoryRemovals()


@pytest.fixture
def exports() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def remove_files(removals, store, previews, exports) -> RemoveFiles:
    return RemoveFiles(removals, store, previews, exports, WINDOW)


def test_a_deleted_creative_takes_its_files_along(creatives, store, previews, creative) -> None:
    key = creative["key"]
    previews.objects[preview_key("w/g/c")] = b"small"
    delete = DeleteCreatives(creatives, store, previews)
    assert delete(key.workspace_id, [key.id, uuid4()]) == 1
    assert store.objects == previews.objects == {}
    assert delete(key.workspace_id, [key.id]) == 0


def test_a_group_larger_than_a_request_leaves_the_rest_for_later(creatives, store, previews) -> None:
    workspace = uuid4()
    for number in range(BATCH + 1):
        creatives.known[CreativeId(workspace, uuid4())] = str(number)
        store.objects[str(number)] = b"x"
    assert DeleteCreatives(creatives, store, previews).group(workspace, "g") == BATCH + 1
    assert len(store.objects) == 1


def test_files_stay_for_later_while_the_store_is_down(creatives, store, previews, creative) -> None:
    store.is_down = True
    assert DeleteCreatives(creatives, store, previews)(creative["key"].workspace_id, [creative["key"].id]) == 1
    assert store.objects


def test_a_file_that_comes_after_the_deletion_goes_as_well(removals, store, previews, remove_files) -> None:
    removals.keys["w/g/c"] = NOW, NOW
    assert remove_files(NOW) == 1
    store.objects["w/g/c"], previews.objects[preview_key("w/g/c")] = b"late", b"late"
    assert remove_files(NOW + WINDOW - timedelta(seconds=1)) == 0
    assert remove_files(NOW + WINDOW) == 1
    assert store.objects == previews.objects == removals.keys == {}


def test_an_export_goes_from_its_own_store(removals, store, exports, remove_files) -> None:
    removals.keys["w/e/t.csv"] = NOW, NOW
    store.objects["w/e/t.csv"] = exports.objects["w/e/t.csv"] = b"x"
    assert remove_files(NOW) == 1
    assert exports.objects == {}
    assert store.objects


def test_what_the_store_refuses_is_due_again(removals, store, remove_files) -> None:
    removals.keys["w/g/c"] = NOW, NOW
    store.objects["w/g/c"], store.is_down = b"x", True
    with pytest.raises(TransientError):
        remove_files(NOW)
    store.is_down = False
    assert remove_files(NOW) == 1
    assert store.objects == {}


def test_many_files_go_batch_by_batch(removals, remove_files) -> None:
    removals.keys = {str(number): (NOW - WINDOW, NOW) for number in range(2 * BATCH + 1)}
    assert remove_files(NOW) == 2 * BATCH + 1
    assert removals.keys == {}
