"""`python -m local.compose.key NAME [WORKSPACE]` makes an API key and prints it; it is not shown again."""

from __future__ import annotations

import sys

from adlens.persistence.workspaces.repository import PostgresWorkspaces
from adlens.settings import DatabaseSettings
from functions.wiring import database


def create(workspaces: PostgresWorkspaces, name: str, workspace: str = "default") -> str:
    """A key of the workspace of this name, which is made when there is none."""
    _, key = workspaces.create_key(workspaces.named(workspace).id, name)
    return key


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit("Usage: python -m local.compose.key NAME [WORKSPACE]")
    print(create(PostgresWorkspaces(database(DatabaseSettings())), *sys.argv[1:]))
