"""Bulk work as jobs: start one, see how far it is, cancel it; keep all of them moving."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from adlens.domain.creative import Failure
from adlens.domain.errors import TransientError
from adlens.domain.jobs import KEPT_FOR, Job, JobId, JobKind, JobOrder, JobState, PerformanceOrder
from adlens.domain.paging import Page
from adlens.domain.performance import performance_file_key
from adlens.domain.ports.jobs import JobQueue, JobRepository, JobWorkRepository
from adlens.domain.ports.storage import ObjectStore

LOST_AFTER = timedelta(minutes=10)
"""A job that nothing has touched for so long has lost its message: it is sent anew."""
BATCH = 500
GAVE_UP = Failure("job_failed", "The work failed several times. Start it again; what is done already stays done.")


@dataclass(frozen=True, slots=True)
class StartJob:
    jobs: JobRepository
    queue: JobQueue

    def __call__(
        self, workspace_id: UUID, order: JobOrder, total: int, asked_by: str | None, job_id: UUID | None = None
    ) -> Job:
        """A job that a worker takes up; one with this id that is there already stays as it is. Raises Conflict when too
        many of the workspace are unfinished."""
        key = JobId(workspace_id, job_id or uuid4())
        self.jobs.record(key, order, total, asked_by)
        with contextlib.suppress(TransientError):  # the sweep sends it later
            self.queue.send([key])
        return self.jobs.get(key)


@dataclass(frozen=True, slots=True)
class Jobs:
    """`files` has those that jobs import."""

    jobs: JobRepository
    files: ObjectStore

    def get(self, key: JobId) -> Job:
        """Raises UnknownJob."""
        return self.jobs.get(key)

    def page(
        self, workspace_id: UUID, limit: int, cursor: str | None, kind: JobKind | None, state: JobState | None
    ) -> Page[Job]:
        """Newest first."""
        return self.jobs.list(workspace_id, limit, cursor, kind=kind, state=state)

    def cancel(self, key: JobId) -> Job:
        """Its worker stops after the page it is at; what is done stays done. Raises UnknownJob, and Conflict when the
        job has ended."""
        job = self.jobs.cancel(key)
        if isinstance(job.order, PerformanceOrder):
            with contextlib.suppress(TransientError):  # it is removed later
                self.files.delete([performance_file_key(key.workspace_id, key.id)])
        return job


@dataclass(frozen=True, slots=True)
class EndDeadJob:
    jobs: JobWorkRepository

    def __call__(self, key: JobId, claimant: str) -> bool:
        """Whether the job was still waiting for its message and is now FAILED."""
        return self.jobs.fail_unfinished(key, claimant, GAVE_UP)


@dataclass(frozen=True, slots=True)
class ReleaseJobs:
    """For when the workers are gone, and with them, perhaps, the messages that they were at."""

    jobs: JobWorkRepository
    queue: JobQueue

    def __call__(self) -> int:
        """How many jobs were sent again."""
        waiting = self.jobs.release_all()
        self.queue.send(waiting)
        return len(waiting)


@dataclass(frozen=True, slots=True)
class SweepJobs:
    jobs: JobWorkRepository
    queue: JobQueue

    def __call__(self, now: datetime) -> tuple[int, int]:
        """How many had lost their message and were sent again, and how many were forgotten."""
        lost = self.jobs.lost(now - LOST_AFTER, BATCH)
        self.queue.send(lost)
        return len(lost), self.jobs.forget(now - KEPT_FOR)
