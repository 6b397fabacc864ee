"""One queue message, one stretch of a job: claim it, work through pages, and send the rest on."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

from adlens.domain.creative import Failure
from adlens.domain.errors import PermanentError, TransientError, UnknownGroup
from adlens.domain.jobs import DeletionOrder, JobClaim, JobId, JobKind, ReanalysisOrder
from adlens.domain.ports.creatives import AnalysisQueue
from adlens.domain.ports.jobs import GroupMembers, JobQueue, JobWorkRepository, ReanalysisRepository
from adlens.domain.ports.trash import TrashRepository
from adlens.services.remove_files import DeleteCreatives

PAGE = 500
"""Creatives of a page: one transaction."""
LEASE_SECONDS = 60
"""Renewed with every page."""


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
    """The claim after a page, whose progress is stored."""

    claim: JobClaim
    is_last: bool


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
            return JobOutcome.DONE if self.jobs.complete(step.claim) else JobOutcome.SKIPPED
        except ClaimVoid:
            return JobOutcome.SKIPPED
        except PermanentError as error:
            failed = self.jobs.fail(claim, Failure(error.code, str(error)))
            return JobOutcome.FAILED if failed else JobOutcome.SKIPPED
        except BaseException:
            with contextlib.suppress(TransientError):
                self.jobs.release(claim)
            raise

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
