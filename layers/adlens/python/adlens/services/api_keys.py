"""API keys of a workspace, for those who administer it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from adlens.domain.errors import UnknownKey
from adlens.domain.ports.workspaces import KeyRepository
from adlens.domain.workspaces import ApiKey, Caller, Scope


@dataclass(frozen=True, slots=True)
class ApiKeys:
    """Changes are in the workspace's audit log."""

    keys: KeyRepository

    def all(self, workspace_id: UUID) -> Sequence[ApiKey]:
        """Oldest first, without those that were revoked."""
        return [key for key in self.keys.keys(workspace_id) if key.revoked_at is None]

    def create(self, by: Caller, name: str, scope: Scope, expires_at: datetime | None) -> tuple[ApiKey, str]:
        """A new key and its text, which is told this once. Raises InvalidValue and Conflict."""
        return self.keys.create_key(by.workspace_id, name, scope, expires_at, by)

    def rotate(self, by: Caller, key_id: UUID, overlap: timedelta, expires_at: datetime | None) -> tuple[ApiKey, str]:
        """A key in the place of another, which works for `overlap` more. Raises UnknownKey."""
        return self.keys.rotate(by.workspace_id, key_id, overlap, expires_at, by)

    def revoke(self, by: Caller, key_id: UUID) -> None:
        """Raises UnknownKey."""
        if not self.keys.revoke(by.workspace_id, key_id, by):
            raise UnknownKey(f"There is no key {key_id} in use.")
