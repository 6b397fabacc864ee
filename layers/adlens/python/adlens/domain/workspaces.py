"""Workspaces, their keys, and who asks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


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
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sends a request: the workspace that it sees, and the name of its key; None without a key."""

    workspace_id: UUID
    key_name: str | None


@dataclass(frozen=True, slots=True)
class BiReader:
    """A login role of the database that sees one workspace, read only."""

    role: str
    workspace_id: UUID
    created_at: datetime
