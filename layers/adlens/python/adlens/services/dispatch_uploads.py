"""Objects that have arrived wait for their turns, and as many messages are sent for workers to take them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from adlens.domain.events import AnalysisRequested, Event, ObjectCreated
from adlens.domain.ports.creatives import AnalysisQueue, AnalysisRepository


@dataclass(frozen=True, slots=True)
class DispatchUploads:
    creatives: AnalysisRepository
    queue: AnalysisQueue

    def __call__(self, events: Sequence[Event]) -> int:
        """How many analyses were asked for. Called again with the same events it sends more messages than creatives
        wait, and what is too much finds nothing to do.
        """
        requests = [event for event in events if isinstance(event, AnalysisRequested)]
        if arrived := [event for event in events if isinstance(event, ObjectCreated)]:
            requests += self.creatives.arrive(arrived)
        self.queue.send(requests)
        return len(requests)
