"""Checks and locks that several rooms make before they read or write."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from adlens.domain.errors import UnknownGroup
from adlens.persistence import schema
from adlens.persistence.session import lock_until_commit


def check_group(session: Session, workspace_id: UUID, group_id: str) -> schema.Group:
    """Raises UnknownGroup when the workspace has none of this id."""
    row = session.get(schema.Group, (workspace_id, group_id))
    if row is None:
        raise UnknownGroup(f"There is no group {group_id!r}.")
    return row


def lock_exports(session: Session, workspace_id: UUID, *, shared: bool) -> None:
    """Deletions share the lock, and the end of an export has it for itself: one of them sees what the other has done.
    Taken before all other locks.
    """
    lock_until_commit(session, "exports", workspace_id, shared=shared)
