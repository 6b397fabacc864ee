"""Readers of the schema `bi`, for BI tools: login roles of the database that see one workspace.

Made by the admin function of a stage; or, where a database is named, there and then.
"""

from __future__ import annotations

import sys
from typing import Any

from adlens.domain.errors import AdLensError
from adlens.persistence.workspaces.bi import PostgresBiReaders
from adlens.persistence.workspaces.repository import PostgresWorkspaces
from adlens.services.bi_readers import ManageBiReaders
from adlens_cli.admin import Stage, call, fail
from adlens_cli.database import engine_of


def create(workspace: str, database: str | None, stage: Stage, region: str | None) -> None:
    made = _create(database, workspace) if database else call(stage, "bi.create", region, workspace=workspace)
    owner = made["workspace"]
    print(
        f"A reader of workspace {owner['name']} ({owner['id']}), schema bi; the password is not shown again:",
        file=sys.stderr,
    )
    print(made["address"])


def show(database: str | None, stage: Stage, region: str | None) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("Workspace", "Role", "Made", header_style="bold")
    for reader in _all(database) if database else call(stage, "bi.list", region):
        table.add_row(reader["workspace"], reader["role"], reader["created_at"][:16].replace("T", " "))
    Console().print(table)


def revoke(role: str, database: str | None, stage: Stage, region: str | None) -> None:
    if not database:
        call(stage, "bi.revoke", region, role=role)
    else:
        try:
            _readers(database).revoke(role)
        except AdLensError as error:
            fail(str(error))
    print(f"{role} reads nothing any more.", file=sys.stderr)


def _readers(database: str) -> ManageBiReaders:
    engine = engine_of(database)
    return ManageBiReaders(PostgresWorkspaces(engine), PostgresBiReaders(engine))


def _create(database: str, workspace: str) -> dict[str, Any]:
    try:
        made = _readers(database).create(workspace)
    except AdLensError as error:
        fail(str(error))
    return {"address": made.address, "workspace": {"id": made.workspace.id, "name": made.workspace.name}}


def _all(database: str) -> list[dict[str, str]]:
    return [
        {"workspace": workspace, "role": reader.role, "created_at": str(reader.created_at)}
        for workspace, reader in _readers(database).all()
    ]
