"""Nothing stays PENDING or PROCESSING for ever: what the queue gave up and what never arrived ends in ERROR."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from adlens.domain.creative import Failure
from adlens.domain.events import AnalysisRequested, Event
from adlens.domain.exports import KEPT_FOR, ExportId
from adlens.domain.ports.creatives import AnalysisQueue, AnalysisRepository
from adlens.domain.ports.exports import ExportJobRepository, ExportQueue
from adlens.domain.ports.storage import ObjectStore

GAVE_UP = Failure(
    "analysis_failed", "The analysis failed several times. Start it again; if it fails again, the file may be at fault."
)
NEVER_ARRIVED = Failure("upload_missing", "The file never arrived. Upload it again.")

LOST_AFTER = timedelta(hours=6)
"""A creative whose object is there and that nothing has touched for so long has lost its message: it is sent anew."""


@dataclass(frozen=True, slots=True)
class EndDeadLetter:
    creatives: AnalysisRepository

    def __call__(self, event: Event, claimant: str) -> bool:
        """Whether the creative of `event` was still waiting for it and is now in ERROR."""
        return self.creatives.fail_unfinished(event, claimant, GAVE_UP)


@dataclass(frozen=True, slots=True)
class SweepResult:
    ended: int
    sent_again: int


@dataclass(frozen=True, slots=True)
class Sweep:
    """`upload_window` is how long a signed upload may be used; a file that is not there after twice that is missing."""

    creatives: AnalysisRepository
    store: ObjectStore
    queue: AnalysisQueue
    upload_window: timedelta
    batch: int = 500
    batches: int = 10

    def __call__(self, now: datetime) -> SweepResult:
        deadline, last = now - 2 * self.upload_window, None
        ended = sent_again = 0
        for _ in range(self.batches):
            page = self.creatives.overdue(deadline, now - LOST_AFTER, self.batch, last)
            lost = []
            for overdue in page:
                if not overdue.arrived and not self.store.exists(overdue.object_key):
                    ended += self.creatives.end_overdue(overdue.key, overdue.revision, deadline, NEVER_ARRIVED)
                elif overdue.since < now - LOST_AFTER:
                    lost.append(AnalysisRequested(overdue.key, overdue.revision))
            self.queue.send(lost)
            self.creatives.touch([request.creative for request in lost])
            sent_again += len(lost)
            if len(page) < self.batch:
                break
            last = page[-1]
        return SweepResult(ended, sent_again)


EXPORT_GAVE_UP = Failure("export_failed", "The file could not be written, in several attempts. Start the export again.")
EXPORT_LOST = Failure("export_lost", "Nobody wrote the file within a day. Start the export again.")
EXPORT_LOST_AFTER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class EndDeadExport:
    exports: ExportJobRepository

    def __call__(self, key: ExportId, claimant: str) -> bool:
        """Whether the export was still waiting for its message and is now FAILED."""
        return self.exports.fail_unfinished(key, claimant, EXPORT_GAVE_UP)


@dataclass(frozen=True, slots=True)
class ReleaseExports:
    """For when the workers are gone, and with them, perhaps, the messages that they were at."""

    exports: ExportJobRepository
    queue: ExportQueue

    def __call__(self) -> int:
        """How many exports were sent again; one that was asked for twice is written once."""
        waiting = self.exports.release_all()
        for key in waiting:
            self.queue.send(key)
        return len(waiting)


@dataclass(frozen=True, slots=True)
class SweepExports:
    exports: ExportJobRepository

    def __call__(self, now: datetime) -> tuple[int, int]:
        """How many lost their message and are FAILED now, and how many were forgotten, as their files are gone."""
        return self.exports.end_lost(now - EXPORT_LOST_AFTER, EXPORT_LOST), self.exports.forget(now - KEPT_FOR)
