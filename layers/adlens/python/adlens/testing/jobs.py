"""Jobs in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

from adlens.domain.creative import CreativeId, Failure, Status
from adlens.domain.errors import Conflict, UnknownJob
from adlens.domain.events import AnalysisRequested
from adlens.domain.gallery import CreativeFilter
from adlens.domain.jobs import MOST_UNFINISHED, Job, JobClaim, JobId, JobKind, JobOrder, JobState
from adlens.domain.paging import Page
from adlens.domain.performance import Malformed, Metrics, PerformanceReport
from adlens.domain.ports.jobs import (
    GroupMembers,
    JobRepository,
    JobWorkRepository,
    PerformanceImports,
    ReanalysisPage,
    ReanalysisRepository,
)
from adlens.domain.ports.performance import SentTable
from adlens.testing.creatives import MemoryCreatives
from adlens.testing.paging import page_of
from adlens.testing.storage import CanBeDown


@dataclass
class MemoryJobs(CanBeDown, JobRepository, JobWorkRepository):
    """`jobs` has the newest first; leases do not run out. `created_at` is that of every one, now when it is None."""

    jobs: dict[JobId, Job] = field(default_factory=dict)
    claims: dict[JobId, JobClaim] = field(default_factory=dict)
    holders: dict[JobId, str] = field(default_factory=dict)
    created_at: datetime | None = None

    def record(self, key: JobId, order: JobOrder, total: int, asked_by: str | None) -> None:
        self.ping()
        if sum(not job.state.ended for job in self.jobs.values()) >= MOST_UNFINISHED:
            raise Conflict(f"{MOST_UNFINISHED} jobs are not finished yet. Wait for one, or cancel one.")
        if key in self.jobs:
            return
        created_at = self.created_at or datetime.now(UTC)
        job = Job(key, order, JobState.PENDING, 0, total, asked_by, created_at, None, None)
        self.jobs = {key: job, **self.jobs}

    def get(self, key: JobId) -> Job:
        self.ping()
        if key not in self.jobs:
            raise UnknownJob(f"There is no job {key.id}.")
        return self.jobs[key]

    def list(
        self,
        workspace_id: UUID,
        limit: int,
        cursor: str | None = None,
        *,
        kind: JobKind | None = None,
        state: JobState | None = None,
    ) -> Page[Job]:
        rows = [
            job
            for key, job in self.jobs.items()
            if key.workspace_id == workspace_id and kind in (None, job.order.kind) and state in (None, job.state)
        ]
        return page_of(rows, limit, cursor)

    def cancel(self, key: JobId) -> Job:
        job = self.get(key)
        if job.state.ended and job.state is not JobState.CANCELLED:
            raise Conflict(f"The job has ended already: it is {job.state}.")
        if not job.state.ended:
            self._end(key, JobState.CANCELLED)
        return self.jobs[key]

    # --- JobWorkRepository ---

    def claim(self, key: JobId, claimant: str, lease_seconds: float) -> JobClaim | None:
        self.ping()
        job = self.jobs.get(key)
        if job is None or job.state.ended or self.holders.get(key, claimant) != claimant:
            return None
        self.holders[key] = claimant
        self.jobs[key] = replace(job, state=JobState.RUNNING)
        before = self.claims.get(key, JobClaim(key, job.order, uuid4()))
        self.claims[key] = replace(before, token=uuid4(), done=job.done)
        return self.claims[key]

    def advance(self, claim: JobClaim, lease_seconds: float) -> bool:
        if not self.is_valid(claim):
            return False
        self.claims[claim.key] = claim
        self.jobs[claim.key] = replace(self.jobs[claim.key], done=claim.done)
        return True

    def complete(self, claim: JobClaim) -> bool:
        return self.is_valid(claim) and self._end(claim.key, JobState.DONE, done=claim.done)

    def fail(self, claim: JobClaim, failure: Failure) -> bool:
        return self.is_valid(claim) and self._end(claim.key, JobState.FAILED, failure=failure)

    def release(self, claim: JobClaim) -> bool:
        if not self.is_valid(claim):
            return False
        del self.holders[claim.key]
        self.jobs[claim.key] = replace(self.jobs[claim.key], state=JobState.PENDING)
        return True

    def fail_unfinished(self, key: JobId, claimant: str, failure: Failure) -> bool:
        job = self.jobs.get(key)
        if job is None or job.state.ended or self.holders.get(key, claimant) != claimant:
            return False
        return self._end(key, JobState.FAILED, failure=failure)

    def release_all(self) -> Sequence[JobId]:
        waiting = [key for key, job in self.jobs.items() if not job.state.ended]
        self.holders.clear()
        self.jobs |= {key: replace(self.jobs[key], state=JobState.PENDING) for key in waiting}
        return waiting

    def lost(self, before: datetime, limit: int) -> Sequence[JobId]:
        return [key for key, job in self.jobs.items() if not job.state.ended and job.created_at < before][:limit]

    def forget(self, before: datetime) -> int:
        old = [key for key, job in self.jobs.items() if job.ended_at and job.ended_at < before]
        for key in old:
            del self.jobs[key]
        return len(old)

    def is_valid(self, claim: JobClaim) -> bool:
        self.ping()
        held = claim.key in self.holders and claim.key in self.jobs
        return held and self.claims[claim.key].token == claim.token

    def _end(self, key: JobId, state: JobState, done: int | None = None, failure: Failure | None = None) -> bool:
        self.holders.pop(key, None)
        job = self.jobs[key]
        total = job.total if done is None else done
        ended_at = self.created_at or datetime.now(UTC)
        self.jobs[key] = replace(
            job, state=state, done=job.done if done is None else done, total=total, ended_at=ended_at, failure=failure
        )
        return True


@dataclass
class MemoryJobPages(ReanalysisRepository, GroupMembers):
    jobs: MemoryJobs
    creatives: MemoryCreatives

    def count(self, workspace_id: UUID, filters: CreativeFilter, outdated: bool) -> int:
        for group_id in filters.group_ids:
            self.creatives.of_group(workspace_id, group_id)
        return sum(
            row.status.ended
            and row.object_key in self.creatives.store.objects
            and row.group_id in (filters.group_ids or (row.group_id,))
            for row in self.creatives.of_workspace(workspace_id)
        )

    def request_page(
        self, claim: JobClaim, filters: CreativeFilter, outdated: bool, limit: int, lease_seconds: float
    ) -> ReanalysisPage | None:
        if not self.jobs.is_valid(claim):
            return None
        asked = self.creatives.request_analyses(claim.key.workspace_id, filters, outdated, limit, claim.position)
        after = replace(
            claim,
            done=claim.done + len(asked.requests),
            position=asked.requests[-1].creative.id if asked.requests else claim.position,
            unsent_after=claim.position,
            has_unsent=bool(asked.requests),
        )
        self.jobs.advance(after, lease_seconds)
        return ReanalysisPage(asked.requests, after, asked.last is None)

    def unsent(self, claim: JobClaim) -> Sequence[AnalysisRequested]:
        assert claim.position is not None  # noqa: S101 - a page was recorded
        ids = sorted(
            row.key.id
            for row in self.creatives.of_workspace(claim.key.workspace_id)
            if row.status is Status.PENDING
            and row.key.id <= claim.position
            and (claim.unsent_after is None or row.key.id > claim.unsent_after)
        )
        keys = [CreativeId(claim.key.workspace_id, id_) for id_ in ids]
        return [AnalysisRequested(key, self.creatives.rows[key].revision) for key in keys]

    def ids_of_group(self, workspace_id: UUID, group_id: str, limit: int) -> Sequence[UUID]:
        rows = self.creatives.of_workspace(workspace_id)
        return sorted(row.key.id for row in rows if row.group_id == group_id)[:limit]


@dataclass
class MemoryImports(PerformanceImports):
    """Matches no row: a report says what was sent."""

    jobs: MemoryJobs

    def store(self, claim: JobClaim, table: SentTable) -> int | None:
        malformed = Malformed()
        figures = [row.figures for row in malformed.without(table.rows())]
        sent, rows = sum(figures, Metrics()), len(figures) + malformed.count
        if not self.jobs.complete(replace(claim, done=rows)):
            return None
        report = PerformanceReport(
            rows=rows,
            matched_rows=0,
            unmatched_rows=len(figures),
            malformed=malformed.count,
            stored=0,
            changed=0,
            sent=sent,
            matched=Metrics(),
            unmatched=sent,
            not_matched=(),
            not_matched_keys=0,
            malformed_rows=tuple(malformed.first),
            ignored_columns=table.ignored_columns,
        )
        self.jobs.jobs[claim.key] = replace(self.jobs.jobs[claim.key], report=report)
        return rows
