"""Bulk work through the deployed template: accepted at once, done by the function, which is killed on the way."""

from __future__ import annotations

import gzip
from uuid import uuid4

import pytest
from sqlalchemy import Engine, text

from adlens.domain.creative import NewCreative
from adlens.persistence.creatives.repository import PostgresCreatives
from adlens.persistence.session import make_engine
from functions.jobs.handler import HIDDEN_SECONDS

GROUP, COUNT, BATCH = "grp_many", 3000, 500
ROUND_TRIP = 240

pytestmark = pytest.mark.timeout(900)


@pytest.fixture
def engine(running) -> Engine:
    return make_engine(running.deployment.database_url)


@pytest.fixture
def many(engine: Engine, workspace) -> str:
    """A group of creatives that have ended in ERROR, as their objects are gone."""
    for _ in range(0, COUNT, BATCH):
        new = [NewCreative(uuid4(), "a.png", 9) for _ in range(BATCH)]
        PostgresCreatives(engine).register(workspace.id, GROUP, new)
    with engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE creatives SET status = 'ERROR', event_etag = 'e', analysed_revision = 1, "
                "failure_code = 'object_gone', failure_reason = 'Gone.' WHERE workspace_id = :id"
            ),
            {"id": workspace.id},
        )
    return GROUP


def test_bulk_work_survives_its_worker_and_nothing_is_done_twice(
    running, workspace, many: str, engine: Engine, wait_until
) -> None:
    answer = workspace.api.post(f"/groups/{many}/reanalyze")
    assert (answer.status_code, answer.json()["count"]) == (202, COUNT)
    address = f"/jobs/{answer.json()['job_id']}"

    def kill_the_worker() -> bool:
        state = workspace.get(address)["state"]
        assert state != "DONE", "the worker was through before it was killed"
        environments = running.environments("functions.jobs.handler.handler") if state == "RUNNING" else []
        for environment in environments:
            environment.kill()
        return bool(environments)

    wait_until(kill_the_worker, ROUND_TRIP)
    wait_until(lambda: workspace.get(address)["state"] == "DONE", HIDDEN_SECONDS + ROUND_TRIP)
    assert workspace.get(address)["progress"] == {"done": COUNT, "total": COUNT}
    with engine.connect() as connection:
        revisions = connection.execute(
            text("SELECT revision, count(*) FROM creatives WHERE workspace_id = :id GROUP BY 1"), {"id": workspace.id}
        ).all()
    assert [tuple(row) for row in revisions] == [(2, COUNT)], "each once"

    answer = workspace.api.delete(f"/groups/{many}")
    assert (answer.status_code, answer.json()["kind"]) == (202, "deletion")
    address = f"/jobs/{answer.json()['job_id']}"
    wait_until(lambda: workspace.get(address)["state"] == "DONE", ROUND_TRIP)
    assert workspace.api.get(f"/groups/{many}").status_code == 404
    assert workspace.get("/creatives")["total"] == 0
    assert [job["state"] for job in workspace.get("/jobs")] == ["DONE", "DONE"]
    wait_until(running.queues_are_empty, ROUND_TRIP)


def test_a_file_of_figures_goes_through_the_store_and_is_imported_once(
    running, workspace, engine: Engine, wait_until
) -> None:
    ids = [uuid4() for _ in range(100)]
    PostgresCreatives(engine).register(workspace.id, "grp_figures", [NewCreative(id_, "a.png", 9) for id_ in ids])
    lines = [f"{id_},2026-03-{day:02d},{n},{n % 10 + 10},1,0,0.5" for n, id_ in enumerate(ids) for day in range(1, 29)]
    header = "creative_id,day,placement,impressions,clicks,conversions,spend"
    job_id = workspace.client.import_table(gzip.compress("\n".join([header, *lines]).encode()), None)
    wait_until(lambda: workspace.get(f"/jobs/{job_id}")["state"] == "DONE", ROUND_TRIP)
    job = workspace.get(f"/jobs/{job_id}")
    assert job["progress"] == {"done": 2800, "total": 2800}
    assert (job["report"]["matched"], job["report"]["changed"], job["report"]["unmatched"]) == (2800, 2800, 0)
    again = workspace.api.post(f"/performance/files/{job_id}/import", json={})
    assert (again.status_code, again.json()["state"]) == (202, "DONE")
    left = running.aws("s3").list_objects_v2(Bucket=running.deployment.exports_bucket, Prefix=f"{workspace.id}/")
    assert left["KeyCount"] == 0, "the file is deleted with the end of its job"

    broken = workspace.client.import_table(b"filename,day\n", None)
    wait_until(lambda: workspace.get(f"/jobs/{broken}")["state"] == "FAILED", ROUND_TRIP)
    assert workspace.get(f"/jobs/{broken}")["failure"]["reason"].startswith("The header lacks the columns impressions")
    unknown = workspace.api.post(f"/performance/files/{uuid4()}/import", json={})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown_file")
