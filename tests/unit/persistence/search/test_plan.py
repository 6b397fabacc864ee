"""What is known of a filter before the database is asked. The session has no database: these filters need none."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from adlens.domain.analysis import Decision
from adlens.domain.gallery import CERTAIN, NO_TOPIC, CreativeFilter
from adlens.persistence.search.plan import FilterPlan, compile_filter

WORKSPACE = UUID(int=7)


def plan(**filters: Any) -> FilterPlan:
    return compile_filter(Session(), WORKSPACE, CreativeFilter(**filters))


def sql(condition: Any) -> str:
    return str(condition.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True}))


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        ({}, "workspace_rollup.creatives"),
        ({"topics": ("cups",)}, "workspace_topic_rollup.creatives"),
        ({"color_class": "red"}, "workspace_finding_rollup.creatives"),
        ({"object_class": "tie"}, "workspace_finding_rollup.creatives"),
        ({"topic_decisions": (Decision.UNSURE,)}, "sum(workspace_topic_rollup.unsure)"),
        ({"topics": ("cups",), "topic_decisions": CERTAIN}, "sum(workspace_topic_rollup.creatives - "),
    ],
)
def test_a_rollup_counts_a_filter_by_one_finding(filters: dict[str, Any], count: str) -> None:
    statement = plan(**filters)._rollup_count()
    assert sql(statement).startswith(f"SELECT {count}")


@pytest.mark.parametrize(
    "filters",
    [
        {"topics": ("cups", "ties")},
        {"topics": (NO_TOPIC,)},
        {"topic_decisions": (Decision.PERSON,)},
        {"topics": ("cups",), "color_class": "red"},
        {"object_class": "tie", "min_objects": 2},
        {"word": "sale"},
        {"hex": "#ff0000"},
    ],
)
def test_no_rollup_counts_other_filters(filters: dict[str, Any]) -> None:
    assert plan(**filters)._rollup_count() is None
    assert plan(**filters).rollup_key is None


def test_a_whole_workspace_has_its_rollups() -> None:
    assert plan().rollup_key == {"workspace_id": WORKSPACE}


def test_an_index_finds_a_colour_only_where_nothing_else_is_narrow() -> None:
    wide, narrow = plan(hex="#ff0000"), plan(hex="#ff0000", word="sale")
    assert (wide.is_narrow, narrow.is_narrow) == (False, True)
    assert len(wide.conditions) == len(wide.besides_color) + 2
    assert len(narrow.conditions) == len(narrow.besides_color) + 1


def test_words_and_findings_are_looked_up_in_arrays() -> None:
    assert [plan(**{name: "red"}).uses_arrays for name in ("word", "color_class", "object_class")] == [True] * 3
    assert plan(hex="#ff0000").uses_arrays
    assert not plan(topics=("cups",), min_confidence=0.5).uses_arrays
    assert plan(word="sale").has_words_only
    assert not plan(word="sale", topics=("cups",)).has_words_only


def test_the_rest_is_what_a_filter_is_not_true_of() -> None:
    (*_, rest) = plan(rest_of=CreativeFilter(topics=("cups",))).conditions
    assert "IS NOT true" in sql(rest)
    assert "topic = 'cups'" in sql(rest)
