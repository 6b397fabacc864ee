"""Checks that several rooms make before they read."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from adlens.domain.errors import UnknownGroup
from adlens.persistence import schema


def check_group(session: Session, workspace_id: UUID, group_id: str) -> schema.Group:
    """Raises UnknownGroup when the workspace has none of this id."""
    row = session.get(schema.Group, (workspace_id, group_id))
    if row is None:
        raise UnknownGroup(f"There is no group {group_id!r}.")
    return row
