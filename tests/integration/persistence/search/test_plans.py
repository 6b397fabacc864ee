"""What is asked all the time finds its rows by an index: the plans of the real statements on 20,000 creatives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, event, text
from sqlalchemy.orm import Session

from adlens.domain.analysis import Decision
from adlens.domain.gallery import CERTAIN, CreativeFilter, CreativeOrder
from adlens.persistence.creatives import turns
from adlens.persistence.creatives.queries import PostgresQueries
from adlens.persistence.paging import cursor_of
from adlens.persistence.search.gallery import PostgresGallery
from adlens.persistence.search.search import PostgresSearch
from adlens.persistence.session import make_engine
from benchmarks.scale.content import FULL_GROUP, Plan
from benchmarks.scale.generate import fill
from benchmarks.scale.server import SMALL

CREATIVES = 20_000
PAGE = 48
# Their pages are read as they come only where a table is so small that an index would be a detour.
_LARGE = {
    *("creatives", "creative_facts", "analyses", "stage_runs", "text_blocks", "detected_objects", "swatches"),
    *("embeddings", "vocabulary", "group_rollup", "group_topic_rollup", "group_finding_rollup", "group_color_rollup"),
    *("group_topic_color_rollup", "workspace_finding_rollup", "workspace_color_rollup"),
}


@dataclass
class Filled:
    """A database with many creatives; its first workspace is the one that is asked about."""

    engine: Engine
    plan: Plan

    @property
    def workspace_id(self) -> UUID:
        return self.plan.tenants[0].id

    @property
    def group_id(self) -> str:
        return self.plan.full_groups[0]

    def value(self, statement: str, **values: Any) -> Any:
        with self.engine.connect() as connection:
            return connection.scalar(text(statement), {"workspace_id": self.workspace_id, **values})

    def plans_of(self, ask: Callable[[], object]) -> list[dict[str, Any]]:
        """The plan of each statement that `ask` runs, with the values it runs with."""
        seen: list[tuple[str, Any]] = []

        def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
            seen.append((statement, parameters))

        event.listen(self.engine, "before_cursor_execute", note)
        try:
            ask()
        finally:
            event.remove(self.engine, "before_cursor_execute", note)
        with self.engine.connect() as connection:
            return [
                connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", parameters).scalar_one()[0]["Plan"]
                for statement, parameters in seen
            ]


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from nodes(part)


@pytest.fixture(scope="module")
def filled(engine: Engine, database_url: str) -> Iterator[Filled]:
    plan = fill(database_url, CREATIVES, say=lambda _: None)
    with engine.begin() as connection:
        for name in ("work_mem", "random_page_cost", "effective_cache_size", "jit"):
            connection.execute(text(f"ALTER DATABASE {engine.url.database} SET {name} = '{SMALL[name]}'"))
    own = make_engine(database_url)  # connections that know of the settings
    yield Filled(own, plan)
    own.dispose()


def asked(name: str, filled: Filled) -> Callable[[], object]:
    queries, gallery = PostgresQueries(filled.engine), PostgresGallery(filled.engine)
    search = PostgresSearch(filled.engine)
    workspace_id = filled.workspace_id

    def page(order: str, **chosen: Any) -> Callable[[], object]:
        return lambda: gallery.browse(workspace_id, CreativeFilter(**chosen), CreativeOrder(order), PAGE)

    def deep(order: str) -> Callable[[], object]:
        column = CreativeOrder(order).column
        row = filled.value(
            f"SELECT json_build_array({column}, creative_id) FROM creative_facts WHERE workspace_id = :workspace_id "
            f"AND {column} IS NOT NULL ORDER BY {column} OFFSET {CREATIVES // 2} LIMIT 1"
        )
        cursor = cursor_of(row[0], row[1], order)
        return lambda: gallery.browse(workspace_id, CreativeFilter(), CreativeOrder(order), PAGE, cursor)

    def found(**chosen: Any) -> Callable[[], object]:
        return lambda: search.search(workspace_id, CreativeFilter(**chosen), CreativeOrder.NEWEST, PAGE)

    word = filled.value(
        "SELECT name FROM workspace_finding_rollup WHERE workspace_id = :workspace_id AND kind = 'word' "
        "AND creatives BETWEEN 20 AND 40 ORDER BY creatives, name LIMIT 1"
    )
    topic = filled.value("SELECT max(topic) FROM workspace_topic_rollup WHERE workspace_id = :workspace_id")
    analysed = filled.value("SELECT creative_id FROM analyses WHERE workspace_id = :workspace_id LIMIT 1")
    cases = {
        "group analytics": lambda: queries.group_analytics(workspace_id, filled.group_id),
        "all analytics": lambda: queries.workspace_analytics(workspace_id),
        "status of a group": lambda: queries.progress(workspace_id, filled.group_id, 1000),
        "one creative": lambda: queries.creative(workspace_id, analysed),
        "groups": lambda: queries.groups(workspace_id, 20),
        "newest": page("-uploaded_at"),
        "oldest": page("uploaded_at"),
        "by name": page("filename"),
        "by name, backwards": page("-filename"),
        "most confident": page("-topic_confidence"),
        "least confident": page("topic_confidence"),
        "newest, deep": deep("-uploaded_at"),
        "by name, deep": deep("filename"),
        "most confident, deep": deep("-topic_confidence"),
        "of a group": page("-uploaded_at", group_ids=(filled.group_id,)),
        "unsure": page("-uploaded_at", topic_decisions=(Decision.UNSURE,)),
        "chosen by a person": page("-uploaded_at", topic_decisions=(Decision.PERSON,)),
        "sure or chosen by a person": page("-uploaded_at", topic_decisions=CERTAIN),
        "a topic where it is sure": page("-uploaded_at", topics=(topic,), topic_decisions=CERTAIN),
        "rare word": page("-uploaded_at", word=word),
        "found by a word": found(phrase=word),
        "found by a part of a word": found(phrase=word[:4]),
        "found by a word within a topic": found(phrase=word, topics=(topic,)),
        "an object within a topic": page("-uploaded_at", topics=(topic,), object_class="tie"),
        "found by a frequent colour": found(hex="#804000", min_share=25.0),
        "found by a rare colour": found(hex="#00ff00", min_share=90.0),
    }
    return cases[name]


@pytest.mark.parametrize(
    ("name", "indexes"),
    [
        ("group analytics", {"group_finding_rollup_pkey", "group_color_rollup_pkey", "group_topic_color_rollup_pkey"}),
        ("all analytics", {"workspace_findings", "workspace_colors"}),
        ("status of a group", {"creatives_of_group", "stage_runs_pkey"}),
        ("one creative", {"creatives_pkey", "analyses_pkey", "text_blocks_pkey", "swatches_pkey"}),
        ("groups", {"groups_newest"}),
        ("newest", {"facts_by_time", "swatches_pkey"}),
        ("oldest", {"facts_by_time", "swatches_pkey"}),
        ("by name", {"facts_by_name"}),
        ("by name, backwards", {"facts_by_name"}),
        ("most confident", {"facts_most_confident"}),
        ("least confident", {"facts_least_confident"}),
        ("newest, deep", {"facts_by_time"}),
        ("by name, deep", {"facts_by_name"}),
        ("most confident, deep", {"facts_most_confident"}),
        ("of a group", {"facts_of_group"}),
        ("unsure", {"facts_of_decision"}),
        ("chosen by a person", {"facts_of_decision"}),
        ("sure or chosen by a person", {"facts_by_time"}),
        ("a topic where it is sure", {"facts_of_topic"}),
        ("rare word", {"facts_words"}),
        ("found by a word", {"facts_words", "vocabulary_keys"}),
        ("found by a part of a word", {"facts_words", "vocabulary_keys"}),
        ("found by a word within a topic", {"facts_words", "vocabulary_keys"}),
        ("an object within a topic", {"facts_marks"}),
        ("found by a frequent colour", {"facts_by_time"}),
        ("found by a rare colour", {"facts_by_time", "facts_marks"}),
    ],
)
def test_it_finds_its_rows_by_an_index(filled: Filled, name: str, indexes: set[str]) -> None:
    plans = [node for plan in filled.plans_of(asked(name, filled)) for node in nodes(plan)]
    assert indexes <= {node["Index Name"] for node in plans if "Index Name" in node}
    read_whole = {node["Relation Name"] for node in plans if node["Node Type"] == "Seq Scan"}
    assert not read_whole & _LARGE


def test_colours_are_looked_up_without_the_whole_workspace(filled: Filled) -> None:
    plans = [node for plan in filled.plans_of(asked("found by a rare colour", filled)) for node in nodes(plan)]
    bitmaps = {node["Index Name"] for node in plans if node["Node Type"] == "Bitmap Index Scan"}
    assert bitmaps == {"facts_marks"}


def test_a_turn_is_found_by_an_index_however_many_wait(filled: Filled) -> None:
    with filled.engine.begin() as connection:
        creatives = connection.scalars(
            text("SELECT id FROM creatives WHERE workspace_id = :id"), {"id": filled.workspace_id}
        )
        waiting = list(creatives)
    first, *others = waiting
    assert len(others) > CREATIVES // 4

    def enqueue(*ids: UUID) -> None:
        with Session(filled.engine) as session, session.begin():
            turns.enqueue(session, filled.workspace_id, dict.fromkeys(ids, 1), again=False)

    def take_and_enqueue() -> None:
        with Session(filled.engine) as session, session.begin():
            assert turns.take(session, "somebody", timedelta(minutes=1))
        enqueue(first)

    enqueue(*others)
    with filled.engine.begin() as connection:
        connection.execute(text("ANALYZE waiting"))
    plans = [node for plan in filled.plans_of(take_and_enqueue) for node in nodes(plan)]
    assert {"waiting_turns", "waiting_taken", "waiting_of_flow", "waiting_pkey"} <= {n.get("Index Name") for n in plans}
    assert [node["Relation Name"] for node in plans if node["Node Type"] == "Seq Scan"] == []


def test_the_generated_rows_are_counted_as_the_application_counts(filled: Filled, tenant: Any) -> None:
    for generated in filled.plan.tenants:
        own = replace(tenant, workspace_id=generated.id)
        group_id = next(group.id for group in filled.plan.groups if filled.plan.tenants[group.tenant] is generated)
        assert own.rollups(group_id) == own.recount(group_id)


def test_groups_of_the_size_that_is_measured_exist(filled: Filled) -> None:
    assert (
        filled.value(
            "SELECT count(*) FROM creatives WHERE workspace_id = :workspace_id AND group_id = :group_id",
            group_id=filled.group_id,
        )
        == FULL_GROUP
    )
