"""Workspaces, their audit logs and settings in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from adlens.domain.audit import Action, AuditEntry
from adlens.domain.errors import InvalidValue
from adlens.domain.paging import Page
from adlens.domain.ports.audit import AuditLog
from adlens.domain.ports.workspaces import SettingRepository, WorkspaceQueries
from adlens.domain.settings import SETTING_KINDS, setting_kind
from adlens.domain.workspaces import Caller, Workspace
from adlens.testing.paging import page_of


@dataclass
class MemoryWorkspaces(WorkspaceQueries):
    workspaces: dict[UUID, Workspace] = field(default_factory=dict)
    keys: dict[str, Caller] = field(default_factory=dict)

    def verify(self, key: str) -> Caller | None:
        return self.keys.get(key)

    def get(self, workspace_id: UUID) -> Workspace:
        if workspace_id not in self.workspaces:
            raise InvalidValue(f"There is no workspace {workspace_id}.", "workspace_id")
        return self.workspaces[workspace_id]


@dataclass
class MemoryAuditLog(AuditLog):
    """`entries` has the newest last, each with its workspace."""

    entries: list[tuple[UUID, AuditEntry]] = field(default_factory=list)

    def record(self, by: Caller, action: Action, subject: str, details: Mapping[str, str]) -> None:
        id_, at = len(self.entries) + 1, datetime.now(UTC)
        entry = AuditEntry(id_, at, by.key_id, by.key_name, action, subject, dict(details))
        self.entries.append((by.workspace_id, entry))

    def page(self, workspace_id: UUID, limit: int, cursor: str | None, action: Action | None) -> Page[AuditEntry]:
        rows = [
            entry for owner, entry in reversed(self.entries) if owner == workspace_id and action in (None, entry.action)
        ]
        return page_of(rows, limit, cursor)


@dataclass
class MemorySettings(SettingRepository):
    changed: dict[tuple[UUID, str], int] = field(default_factory=dict)

    def all(self, workspace_id: UUID) -> dict[str, int]:
        return {key: self.changed.get((workspace_id, key), kind.default) for key, kind in SETTING_KINDS.items()}

    def put(self, workspace_id: UUID, changes: Mapping[str, object]) -> dict[str, int]:
        self.changed |= {(workspace_id, key): setting_kind(key).check(value) for key, value in changes.items()}
        return self.all(workspace_id)
