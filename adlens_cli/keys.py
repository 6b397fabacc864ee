"""API keys of the local stack's database."""

from __future__ import annotations

import sys
from pathlib import Path
from uuid import UUID

import typer

from adlens.persistence.session import make_engine
from adlens.persistence.workspaces import ApiKey, PostgresWorkspaces, Workspace
from local import stack
from local.state import write_private

DEVELOPMENT = UUID("00000000-0000-4000-8000-000000000001")


def development_key(database_url: str, file: Path) -> str:
    """The key in `file` when it still opens the development workspace, else a new one, kept there (mode 0600)."""
    workspaces = PostgresWorkspaces(make_engine(database_url))
    if file.exists():
        key = file.read_text().strip()
        holder = workspaces.verify(key)
        if holder is not None and holder.workspace_id == DEVELOPMENT:
            return key
    workspaces.create("development", DEVELOPMENT)
    _, key = workspaces.create_key(DEVELOPMENT, "made by adlens up")
    write_private(file, key + "\n")
    return key


def anonymous_workspace(database_url: str, workspace_id: UUID) -> None:
    """Makes the workspace that requests without a key may use, if there is none."""
    PostgresWorkspaces(make_engine(database_url)).create("anonymous", workspace_id)


def create(name: str, workspace: str) -> None:
    workspaces = _workspaces()
    owner = workspaces.named(workspace)
    _, key = workspaces.create_key(owner.id, name)
    print(f"A key of workspace {owner.name} ({owner.id}); it is not shown again:", file=sys.stderr)
    print(key)


def show() -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("Workspace", "Prefix", "Name", "Made", "Last used", "Revoked", header_style="bold")
    for workspace, key in _keys(_workspaces()):
        dates = (str(date)[:16] if date else "" for date in (key.created_at, key.last_used_at, key.revoked_at))
        table.add_row(workspace.name, key.prefix, key.name, *dates)
    Console().print(table)


def revoke(prefix: str) -> None:
    workspaces = _workspaces()
    for workspace, key in _keys(workspaces):
        if key.prefix == prefix and workspaces.revoke(workspace.id, key.id):
            print(f"{prefix} ({key.name}) opens nothing any more.", file=sys.stderr)
            return
    print(f"adlens: there is no key in use with the prefix {prefix!r}.", file=sys.stderr)
    raise typer.Exit(1)


def _keys(workspaces: PostgresWorkspaces) -> list[tuple[Workspace, ApiKey]]:
    return [(workspace, key) for workspace in workspaces.all() for key in workspaces.keys(workspace.id)]


def _workspaces() -> PostgresWorkspaces:
    if (running := stack.running()) is None:
        print("adlens: the local stack does not run; start it with `adlens up`.", file=sys.stderr)
        raise typer.Exit(1)
    return PostgresWorkspaces(make_engine(running.database_url))
