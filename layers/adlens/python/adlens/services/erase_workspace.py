"""Erases a workspace for good: its keys, creatives, findings, files in every version, and then itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from adlens.domain.ports.storage import ErasableStore
from adlens.domain.ports.workspaces import ErasableWorkspaces

BATCH = 1000


@dataclass(frozen=True, slots=True)
class Erasure:
    creatives: int
    objects: int
    is_done: bool


@dataclass(frozen=True, slots=True)
class EraseWorkspace:
    """Repeatable: a workspace whose rows are gone already loses the objects that have arrived since."""

    workspaces: ErasableWorkspaces
    stores: Sequence[ErasableStore]

    def __call__(self, workspace_id: UUID, has_time: Callable[[], bool]) -> Erasure:
        """Works in batches until all is gone, or `has_time` says no."""
        self.workspaces.revoke_all(workspace_id)
        creatives, objects = 0, 0
        while has_time() and (gone := self.workspaces.erase_creatives(workspace_id, BATCH)):
            creatives += gone
        for store in self.stores:
            while has_time() and (gone := store.delete_versions(f"{workspace_id}/")):
                objects += gone
        if is_done := has_time():
            self.workspaces.erase(workspace_id)
        return Erasure(creatives, objects, is_done)
