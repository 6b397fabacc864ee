"""Jobs: page after page, resumed where they were left, cancelled, given up and swept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from adlens.domain.creative import Status, preview_key
from adlens.domain.errors import Conflict, MalformedEvent, TransientError, UnknownGroup, UnknownJob
from adlens.domain.gallery import CreativeFilter
from adlens.domain.jobs import (
    KEPT_FOR,
    MOST_UNFINISHED,
    DeletionOrder,
    JobClaim,
    JobId,
    JobKind,
    JobState,
    ReanalysisOrder,
    is_job_request,
    job_request,
    parse_job_request,
)
from adlens.services import delete_group, run_job
from adlens.services.delete_group import DeleteGroup
from adlens.services.jobs import GAVE_UP, LOST_AFTER, EndDeadJob, Jobs, ReleaseJobs, StartJob, SweepJobs
from adlens.services.reanalyze import ReanalyzeAll
from adlens.services.remove_files import DeleteCreatives
from adlens.services.run_job import DeletionPages, JobOutcome, ReanalysisPages, RunJob
from adlens.services.trash import Trash
from adlens.testing.creatives import UPLOADED, MemoryCreatives
from adlens.testing.jobs import MemoryJobPages, MemoryJobs
from adlens.testing.storage import MemoryAnalysisQueue, MemoryJobQueue, MemoryStore
from adlens.testing.trash import MemoryTrash

WORKSPACE = UUID(int=7)


@dataclass
class World:
    store: MemoryStore = field(default_factory=MemoryStore)
    previews: MemoryStore = field(default_factory=MemoryStore)
    analysis: MemoryAnalysisQueue = field(default_factory=MemoryAnalysisQueue)
    queue: MemoryJobQueue = field(default_factory=MemoryJobQueue)
    jobs: MemoryJobs = field(default_factory=lambda: MemoryJobs(created_at=UPLOADED))
    creatives: MemoryCreatives = field(init=False)
    pages: MemoryJobPages = field(init=False)
    trash: MemoryTrash = field(init=False)

    def __post_init__(self) -> None:
        self.creatives = MemoryCreatives(self.store)
        self.pages = MemoryJobPages(self.jobs, self.creatives)
        self.trash = MemoryTrash(self.creatives)

    def add(self, count: int, group_id: str = "grp") -> None:
        for _ in range(count):
            row = self.creatives.add(WORKSPACE, group_id, status=Status.SUCCESS)
            self.store.objects[row.object_key] = self.previews.objects[preview_key(row.object_key)] = b"x"

    @property
    def delete(self) -> DeleteCreatives:
        return DeleteCreatives(self.creatives, self.store, self.previews)

    def run(self, size: int = 2) -> RunJob:
        return RunJob(
            self.jobs,
            self.queue,
            {
                JobKind.REANALYSIS: ReanalysisPages(self.pages, self.analysis, size),
                JobKind.DELETION: DeletionPages(self.jobs, self.pages, self.delete, self.trash),
            },
        )

    def reanalyze(self, first_page: int = 2) -> ReanalyzeAll:
        return ReanalyzeAll(self.pages, self.jobs, self.run(first_page))

    def sent(self) -> list[UUID]:
        return [request.creative.id for request in self.analysis.sent]

    def ids(self) -> list[UUID]:
        return sorted(key.id for key in self.creatives.rows)


@pytest.fixture
def world() -> World:
    return World()


def trash(world: World) -> Trash:
    return Trash(world.trash, world.analysis, world.store, world.previews)


def always() -> bool:
    return True


def pages(count: int) -> Callable[[], bool]:
    """Time for so many pages."""
    answers = iter([True] * (count - 1))
    return lambda: next(answers, False)


def recorded(world: World, total: int = 5) -> JobId:
    key = JobId(WORKSPACE, uuid4())
    world.jobs.record(key, ReanalysisOrder(outdated=False), total, "nightly")
    return key


def test_a_reanalysis_asks_for_every_creative_once_and_says_how_far_it_is(world: World) -> None:
    world.add(5)
    key = recorded(world)
    assert world.run()(key, "m", pages(2)) is JobOutcome.HANDED_ON
    job = world.jobs.get(key)
    assert (job.state, job.done, job.total, world.queue.sent) == (JobState.PENDING, 4, 5, [key])
    assert world.run()(key, "n", always) is JobOutcome.DONE
    job = world.jobs.get(key)
    assert (job.state, job.done, job.total, job.asked_by) == (JobState.DONE, 5, 5, "nightly")
    assert world.sent() == world.ids()
    assert world.run()(key, "n", always) is JobOutcome.SKIPPED


def test_the_first_page_is_done_before_a_request_is_answered(world: World) -> None:
    world.add(5)
    job = world.reanalyze()(WORKSPACE, CreativeFilter(), False, "nightly")
    assert job is not None
    assert (job.state, job.done, job.total) == (JobState.PENDING, 2, 5)
    assert world.queue.sent == [job.key]
    small = World()
    small.add(1)
    job = small.reanalyze()(WORKSPACE, CreativeFilter(group_ids=("grp",)), False, None)
    assert job is not None
    assert (job.state, job.done, small.queue.sent) == (JobState.DONE, 1, [])


def test_nothing_to_analyse_is_no_job(world: World) -> None:
    assert world.reanalyze()(WORKSPACE, CreativeFilter(), False, None) is None
    with pytest.raises(UnknownGroup):
        world.reanalyze()(WORKSPACE, CreativeFilter(group_ids=("none",)), False, None)
    assert world.jobs.jobs == {}


def test_a_job_whose_queue_is_away_is_recorded_and_waits_for_the_sweep(world: World) -> None:
    world.add(5)
    world.analysis.is_down = world.queue.is_down = True
    job = world.reanalyze()(WORKSPACE, CreativeFilter(), False, None)
    assert job is not None
    assert (job.state, job.done) == (JobState.PENDING, 2)
    assert StartJob(world.jobs, world.queue)(WORKSPACE, DeletionOrder("grp"), 5, None).state is JobState.PENDING
    world.analysis.is_down = world.queue.is_down = False
    assert SweepJobs(world.jobs, world.queue)(UPLOADED + LOST_AFTER * 2) == (2, 0)
    assert len(world.queue.sent) == 2
    assert world.run()(job.key, "m", always) is JobOutcome.DONE
    assert world.sent() == world.ids(), "what the first worker recorded and did not send is sent by the second"


def test_a_worker_that_dies_after_recording_a_page_leaves_it_to_the_next(world: World) -> None:
    world.add(5)
    key = recorded(world)
    claim = world.jobs.claim(key, "m", 60)
    assert claim is not None
    assert world.pages.request_page(claim, CreativeFilter(), False, 2, 60) is not None
    assert world.run()(key, "m", always) is JobOutcome.DONE  # its message comes back
    assert world.sent() == world.ids()
    assert world.jobs.get(key).done == 5


def test_a_transient_failure_leaves_the_job_where_it_was(world: World) -> None:
    world.add(5)
    key = recorded(world)
    world.creatives.is_down = True
    with pytest.raises(TransientError):
        world.run()(key, "m", always)
    world.creatives.is_down = False
    assert world.jobs.get(key).state is JobState.PENDING
    assert world.run()(key, "n", always) is JobOutcome.DONE
    assert world.sent() == world.ids()


def test_a_job_that_cannot_be_done_says_why(world: World) -> None:
    key = JobId(WORKSPACE, uuid4())
    world.jobs.record(key, ReanalysisOrder(CreativeFilter(group_ids=("gone",))), 1, None)
    assert world.run()(key, "m", always) is JobOutcome.FAILED
    failure = world.jobs.get(key).failure
    assert failure is not None
    assert (failure.code, failure.reason) == ("unknown_group", "There is no group 'gone'.")


@pytest.mark.parametrize("order", [ReanalysisOrder(outdated=False), DeletionOrder("grp")])
def test_a_cancelled_job_stops_after_its_page(world: World, order, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_job, "PAGE", 2)
    world.add(5)
    key = JobId(WORKSPACE, uuid4())
    world.jobs.record(key, order, 5, None)

    def cancel() -> bool:
        Jobs(world.jobs).cancel(key)
        return True

    assert world.run()(key, "m", cancel) is JobOutcome.SKIPPED
    job = world.jobs.get(key)
    assert job.state is JobState.CANCELLED
    assert Jobs(world.jobs).cancel(key) == job
    assert world.run()(key, "m", always) is JobOutcome.SKIPPED
    assert len(world.ids()) > 0


def test_what_has_ended_cannot_be_cancelled(world: World) -> None:
    key = recorded(world)
    world.run()(key, "m", always)
    with pytest.raises(Conflict, match="DONE"):
        Jobs(world.jobs).cancel(key)
    with pytest.raises(UnknownJob):
        Jobs(world.jobs).cancel(JobId(WORKSPACE, uuid4()))


def test_another_worker_holds_a_job_until_it_is_released(world: World) -> None:
    key = recorded(world)
    claim = world.jobs.claim(key, "m", 60)
    assert claim is not None
    assert world.run()(key, "other", always) is JobOutcome.SKIPPED
    assert not EndDeadJob(world.jobs)(key, "other")
    assert ReleaseJobs(world.jobs, world.queue)() == 1
    assert world.queue.sent == [key]
    assert EndDeadJob(world.jobs)(key, "other")
    assert world.jobs.get(key).failure == GAVE_UP
    assert not EndDeadJob(world.jobs)(key, "other")


def test_a_large_group_goes_to_the_trash_by_a_job(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delete_group, "AT_ONCE", 3)
    monkeypatch.setattr(run_job, "PAGE", 2)
    world.add(5)
    delete = DeleteGroup(world.creatives, world.delete, trash(world), StartJob(world.jobs, world.queue))
    job = delete(WORKSPACE, "grp", "web app", to_trash=True)
    assert job is not None
    assert world.run()(job.key, "m", always) is JobOutcome.DONE
    assert (len(world.ids()), len(world.trash.rows), len(world.store.objects)) == (0, 5, 5)


def test_a_large_group_is_deleted_by_a_job_and_a_small_one_at_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delete_group, "AT_ONCE", 3)
    monkeypatch.setattr(run_job, "PAGE", 2)
    world.add(5)
    world.add(3, "small")
    delete = DeleteGroup(world.creatives, world.delete, trash(world), StartJob(world.jobs, world.queue))
    assert delete(WORKSPACE, "small", None) is None
    job = delete(WORKSPACE, "grp", "web app")
    assert job is not None
    assert (job.order, job.total, job.asked_by, world.queue.sent) == (DeletionOrder("grp"), 5, "web app", [job.key])
    assert world.run()(job.key, "m", pages(1)) is JobOutcome.HANDED_ON
    assert (len(world.ids()), world.jobs.get(job.key).done) == (3, 2)
    world.add(1)  # comes meanwhile
    assert world.run()(job.key, "n", always) is JobOutcome.DONE
    assert (world.creatives.rows, world.store.objects, world.previews.objects) == ({}, {}, {})
    assert world.jobs.get(job.key).done == 6
    with pytest.raises(UnknownGroup):
        delete(WORKSPACE, "grp", None)


def test_a_group_that_a_dead_worker_deleted_is_deleted(world: World) -> None:
    key = JobId(WORKSPACE, uuid4())
    world.jobs.record(key, DeletionOrder("grp"), 5, None)
    assert world.run()(key, "m", always) is JobOutcome.DONE


def test_one_workspace_cannot_have_any_number_of_jobs(world: World) -> None:
    for _ in range(MOST_UNFINISHED):
        recorded(world)
    with pytest.raises(Conflict, match=str(MOST_UNFINISHED)):
        recorded(world)


def test_ended_jobs_are_forgotten(world: World) -> None:
    key = recorded(world)
    world.run()(key, "m", always)
    sweep = SweepJobs(world.jobs, world.queue)
    assert sweep(UPLOADED + KEPT_FOR) == (0, 0)
    assert sweep(UPLOADED + KEPT_FOR + timedelta(seconds=1)) == (0, 1)
    assert world.jobs.jobs == {}


def test_a_void_claim_changes_nothing(world: World) -> None:
    key = recorded(world)
    claim = world.jobs.claim(key, "m", 60)
    assert claim is not None
    stale: JobClaim = replace(claim, token=uuid4())
    assert not world.jobs.advance(stale, 60)
    assert not world.jobs.complete(stale)
    assert not world.jobs.release(stale)


def test_messages_are_read_back_and_others_refused() -> None:
    key = JobId(WORKSPACE, uuid4())
    assert parse_job_request(job_request(key)) == key
    assert is_job_request(job_request(key))
    for body in ("", "[]", "{}", '{"adlens": "export"}', '{"adlens": "job"}', '{"adlens": "job", "workspace_id": 1}'):
        with pytest.raises(MalformedEvent):
            parse_job_request(body)
