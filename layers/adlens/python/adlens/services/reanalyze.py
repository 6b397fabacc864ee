"""Analyse once more, with today's settings and models."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from adlens.domain.creative import CreativeId
from adlens.domain.events import AnalysisRequested
from adlens.domain.ports import AnalysisQueue, CreativeRepository


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
class ReanalyzeGroup:
    creatives: CreativeRepository
    queue: AnalysisQueue

    def __call__(self, workspace_id: UUID, group_id: str) -> int:
        """How many creatives are analysed again: those that have ended and whose file has arrived. Raises UnknownGroup.

        What the queue does not take is sent by the sweep later.
        """
        requests = self.creatives.request_group_analysis(workspace_id, group_id)
        self.queue.send(requests)
        return len(requests)
