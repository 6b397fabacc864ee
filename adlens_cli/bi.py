"""Readers of the schema `bi`, for BI tools: login roles of the database that see one workspace."""

from __future__ import annotations

import sys

import typer
from sqlalchemy import make_url

from adlens.domain.errors import AdLensError
from adlens.persistence.bi import PostgresBiReaders
from adlens.persistence.session import make_engine
from adlens.persistence.workspaces import PostgresWorkspaces
from local import stack


def create(workspace: str, database: str | None) -> None:
    url = _database(database)
    owners = [known for known in PostgresWorkspaces(make_engine(url)).all() if workspace in (known.name, str(known.id))]
    if not owners:
        print(f"adlens: there is no workspace {workspace!r}.", file=sys.stderr)
        raise typer.Exit(1)
    try:
        reader, password = PostgresBiReaders(make_engine(url)).create(owners[0].id)
    except AdLensError as error:
        print(f"adlens: {error}", file=sys.stderr)
        raise typer.Exit(1) from None
    address = make_url(url).set(drivername="postgresql", username=reader.role, password=password)
    print(
        f"A reader of workspace {owners[0].name} ({owners[0].id}), schema bi; the password is not shown again:",
        file=sys.stderr,
    )
    print(address.render_as_string(hide_password=False))


def show(database: str | None) -> None:
    from rich.console import Console
    from rich.table import Table

    engine = make_engine(_database(database))
    names = {workspace.id: workspace.name for workspace in PostgresWorkspaces(engine).all()}
    table = Table("Workspace", "Role", "Made", header_style="bold")
    for reader in PostgresBiReaders(engine).all():
        table.add_row(names[reader.workspace_id], reader.role, str(reader.created_at)[:16])
    Console().print(table)


def revoke(role: str, database: str | None) -> None:
    if not PostgresBiReaders(make_engine(_database(database))).revoke(role):
        print(f"adlens: there is no reader {role!r}.", file=sys.stderr)
        raise typer.Exit(1)
    print(f"{role} reads nothing any more.", file=sys.stderr)


def _database(given: str | None) -> str:
    """The database asked for, by whatever kind of PostgreSQL URL; else the local stack's."""
    if given:
        return make_url(given).set(drivername="postgresql+psycopg2").render_as_string(hide_password=False)
    if (running := stack.running()) is None:
        print("adlens: the local stack does not run; start it with `adlens up`, or name a --database.", file=sys.stderr)
        raise typer.Exit(1)
    return running.database_url
