"""Readers of the schema `bi`, for BI tools: login roles of the database that see one workspace."""

from __future__ import annotations

from dataclasses import dataclass

from adlens.domain.errors import InvalidValue
from adlens.domain.ports.bi import BiReaders, WorkspaceList
from adlens.domain.workspaces import BiReader, Workspace


@dataclass(frozen=True, slots=True)
class NewBiReader:
    """`address` has the password, which is not shown again."""

    reader: BiReader
    workspace: Workspace
    address: str


@dataclass(frozen=True, slots=True)
class ManageBiReaders:
    workspaces: WorkspaceList
    readers: BiReaders

    def create(self, workspace: str) -> NewBiReader:
        """A reader of the workspace with this name or id. Raises InvalidValue when there is none."""
        owners = [found for found in self.workspaces.all() if workspace in (found.name, str(found.id))]
        if not owners:
            raise InvalidValue(f"There is no workspace {workspace!r}.", "workspace")
        reader, password = self.readers.create(owners[0].id)
        return NewBiReader(reader, owners[0], self.readers.address(reader.role, password))

    def all(self) -> list[tuple[str, BiReader]]:
        """Readers, each with the name of its workspace."""
        names = {workspace.id: workspace.name for workspace in self.workspaces.all()}
        return [(names[reader.workspace_id], reader) for reader in self.readers.all()]

    def revoke(self, role: str) -> None:
        """Raises InvalidValue when there is no such reader."""
        if not self.readers.revoke(role):
            raise InvalidValue(f"There is no reader {role!r}.", "role")
