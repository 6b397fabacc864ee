"""Questions about lift and their answers survive the way to another function."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from adlens.domain.analysis import Decision
from adlens.domain.creative import Status
from adlens.domain.errors import MalformedEvent
from adlens.domain.gallery import CreativeFilter
from adlens.domain.lift import (
    OBJECT_COUNT_BANDS,
    TEXT_SHARE_BANDS,
    Delivered,
    Element,
    ElementKind,
    ElementLift,
    Lift,
    Metric,
    lift_answer,
    lift_request,
    parse_lift_answer,
    parse_lift_request,
)


def sent(value):
    return json.loads(json.dumps(value))


@pytest.mark.parametrize(
    "chosen",
    [
        CreativeFilter(),
        CreativeFilter(
            group_ids=("a", "b"),
            topics=("cups",),
            topic_decisions=(Decision.SURE, Decision.PERSON),
            text="кружка",
            status=Status.SUCCESS,
            min_objects=0,
            min_share=12.5,
            uploaded_from=datetime(2026, 3, 1, 10, 15, 2, 5, tzinfo=UTC),
            uploaded_before=datetime(2026, 4, 1, tzinfo=UTC),
        ),
        CreativeFilter(
            within=CreativeFilter(uploaded_from=datetime(2026, 3, 1, tzinfo=UTC), status=Status.SUCCESS),
            rest_of=CreativeFilter(within=CreativeFilter(topic_decisions=(Decision.UNSURE,))),
        ),
    ],
)
def test_a_question_arrives_as_it_was_asked(chosen: CreativeFilter) -> None:
    workspace_id = uuid4()
    assert parse_lift_request(sent(lift_request(workspace_id, Metric.CVR, chosen))) == (
        workspace_id,
        Metric.CVR,
        chosen,
    )


def test_an_answer_arrives_as_it_was_given() -> None:
    sides = Delivered(10, 1000, 10), Delivered(20, 2000, 30)
    estimated = ElementLift(Element(ElementKind.WORD, "скидка"), *sides, 1.1, 1.2, 0.9, 1.5, 0.04, 0.4)
    silent = ElementLift(Element(ElementKind.TOPIC, "cups"), *sides, None, insufficient="Too little.")
    lift = Lift(Metric.CPA, sides[0], 0.5, 1, (estimated, silent))
    assert parse_lift_answer(sent(lift_answer(lift))) == lift


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"workspace_id": "x", "metric": "ctr", "filter": {}},
        {"workspace_id": str(uuid4()), "metric": "x", "filter": {}},
    ],
)
def test_what_is_no_question_is_refused(event: dict) -> None:
    with pytest.raises(MalformedEvent):
        parse_lift_request(event)
    with pytest.raises(MalformedEvent):
        parse_lift_request({**lift_request(uuid4(), Metric.CTR, CreativeFilter()), "filter": {"sql": "1"}})
    with pytest.raises(MalformedEvent):
        parse_lift_answer(event)


def test_bands_follow_each_other() -> None:
    for bands in (TEXT_SHARE_BANDS, OBJECT_COUNT_BANDS):
        assert [band.high for band in bands] == [*(band.low for band in bands[1:]), None]
        assert bands[0].low == 0
    assert [band.name for band in OBJECT_COUNT_BANDS] == ["0-1", "1-2", "2-4", "4+"]
