"""The schema that migrations make is the one that the tables describe."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any
from uuid import uuid4

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.util import CommandError
from sqlalchemy import Engine, MetaData, event, inspect, text
from sqlalchemy.exc import IntegrityError, OperationalError

from adlens.persistence import migrations
from adlens.persistence.migrations import migrate
from adlens.persistence.schema import Base
from adlens.persistence.session import make_engine

RELEASED = "0016"
"""The newest revision of the release before."""
# The code of before writes and reads its whole numbers here as well.
WIDENED = {"performance.conversions": "NUMERIC(20, 4)"}


@pytest.fixture
def empty(databases: Any) -> Iterator[Engine]:
    url = databases.create()
    engine = make_engine(url, pool_size=4)
    yield engine
    engine.dispose()
    databases.drop(url)


def test_an_empty_database_is_brought_up_by_many_at_once(empty: Engine) -> None:
    with ThreadPoolExecutor(4) as pool:
        revisions = list(pool.map(lambda _: migrate(empty), range(4)))

    assert len(set(revisions)) == 1
    assert migrate(empty) == revisions[0]
    with empty.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, Base.metadata) == []
    assert set(Base.metadata.tables) < set(inspect(empty).get_table_names())


def test_creatives_of_before_get_their_words_and_are_counted(empty: Engine) -> None:
    config = Config()
    config.set_main_option("script_location", migrations.__path__[0].replace("%", "%%"))
    workspace, creative = uuid4(), uuid4()
    with empty.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0003")
        for statement in (
            "INSERT INTO workspaces (id, name) VALUES (:w, 'w')",
            "INSERT INTO groups (workspace_id, id) VALUES (:w, 'g')",
            "INSERT INTO creatives (workspace_id, id, group_id, filename, object_key) VALUES (:w, :c, 'g', 'a', 'k')",
            "INSERT INTO analyses (workspace_id, creative_id, revision, seconds, stages, bundle_name, bundle_version, "
            "bundle_checksum, engines, has_text, has_palette, topic, topic_confidence, topic_scores, topic_evidence) "
            "VALUES (:w, :c, 1, 1.5, '[]', '', '', '', '{}', true, true, 'cups', 1, '{}', '[]')",
            "INSERT INTO group_topic_rollup (workspace_id, group_id, topic, creatives) VALUES (:w, 'g', 'cups', 1)",
            "INSERT INTO swatches (workspace_id, creative_id, position, hex, percent, role, color_class) "
            "VALUES (:w, :c, 0, '#ff0000', 50, 'dominant', 'red'), (:w, :c, 1, '#800000', 50, 'secondary', 'red')",
            "INSERT INTO detected_objects (workspace_id, creative_id, position, class_name, confidence, "
            "x1, y1, x2, y2) VALUES (:w, :c, 0, 'cup', 1, 0, 0, 1, 1), (:w, :c, 1, 'cup', 1, 0, 0, 1, 1)",
            "INSERT INTO text_blocks (workspace_id, creative_id, position, text, confidence, polygon, x1, y1, x2, y2) "
            "VALUES (:w, :c, 0, 'Ёлка и THE', 1, '[]', 0, 0, 1, 1), (:w, :c, 1, 'SALE ёлка', 1, '[]', 0, 0, 1, 1)",
        ):
            connection.execute(text(statement), {"w": workspace, "c": creative})

    migrate(empty)

    with empty.connect() as connection:
        assert connection.execute(text("SELECT words FROM analyses")).scalar_one() == ["sale", "елка"]
        counted = connection.execute(text("SELECT kind, name, creatives FROM group_finding_rollup ORDER BY 1, 2")).all()
        assert counted == [("color_class", "red", 1), ("object", "cup", 1), ("word", "sale", 1), ("word", "елка", 1)]
        assert connection.execute(text("SELECT seconds FROM group_topic_rollup")).scalar_one() == 1.5


def test_topics_of_before_are_unsure_and_counted_unless_a_person_chose_them(empty: Engine) -> None:
    config = Config()
    config.set_main_option("script_location", migrations.__path__[0].replace("%", "%%"))
    workspace, guessed, chosen, without = (uuid4() for _ in range(4))
    with empty.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0014")
        for statement in (
            "INSERT INTO workspaces (id, name) VALUES (:w, 'w')",
            "INSERT INTO groups (workspace_id, id) VALUES (:w, 'g')",
            "INSERT INTO creatives (workspace_id, id, group_id, filename, object_key) "
            "SELECT :w, id, 'g', 'a', 'k' FROM unnest(CAST(:ids AS uuid[])) id",
            "INSERT INTO analyses (workspace_id, creative_id, revision, seconds, stages, bundle_name, bundle_version, "
            "bundle_checksum, engines, has_text, has_palette, topic, topic_confidence, topic_scores, topic_evidence, "
            "topic_corrected) SELECT :w, id, 1, 1.5, '[]', '', '', '', '{}', true, true, 'cups', 1, '{}', '[]', "
            "id = :chosen FROM unnest(CAST(:ids AS uuid[])) id WHERE id <> :without",
            "UPDATE creative_facts SET topic = 'cups', topic_confidence = 1 WHERE creative_id <> :without",
            "INSERT INTO group_topic_rollup (workspace_id, group_id, topic, creatives) VALUES (:w, 'g', 'cups', 2)",
        ):
            values = {"w": workspace, "chosen": chosen, "without": without}
            connection.execute(text(statement), {**values, "ids": [str(guessed), str(chosen), str(without)]})

    migrate(empty)

    with empty.connect() as connection:
        decisions = dict(connection.execute(text("SELECT creative_id, topic_decision FROM creative_facts")).all())
        assert decisions == {guessed: "unsure", chosen: "person", without: None}
        assert connection.scalars(text("SELECT topic_sure FROM analyses")).all() == [False, False]
        for table in ("group_topic_rollup", "workspace_topic_rollup"):
            assert connection.execute(text(f"SELECT creatives, unsure FROM {table}")).one() == (2, 1)
        connection.execute(text("DELETE FROM group_topic_rollup"))
        assert connection.execute(text("SELECT * FROM workspace_topic_rollup")).all() == []


def test_a_migration_that_fails_leaves_those_before_it_and_nothing_of_its_own(empty: Engine) -> None:
    with empty.begin() as connection:
        connection.execute(text("CREATE SCHEMA bi"))

    with pytest.raises(Exception, match="already exists"):
        migrate(empty)

    assert revision(empty) == "0011"
    assert "bi_readers" not in inspect(empty).get_table_names()
    with empty.begin() as connection:
        connection.execute(text("DROP SCHEMA bi"))
    assert migrate(empty) > "0011"


def test_a_schema_of_a_newer_release_stays_as_it_is(empty: Engine) -> None:
    migrate(empty)
    with empty.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert migrate(empty) == "9999"
    assert revision(empty) == "9999"


def test_a_schema_of_no_release_is_refused(empty: Engine) -> None:
    migrate(empty)
    with empty.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0002b'"))
    with pytest.raises(CommandError, match="0002b"):
        migrate(empty)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrations, "_LOCK_TIMEOUT", "50ms")
    monkeypatch.setattr(migrations, "_PAUSE_SECONDS", 0.05)


@pytest.mark.usefixtures("impatient")
def test_a_migration_tries_again_while_somebody_is_at_its_table(empty: Engine) -> None:
    upgrade(empty, "0014")
    refused = Event()
    event.listen(empty, "handle_error", lambda _: refused.set())
    with empty.connect() as reader, ThreadPoolExecutor(1) as pool:
        reader.execute(text("SELECT count(*) FROM analyses"))  # and its transaction stays open
        migrating = pool.submit(migrate, empty)
        assert refused.wait(60)
        assert revision(empty) == "0014"
        reader.rollback()
        assert migrating.result(timeout=60) > "0014"


@pytest.mark.usefixtures("impatient")
def test_a_migration_ends_when_its_time_does(empty: Engine) -> None:
    upgrade(empty, "0014")
    with empty.connect() as reader:
        reader.execute(text("SELECT count(*) FROM analyses"))
        with pytest.raises(OperationalError, match="lock timeout"):
            migrate(empty, seconds=0)


def test_a_database_that_is_not_up_yet_is_waited_for(empty: Engine) -> None:
    refused = iter([OperationalError("connect", {}, Exception("the database system is starting up"))] * 2)

    @event.listens_for(empty, "do_connect")
    def refuse(*_: Any) -> None:
        for error in refused:
            raise error

    assert migrate(empty) == migrate(empty)
    assert next(refused, None) is None


def test_the_code_of_the_release_before_finds_all_that_it_knows(empty: Engine, databases: Any) -> None:
    """Expand, then contract: it runs on this schema during a deployment, and after a rollback."""
    url = databases.create()
    before = make_engine(url)
    upgrade(before, RELEASED)
    old = MetaData()
    old.reflect(before)
    before.dispose()
    databases.drop(url)
    migrate(empty)
    new = MetaData()
    new.reflect(empty)
    for name, table in old.tables.items():
        assert name in new.tables
        for column in table.columns:
            kept = new.tables[name].columns[column.name]
            assert str(kept.type) in (str(column.type), WIDENED.get(f"{name}.{column.name}")), kept
            assert kept.nullable or not column.nullable, kept
        added = [column for column in new.tables[name].columns if column.name not in table.columns]
        assert not [each for each in added if not (each.nullable or each.server_default or each.computed)]


def upgrade(engine: Engine, target: str) -> None:
    """As a release did whose newest revision is `target`."""
    config = Config()
    config.set_main_option("script_location", migrations.__path__[0].replace("%", "%%"))
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, target)


def revision(engine: Engine) -> str | None:
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


@pytest.mark.parametrize(
    "change",
    [
        "status = 'DONE'",
        "status = 'ERROR'",
        "status = 'PROCESSING'",
        "analysed_revision = 2",
        "claimant = 'm1'",
        "width = 10",
        "group_id = 'elsewhere'",
    ],
)
def test_the_database_refuses_states_that_cannot_be(tenant: Any, change: str) -> None:
    tenant.add()
    with pytest.raises(IntegrityError), tenant.engine.begin() as connection:
        connection.execute(
            text(f"UPDATE creatives SET {change} WHERE workspace_id = :workspace_id"),
            {"workspace_id": tenant.workspace_id},
        )


@pytest.mark.parametrize("box", ["0, 0, 1.5, 1", "0.5, 0, 0.4, 1", "0, 0, 'NaN', 1", "-0.1, 0, 1, 1"])
def test_the_database_refuses_boxes_that_are_none(tenant: Any, box: str) -> None:
    key = tenant.add()
    with pytest.raises(IntegrityError), tenant.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO detected_objects (workspace_id, creative_id, position, class_name, confidence, "
                f"x1, y1, x2, y2) VALUES (:workspace_id, :id, 0, 'cup', 0.5, {box})"
            ),
            {"workspace_id": tenant.workspace_id, "id": key.id},
        )
