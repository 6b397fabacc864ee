"""Exports that were asked for: how far they are, and where their files are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from adlens.domain.exports import Export, ExportFormat, ExportId, ExportState
from adlens.domain.paging import Page
from adlens.domain.ports.exports import ExportRepository
from adlens.domain.ports.storage import ObjectStore


@dataclass(frozen=True, slots=True)
class ExportLink:
    """Where a file is downloaded, without a key, before `expires_at`."""

    url: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Exports:
    """`link_lifetime` is how long the store's addresses are good for."""

    exports: ExportRepository
    store: ObjectStore
    link_lifetime: timedelta

    def get(self, key: ExportId) -> Export:
        """Raises UnknownExport."""
        return self.exports.get(key)

    def page(
        self,
        workspace_id: UUID,
        limit: int,
        cursor: str | None,
        group_id: str | None,
        file_format: ExportFormat | None,
        state: ExportState | None,
    ) -> Page[Export]:
        """Newest first: those whose filters name the group, of this format and in this state."""
        return self.exports.list(workspace_id, limit, cursor, group_id=group_id, format=file_format, state=state)

    def link(self, export: Export, now: datetime) -> ExportLink | None:
        """None until there is a file."""
        if export.file is None:
            return None
        filename = f"adlens-{export.created_at:%Y%m%d-%H%M%S}.{export.order.format.extension}"
        url = self.store.presigned_url(export.file.object_key, filename, None)
        return ExportLink(url, now + self.link_lifetime)

    def delete(self, key: ExportId) -> None:
        """With its file; one that is being written is given up. Raises UnknownExport."""
        # The file first: should the store fail, the export is still there and can be deleted again.
        if file := self.exports.get(key).file:
            self.store.delete([file.object_key])
        self.exports.delete(key)
