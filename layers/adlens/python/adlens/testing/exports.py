"""Exports in memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from adlens.domain.errors import UnknownExport
from adlens.domain.exports import Export, ExportFormat, ExportId, ExportOrder, ExportState
from adlens.domain.paging import Page
from adlens.domain.ports.exports import ExportRepository
from adlens.testing.paging import page_of


@dataclass
class MemoryExports(ExportRepository):
    """`exports` has the newest first; `created_at` is that of every one, now when it is None."""

    exports: dict[ExportId, Export] = field(default_factory=dict)
    created_at: datetime | None = None

    def record(self, key: ExportId, order: ExportOrder) -> None:
        created_at = self.created_at or datetime.now(UTC)
        export = Export(key, order, ExportState.PENDING, 0, None, created_at, None, None, None)
        self.exports = {key: export, **self.exports}

    def get(self, key: ExportId) -> Export:
        if key not in self.exports:
            raise UnknownExport(f"There is no export {key.id}.")
        return self.exports[key]

    def list(
        self,
        workspace_id: UUID,
        limit: int,
        cursor: str | None = None,
        *,
        group_id: str | None = None,
        format: ExportFormat | None = None,  # noqa: A002 - what it is called
        state: ExportState | None = None,
    ) -> Page[Export]:
        rows = [
            export
            for key, export in self.exports.items()
            if key.workspace_id == workspace_id
            and (group_id is None or group_id in export.order.chosen.group_ids)
            and format in (None, export.order.format)
            and state in (None, export.state)
        ]
        return page_of(rows, limit, cursor)

    def delete(self, key: ExportId) -> bool:
        return self.exports.pop(key, None) is not None
