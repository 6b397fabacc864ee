"""Whose request it is."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from adlens.domain.ports.workspaces import WorkspaceQueries
from adlens.domain.workspaces import Caller, Workspace


@dataclass(frozen=True, slots=True)
class IdentifyCaller:
    """`anonymous` is the workspace of requests without a key, if they are allowed."""

    workspaces: WorkspaceQueries
    anonymous: UUID | None = None

    def __call__(self, key: str | None) -> Caller | None:
        """None when the key is unknown or revoked, or missing where it is needed."""
        if key:
            return self.workspaces.verify(key)
        return Caller(self.anonymous, None) if self.anonymous else None

    def workspace(self, caller: Caller) -> Workspace:
        return self.workspaces.get(caller.workspace_id)
