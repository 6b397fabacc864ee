"""Creatives that were deleted and can still be restored."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from adlens.domain.creative import CreativeId
from adlens.domain.errors import TransientError, UnknownCreative
from adlens.domain.paging import Page
from adlens.domain.ports.creatives import AnalysisQueue
from adlens.domain.ports.storage import ObjectStore
from adlens.domain.ports.trash import TrashRepository
from adlens.domain.trash import TrashedCreative
from adlens.services.remove_files import remove

BATCH = 500


@dataclass(frozen=True, slots=True)
class Trash:
    """`store` has the uploads, `previews` the previews: files stay until a creative is deleted for good."""

    trash: TrashRepository
    queue: AnalysisQueue
    store: ObjectStore
    previews: ObjectStore

    def put(self, key: CreativeId) -> None:
        """Raises UnknownCreative."""
        if not self.trash.put(key.workspace_id, [key.id]):
            raise UnknownCreative(f"There is no creative {key.id}.")

    def put_group(self, workspace_id: UUID, group_id: str) -> int:
        """Raises UnknownGroup."""
        return self.trash.put_group(workspace_id, group_id)

    def page(self, workspace_id: UUID, limit: int, cursor: str | None) -> Page[TrashedCreative]:
        """Those that came last first."""
        return self.trash.page(workspace_id, limit, cursor)

    def restore(self, workspace_id: UUID, ids: Sequence[UUID]) -> int:
        """How many there were. An analysis that was interrupted begins anew."""
        count, interrupted = self.trash.restore(workspace_id, ids)
        with contextlib.suppress(TransientError):  # the sweep sends what nothing has touched for long
            self.queue.send(interrupted)
        return count

    def purge(self, workspace_id: UUID, ids: Sequence[UUID]) -> int:
        """Deletes creatives of the trash for good. How many files are to go: those now, and what comes later, by
        `RemoveFiles`."""
        keys = self.trash.purge(workspace_id, ids)
        with contextlib.suppress(TransientError):
            remove(self.store, self.previews, keys)
        return len(keys)


@dataclass(frozen=True, slots=True)
class EmptyTrash:
    """On a schedule."""

    trash: TrashRepository
    kept_for: timedelta
    batches: int = 10

    def __call__(self, now: datetime) -> int:
        """Deletes for good what has been in the trash for so long."""
        count = 0
        for _ in range(self.batches):
            count += (purged := self.trash.purge_older(now - self.kept_for, BATCH))
            if purged < BATCH:
                break
        return count
