"""Delete a group: at once, or by a job when it is large."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from adlens.domain.jobs import DeletionOrder, Job
from adlens.domain.ports.creatives import GroupQueries
from adlens.services.jobs import StartJob
from adlens.services.remove_files import DeleteCreatives
from adlens.services.trash import Trash

AT_ONCE = 1000
"""Creatives of a group that is deleted in one transaction, while its caller waits."""


@dataclass(frozen=True, slots=True)
class DeleteGroup:
    groups: GroupQueries
    delete: DeleteCreatives
    trash: Trash
    start: StartJob

    def __call__(
        self, workspace_id: UUID, group_id: str, asked_by: str | None, *, to_trash: bool = False
    ) -> Job | None:
        """The job that deletes the group; None when it is gone already. Raises UnknownGroup, and Conflict when too many
        jobs of the workspace are unfinished."""
        count = sum(self.groups.by_status(workspace_id, group_id).values())
        if count > AT_ONCE:
            return self.start(workspace_id, DeletionOrder(group_id, to_trash), count, asked_by)
        (self.trash.put_group if to_trash else self.delete.group)(workspace_id, group_id)
        return None
