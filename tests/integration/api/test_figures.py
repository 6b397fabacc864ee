"""Figures over HTTP: each leads to exactly the creatives that it counts."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from adlens.domain.analysis import (
    Analysis,
    BoundingBox,
    BundleInfo,
    DetectedObject,
    Detections,
    ImageFacts,
    Stage,
    StageRun,
    StageState,
    Swatch,
    SwatchRole,
    TextBlock,
    TopicPrediction,
)
from adlens.domain.creative import CreativeId, NewCreative, object_key
from adlens.domain.events import ObjectCreated
from adlens.domain.media import ImageFormat
from adlens.persistence.creatives.repository import PostgresCreatives
from adlens.persistence.workspaces.repository import PostgresWorkspaces
from functions.api import dependencies

BOX = BoundingBox(0, 0, 0.5, 0.5)


def findings(number: int) -> Analysis:
    red = Swatch((255, 0, 0), 60.0, SwatchRole.DOMINANT, "red")
    grey = Swatch((64, 64, 64), 40.0, SwatchRole.SECONDARY, "dark grey")
    return Analysis(
        facts=ImageFacts(ImageFormat.PNG, 900, 1200, 1234, "a" * 64, "f" * 16),
        bundle=BundleInfo("test", "1", "c" * 64, {Stage.OCR: "rapidocr"}),
        stages=tuple(StageRun(stage, StageState.SUCCESS, datetime(2026, 1, 2, tzinfo=UTC), 0.5) for stage in Stage),
        text=(TextBlock(("50% СКИДКА & подарок", "новая ёлка")[number % 2], BOX, 0.5),),
        detections=Detections(tuple(DetectedObject("cup", 0.5, BOX) for _ in range(number % 3)), {}),
        topic=None if number % 5 == 0 else TopicPrediction(("cups", "ties")[number % 2], 0.5, {}, sure=number % 7 > 0),
        palette=(red, grey)[: 1 + number % 2],
    )


@pytest.fixture(scope="module")
def shop(app: FastAPI, engine: Engine) -> Any:
    """Eighty creatives in two groups, two without findings; a stranger has some of the like."""
    store = SimpleNamespace(presigned_url=lambda key, filename, content_type: f"https://store.test/{key}")
    for part in (dependencies.object_store, dependencies.preview_store):
        app.dependency_overrides[part] = lambda: store
    creatives, workspaces = PostgresCreatives(engine), PostgresWorkspaces(engine)
    ours, theirs = (workspaces.create(name).id for name in ("ours", "theirs"))
    for workspace_id, number in [(ours, number) for number in range(80)] + [(theirs, number) for number in range(9)]:
        group_id = ("spring", "summer")[number % 3 == 0]
        key = CreativeId(workspace_id, uuid.uuid4())
        creatives.register(workspace_id, group_id, [NewCreative(key.id, "file.png", 10)])
        if number % 40:
            claim = creatives.claim(ObjectCreated("u", object_key(key, group_id), 10, "e", "01"), "worker", 60)
            assert claim is not None
            assert creatives.complete(claim, findings(number), "e")
    _, secret = workspaces.create_key(ours, "test")
    return SimpleNamespace(client=TestClient(app, headers={"x-api-key": secret}))


def count(tenant: Any, link: str) -> int:
    answer = tenant.client.get(link)
    assert answer.status_code == 200, answer.text
    assert answer.json()["more_than_total"] is False
    return answer.json()["total"]


@pytest.mark.parametrize("by", ["topic", "color", "object", "word", "group", "day", "week", "month"])
@pytest.mark.parametrize(
    "query",
    ["", "group_id=spring", "color=red&min_objects=1", "topic=cups&topic=none", "word=скидка&object=cup",
     "rest_of=topic%3Dcups&within=color%3Ddark%2520grey"],
)  # fmt: skip
def test_every_figure_leads_to_its_creatives(shop: Any, by: str, query: str) -> None:
    found = shop.client.get(f"/analytics?{query}&by={by}").json()
    totals = found["totals"]
    assert totals["creatives"] > 0
    assert count(shop, totals["link"]) == totals["creatives"]
    assert count(shop, totals["analysed_link"]) == totals["analysed"]
    assert found["rows"]
    for row in found["rows"]:
        assert count(shop, row["link"]) == row["creatives"], row
    # And the filter that is told is the one that was meant.
    assert shop.client.get(f"/analytics?{found['filter']}&by={by}").json() == found


@pytest.mark.parametrize(
    ("a", "b"),
    [("group_id=spring", "group_id=summer"), ("group_id=spring", "rest"), ("color=dark%20grey", "rest"),
     ("from=2020-01-01", "before=2020-01-01")],
)  # fmt: skip
def test_every_difference_leads_to_its_creatives(shop: Any, a: str, b: str) -> None:
    found = shop.client.get("/analytics/compare", params={"a": a, "b": b}).json()
    for side in "ab":
        whole = found[side]
        assert count(shop, whole["link"]) == whole["creatives"]
        assert count(shop, whole["analysed_link"]) == whole["analysed"]
        for kind in ("topics", "colors", "objects", "words"):
            for row in found[kind]:
                assert count(shop, row[side]["link"]) == row[side]["count"], row
    assert found["a"]["creatives"] + found["b"]["creatives"] == 80
    assert found["topics"]


def test_what_differs_is_told(shop: Any) -> None:
    found = shop.client.get("/analytics/compare", params={"a": "color=dark%20grey", "b": "rest"}).json()
    words = {row["key"]: row for row in found["words"]}
    assert words["елка"]["verdict"] == "higher"
    assert words["скидка"]["verdict"] == "lower"
    assert words["елка"]["interval"][0] > 0.8
    assert words["елка"]["p_corrected"] >= words["елка"]["p"]
    assert {row["verdict"] for row in found["traits"]} <= {"no difference seen", "not enough data"}
    assert found["left_out"] == {"objects": 0, "words": 0}
    assert "dark grey" not in {row["key"] for row in found["colors"]}


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/analytics?by=size", "by"),
        ("/analytics?limit=0", "limit"),
        ("/analytics?cursor=x", "cursor"),
        ("/analytics?topic=spaceships", "topic"),
        ("/analytics?rest_of=topic%3Dspaceships", "rest_of.topic"),
        ("/analytics?within=grup%3Dx", "within.grup"),
        ("/analytics?by=day&from=1990-01-01&before=2026-01-01", "by"),
        ("/analytics?by=month&from=0001-01-01&before=9999-12-31", "by"),
        ("/analytics?from=9999-12-31T23:59:59-14:00", "from"),
        ("/analytics/compare?b=rest", "a"),
        ("/analytics/compare?a=topic%3Dcups", "b"),
        ("/analytics/compare?a=group%3Dx&b=rest", "a.group"),
        ("/analytics/compare?a=color%3Dred&b=min_objects%3D-1", "b.min_objects"),
        ("/analytics/compare?a=color%3Dred&b=color%3Dred", "b"),
        ("/analytics/compare?a=&b=", "b"),
        ("/analytics/compare?a=within%3Dwithin%3Dwithin%3Dwithin%3Dwithin%3Dwithin%3D&b=rest", None),
    ],
)
def test_what_cannot_be_answered_is_refused_and_named(shop: Any, path: str, field: str | None) -> None:
    answer = shop.client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_value")
    assert field is None or answer.json()["field"] == field


def test_before_all_time_there_is_nothing(shop: Any) -> None:
    found = shop.client.get("/analytics?by=week&before=0001-01-01&from=0001-01-01").json()
    assert (found["totals"]["creatives"], found["rows"]) == (0, [])


def test_of_an_unknown_group_there_are_no_figures(shop: Any) -> None:
    for path in ("/analytics?group_id=nowhere", "/analytics/compare?a=group_id%3Dnowhere&b=rest"):
        assert shop.client.get(path).status_code == 404
