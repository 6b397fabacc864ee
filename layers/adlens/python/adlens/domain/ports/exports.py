"""What the use cases need to ask for exports and to write them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Protocol
from uuid import UUID

from adlens.domain.creative import Creative, Failure
from adlens.domain.exports import (
    Export,
    ExportClaim,
    ExportedFile,
    ExportFormat,
    ExportId,
    ExportOrder,
    ExportState,
    Snapshot,
)
from adlens.domain.gallery import CreativeFilter
from adlens.domain.paging import Page


class Sink(Protocol):
    def write(self, data: bytes, /) -> int: ...


ExportWriter = Callable[[Iterable[Creative], Sink, ExportOrder], int]
"""Writes creatives as a file of one format, with their embeddings or without. Returns how many are in it.

The same creatives in the same order give the same bytes, and memory does not grow with their number.
"""


class ExportStore(Protocol):
    def put_file(self, key: str, path: Path, content_type: str) -> None:
        """Stores a file of any size without holding it in memory."""
        ...

    def delete(self, keys: list[str]) -> None: ...


class ExportQueue(Protocol):
    def send(self, key: ExportId) -> None: ...


class CreativeReader(Protocol):
    def snapshot(
        self, workspace_id: UUID, filters: CreativeFilter, with_embeddings: bool
    ) -> AbstractContextManager[Snapshot]:
        """The creatives that match `filters`, as they are now and until the context ends. Raises UnknownGroup."""
        ...


class ExportRepository(Protocol):
    """What users ask for. Each method is one transaction. Database trouble raises TransientError."""

    def record(self, key: ExportId, order: ExportOrder) -> None:
        """Records an export as PENDING. Raises UnknownGroup, and LimitReached when too many are unfinished."""
        ...

    def get(self, key: ExportId) -> Export:
        """Raises UnknownExport."""
        ...

    def list(
        self,
        workspace_id: UUID,
        limit: int,
        cursor: str | None = None,
        *,
        group_id: str | None = None,
        format: ExportFormat | None = None,  # noqa: A002 - what it is called
        state: ExportState | None = None,
    ) -> Page[Export]:
        """Exports, newest first; those of a group are those whose filter names it."""
        ...

    def delete(self, key: ExportId) -> bool:
        """Deletes an export; False when there is none. The caller deletes its file."""
        ...


class ExportJobRepository(Protocol):
    """Exports as their workers see them. Each method is one transaction. Database trouble raises TransientError."""

    def claim(self, key: ExportId, claimant: str, lease_seconds: float) -> ExportClaim | None:
        """Makes the export RUNNING, from the start, and its earlier claims void; None when there is nothing to do: it
        was deleted, has ended, or another claimant holds a lease that has not run out.

        `claimant` is the queue message: delivered again, it takes its own claim over.
        """
        ...

    def progress(self, claim: ExportClaim, done: int, total: int, creative_ids: Sequence[UUID] = ()) -> bool:
        """Shows how far it is, and records the creatives written since the last time. False when the claim is void:
        overtaken, or the export was deleted.
        """
        ...

    def complete(self, claim: ExportClaim, file: ExportedFile) -> bool:
        """Ends it in DONE. False when the claim is void. Raises CreativesDeleted, which is transient, when a creative
        that was written does not exist any more.
        """
        ...

    def fail(self, claim: ExportClaim, failure: Failure) -> bool:
        """Ends it in FAILED. False when the claim is void."""
        ...

    def release(self, claim: ExportClaim) -> None:
        """Gives the claim up after a transient failure: the export is PENDING again."""
        ...

    def fail_unfinished(self, key: ExportId, claimant: str, failure: Failure) -> bool:
        """Ends it in FAILED unless it has ended or another claimant holds it."""
        ...

    def release_all(self) -> Sequence[ExportId]:
        """Releases the claims of workers that are all gone. Returns every export that waits now."""
        ...

    def end_lost(self, before: datetime, failure: Failure) -> int:
        """Ends in FAILED what is unfinished and untouched since `before`, of all workspaces."""
        ...

    def forget(self, before: datetime) -> int:
        """Deletes exports that ended before then, of all workspaces."""
        ...
