"""The audit log of workspaces."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol
from uuid import UUID

from adlens.domain.audit import Action, AuditEntry
from adlens.domain.paging import Page
from adlens.domain.workspaces import Caller


class AuditLog(Protocol):
    def record(self, by: Caller, action: Action, subject: str, details: Mapping[str, str]) -> None: ...

    def page(self, workspace_id: UUID, limit: int, cursor: str | None, action: Action | None) -> Page[AuditEntry]:
        """Newest first."""
        ...
