"""What was delivered of creatives, as platforms report it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from adlens.domain.creative import CreativeId
from adlens.domain.errors import UnknownFile, UnknownJob
from adlens.domain.jobs import Job, JobId, PerformanceOrder
from adlens.domain.paging import Page
from adlens.domain.performance import (
    FILES_KEPT_FOR,
    MOST_BYTES,
    DailyPerformance,
    PerformanceReport,
    performance_file_key,
)
from adlens.domain.ports.performance import PerformanceRepository, SentTable
from adlens.domain.ports.storage import ObjectStore, PresignedPost
from adlens.services.jobs import StartJob


@dataclass(frozen=True, slots=True)
class RecordPerformance:
    performance: PerformanceRepository

    def __call__(self, workspace_id: UUID, table: SentTable) -> PerformanceReport:
        """What became of every row. Raises what `table` raises."""
        return self.performance.store(workspace_id, table)

    def of_creative(self, key: CreativeId, limit: int, cursor: str | None) -> Page[DailyPerformance]:
        """Oldest day first. Raises UnknownCreative."""
        return self.performance.of_creative(key.workspace_id, key.id, limit, cursor)


@dataclass(frozen=True, slots=True)
class AnnounceFile:
    """Signs a form for a file of figures; `files` is the store that it goes to."""

    performance: PerformanceRepository
    files: ObjectStore

    def __call__(self, workspace_id: UUID, now: datetime) -> tuple[UUID, PresignedPost]:
        """The id of the file and its form. Raises LimitReached."""
        file_id = uuid4()
        object_key = performance_file_key(workspace_id, file_id)
        self.performance.announce_file(workspace_id, object_key, now + FILES_KEPT_FOR)
        return file_id, self.files.presigned_post(object_key, "application/octet-stream", MOST_BYTES)


@dataclass(frozen=True, slots=True)
class ImportFile:
    """Starts the job that imports a file, once: the job has the id of the file."""

    start: StartJob
    files: ObjectStore

    def __call__(self, key: JobId, order: PerformanceOrder, asked_by: str | None) -> Job:
        """The job, new or not. Raises UnknownFile, and Conflict when too many of the workspace are unfinished."""
        with suppress(UnknownJob):
            return self.start.jobs.get(key)
        if not self.files.exists(performance_file_key(key.workspace_id, key.id)):
            raise UnknownFile(f"There is no file {key.id}. Send it with the form that POST /performance/files answers.")
        return self.start(key.workspace_id, order, 0, asked_by, key.id)
