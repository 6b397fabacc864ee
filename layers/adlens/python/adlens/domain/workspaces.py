"""Workspaces, their keys, and who asks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

MOST_KEYS = 100
"""A workspace has in use at once."""
LONGEST_OVERLAP = timedelta(days=30)
"""How long a key may work beside the one that replaces it."""


class Scope(StrEnum):
    """What a key may do; each scope includes those before it."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"

    def includes(self, needed: Scope) -> bool:
        order = list(Scope)
        return order.index(self) >= order.index(needed)


@dataclass(frozen=True, slots=True)
class Workspace:
    id: UUID
    name: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What may be shown of a key. The key itself is shown once, when it is made."""

    id: UUID
    name: str
    prefix: str
    scope: Scope
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sends a request: the workspace that it sees, and its key; None without a key."""

    workspace_id: UUID
    key_name: str | None
    key_id: UUID | None = None
    scope: Scope = Scope.ADMIN


@dataclass(frozen=True, slots=True)
class BiReader:
    """A login role of the database that sees one workspace, read only."""

    role: str
    workspace_id: UUID
    created_at: datetime
