"""Analyse once more, with today's settings and models."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from adlens.domain.creative import CreativeId
from adlens.domain.events import AnalysisRequested
from adlens.domain.gallery import CreativeFilter
from adlens.domain.ports.creatives import AnalysisQueue, CreativeRepository

BATCH = 500
"""Creatives whose rows are locked at once."""


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
class ReanalyzeMany:
    """Those that have ended and whose file has arrived. What the queue does not take is sent by the sweep later."""

    creatives: CreativeRepository
    queue: AnalysisQueue

    def batch(
        self, workspace_id: UUID, chosen: CreativeFilter, outdated: bool, limit: int, after: UUID | None = None
    ) -> tuple[int, UUID | None]:
        """How many creatives are analysed again, at most `limit`, and the id after which the next batch begins; None
        after the last. `outdated` leaves out those with findings of the newest bundle. Asked for once more, a batch
        leaves out what still waits. Raises UnknownGroup.
        """
        asked = self.creatives.request_analyses(workspace_id, chosen, outdated, limit, after)
        self.queue.send(asked.requests)
        return len(asked.requests), asked.last

    def group(self, workspace_id: UUID, group_id: str) -> int:
        """How many creatives of a group are analysed again. Raises UnknownGroup."""
        chosen = CreativeFilter(group_ids=(group_id,))
        count, last = self.batch(workspace_id, chosen, False, BATCH)
        while last is not None:
            more, last = self.batch(workspace_id, chosen, False, BATCH, last)
            count += more
        return count
