"""Erases a workspace for good: its keys, creatives, findings, files in every version, and then itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from adlens.domain.ports.storage import ErasableStore
from adlens.domain.ports.workspaces import ErasableWorkspaces

BATCH = 1000


@dataclass(frozen=True, slots=True)
class Erasure:
    """How many rows were deleted, by table, and how many versions of objects, by store, without zeros."""

    rows: Mapping[str, int]
    objects: Mapping[str, int]
    is_done: bool


@dataclass(frozen=True, slots=True)
class EraseWorkspace:
    """Repeatable: a workspace whose rows are gone already loses the objects that have arrived since."""

    workspaces: ErasableWorkspaces
    stores: Mapping[str, ErasableStore]

    def __call__(self, workspace_id: UUID, has_time: Callable[[], bool]) -> Erasure:
        """Works in batches until all is gone, or `has_time` says no."""
        self.workspaces.revoke_all(workspace_id)
        rows, objects = Counter[str](), Counter[str]()
        while has_time() and (gone := self.workspaces.erase_creatives(workspace_id, BATCH)):
            rows.update(gone)
        for name, store in self.stores.items():
            while has_time() and (versions := store.delete_versions(f"{workspace_id}/")):
                objects[name] += versions
        if is_done := has_time():
            rows.update(self.workspaces.erase(workspace_id))
        return Erasure(dict(rows), dict(objects), is_done)
