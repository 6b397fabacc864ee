"""`adlens bi` on a database of its own."""

from __future__ import annotations

import psycopg2
import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner

from adlens.persistence.workspaces.repository import PostgresWorkspaces
from adlens_cli.main import app


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["bi", *arguments])
    return result.exit_code, result.stdout, result.stderr


def test_a_reader_is_made_listed_and_revoked(engine: Engine, database_url: str) -> None:
    workspace = PostgresWorkspaces(engine).create("shop")
    code, address, said = run("create", "--workspace", "shop", "--database", database_url)
    assert (code, address.startswith("postgresql://adlens_bi_")) == (0, True)
    assert str(workspace.id) in said
    with psycopg2.connect(address.strip()) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT bi.workspace_id()::text, session_user")
        ((seen, role),) = cursor.fetchall()
    connection.close()
    assert seen == str(workspace.id)
    assert role in run("list", "--database", database_url)[1]

    assert run("revoke", role, "--database", database_url)[0] == 0
    assert role not in run("list", "--database", database_url)[1]
    assert run("revoke", role, "--database", database_url)[0] == 1
    with pytest.raises(psycopg2.OperationalError):
        psycopg2.connect(address.strip())


def test_words_are_brought_up_to_date(database_url: str) -> None:
    result = CliRunner().invoke(app, ["reindex", "--database", database_url])
    assert (result.exit_code, result.stderr.splitlines()[-1]) == (0, "0 creatives changed.")


def test_a_reader_needs_a_workspace_that_is_there(database_url: str) -> None:
    code, address, said = run("create", "--workspace", "none", "--database", database_url)
    assert (code, address) == (1, "")
    assert "no workspace" in said
