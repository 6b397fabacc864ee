"""What the use cases need of workspaces, their keys and their settings, and to erase one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from adlens.domain.workspaces import ApiKey, Caller, Scope, Workspace


class WorkspaceQueries(Protocol):
    def verify(self, key: str) -> Caller | None:
        """Whose key it is, with the request counted; None when it is unknown, malformed or revoked. Raises ExpiredKey,
        and LimitReached.
        """
        ...

    def get(self, workspace_id: UUID) -> Workspace:
        """Raises InvalidValue when there is none."""
        ...


class KeyRepository(Protocol):
    """Changes are logged in the same transaction. `by` asks for them; None: an operator."""

    def keys(self, workspace_id: UUID) -> Sequence[ApiKey]:
        """Oldest first, with those that are revoked or expired."""
        ...

    def create_key(
        self,
        workspace_id: UUID,
        name: str,
        scope: Scope = Scope.ADMIN,
        expires_at: datetime | None = None,
        by: Caller | None = None,
    ) -> tuple[ApiKey, str]:
        """A new key and its text. Raises InvalidValue, and Conflict when the workspace has too many in use."""
        ...

    def rotate(
        self,
        workspace_id: UUID,
        key_id: UUID,
        overlap: timedelta,
        expires_at: datetime | None = None,
        by: Caller | None = None,
    ) -> tuple[ApiKey, str]:
        """A new key of the same name and scope; the old one works for `overlap` more. Without `expires_at` the new one
        lives as long as the old one was made for. Raises UnknownKey.
        """
        ...

    def revoke(self, workspace_id: UUID, key_id: UUID, by: Caller | None = None) -> bool:
        """Refuses the key from now on; False when the workspace has no such key in use."""
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
