"""Groups: their names, what is in them at a glance, all of them once more."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from adlens.domain.analysis import Stage, StageRun, StageState
from adlens.domain.creative import Failure, Status
from functions.api.groups.schemas import GroupStatusOut


def test_a_group_at_a_glance(client, world, analysed) -> None:
    world.add()
    found = client.get("/groups/grp_1").json()
    assert found == {
        "group_id": "grp_1",
        "count": 2,
        "created_at": "2026-03-01T10:15:02Z",
        "by_status": {"PENDING": 1, "PROCESSING": 0, "SUCCESS": 1, "ERROR": 0},
        "name": None,
        "topics": [{"topic": "cups", "count": 1, "unsure": 0, "title": {"ru": "Кружки", "en": "Cups"}}],
        "colors": [
            {"class": "Красный", "class_en": "red", "hex": "#bc0e0e", "percent": 75.0},
            {"class": "Белый", "class_en": "white", "hex": "#f7f7f7", "percent": 25.0},
        ],
    }
    assert client.get("/groups").json() == [found]


def test_the_status_of_a_group_is_what_its_model_says(client, world, analysed) -> None:
    world.add()
    started = datetime(2026, 3, 1, 13, 15, 3, 500, timezone(timedelta(hours=3)))
    world.add(
        status=Status.ERROR,
        stages=(
            StageRun(Stage.OCR, StageState.SUCCESS, started, 0.25),
            StageRun(Stage.DETECTION, StageState.PROCESSING, started),
            StageRun(Stage.COLOR, StageState.ERROR, started, 1.0, "Ёлка"),
        ),
        failure=Failure("stage_failed", "No objects."),
    )
    world.add(
        filename='"ё".png',
        status=Status.PROCESSING,
        stages=(StageRun(Stage.OCR, StageState.PROCESSING, datetime(2026, 3, 1, 10, 15, 3, tzinfo=UTC)),),
    )
    answer = client.get("/groups/grp_1/status")
    assert answer.headers["content-type"] == "application/json"
    assert GroupStatusOut.model_validate_json(answer.content).model_dump_json().encode() == answer.content
    _, _, failed, running = answer.json()["creatives"]
    assert [failed["stages"][stage]["status"] for stage in Stage] == ["SUCCESS", "ERROR", "PENDING", "ERROR"]
    assert failed["stages"]["ocr"]["started_at"] == "2026-03-01T10:15:03.000500Z"
    assert (failed["seconds"], running["seconds"], running["original_filename"]) == (1.25, 9.0, '"ё".png')


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("Spring mugs", "Spring mugs"),
        ("  Весна\n2026\t", "Весна 2026"),
        ("x" * 120, "x" * 120),
        (" " * 200, None),
        ("\x00", None),
        ("", None),
        (None, None),
    ],
)
def test_a_name_is_given_and_taken_away(client, analysed, sent: str | None, kept: str | None) -> None:
    client.patch("/groups/grp_1", json={"name": "before"})
    answer = client.patch("/groups/grp_1", json={"name": sent})
    assert (answer.status_code, answer.json()["name"]) == (200, kept)
    assert client.get("/groups/grp_1").json()["name"] == kept


@pytest.mark.parametrize(
    ("body", "field"),
    [({"name": "x" * 121}, "name"), ({"name": 7}, "name"), ({}, "name"), ({"name": "a", "count": 1}, "count")],
)
def test_a_change_that_does_not_fit_is_named(client, analysed, body, field: str) -> None:
    answer = client.patch("/groups/grp_1", json=body)
    assert (answer.status_code, answer.json()["field"]) == (422, field)


def test_uploads_name_their_group(client) -> None:
    body = {"group_id": "grp_1", "group_name": " Mugs ", "files": [{"filename": "a.png", "size": 9}]}
    assert client.post("/uploads", json=body).status_code == 201
    assert client.get("/groups/grp_1").json()["name"] == "Mugs"
    assert client.post("/uploads", json={**body, "group_name": None}).status_code == 201
    assert client.get("/groups/grp_1").json()["name"] == "Mugs"


def test_the_next_page_of_a_search_searches_too(client, world) -> None:
    for name in ("grp_a1", "grp_b1", "grp_a2", "grp_a3"):
        world.add(group_id=name)
    answer = client.get("/groups", params={"search": "grp_a", "limit": 2})
    assert [group["group_id"] for group in answer.json()] == ["grp_a3", "grp_a2"]
    answer = client.get(f"/groups{answer.links['next']['url']}")
    assert [group["group_id"] for group in answer.json()] == ["grp_a1"]
    assert client.get("/groups", params={"search": "x" * 101}).json()["field"] == "search"


def test_a_group_is_analysed_again(client, world, analysed) -> None:
    world.add()
    world.add(status=Status.ERROR)
    answer = client.post("/groups/grp_1/reanalyze")
    (job,) = world.jobs.jobs
    assert (answer.status_code, answer.json()) == (202, {"group_id": "grp_1", "count": 1, "job_id": str(job.id)})
    assert [(request.creative, request.revision) for request in world.queue.sent] == [(analysed.key, 2)]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [("GET", "", None), ("PATCH", "", {"name": "x"}), ("POST", "/reanalyze", None)],
)
def test_an_unknown_group_is_404(client, method: str, path: str, body) -> None:
    answer = client.request(method, f"/groups/grp_none{path}", json=body)
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_group")
