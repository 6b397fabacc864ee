"""What the use cases need to manage readers of the schema `bi`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from adlens.domain.workspaces import BiReader, Workspace


class WorkspaceList(Protocol):
    def all(self) -> Sequence[Workspace]:
        """Every workspace, the oldest first."""
        ...


class BiReaders(Protocol):
    def create(self, workspace_id: UUID) -> tuple[BiReader, str]:
        """A new reader and its password, which is kept nowhere."""
        ...

    def all(self) -> Sequence[BiReader]:
        """Readers of all workspaces, the oldest first."""
        ...

    def revoke(self, role: str) -> bool:
        """False when there is no such reader."""
        ...

    def address(self, role: str, password: str) -> str:
        """The URL that a BI tool connects to."""
        ...
