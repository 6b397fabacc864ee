"""Analyse once more, with today's settings and models."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from uuid import UUID, uuid4

from adlens.domain.creative import CreativeId
from adlens.domain.errors import TransientError
from adlens.domain.events import AnalysisRequested
from adlens.domain.gallery import CreativeFilter
from adlens.domain.jobs import Job, JobId, ReanalysisOrder
from adlens.domain.ports.creatives import AnalysisQueue, CreativeRepository
from adlens.domain.ports.jobs import JobRepository, ReanalysisRepository
from adlens.services.run_job import RunJob

BATCH = 500
"""Creatives whose rows are locked at once."""
FIRST_PAGE = 100
"""Creatives that are PENDING when a request for many is answered: whoever then asks how far they are sees work."""


@dataclass(frozen=True, slots=True)
class Reanalyze:
    creatives: CreativeRepository
    queue: AnalysisQueue

    def __call__(self, key: CreativeId) -> AnalysisRequested:
        """Raises UnknownCreative, and Conflict when the creative's file has not arrived yet.

        Should the queue be out of reach after the request is recorded, the sweep sends it later.
        """
        request = self.creatives.request_analysis(key)
        self.queue.send([request])
        return request


@dataclass(frozen=True, slots=True)
class ReanalyzeBatch:
    """Those that have ended and whose file has arrived. What the queue does not take is sent by the sweep later."""

    creatives: CreativeRepository
    queue: AnalysisQueue

    def __call__(
        self, workspace_id: UUID, filters: CreativeFilter, outdated: bool, limit: int, after: UUID | None = None
    ) -> tuple[int, UUID | None]:
        """How many creatives are analysed again, at most `limit`, and the id after which the next batch begins; None
        after the last. `outdated` leaves out those with findings of the newest bundle. Asked for once more, a batch
        leaves out what still waits. Raises UnknownGroup.
        """
        asked = self.creatives.request_analyses(workspace_id, filters, outdated, limit, after)
        self.queue.send(asked.requests)
        return len(asked.requests), asked.last


@dataclass(frozen=True, slots=True)
class ReanalyzeAll:
    """A job for all that match; `run` does its first page, of FIRST_PAGE creatives, at once."""

    creatives: ReanalysisRepository
    jobs: JobRepository
    run: RunJob

    def __call__(self, workspace_id: UUID, filters: CreativeFilter, outdated: bool, asked_by: str | None) -> Job | None:
        """None when there is nothing to analyse again. Raises UnknownGroup, and Conflict when too many jobs of the
        workspace are unfinished."""
        total = self.creatives.count(workspace_id, filters, outdated)
        if not total:
            return None
        key = JobId(workspace_id, uuid4())
        self.jobs.record(key, ReanalysisOrder(filters, outdated), total, asked_by)
        with contextlib.suppress(TransientError):  # recorded: the sweep sends it later
            self.run(key, f"request {key.id}", has_time=lambda: False)
        return self.jobs.get(key)
