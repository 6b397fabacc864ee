"""Jobs: page after page, resumed where they were left, cancelled, given up and swept."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from adlens.domain.creative import Status, preview_key
from adlens.domain.errors import Conflict, MalformedEvent, TransientError, UnknownFile, UnknownGroup, UnknownJob
from adlens.domain.gallery import CreativeFilter
from adlens.domain.jobs import (
    KEPT_FOR,
    MOST_UNFINISHED,
    DeletionOrder,
    Job,
    JobClaim,
    JobId,
    JobKind,
    JobState,
    PerformanceOrder,
    ReanalysisOrder,
    is_job_request,
    job_request,
    parse_job_request,
)
from adlens.domain.performance import Metrics, performance_file_key
from adlens.importing.table import table_of_file
from adlens.services import delete_group, run_job
from adlens.services.delete_group import DeleteGroup
from adlens.services.jobs import GAVE_UP, LOST_AFTER, EndDeadJob, Jobs, ReleaseJobs, StartJob, SweepJobs
from adlens.services.reanalyze import ReanalyzeAll
from adlens.services.record_performance import ImportFile
from adlens.services.remove_files import DeleteCreatives
from adlens.services.run_job import DeletionPages, JobOutcome, PerformancePages, ReanalysisPages, RunJob
from adlens.services.trash import Trash
from adlens.testing.creatives import UPLOADED, MemoryCreatives
from adlens.testing.jobs import MemoryImports, MemoryJobPages, MemoryJobs
from adlens.testing.storage import MemoryAnalysisQueue, MemoryJobQueue, MemoryStore
from adlens.testing.trash import MemoryTrash

WORKSPACE = UUID(int=7)


@dataclass
class World:
    store: MemoryStore = field(default_factory=MemoryStore)
    previews: MemoryStore = field(default_factory=MemoryStore)
    analysis: MemoryAnalysisQueue = field(default_factory=MemoryAnalysisQueue)
    queue: MemoryJobQueue = field(default_factory=MemoryJobQueue)
    files: MemoryStore = field(default_factory=MemoryStore)
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
                JobKind.PERFORMANCE: self.performance,
            },
            {JobKind.PERFORMANCE: self.performance.clean_up},
        )

    @property
    def performance(self) -> PerformancePages:
        return PerformancePages(
            self.jobs,
            MemoryImports(self.jobs),
            self.files,
            lambda data, order: table_of_file(data, order.as_json, order.charset),
        )

    def sent_file(self, data: bytes) -> JobId:
        key = JobId(WORKSPACE, uuid4())
        self.files.objects[performance_file_key(WORKSPACE, key.id)] = data
        return key

    def import_file(self, key: JobId, charset: str | None = None) -> Job:
        start = StartJob(self.jobs, self.queue)
        return ImportFile(start, self.files)(key, PerformanceOrder(charset=charset), "nightly")

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
        Jobs(world.jobs, world.files).cancel(key)
        return True

    assert world.run()(key, "m", cancel) is JobOutcome.SKIPPED
    job = world.jobs.get(key)
    assert job.state is JobState.CANCELLED
    assert Jobs(world.jobs, world.files).cancel(key) == job
    assert world.run()(key, "m", always) is JobOutcome.SKIPPED
    assert len(world.ids()) > 0


def test_what_has_ended_cannot_be_cancelled(world: World) -> None:
    key = recorded(world)
    world.run()(key, "m", always)
    with pytest.raises(Conflict, match="DONE"):
        Jobs(world.jobs, world.files).cancel(key)
    with pytest.raises(UnknownJob):
        Jobs(world.jobs, world.files).cancel(JobId(WORKSPACE, uuid4()))


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


TABLE = (
    "filename;day;impressions;clicks;conversions;spend;Кампания\na.png;2026-03-01;10;1;0;0,5\nb.png;soon;1;1;1;1;x\n"
)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_file_is_imported_once_and_deleted(world: World, pack: Callable[[bytes], bytes]) -> None:
    key = world.sent_file(pack(TABLE.replace("0,5", "0,5;x").encode("windows-1251")))
    job = world.import_file(key, "windows-1251")
    assert (job.key, job.state, job.asked_by, world.queue.sent) == (key, JobState.PENDING, "nightly", [key])
    assert world.import_file(key) == job
    assert world.run()(key, "m", always) is JobOutcome.DONE
    job = world.jobs.get(key)
    assert (job.state, job.done, job.total, world.files.objects) == (JobState.DONE, 2, 2, {})
    assert job.report is not None
    assert (job.report.rows, job.report.malformed, job.report.ignored_columns) == (2, 1, ("Кампания",))
    assert job.report.sent == Metrics(10, 1, Decimal(0), Decimal("0.5"))
    assert world.import_file(key) == job, "its file is gone, and nothing is imported again"
    assert world.run()(key, "m", always) is JobOutcome.SKIPPED


@pytest.mark.parametrize(
    ("data", "charset", "reason"),
    [
        (b"filename,day\n", None, "The header lacks the columns impressions"),
        (b"\x1f\x8bx", None, "The body says that it is gzip, and is not"),
        (gzip.compress(b"\n" * 64_000_000), None, "Line 5001 follows 5,000 empty ones"),
        (b"x" * 70_000, "nonsense", "There is no encoding 'nonsense'"),
    ],
)
def test_a_file_that_cannot_be_read_fails_its_job_and_is_deleted(
    world: World, data: bytes, charset: str | None, reason: str
) -> None:
    key = world.sent_file(data)
    world.import_file(key, charset)
    assert world.run()(key, "m", always) is JobOutcome.FAILED
    job = world.jobs.get(key)
    assert (job.state, job.report, world.files.objects) == (JobState.FAILED, None, {})
    assert job.failure is not None
    assert job.failure.reason.startswith(reason)


def test_a_file_that_was_not_sent_is_not_imported(world: World) -> None:
    key = world.sent_file(TABLE.encode())
    for wrong in (JobId(WORKSPACE, uuid4()), JobId(uuid4(), key.id)):
        with pytest.raises(UnknownFile):
            world.import_file(wrong)
    assert world.jobs.jobs == {}


def test_a_cancelled_import_stores_nothing_and_loses_its_file(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    key = world.sent_file(TABLE.encode())
    world.import_file(key)
    assert Jobs(world.jobs, world.files).cancel(key).state is JobState.CANCELLED
    assert world.files.objects == {}
    assert world.run()(key, "m", always) is JobOutcome.SKIPPED

    monkeypatch.setattr(run_job, "ROWS_PER_STEP", 1)
    key = world.sent_file(TABLE.encode())
    world.import_file(key)
    advance = world.jobs.advance

    def cancel_meanwhile(claim: JobClaim, lease_seconds: float) -> bool:
        if claim.done:
            world.jobs.cancel(key)
        return advance(claim, lease_seconds)

    monkeypatch.setattr(world.jobs, "advance", cancel_meanwhile)
    assert world.run()(key, "m", always) is JobOutcome.SKIPPED
    assert (world.jobs.get(key).state, world.jobs.get(key).report) == (JobState.CANCELLED, None)


def test_a_store_that_is_away_leaves_the_file_and_the_job_waiting(world: World) -> None:
    key = world.sent_file(TABLE.encode())
    world.import_file(key)
    world.files.is_down = True
    with pytest.raises(TransientError):
        world.run()(key, "m", always)
    assert world.jobs.get(key).state is JobState.PENDING
    world.files.is_down = False
    assert world.run()(key, "n", always) is JobOutcome.DONE
