"""What the use cases need to erase a workspace."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID


class ErasableWorkspaces(Protocol):
    """Each method is one transaction, and does nothing where there is nothing left to do."""

    def revoke_all(self, workspace_id: UUID) -> None:
        """Refuses every key of the workspace from now on."""
        ...

    def erase_creatives(self, workspace_id: UUID, limit: int) -> int:
        """Deletes up to `limit` creatives with their findings; answers how many. Figures are not kept right."""
        ...

    def erase(self, workspace_id: UUID) -> None:
        """Deletes the workspace and all that is left of it."""
        ...
