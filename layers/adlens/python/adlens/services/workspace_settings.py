"""Settings of a workspace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from adlens.domain.ports.workspaces import SettingRepository
from adlens.domain.settings import SettingKind, setting_kind


@dataclass(frozen=True, slots=True)
class Setting:
    kind: SettingKind
    value: int


@dataclass(frozen=True, slots=True)
class WorkspaceSettings:
    """Methods that take a key raise UnknownSetting, those that take a value InvalidValue."""

    settings: SettingRepository

    def all(self, workspace_id: UUID) -> Mapping[str, int]:
        return self.settings.all(workspace_id)

    def change(self, workspace_id: UUID, changes: Mapping[str, object]) -> Mapping[str, int]:
        """All settings after all changes, or after none when one of them is wrong."""
        return self.settings.put(workspace_id, changes)

    def get(self, workspace_id: UUID, key: str) -> Setting:
        kind = setting_kind(key)
        return Setting(kind, self.settings.all(workspace_id)[key])

    def put(self, workspace_id: UUID, key: str, value: object) -> Setting:
        kind = setting_kind(key)
        return Setting(kind, self.settings.put(workspace_id, {key: value})[key])
