"""What the use cases need of the trash."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from adlens.domain.events import AnalysisRequested
from adlens.domain.paging import Page
from adlens.domain.trash import TrashedCreative


class TrashRepository(Protocol):
    """Each method is one transaction that changes roll-ups too. Database trouble raises TransientError."""

    def put(self, workspace_id: UUID, ids: Sequence[UUID]) -> int:
        """Moves creatives into the trash, where no query of the workspace sees them; unknown ids are skipped. Returns
        how many there were."""
        ...

    def put_group(self, workspace_id: UUID, group_id: str) -> int:
        """The same for a group with all its creatives; the group is gone. Raises UnknownGroup."""
        ...

    def page(self, workspace_id: UUID, limit: int, cursor: str | None) -> Page[TrashedCreative]:
        """Those that came last first."""
        ...

    def restore(self, workspace_id: UUID, ids: Sequence[UUID]) -> tuple[int, Sequence[AnalysisRequested]]:
        """Moves creatives back, and makes their groups again; ids that are not in the trash, or in use again, are
        skipped. Returns how many there were, and the analyses that were interrupted, to send messages for."""
        ...

    def purge(self, workspace_id: UUID, ids: Sequence[UUID]) -> Sequence[str]:
        """Deletes creatives of the trash for good, as `CreativeRepository.delete_creatives` does. Returns the keys of
        their objects."""
        ...

    def purge_older(self, before: datetime, limit: int) -> int:
        """Deletes up to `limit` creatives that came into the trash before then, of all workspaces, and schedules the
        removal of their files. Returns how many."""
        ...
