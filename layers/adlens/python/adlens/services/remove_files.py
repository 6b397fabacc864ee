"""Deleted creatives leave no file: theirs go at once where the store answers, and whatever comes later goes as well."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from adlens.domain.creative import CreativeId, preview_key
from adlens.domain.errors import TransientError, UnknownCreative
from adlens.domain.ports.creatives import CreativeRepository, RemovalRepository
from adlens.domain.ports.exports import ExportStore
from adlens.domain.ports.storage import ObjectStore
from adlens.domain.stored_files import FileKind

BATCH = 1000
"""What a store removes in one request."""


@dataclass(frozen=True, slots=True)
class DeleteCreatives:
    """`store` has the uploads, `previews` the previews. What they do not remove now `RemoveFiles` does."""

    creatives: CreativeRepository
    store: ObjectStore
    previews: ObjectStore

    def __call__(self, workspace_id: UUID, ids: Sequence[UUID]) -> int:
        """How many of them there were."""
        return self._remove(self.creatives.delete_creatives(workspace_id, ids))

    def one(self, key: CreativeId) -> None:
        """Raises UnknownCreative."""
        if not self(key.workspace_id, [key.id]):
            raise UnknownCreative(f"There is no creative {key.id}.")

    def group(self, workspace_id: UUID, group_id: str) -> int:
        """Deletes a group with its creatives, and answers how many there were. Raises UnknownGroup."""
        return self._remove(self.creatives.delete_group(workspace_id, group_id))

    def _remove(self, keys: Sequence[str]) -> int:
        with contextlib.suppress(TransientError):  # noted with the deletion, so they go a little later
            remove(self.store, self.previews, keys[:BATCH])
        return len(keys)


@dataclass(frozen=True, slots=True)
class RemoveFiles:
    """On a schedule. `exports` has the exported files. `window` is how long after a deletion something from before it
    may still store a file: a form that was signed, a worker that had begun.
    """

    removals: RemovalRepository
    store: ObjectStore
    previews: ObjectStore
    exports: ExportStore
    window: timedelta
    batches: int = 10

    def __call__(self, now: datetime) -> int:
        """Removes files that are due: twice each, for nothing may come after the second time."""
        count = 0
        for _ in range(self.batches):
            due = self.removals.due(now, BATCH)
            of_kind = {kind: [each.object_key for each in due if each.kind is kind] for kind in FileKind}
            remove(self.store, self.previews, of_kind[FileKind.UPLOADS])
            if of_kind[FileKind.EXPORTS]:
                self.exports.delete(of_kind[FileKind.EXPORTS])
            self.removals.removed([each.object_key for each in due], now, self.window)
            count += len(due)
            if len(due) < BATCH:
                break
        return count


def remove(store: ObjectStore, previews: ObjectStore, keys: Sequence[str]) -> None:
    if keys:
        store.delete(list(keys))
        previews.delete([preview_key(key) for key in keys])
