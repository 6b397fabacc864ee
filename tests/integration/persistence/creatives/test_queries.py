"""Reads: pages, statuses, figures - and how many statements they take."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine

from adlens.domain.analysis import (
    Analysis,
    BoundingBox,
    BundleInfo,
    Decision,
    DetectedObject,
    Detections,
    Stage,
    StageRun,
    StageState,
    Swatch,
    SwatchRole,
    TextBlock,
    TopicPrediction,
)
from adlens.domain.creative import Failure, NewCreative, Status
from adlens.domain.errors import InvalidValue, UnknownCreative, UnknownGroup
from adlens.persistence.analytics.overview import TOP_COLORS
from adlens.persistence.creatives.queries import PostgresQueries

Findings = Callable[..., Analysis]


@pytest.fixture(scope="module")
def queries(engine: Engine) -> PostgresQueries:
    return PostgresQueries(engine)


# --- lists ----------------------------------------------------------------------------------------------------------


def test_groups_come_newest_first_and_in_pages(tenant: Any, queries: PostgresQueries, findings: Findings) -> None:
    for number in range(5):
        tenant.add(f"grp_{number}")
    done = tenant.add("grp_1")
    tenant.analysed(done, findings(seed=0), "grp_1")

    whole = queries.groups(tenant.workspace_id)
    assert [group.group_id for group in whole.items] == [f"grp_{n}" for n in (4, 3, 2, 1, 0)]
    assert whole.next_cursor is None
    assert (whole.items[3].count, whole.items[3].by_status) == (2, {Status.PENDING: 1, Status.SUCCESS: 1})

    paged, cursor = [], None
    for _ in range(3):
        page = queries.groups(tenant.workspace_id, 2, cursor)
        paged += page.items
        cursor = page.next_cursor
    assert tuple(paged) == whole.items
    assert cursor is None


def test_groups_at_a_glance_take_the_same_statements_whatever_their_number(
    tenant: Any, queries: PostgresQueries, findings: Findings, statements: Any
) -> None:
    red, blue = (
        Swatch(rgb, 50.0, SwatchRole.DOMINANT, name) for rgb, name in (((255, 0, 0), "red"), ((0, 0, 255), "blue"))
    )
    for number, topic in enumerate(("cups", "ties", "ties", None)):
        predicted = topic and replace(_topic(topic, 0.5), sure=number != 1)
        found = findings(number, topic=predicted, palette=(red, blue) if number else (red,))
        tenant.analysed(tenant.add(), found)
    for number in range(5):
        tenant.add(f"grp_{number}")
    tenant.repository.rename_group(tenant.workspace_id, "grp", "Spring")

    counts = []
    for limit in (1, 6):
        with statements(queries.engine) as seen:
            page = queries.groups(tenant.workspace_id, limit)
        counts.append(len(seen))
    assert counts[0] == counts[1] == 4

    group = page.items[-1]
    assert (group.group_id, group.name, group.count) == ("grp", "Spring", 4)
    assert group.topics == (("ties", 2, 1), ("cups", 1, 0))
    assert group.class_percents == {"red": 200.0, "blue": 150.0}
    assert (page.items[0].name, page.items[0].topics, page.items[0].class_percents) == (None, (), {})
    assert queries.group(tenant.workspace_id, "grp") == group


@pytest.mark.parametrize(
    ("search", "ids"),
    [
        ("SPRING", ["grp_2", "grp_1"]),
        ("весна", ["grp_3"]),
        ("rp_2", ["grp_2"]),
        ("50%", ["grp_2"]),
        ("0_", []),
        ("", ["grp_3", "grp_2", "grp_1"]),
        ("x\x00\udc80", []),
    ],
)
def test_groups_are_searched_by_id_and_name(tenant: Any, queries: PostgresQueries, search: str, ids: list[str]) -> None:
    for id_, name in (("grp_1", "spring mugs"), ("grp_2", "Spring -50%"), ("grp_3", "ВЕСНА")):
        tenant.repository.register(tenant.workspace_id, id_, [], name)

    assert [group.group_id for group in queries.groups(tenant.workspace_id, search=search).items] == ids


def test_creatives_keep_the_order_they_were_given_in(tenant: Any, queries: PostgresQueries) -> None:
    names = [f"{n}.png" for n in range(7)]
    tenant.repository.register(tenant.workspace_id, "grp", [NewCreative(uuid.uuid4(), name) for name in names])

    first = queries.creatives(tenant.workspace_id, "grp", 4)
    second = queries.creatives(tenant.workspace_id, "grp", 4, first.next_cursor)

    assert [creative.filename for creative in first.items + second.items] == names
    assert (len(first.items), second.next_cursor) == (4, None)


@pytest.mark.parametrize("cursor", ["nonsense", "e30=", "WzEsMl0=", "é"])
def test_a_cursor_of_somebody_else_is_refused(tenant: Any, queries: PostgresQueries, cursor: str) -> None:
    tenant.add()
    with pytest.raises(InvalidValue):
        queries.groups(tenant.workspace_id, 2, cursor)
    with pytest.raises(InvalidValue):
        queries.creatives(tenant.workspace_id, "grp", 2, cursor)


def test_a_page_has_rows(tenant: Any, queries: PostgresQueries) -> None:
    with pytest.raises(InvalidValue):
        queries.groups(tenant.workspace_id, 0)


def test_five_hundred_creatives_take_two_statements_and_no_findings(
    tenant: Any, queries: PostgresQueries, findings: Findings, statements: Any
) -> None:
    keys = [uuid.uuid4() for _ in range(500)]
    tenant.repository.register(tenant.workspace_id, "grp", [NewCreative(id_, "a.png") for id_ in keys])
    tenant.analysed(tenant.add("grp", keys[7]), findings(seed=3, topic=_topic("cups", 0.75)))
    running = tenant.claimed(tenant.add("grp", keys[8]))
    tenant.repository.record_stages(running, [StageRun(Stage.OCR, StageState.PROCESSING)])
    tenant.repository.fail(tenant.claimed(tenant.add("grp", keys[9])), Failure("invalid_image", "Cut off."), "a")

    with statements(queries.engine) as seen:
        status = queries.progress(tenant.workspace_id, "grp").items

    assert len(seen) <= 2
    assert not any("topic_scores" in statement or "text_blocks" in statement for statement in seen)
    assert [creative.id for creative in status] == keys
    assert [status[n].status for n in (6, 7, 8, 9)] == [
        Status.PENDING,
        Status.SUCCESS,
        Status.PROCESSING,
        Status.ERROR,
    ]
    assert (status[7].topic, status[7].topic_confidence, status[7].filename) == ("cups", 0.75, "a.png")
    assert (status[7].topic_decision, status[6].topic_decision) == (Decision.SURE, None)
    assert [run.stage for run in status[6].stages] == list(Stage)
    assert status[8].stages[0].state is StageState.PROCESSING
    assert status[9].failure == Failure("invalid_image", "Cut off.")
    listed = queries.creatives(tenant.workspace_id, "grp").items
    assert [creative.id for creative in listed] == keys
    assert [(listed[n].facts is not None, listed[n].analysed) for n in (7, 9)] == [(True, True), (False, False)]
    assert [creative.stages for creative in listed] == [creative.stages for creative in status]


def test_unknown_things_are_said_to_be_unknown(tenant: Any, queries: PostgresQueries) -> None:
    tenant.repository.register(tenant.workspace_id, "empty", [])

    assert queries.creatives(tenant.workspace_id, "empty").items == ()
    assert queries.group_analytics(tenant.workspace_id, "empty").creatives == 0
    for read in (*(queries.group, queries.creatives, queries.progress, queries.group_analytics),):
        with pytest.raises(UnknownGroup):
            read(tenant.workspace_id, "nowhere")
    for read_one in (queries.creative, queries.summary):
        with pytest.raises(UnknownCreative):
            read_one(tenant.workspace_id, uuid.uuid4())


# --- analytics ------------------------------------------------------------------------------------------------------


def _topic(topic: str, confidence: float) -> TopicPrediction:
    return TopicPrediction(topic, confidence, {topic: confidence})


def _found(
    findings: Findings,
    topic: TopicPrediction | None,
    text: list[float] | None,
    objects: list[float] | None,
    palette: list[tuple[str, float, SwatchRole, str]],
) -> Analysis:
    box = BoundingBox(0, 0, 1, 1)
    colors = {"red": (255, 0, 0), "blue": (0, 0, 255)}
    return findings(
        stages=(StageRun(Stage.OCR, StageState.SUCCESS, seconds=0.5), StageRun(Stage.COLOR, seconds=0.25)),
        topic=topic,
        text=None if text is None else tuple(TextBlock("x", box, confidence) for confidence in text),
        detections=None
        if objects is None
        else Detections(tuple(DetectedObject("cup", confidence, box) for confidence in objects)),
        palette=tuple(Swatch(colors[name], percent, role, cls) for name, percent, role, cls in palette),
    )


def test_figures_of_a_group_and_of_all(tenant: Any, queries: PostgresQueries, findings: Findings) -> None:
    """Every mean is over the things it names: a creative with many lines of text weighs more than one with none."""
    dominant, secondary = SwatchRole.DOMINANT, SwatchRole.SECONDARY
    one, two, three, other = tenant.add(), tenant.add(), tenant.add(), tenant.add("other")
    tenant.add()
    cups = _topic("cups", 0.9)
    palette = [("red", 60.0, dominant, "red"), ("red", 30.0, dominant, "pink"), ("blue", 10.0, secondary, "blue")]
    tenant.analysed(one, _found(findings, cups, [1.0, 0.5, 0.3], [0.4], palette))
    guess = replace(_topic("cups", 0.5), sure=False)
    tenant.analysed(two, _found(findings, guess, [], None, [("red", 100.0, dominant, "red")]))
    tenant.analysed(three, _found(findings, None, [0.2], [0.8], [("blue", 50.0, dominant, "blue")]))
    tenant.analysed(other, _found(findings, _topic("ties", 0.1), None, [], []), "other")

    group = queries.group_analytics(tenant.workspace_id, "grp")

    assert (group.creatives, group.analysed) == (4, 3)
    assert group.mean_ocr_confidence == pytest.approx((1.0 + 0.5 + 0.3 + 0.2) / 4)
    assert group.mean_object_confidence == pytest.approx((0.4 + 0.8) / 2)
    assert group.mean_topic_confidence == pytest.approx((0.9 + 0.5) / 2)
    assert group.processing_seconds == pytest.approx(3 * 0.75)
    assert [(t.topic, t.count, t.unsure) for t in group.topics] == [("cups", 2, 1)]
    assert group.topics[0].mean_ocr_confidence == pytest.approx(0.6)
    assert group.topics[0].mean_object_confidence == pytest.approx(0.4)
    assert group.topics[0].mean_topic_confidence == pytest.approx(0.7)
    assert group.colors == (("#ff0000", 2), ("#0000ff", 1)), "a colour counts once per creative, dominant ones only"
    assert group.class_percents == {"red": 160.0, "pink": 30.0, "blue": 60.0}
    assert group.topic_class_percents == {"cups": {"red": 160.0, "pink": 30.0, "blue": 10.0}}
    assert group.topics[0].mean_seconds == pytest.approx(0.75)
    assert group.objects == (("cup", 2),), "an object counts once per creative, however often it is there"
    assert group.color_classes == (("blue", 2), ("red", 2), ("pink", 1))
    assert group.updated_at is not None

    whole = queries.workspace_analytics(tenant.workspace_id)
    assert (whole.creatives, whole.analysed) == (5, 4)
    assert [(t.topic, t.count, t.unsure) for t in whole.topics] == [("cups", 2, 1), ("ties", 1, 0)]
    assert whole.topics[1].mean_ocr_confidence is None
    assert whole.topics[1].mean_object_confidence is None
    assert whole.mean_topic_confidence == pytest.approx((0.9 + 0.5 + 0.1) / 3)
    assert whole.class_percents == group.class_percents


def test_analytics_never_touch_raw_rows(
    tenant: Any, queries: PostgresQueries, findings: Findings, statements: Any
) -> None:
    tenant.analysed(tenant.add(), findings(seed=1))

    with statements(queries.engine) as seen:
        queries.group_analytics(tenant.workspace_id, "grp")
        queries.workspace_analytics(tenant.workspace_id)

    rollups = {
        "group_rollup",
        "group_topic_rollup",
        "group_color_rollup",
        "group_topic_color_rollup",
        "group_finding_rollup",
    }
    read = {table for statement in seen for table in re.findall(r"(?:FROM|JOIN) (\w+)", statement)}
    assert read == rollups | {table.replace("group_", "workspace_") for table in rollups} | {"groups"}


def test_only_the_most_frequent_colours_are_told(tenant: Any, queries: PostgresQueries, findings: Findings) -> None:
    swatches = tuple(Swatch((n, 0, 0), 0.5, SwatchRole.DOMINANT, "red") for n in range(TOP_COLORS + 5))
    tenant.analysed(tenant.add(), findings(palette=swatches))
    tenant.analysed(tenant.add(), findings(palette=swatches[-1:]))

    colors = queries.group_analytics(tenant.workspace_id, "grp").colors

    assert len(colors) == TOP_COLORS
    assert colors[0] == (swatches[-1].hex, 2)


def test_an_empty_workspace_has_figures_too(tenant: Any, queries: PostgresQueries) -> None:
    empty = queries.workspace_analytics(tenant.workspace_id)

    assert (empty.creatives, empty.mean_ocr_confidence, empty.topics, empty.updated_at) == (0, None, (), None)


# --- tenants --------------------------------------------------------------------------------------------------------


def test_no_query_looks_into_another_workspace(
    new_tenant: Callable[[], Any], queries: PostgresQueries, findings: Findings
) -> None:
    ours, theirs = new_tenant(), new_tenant()
    id_ = uuid.uuid4()
    ours.analysed(ours.add("grp", id_), findings(seed=1, topic=_topic("bags", 0.5)))
    theirs.add("grp", id_)
    ours.add("only_ours")

    assert [group.group_id for group in queries.groups(theirs.workspace_id).items] == ["grp"]
    (summary,) = queries.creatives(theirs.workspace_id, "grp").items
    assert (summary.status, summary.topic, summary.analysed) == (Status.PENDING, None, False)
    assert [run.state for run in summary.stages] == [StageState.PENDING] * 4
    assert queries.creative(theirs.workspace_id, id_).analysis is None
    assert not queries.summary(theirs.workspace_id, id_).analysed
    assert queries.group_analytics(theirs.workspace_id, "grp").analysed == 0
    assert queries.workspace_analytics(theirs.workspace_id).topics == ()
    with pytest.raises(UnknownGroup):
        queries.group_analytics(theirs.workspace_id, "only_ours")


# --- health ---------------------------------------------------------------------------------------------------------


def test_the_bundle_reported_last_is_the_one_in_use(tenant: Any, queries: PostgresQueries) -> None:
    old, new = (
        BundleInfo(name, "1", name, {Stage.OCR: "rapidocr"}, {Stage.OCR: {"limits": name}})
        for name in (f"old {uuid.uuid4()}", f"new {uuid.uuid4()}")
    )
    for bundle in (old, new):
        tenant.repository.report_bundle(bundle)
    found = queries.latest_bundle()
    assert found == new
    assert found.about == new.about

    tenant.repository.report_bundle(old)

    assert queries.latest_bundle() == old
    queries.ping()
