"""Jobs and their pages, on a real PostgreSQL."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine

from adlens.domain.creative import CreativeId, Failure
from adlens.domain.errors import Conflict, InvalidValue, UnknownGroup, UnknownJob
from adlens.domain.gallery import CreativeFilter
from adlens.domain.jobs import (
    MOST_UNFINISHED,
    DeletionOrder,
    JobClaim,
    JobId,
    JobKind,
    JobOrder,
    JobState,
    PerformanceOrder,
    ReanalysisOrder,
)
from adlens.domain.performance import performance_file_key
from adlens.importing.table import table_of_file
from adlens.persistence.creatives.trash import PostgresTrash
from adlens.persistence.jobs.pages import PostgresJobPages, PostgresPerformanceImports
from adlens.persistence.jobs.repository import PostgresJobs
from adlens.services import run_job
from adlens.services.remove_files import DeleteCreatives
from adlens.services.run_job import DeletionPages, JobOutcome, PerformancePages, ReanalysisPages, RunJob
from adlens.testing.storage import MemoryAnalysisQueue, MemoryJobQueue, MemoryStore

FAILURE = Failure("job_failed", "It failed.")
ALL = CreativeFilter()
LATER = datetime.now(UTC) + timedelta(days=1)


@pytest.fixture
def jobs(engine: Engine) -> PostgresJobs:
    return PostgresJobs(engine)


@pytest.fixture
def pages(engine: Engine) -> PostgresJobPages:
    return PostgresJobPages(engine)


@pytest.fixture
def queue() -> MemoryAnalysisQueue:
    return MemoryAnalysisQueue()


@pytest.fixture
def five(tenant: Any, rich: Any) -> list[UUID]:
    """Creatives that have ended, in the order of their ids."""
    ids = sorted(uuid4() for _ in range(5))
    tenant.add("grp", *ids)
    for id_ in ids:
        tenant.analysed(CreativeId(tenant.workspace_id, id_), rich)
    return ids


def record(jobs: PostgresJobs, tenant: Any, order: JobOrder | None = None) -> JobId:
    key = JobId(tenant.workspace_id, uuid4())
    jobs.record(key, order or ReanalysisOrder(outdated=False), 5, "nightly")
    return key


def claimed(jobs: PostgresJobs, key: JobId, claimant: str = "m", lease: float = 60) -> JobClaim:
    claim = jobs.claim(key, claimant, lease)
    assert claim is not None
    return claim


@pytest.mark.parametrize(
    "order",
    [
        ReanalysisOrder(CreativeFilter(group_ids=("a", "b"), topics=("cups",), min_confidence=0.5), outdated=False),
        ReanalysisOrder(),
        DeletionOrder("grp"),
    ],
)
def test_a_job_is_read_as_it_was_recorded(jobs, tenant, order: JobOrder) -> None:
    key = record(jobs, tenant, order)
    job = jobs.get(key)
    assert (job.order, job.state, job.done, job.total, job.asked_by) == (order, JobState.PENDING, 0, 5, "nightly")
    assert jobs.list(tenant.workspace_id, 9, kind=order.kind).items == (job,)
    assert jobs.list(tenant.workspace_id, 9, state=JobState.DONE).items == ()
    with pytest.raises(UnknownJob):
        jobs.get(JobId(uuid4(), key.id))


def test_pages_lead_through_all_jobs_newest_first(jobs, tenant) -> None:
    keys = [record(jobs, tenant) for _ in range(5)]
    first = jobs.list(tenant.workspace_id, 3)
    rest = jobs.list(tenant.workspace_id, 3, first.next_cursor)
    assert [job.key for job in (*first.items, *rest.items)] == keys[::-1]
    assert rest.next_cursor is None
    with pytest.raises(InvalidValue):
        jobs.list(tenant.workspace_id, 3, "x")


def test_one_workspace_has_only_so_many_unfinished_jobs(jobs, tenant) -> None:
    keys = [record(jobs, tenant) for _ in range(MOST_UNFINISHED)]
    with pytest.raises(Conflict):
        record(jobs, tenant)
    jobs.cancel(keys[0])
    record(jobs, tenant)


def test_a_claim_is_of_one_worker_until_its_lease_has_run_out(jobs, tenant) -> None:
    key = record(jobs, tenant)
    first = claimed(jobs, key)
    assert jobs.claim(key, "other", 60) is None
    assert not jobs.fail_unfinished(key, "other", FAILURE)
    again = claimed(jobs, key, "m", lease=-1)  # the same message, delivered again
    assert not jobs.advance(first, 60)
    second = claimed(jobs, key, "other")
    assert not jobs.advance(again, 60)
    assert jobs.advance(second, 60)
    assert jobs.release(second)
    assert jobs.get(key).state is JobState.PENDING
    assert not jobs.complete(second)


def test_progress_is_where_the_next_worker_begins(jobs, tenant) -> None:
    key = record(jobs, tenant)
    claim = claimed(jobs, key)
    moved = JobClaim(key, claim.order, claim.token, 3, UUID(int=9), UUID(int=5), has_unsent=True)
    assert jobs.advance(moved, -1)
    next_one = claimed(jobs, key, "other")
    assert (next_one.done, next_one.position, next_one.unsent_after) == (3, UUID(int=9), UUID(int=5))
    assert next_one.has_unsent
    assert jobs.complete(next_one)
    job = jobs.get(key)
    assert (job.state, job.done, job.total, job.ended_at is None) == (JobState.DONE, 3, 3, False)
    assert jobs.claim(key, "other", 60) is None
    with pytest.raises(Conflict):
        jobs.cancel(key)


def test_a_cancelled_job_has_no_worker(jobs, tenant) -> None:
    key = record(jobs, tenant)
    claim = claimed(jobs, key)
    job = jobs.cancel(key)
    assert job.state is JobState.CANCELLED
    assert jobs.cancel(key) == job == jobs.get(key)
    assert not jobs.advance(claim, 60)
    assert not jobs.fail(claim, FAILURE)
    with pytest.raises(UnknownJob):
        jobs.cancel(JobId(tenant.workspace_id, uuid4()))


def test_a_job_that_failed_says_why(jobs, tenant) -> None:
    key, other = record(jobs, tenant), record(jobs, tenant)
    assert jobs.fail(claimed(jobs, key), FAILURE)
    assert jobs.get(key).failure == FAILURE
    assert jobs.fail_unfinished(other, "m", FAILURE)
    assert not jobs.fail_unfinished(other, "m", FAILURE)


def test_lost_jobs_are_found_once_a_while_and_old_ones_forgotten(jobs, tenant) -> None:
    key, ended = record(jobs, tenant), record(jobs, tenant)
    jobs.cancel(ended)
    before = datetime.now(UTC)
    assert key in jobs.lost(before, 10_000)
    assert key not in jobs.lost(before, 10_000)
    assert jobs.forget(before - timedelta(days=1)) == 0
    assert jobs.forget(LATER) >= 1
    assert [job.key for job in jobs.list(tenant.workspace_id, 9).items] == [key]


def test_when_all_workers_are_gone_their_jobs_wait(jobs, tenant) -> None:
    key = record(jobs, tenant)
    claim = claimed(jobs, key)
    assert key in jobs.release_all()
    assert not jobs.advance(claim, 60)
    assert claimed(jobs, key, "other")


def test_a_reanalysis_goes_through_its_pages(jobs, pages, tenant, five, queue) -> None:
    key = record(jobs, tenant)
    assert pages.count(tenant.workspace_id, ALL, False) == 5
    run = RunJob(jobs, MemoryJobQueue(), {JobKind.REANALYSIS: ReanalysisPages(pages, queue, 2)})
    assert run(key, "m", lambda: True) is JobOutcome.DONE
    assert [request.creative.id for request in queue.sent] == five
    assert {request.revision for request in queue.sent} == {2}
    assert jobs.get(key).done == 5
    assert pages.count(tenant.workspace_id, ALL, False) == 0
    assert tenant.rollups() == tenant.recount()


@pytest.mark.parametrize("kept", range(4), ids=["page", "first message", "second message", "cursor"])
def test_a_worker_killed_at_any_step_is_made_up_for(jobs, pages, tenant, five, queue, kept: int) -> None:
    """After recording a page, within sending it, and after it: each creative has its turn and its message, once."""
    key = record(jobs, tenant)
    claim = claimed(jobs, key, lease=-1)
    page = pages.request_page(claim, ALL, False, 2, -1)
    assert page is not None
    queue.send(page.requests[:kept])
    run = RunJob(jobs, MemoryJobQueue(), {JobKind.REANALYSIS: ReanalysisPages(pages, queue, 2)})
    assert run(key, "other", lambda: True) is JobOutcome.DONE
    sent = Counter(request.creative.id for request in queue.sent)
    assert sent.keys() == set(five)
    assert sum(sent.values()) == 5 + min(kept, 2), "at most a page of messages comes twice, and finds no turn"
    revisions = tenant.rows("SELECT revision FROM creatives WHERE workspace_id = :workspace_id")
    assert [row["revision"] for row in revisions] == [2] * 5
    assert len(tenant.rows("SELECT 1 FROM waiting WHERE workspace_id = :workspace_id")) == 5


def test_a_page_of_a_void_claim_is_not_begun(jobs, pages, tenant, five) -> None:
    key = record(jobs, tenant)
    claim = claimed(jobs, key)
    jobs.cancel(key)
    assert pages.request_page(claim, ALL, False, 2, 60) is None
    assert pages.count(tenant.workspace_id, ALL, False) == 5


def test_what_is_analysed_again_meanwhile_is_not_asked_for_twice(jobs, pages, tenant, five, rich, queue) -> None:
    key = record(jobs, tenant)
    claim = claimed(jobs, key, lease=-1)
    page = pages.request_page(claim, ALL, False, 2, -1)
    assert page is not None
    for request in page.requests:
        tenant.repository.take_turn(request, "worker", 60)
        done = tenant.repository.claim(request, "worker", 60)
        assert done is not None
        assert tenant.repository.complete(done, rich, "a")
    assert RunJob(jobs, MemoryJobQueue(), {JobKind.REANALYSIS: ReanalysisPages(pages, queue, 2)})(
        key, "other", lambda: True
    )
    assert [request.creative.id for request in queue.sent] == five[2:]


def test_an_unknown_group_has_nothing_to_count(pages, tenant) -> None:
    with pytest.raises(UnknownGroup):
        pages.count(tenant.workspace_id, CreativeFilter(group_ids=("none",)), False)
    assert pages.ids_of_group(tenant.workspace_id, "none", 9) == []


@pytest.mark.parametrize("is_killed", [False, True])
def test_a_group_is_deleted_page_by_page(jobs, pages, tenant, five, rich, monkeypatch, is_killed: bool) -> None:
    monkeypatch.setattr(run_job, "PAGE", 2)
    kept = tenant.add("other", uuid4())
    tenant.analysed(kept, rich, "other")
    key = record(jobs, tenant, DeletionOrder("grp"))
    delete = DeleteCreatives(tenant.repository, MemoryStore(), MemoryStore())
    run = RunJob(
        jobs, MemoryJobQueue(), {JobKind.DELETION: DeletionPages(jobs, pages, delete, PostgresTrash(tenant.engine))}
    )
    if is_killed:
        claim = claimed(jobs, key, lease=-1)
        assert delete(tenant.workspace_id, pages.ids_of_group(tenant.workspace_id, "grp", 2)) == 2
        assert claim.done == 0
    assert run(key, "other", lambda: True) is JobOutcome.DONE
    assert jobs.get(key).done == (3 if is_killed else 5)
    assert pages.ids_of_group(tenant.workspace_id, "grp", 9) == []
    assert tenant.rollups("other") == tenant.recount("other")
    assert tenant.workspace_rollups() == tenant.rollups("other")
    removals = tenant.rows("SELECT 1 FROM removals WHERE workspace_id = :workspace_id")
    assert len(removals) == 5


def table(*ids: UUID) -> bytes:
    rows = [f"{id_},2026-03-01,10,1,0.25,0.5,x" for id_ in ids]
    return "\n".join(["creative_id,day,impressions,clicks,conversions,spend,note", *rows]).encode()


@pytest.fixture
def files() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def run_import(jobs, engine, files) -> RunJob:
    def read(data: bytes, order: PerformanceOrder) -> Any:
        return table_of_file(data, order.as_json, order.charset)

    pages = PerformancePages(jobs, PostgresPerformanceImports(engine), files, read)
    return RunJob(jobs, MemoryJobQueue(), {JobKind.PERFORMANCE: pages}, {JobKind.PERFORMANCE: pages.clean_up})


def figures(tenant: Any) -> int:
    return len(tenant.rows("SELECT 1 FROM performance WHERE workspace_id = :workspace_id"))


def test_a_file_is_stored_with_the_end_of_its_job(jobs, tenant, five, files, run_import) -> None:
    key = record(jobs, tenant, PerformanceOrder(charset="utf-8"))
    record(jobs, tenant)
    jobs.record(key, PerformanceOrder(), 9, "twice")
    files.objects[performance_file_key(key.workspace_id, key.id)] = table(*five, uuid4())
    assert run_import(key, "m", lambda: True) is JobOutcome.DONE
    job = jobs.get(key)
    assert (job.order, job.asked_by) == (PerformanceOrder(charset="utf-8"), "nightly"), "recorded once"
    assert (job.state, job.done, job.total, figures(tenant)) == (JobState.DONE, 6, 6, 5)
    assert (job.report.matched_rows, job.report.unmatched_rows, job.report.ignored_columns) == (5, 1, ("note",))
    assert job.report.sent == job.report.matched + job.report.unmatched
    assert job.report.not_matched[0].figures.spend == Decimal("0.5")
    assert [each.report for each in jobs.list(tenant.workspace_id, 9).items] == [None, None], "only where one is asked"
    assert files.objects == {}


@pytest.mark.parametrize("by", ["cancellation", "another worker"])
def test_a_file_whose_claim_is_void_is_not_stored(jobs, tenant, five, engine, by: str) -> None:
    key = record(jobs, tenant, PerformanceOrder())
    claim = claimed(jobs, key)

    def overtake() -> Iterator[Any]:
        """While the last row is read."""
        yield from table_of_file(table(*five), False, None).rows()
        if by == "cancellation":
            jobs.cancel(key)
        else:
            claimed(jobs, key)

    late = SimpleNamespace(rows=overtake, ignored_columns=())
    assert PostgresPerformanceImports(engine).store(claim, late) is None
    assert (figures(tenant), jobs.get(key).report) == (0, None)
