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
from adlens.domain.ports.storage import ObjectStore

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
    """On a schedule. `window` is how long after a deletion something from before it may still store a file: a form
    that was signed, a worker that had begun.
    """

    removals: RemovalRepository
    store: ObjectStore
    previews: ObjectStore
    window: timedelta
    batches: int = 10

    def __call__(self, now: datetime) -> int:
        """Removes files of deleted creatives that are due: twice each, for nothing may come after the second time."""
        count = 0
        for _ in range(self.batches):
            keys = self.removals.due(now, BATCH)
            remove(self.store, self.previews, keys)
            self.removals.removed(keys, now, self.window)
            count += len(keys)
            if len(keys) < BATCH:
                break
        return count


def remove(store: ObjectStore, previews: ObjectStore, keys: Sequence[str]) -> None:
    if keys:
        store.delete(list(keys))
        previews.delete([preview_key(key) for key in keys])
