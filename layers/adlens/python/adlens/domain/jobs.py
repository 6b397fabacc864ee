"""Bulk work in the background: what a job does, how far it is, and the message that has it worked on."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from adlens.domain.creative import Failure
from adlens.domain.gallery import CreativeFilter
from adlens.domain.performance import PerformanceReport
from adlens.domain.work_request import is_work_request, parse_work_request, work_request

KEPT_FOR = timedelta(days=30)
"""How long an ended job is listed."""

MOST_UNFINISHED = 20
"""Jobs of one workspace that may wait or run at once; more would keep the others' waiting."""


class JobKind(StrEnum):
    REANALYSIS = "reanalysis"
    DELETION = "deletion"
    PERFORMANCE = "performance"


class JobState(StrEnum):
    PENDING = "PENDING"
    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"

    @property
    def ended(self) -> bool:
        return self not in (JobState.PENDING, JobState.RUNNING)


@dataclass(frozen=True, slots=True)
class ReanalysisOrder:
    """Analyse creatives again; `outdated`: only those without findings of the newest bundle."""

    kind: ClassVar[JobKind] = JobKind.REANALYSIS
    filters: CreativeFilter = field(default_factory=CreativeFilter)
    outdated: bool = True


@dataclass(frozen=True, slots=True)
class DeletionOrder:
    """Delete a group with its creatives, for good or so that they can be restored."""

    kind: ClassVar[JobKind] = JobKind.DELETION
    group_id: str
    to_trash: bool = False


@dataclass(frozen=True, slots=True)
class PerformanceOrder:
    """Import a file of figures that was sent to the store; its id is that of the job. `charset` is that of CSV."""

    kind: ClassVar[JobKind] = JobKind.PERFORMANCE
    as_json: bool = False
    charset: str | None = None


JobOrder = ReanalysisOrder | DeletionOrder | PerformanceOrder
"""A new kind of job is a class here, and its pages in `adlens.services.run_job`."""


@dataclass(frozen=True, slots=True)
class JobId:
    workspace_id: UUID
    id: UUID


@dataclass(frozen=True, slots=True)
class Job:
    """`done` of `total` creatives are worked on; the total is what it was when the job was recorded, until it has
    ended. Of a file they are rows, and the total is 0 until then. `asked_by` is the name of an API key, None without
    one. `failure` is there when the state is FAILED, `report` when a file is imported and its job was asked for alone.
    """

    key: JobId
    order: JobOrder
    state: JobState
    done: int
    total: int
    asked_by: str | None
    created_at: datetime
    ended_at: datetime | None
    failure: Failure | None
    report: PerformanceReport | None = None


@dataclass(frozen=True, slots=True)
class JobClaim:
    """The right to work on a job from `position` on; a newer claim makes an older one void.

    `unsent_after` begins a page that is recorded up to `position`, but whose messages may not have been sent.
    """

    key: JobId
    order: JobOrder
    token: UUID
    done: int = 0
    position: UUID | None = None
    unsent_after: UUID | None = None
    has_unsent: bool = False


# --- messages -------------------------------------------------------------------------------------------------------


def job_request(key: JobId) -> str:
    """The queue message that `parse_job_request` reads back."""
    return work_request("job", key.workspace_id, key.id)


def is_job_request(body: str) -> bool:
    """Whether a message is about a job, well formed or not."""
    return is_work_request("job", body)


def parse_job_request(body: str) -> JobId:
    """Raises MalformedEvent for anything that `job_request` did not make."""
    return JobId(*parse_work_request("job", body))
