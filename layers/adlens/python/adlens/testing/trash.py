"""The trash in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from adlens.domain.creative import Creative, CreativeId, Status
from adlens.domain.events import AnalysisRequested
from adlens.domain.paging import Page
from adlens.domain.ports.trash import TrashRepository
from adlens.domain.trash import TrashedCreative
from adlens.testing.creatives import UPLOADED, MemoryCreatives
from adlens.testing.paging import page_of


@dataclass
class MemoryTrash(TrashRepository):
    """Of `creatives`; all came at `trashed_at`."""

    creatives: MemoryCreatives
    trashed_at: datetime = UPLOADED
    rows: dict[CreativeId, Creative] = field(default_factory=dict)

    def put(self, workspace_id: UUID, ids: Sequence[UUID]) -> int:
        keys = [key for id_ in ids if (key := CreativeId(workspace_id, id_)) in self.creatives.rows]
        for key in keys:
            self.rows[key] = self.creatives.rows.pop(key)
        return len(keys)

    def put_group(self, workspace_id: UUID, group_id: str) -> int:
        return self.put(workspace_id, [row.key.id for row in self.creatives.of_group(workspace_id, group_id)])

    def page(self, workspace_id: UUID, limit: int, cursor: str | None) -> Page[TrashedCreative]:
        names = self.creatives.names
        rows = [
            TrashedCreative(
                key.id, row.filename, row.group_id, names.get((workspace_id, row.group_id)), self.trashed_at
            )
            for key, row in reversed(self.rows.items())
            if key.workspace_id == workspace_id
        ]
        return page_of(rows, limit, cursor)

    def restore(self, workspace_id: UUID, ids: Sequence[UUID]) -> tuple[int, Sequence[AnalysisRequested]]:
        keys = [
            key for id_ in ids if (key := CreativeId(workspace_id, id_)) in self.rows and key not in self.creatives.rows
        ]
        for key in keys:
            self.creatives.rows[key] = self.rows.pop(key)
        restored = (self.creatives.rows[key] for key in keys)
        return len(keys), [AnalysisRequested(row.key, row.revision) for row in restored if row.status is Status.PENDING]

    def purge(self, workspace_id: UUID, ids: Sequence[UUID]) -> Sequence[str]:
        keys = [key for id_ in ids if (key := CreativeId(workspace_id, id_)) in self.rows]
        return [self.rows.pop(key).object_key for key in keys]

    def purge_older(self, before: datetime, limit: int) -> int:
        keys = list(self.rows)[:limit] if self.trashed_at < before else []
        for key in keys:
            del self.rows[key]
        return len(keys)
