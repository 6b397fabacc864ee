"""API keys of a stage, and those that the local stack makes for itself."""

from __future__ import annotations

import sys
from pathlib import Path
from uuid import UUID

from adlens.persistence.session import make_engine
from adlens.persistence.workspaces.repository import PostgresWorkspaces
from adlens_cli.admin import Stage, call
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


def create(name: str, workspace: str, scope: str, days: int | None, stage: Stage, region: str | None) -> None:
    made = call(stage, "keys.create", region, name=name, workspace=workspace, scope=scope, days=days)
    owner = made["workspace"]
    print(f"A key of workspace {owner['name']} ({owner['id']}); it is not shown again:", file=sys.stderr)
    print(made["key"])


def show(stage: Stage, region: str | None) -> None:
    from rich.console import Console
    from rich.table import Table

    columns = ("Workspace", "Prefix", "Name", "Scope", "Made", "Expires", "Last used", "Revoked")
    table = Table(*columns, header_style="bold")
    for key in call(stage, "keys.list", region):
        moments = ("created_at", "expires_at", "last_used_at", "revoked_at")
        dates = ((key[name] or "")[:16].replace("T", " ") for name in moments)
        table.add_row(key["workspace"], key["prefix"], key["name"], key["scope"], *dates)
    Console().print(table)


def rotate(prefix: str, overlap_hours: int, stage: Stage, region: str | None) -> None:
    made = call(stage, "keys.rotate", region, prefix=prefix, overlap_hours=overlap_hours)
    print(
        f"A key in the place of {prefix} ({made['name']}), which works for {overlap_hours} h more; not shown again:",
        file=sys.stderr,
    )
    print(made["key"])


def revoke(prefix: str, stage: Stage, region: str | None) -> None:
    key = call(stage, "keys.revoke", region, prefix=prefix)
    print(f"{prefix} ({key['name']}) opens nothing any more.", file=sys.stderr)
