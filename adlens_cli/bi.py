"""Readers of the schema `bi`, for BI tools: login roles of the database that see one workspace.

Made by the admin function of a stage; or, where a database is named, there and then.
"""

from __future__ import annotations

import sys
from typing import Any

from sqlalchemy import Engine

from adlens.domain.errors import AdLensError
from adlens.persistence.workspaces.bi import PostgresBiReaders
from adlens.persistence.workspaces.repository import PostgresWorkspaces
from adlens_cli.admin import Stage, call, fail
from adlens_cli.database import engine_of


def create(workspace: str, database: str | None, stage: Stage, region: str | None) -> None:
    made = (
        _create(engine_of(database), workspace) if database else call(stage, "bi.create", region, workspace=workspace)
    )
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
    for reader in _all(engine_of(database)) if database else call(stage, "bi.list", region):
        table.add_row(reader["workspace"], reader["role"], reader["created_at"][:16].replace("T", " "))
    Console().print(table)


def revoke(role: str, database: str | None, stage: Stage, region: str | None) -> None:
    if not database:
        call(stage, "bi.revoke", region, role=role)
    elif not PostgresBiReaders(engine_of(database)).revoke(role):
        fail(f"there is no reader {role!r}.")
    print(f"{role} reads nothing any more.", file=sys.stderr)


def _create(engine: Engine, workspace: str) -> dict[str, Any]:
    owners = [known for known in PostgresWorkspaces(engine).all() if workspace in (known.name, str(known.id))]
    if not owners:
        fail(f"there is no workspace {workspace!r}.")
    try:
        reader, password = PostgresBiReaders(engine).create(owners[0].id)
    except AdLensError as error:
        fail(str(error))
    address = engine.url.set(drivername="postgresql", username=reader.role, password=password)
    owner = {"id": owners[0].id, "name": owners[0].name}
    return {"address": address.render_as_string(hide_password=False), "workspace": owner}


def _all(engine: Engine) -> list[dict[str, str]]:
    names = {workspace.id: workspace.name for workspace in PostgresWorkspaces(engine).all()}
    return [
        {"workspace": names[reader.workspace_id], "role": reader.role, "created_at": str(reader.created_at)}
        for reader in PostgresBiReaders(engine).all()
    ]
