"""Workspaces, keys and settings in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from adlens.domain.errors import InvalidValue
from adlens.domain.ports.workspaces import SettingRepository, WorkspaceQueries
from adlens.domain.settings import SETTING_KINDS, setting_kind
from adlens.domain.workspaces import Caller, Workspace


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
class MemorySettings(SettingRepository):
    changed: dict[tuple[UUID, str], int] = field(default_factory=dict)

    def all(self, workspace_id: UUID) -> dict[str, int]:
        return {key: self.changed.get((workspace_id, key), kind.default) for key, kind in SETTING_KINDS.items()}

    def put(self, workspace_id: UUID, changes: Mapping[str, object]) -> dict[str, int]:
        self.changed |= {(workspace_id, key): setting_kind(key).check(value) for key, value in changes.items()}
        return self.all(workspace_id)
