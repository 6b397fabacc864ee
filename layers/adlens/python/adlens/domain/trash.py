"""Creatives that were deleted and can still be restored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class TrashedCreative:
    id: UUID
    filename: str
    group_id: str
    group_name: str | None
    trashed_at: datetime
