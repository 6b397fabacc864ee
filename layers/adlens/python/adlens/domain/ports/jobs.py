"""What the use cases need to record jobs and to work on them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from adlens.domain.creative import Failure
from adlens.domain.events import AnalysisRequested
from adlens.domain.gallery import CreativeFilter
from adlens.domain.jobs import Job, JobClaim, JobId, JobKind, JobOrder, JobState
from adlens.domain.paging import Page
from adlens.domain.ports.performance import SentTable


class JobQueue(Protocol):
    def send(self, keys: Iterable[JobId]) -> None: ...


class JobRepository(Protocol):
    """What users ask for. Each method is one transaction. Database trouble raises TransientError."""

    def record(self, key: JobId, order: JobOrder, total: int, asked_by: str | None) -> None:
        """Records a job as PENDING, unless it is recorded. Raises Conflict when too many are unfinished."""
        ...

    def get(self, key: JobId) -> Job:
        """With its report. Raises UnknownJob."""
        ...

    def list(
        self,
        workspace_id: UUID,
        limit: int,
        cursor: str | None = None,
        *,
        kind: JobKind | None = None,
        state: JobState | None = None,
    ) -> Page[Job]:
        """Jobs, newest first."""
        ...

    def cancel(self, key: JobId) -> Job:
        """Ends a job in CANCELLED and makes its claim void; one that is CANCELLED stays so. Raises UnknownJob, and
        Conflict when it has ended otherwise."""
        ...


class JobWorkRepository(Protocol):
    """Jobs as their workers see them. Each method is one transaction. Database trouble raises TransientError."""

    def claim(self, key: JobId, claimant: str, lease_seconds: float) -> JobClaim | None:
        """Makes the job RUNNING from where it was left, and its earlier claims void. None when there is nothing to do:
        it is unknown or has ended. Raises TransientError while another claimant's lease has not run out.

        `claimant` is the queue message: delivered again, it takes its own claim over.
        """
        ...

    def advance(self, claim: JobClaim, lease_seconds: float) -> bool:
        """Stores what the claim says of the progress and renews its lease. False when it is void: overtaken, or the
        job was cancelled."""
        ...

    def complete(self, claim: JobClaim) -> bool:
        """Ends it in DONE. False when the claim is void."""
        ...

    def fail(self, claim: JobClaim, failure: Failure) -> bool:
        """Ends it in FAILED. False when the claim is void."""
        ...

    def release(self, claim: JobClaim) -> bool:
        """Gives the claim up, with its progress: the job is PENDING again. False when the claim is void."""
        ...

    def fail_unfinished(self, key: JobId, claimant: str, failure: Failure) -> bool:
        """Ends it in FAILED unless it has ended or another claimant holds it."""
        ...

    def release_all(self) -> Sequence[JobId]:
        """Releases the claims of workers that are all gone. Returns every job that waits now."""
        ...

    def lost(self, before: datetime, limit: int) -> Sequence[JobId]:
        """Jobs of all workspaces that are unfinished and untouched since `before`; they count as touched now."""
        ...

    def forget(self, before: datetime) -> int:
        """Deletes jobs that ended before then, of all workspaces."""
        ...


@dataclass(frozen=True, slots=True)
class ReanalysisPage:
    """A page of analyses that were requested, and the claim after it; `is_last` when none is left."""

    requests: Sequence[AnalysisRequested]
    claim: JobClaim
    is_last: bool


class ReanalysisRepository(Protocol):
    """Each method is one transaction. Database trouble raises TransientError."""

    def count(self, workspace_id: UUID, filters: CreativeFilter, outdated: bool) -> int:
        """Creatives that a re-analysis is about: they match, have ended and their file has arrived. Raises
        UnknownGroup."""
        ...

    def request_page(
        self, claim: JobClaim, filters: CreativeFilter, outdated: bool, limit: int, lease_seconds: float
    ) -> ReanalysisPage | None:
        """Requests one more analysis of the next creatives in the order of their ids, and stores the job's progress
        with it, so that none is requested twice. None when the claim is void. Raises UnknownGroup."""
        ...

    def unsent(self, claim: JobClaim) -> Sequence[AnalysisRequested]:
        """Requests of the page that the claim's predecessor recorded and may not have sent."""
        ...


class PerformanceImports(Protocol):
    def store(self, claim: JobClaim, table: SentTable) -> int | None:
        """Reads a table, then stores it and ends the job in DONE with its report, in one transaction. How many rows it
        has; None when the claim is void, and nothing is stored. Raises what `table` raises. Database trouble raises
        TransientError."""
        ...


class GroupMembers(Protocol):
    def ids_of_group(self, workspace_id: UUID, group_id: str, limit: int) -> Sequence[UUID]:
        """Ids of creatives of a group, in their order; none when there is no group."""
        ...
