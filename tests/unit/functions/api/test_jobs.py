"""Jobs over HTTP: started by the routes of bulk work, watched, cancelled."""

from __future__ import annotations

from uuid import uuid4

import pytest

from adlens.domain.creative import Status
from adlens.domain.jobs import MOST_UNFINISHED, DeletionOrder, JobId, ReanalysisOrder
from adlens.services import delete_group
from adlens.services.reanalyze import FIRST_PAGE


@pytest.fixture
def many(world) -> None:
    """More creatives than the first page of a re-analysis has."""
    for _ in range(FIRST_PAGE + 20):
        row = world.add(status=Status.SUCCESS)
        world.store.objects[row.object_key] = b"picture"


def test_a_reanalysis_is_a_job(client, world, many) -> None:
    answer = client.post("/creatives/reanalyze?group_id=grp_1&outdated=false")
    (key,) = world.jobs.jobs
    assert (answer.status_code, answer.json()) == (
        202,
        {"count": FIRST_PAGE + 20, "next_cursor": None, "job_id": str(key.id)},
    )
    assert len(world.queue.sent) == FIRST_PAGE
    assert client.get("/groups/grp_1/status").json()["done"] is False
    found = client.get(f"/jobs/{key.id}").json()
    assert found.pop("report") is None
    assert found == {
        "job_id": str(key.id),
        "kind": "reanalysis",
        "filters": {"group_id": ["grp_1"]},
        "group_id": None,
        "state": "PENDING",
        "progress": {"done": FIRST_PAGE, "total": FIRST_PAGE + 20},
        "asked_by": "web app",
        "created_at": "2026-03-01T10:15:02Z",
        "ended_at": None,
        "failure": None,
    }
    assert client.get("/jobs").json() == client.get("/jobs?kind=reanalysis&state=PENDING").json() == [found]
    assert client.get("/jobs?kind=deletion").json() == client.get("/jobs?state=DONE").json() == []


def test_a_job_is_cancelled_and_stays_so(client, world, many) -> None:
    job_id = client.post("/groups/grp_1/reanalyze").json()["job_id"]
    for _ in range(2):
        answer = client.post(f"/jobs/{job_id}/cancel")
        assert (answer.status_code, answer.json()["state"]) == (200, "CANCELLED")
    assert answer.json()["ended_at"] is not None


def test_a_job_that_has_ended_cannot_be_cancelled(client, world, analysed) -> None:
    job_id = client.post("/groups/grp_1/reanalyze").json()["job_id"]
    answer = client.post(f"/jobs/{job_id}/cancel")
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


def test_a_large_group_is_deleted_by_a_job(client, world, many, monkeypatch) -> None:
    monkeypatch.setattr(delete_group, "AT_ONCE", FIRST_PAGE)
    answer = client.delete("/groups/grp_1")
    found = answer.json()
    assert (answer.status_code, found["kind"], found["group_id"]) == (202, "deletion", "grp_1")
    assert found["progress"] == {"done": 0, "total": FIRST_PAGE + 20}
    assert [str(key.id) for key in world.job_queue.sent] == [found["job_id"]]
    assert client.delete("/groups/none").json()["code"] == "unknown_group"


def test_an_unknown_job_is_404_and_so_is_one_of_others(client, others, world) -> None:
    key = JobId(world.ours, uuid4())
    world.jobs.record(key, DeletionOrder("grp"), 1, None)
    assert others.get("/jobs").json() == []
    for method, path in (("GET", ""), ("POST", "/cancel")):
        answer = others.request(method, f"/jobs/{key.id}{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_job")


def test_the_next_page_leads_on_by_the_same_filters(client, world) -> None:
    for _ in range(3):
        world.jobs.record(JobId(world.ours, uuid4()), ReanalysisOrder(), 1, None)
    answer = client.get("/jobs?limit=2&kind=reanalysis")
    assert len(answer.json()) == 2
    assert len(client.get(f"/jobs{answer.links['next']['url']}").json()) == 1
    assert client.get("/jobs?limit=101").status_code == 422


def test_too_many_jobs_are_a_conflict(client, world, analysed) -> None:
    for _ in range(MOST_UNFINISHED):
        world.jobs.record(JobId(world.ours, uuid4()), ReanalysisOrder(), 1, None)
    answer = client.post("/creatives/reanalyze")
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
