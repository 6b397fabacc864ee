"""One queue message, one stretch of a job: claim it, work through pages, and send the rest on."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Protocol

from adlens.domain.creative import Failure
from adlens.domain.errors import PermanentError, TransientError, UnknownGroup
from adlens.domain.jobs import DeletionOrder, JobClaim, JobId, JobKind, PerformanceOrder, ReanalysisOrder
from adlens.domain.performance import MOST_BYTES, MalformedRow, SentRow, performance_file_key
from adlens.domain.ports.creatives import AnalysisQueue
from adlens.domain.ports.jobs import (
    GroupMembers,
    JobQueue,
    JobWorkRepository,
    PerformanceImports,
    ReanalysisRepository,
)
from adlens.domain.ports.performance import SentTable
from adlens.domain.ports.storage import ObjectStore
from adlens.domain.ports.trash import TrashRepository
from adlens.services.remove_files import DeleteCreatives

PAGE = 500
"""Creatives of a page: one transaction."""
LEASE_SECONDS = 60
"""Renewed with every page."""
IMPORT_SECONDS = 900
"""As long as a worker lives, for a file is one page. Its own message takes the claim over when it has died."""
ROWS_PER_STEP = 20_000
"""Between two looks at whether the job was cancelled."""


class JobOutcome(StrEnum):
    DONE = "done"
    FAILED = "failed"
    HANDED_ON = "handed_on"
    """The time was up; another message goes on."""
    SKIPPED = "skipped"
    """Nothing to do, or no longer: it has ended, was cancelled, or another worker is at it."""


class ClaimVoid(Exception):
    """The job was cancelled, or another worker has it."""


@dataclass(frozen=True, slots=True)
class Step:
    """The claim after a page, whose progress is stored; `has_ended` when the page has ended the job as well."""

    claim: JobClaim
    is_last: bool
    has_ended: bool = False


class JobPages(Protocol):
    """The work of one kind of job."""

    def __call__(self, claim: JobClaim) -> Step:
        """Does the next page. Done again after a failure, it does nothing twice. Raises ClaimVoid."""
        ...


@dataclass(frozen=True, slots=True)
class RunJob:
    jobs: JobWorkRepository
    queue: JobQueue
    pages: Mapping[JobKind, JobPages]
    clean_up: Mapping[JobKind, Callable[[JobId], None]] = field(default_factory=dict)
    """What to do when a job has ended. It may fail: then something else does it later."""

    def __call__(self, key: JobId, claimant: str, has_time: Callable[[], bool]) -> JobOutcome:
        """Works until the job has ended or `has_time`, asked after every page, says no. Permanent failures end in the
        job's row; any other is raised, and the job waits as PENDING where it was left.
        """
        claim = self.jobs.claim(key, claimant, LEASE_SECONDS)
        if claim is None:
            return JobOutcome.SKIPPED
        pages = self.pages[claim.order.kind]
        try:
            while not (step := pages(claim)).is_last:
                claim = step.claim
                if not has_time():
                    return self._hand_on(claim)
            done = step.has_ended or self.jobs.complete(step.claim)
            return self._end(claim, JobOutcome.DONE) if done else JobOutcome.SKIPPED
        except ClaimVoid:
            return JobOutcome.SKIPPED
        except PermanentError as error:
            failed = self.jobs.fail(claim, Failure(error.code, str(error)))
            return self._end(claim, JobOutcome.FAILED) if failed else JobOutcome.SKIPPED
        except BaseException:
            with contextlib.suppress(TransientError):
                self.jobs.release(claim)
            raise

    def _end(self, claim: JobClaim, outcome: JobOutcome) -> JobOutcome:
        if clean_up := self.clean_up.get(claim.order.kind):
            with contextlib.suppress(TransientError):
                clean_up(claim.key)
        return outcome

    def _hand_on(self, claim: JobClaim) -> JobOutcome:
        if not (self.jobs.advance(claim, LEASE_SECONDS) and self.jobs.release(claim)):
            return JobOutcome.SKIPPED
        self.queue.send([claim.key])
        return JobOutcome.HANDED_ON


@dataclass(frozen=True, slots=True)
class ReanalysisPages:
    """A page is recorded together with the job's progress, and sent then; one that was recorded by a worker who died
    is sent by the next. A message that is sent twice finds no turn (ADR 11).
    """

    creatives: ReanalysisRepository
    queue: AnalysisQueue
    size: int = PAGE

    def __call__(self, claim: JobClaim) -> Step:
        order = claim.order
        assert isinstance(order, ReanalysisOrder)  # noqa: S101 - what the kind says
        if claim.has_unsent:
            self.queue.send(self.creatives.unsent(claim))
        page = self.creatives.request_page(claim, order.filters, order.outdated, self.size, LEASE_SECONDS)
        if page is None:
            raise ClaimVoid
        self.queue.send(page.requests)
        return Step(replace(page.claim, has_unsent=False), page.is_last)


@dataclass(frozen=True, slots=True)
class DeletionPages:
    """Creatives in the order of their ids, at last the group itself with those that came meanwhile."""

    jobs: JobWorkRepository
    members: GroupMembers
    delete: DeleteCreatives
    trash: TrashRepository

    def __call__(self, claim: JobClaim) -> Step:
        order, workspace_id = claim.order, claim.key.workspace_id
        assert isinstance(order, DeletionOrder)  # noqa: S101 - what the kind says
        delete, delete_group = (
            (self.trash.put, self.trash.put_group) if order.to_trash else (self.delete, self.delete.group)
        )
        ids = self.members.ids_of_group(workspace_id, order.group_id, PAGE)
        if is_last := len(ids) < PAGE:
            with contextlib.suppress(UnknownGroup):  # a worker that died deleted it
                claim = replace(claim, done=claim.done + delete_group(workspace_id, order.group_id))
        else:
            claim = replace(claim, done=claim.done + delete(workspace_id, ids), position=ids[-1])
        if not self.jobs.advance(claim, LEASE_SECONDS):
            raise ClaimVoid
        return Step(claim, is_last)


@dataclass(frozen=True, slots=True)
class PerformancePages:
    """A file is one page: what it says of a creative's day replaces what is stored as a whole."""

    jobs: JobWorkRepository
    imports: PerformanceImports
    files: ObjectStore
    read: Callable[[bytes, PerformanceOrder], SentTable]

    def __call__(self, claim: JobClaim) -> Step:
        order = claim.order
        assert isinstance(order, PerformanceOrder)  # noqa: S101 - what the kind says
        object_key = performance_file_key(claim.key.workspace_id, claim.key.id)
        table = _WatchedTable(self.read(self.files.get(object_key, MOST_BYTES).data, order), self.jobs, claim)
        rows = self.imports.store(claim, table)
        if rows is None:
            raise ClaimVoid
        return Step(replace(claim, done=rows), is_last=True, has_ended=True)

    def clean_up(self, key: JobId) -> None:
        self.files.delete([performance_file_key(key.workspace_id, key.id)])


@dataclass(frozen=True, slots=True)
class _WatchedTable:
    """A table that says in the job how far it is read, and stops when the claim is void."""

    table: SentTable
    jobs: JobWorkRepository
    claim: JobClaim

    @property
    def ignored_columns(self) -> tuple[str, ...]:
        return self.table.ignored_columns

    def rows(self) -> Iterator[SentRow | MalformedRow]:
        self._advance(0)
        for number, row in enumerate(self.table.rows(), start=1):
            if number % ROWS_PER_STEP == 0:
                self._advance(number)
            yield row

    def _advance(self, rows: int) -> None:
        if not self.jobs.advance(replace(self.claim, done=rows), IMPORT_SECONDS):
            raise ClaimVoid
