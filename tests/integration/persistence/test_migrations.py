"""The schema that migrations make is the one that the tables describe."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import IntegrityError

from adlens.persistence import bi, export_tables, migrations  # noqa: F401 - for its table, which is compared
from adlens.persistence.migrations import migrate
from adlens.persistence.session import make_engine
from adlens.persistence.tables import Base

assert export_tables.ExportRow.metadata is Base.metadata  # its table is compared too


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


def test_a_migration_that_fails_leaves_nothing_behind(empty: Engine) -> None:
    with empty.begin() as connection:
        connection.execute(text("CREATE TABLE group_rollup (in_the_way int)"))

    with pytest.raises(Exception, match="already exists"):
        migrate(empty)

    assert inspect(empty).get_table_names() == ["group_rollup"]


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
def test_the_database_refuses_states_that_cannot_be(house: Any, change: str) -> None:
    house.add()
    with pytest.raises(IntegrityError), house.engine.begin() as connection:
        connection.execute(
            text(f"UPDATE creatives SET {change} WHERE workspace_id = :workspace_id"),
            {"workspace_id": house.workspace_id},
        )


@pytest.mark.parametrize("box", ["0, 0, 1.5, 1", "0.5, 0, 0.4, 1", "0, 0, 'NaN', 1", "-0.1, 0, 1, 1"])
def test_the_database_refuses_boxes_that_are_none(house: Any, box: str) -> None:
    key = house.add()
    with pytest.raises(IntegrityError), house.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO detected_objects (workspace_id, creative_id, position, class_name, confidence, "
                f"x1, y1, x2, y2) VALUES (:workspace_id, :id, 0, 'cup', 0.5, {box})"
            ),
            {"workspace_id": house.workspace_id, "id": key.id},
        )
