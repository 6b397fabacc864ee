"""What the use cases need of workspaces, their keys and their settings, and to erase one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol
from uuid import UUID

from adlens.domain.workspaces import Caller, Workspace


class WorkspaceQueries(Protocol):
    def verify(self, key: str) -> Caller | None:
        """Whose key it is; None when it is unknown, malformed or revoked."""
        ...

    def get(self, workspace_id: UUID) -> Workspace:
        """Raises InvalidValue when there is none."""
        ...


class SettingRepository(Protocol):
    def all(self, workspace_id: UUID) -> dict[str, int]:
        """Every setting's value, the default where nothing was set."""
        ...

    def put(self, workspace_id: UUID, changes: Mapping[str, object]) -> dict[str, int]:
        """Stores all changes or none, and answers with every setting. Raises UnknownSetting and InvalidValue."""
        ...


class ErasableWorkspaces(Protocol):
    """Each method is one transaction, and does nothing where there is nothing left to do."""

    def revoke_all(self, workspace_id: UUID) -> None:
        """Refuses every key of the workspace from now on."""
        ...

    def erase_creatives(self, workspace_id: UUID, limit: int) -> Mapping[str, int]:
        """Deletes up to `limit` creatives with their findings, without updating roll-ups, and schedules the removal of
        their files. Returns how many rows, by table; empty when no creative was left.
        """
        ...

    def erase(self, workspace_id: UUID) -> Mapping[str, int]:
        """Deletes the workspace and all that is left of it. Returns how many rows, by table."""
        ...
