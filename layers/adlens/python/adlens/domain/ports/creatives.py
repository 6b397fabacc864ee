"""What the use cases need to keep creatives and to have them analysed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from adlens.domain.analysis import (
    Analysis,
    BundleInfo,
    StageRun,
)
from adlens.domain.creative import (
    Claim,
    Creative,
    CreativeId,
    CreativeProgress,
    CreativeSummary,
    Failure,
    GroupSummary,
    NewCreative,
    Status,
)
from adlens.domain.events import AnalysisRequested, Event, ObjectCreated
from adlens.domain.gallery import CreativeFilter
from adlens.domain.paging import Page
from adlens.domain.stored_files import FileKind


class AnalysisQueue(Protocol):
    def send(self, requests: Iterable[AnalysisRequested]) -> None: ...


@dataclass(frozen=True, slots=True)
class Overdue:
    """A creative that has not ended although it should have; `arrived` is whether its object was ever seen."""

    key: CreativeId
    object_key: str
    revision: int
    arrived: bool
    since: datetime


@dataclass(frozen=True, slots=True)
class Removal:
    """A file to remove. That of a creative takes its preview along."""

    kind: FileKind
    object_key: str


@dataclass(frozen=True, slots=True)
class RequestedAnalyses:
    """A page of requested analyses; the next one starts after `last`, there is none when it is None."""

    requests: tuple[AnalysisRequested, ...]
    last: UUID | None


class CreativeRepository(Protocol):
    """What users change. Each method is one transaction that changes roll-ups too. Database trouble raises
    TransientError."""

    def register(
        self, workspace_id: UUID, group_id: str, creatives: Sequence[NewCreative], group_name: str | None = None
    ) -> None:
        """Makes the group if need be, names it if there is a name, and records each creative as PENDING.

        The same creative again changes nothing; raises Conflict when its id is already used in another group.
        """
        ...

    def rename_group(self, workspace_id: UUID, group_id: str, name: str | None) -> None:
        """Sets the name of a group; None removes it. Raises UnknownGroup."""
        ...

    def correct_topic(self, key: CreativeId, topic: str) -> None:
        """Sets the topic of a creative; later analyses keep it. Raises UnknownCreative, and Conflict while there are no
        findings."""
        ...

    def take_back_correction(self, key: CreativeId) -> None:
        """Restores the topic of the model; changes nothing without a correction. Raises UnknownCreative."""
        ...

    def request_analysis(self, key: CreativeId) -> AnalysisRequested:
        """Requests one more analysis: the creative is PENDING again. Raises UnknownCreative, and Conflict when its file
        has not arrived yet."""
        ...

    def request_analyses(
        self, workspace_id: UUID, filters: CreativeFilter, outdated: bool, limit: int, after: UUID | None = None
    ) -> RequestedAnalyses:
        """Requests one more analysis of at most `limit` creatives that match `filters`, that have ended and whose
        file has arrived, in the order of their ids; `outdated`: only of those without findings of the bundle that was
        reported last. Raises UnknownGroup."""
        ...

    def delete_creatives(self, workspace_id: UUID, ids: Sequence[UUID]) -> list[str]:
        """Deletes creatives with their findings, the exports that hold them and their file names in deliveries, and
        schedules the removal of files; unknown ids are skipped. Returns the keys of the creatives' objects.
        """
        ...

    def delete_group(self, workspace_id: UUID, group_id: str) -> list[str]:
        """The same for a group and all its creatives. Raises UnknownGroup."""
        ...


class AnalysisRepository(Protocol):
    """Creatives on their way to an analysis. Each method is one transaction that changes roll-ups too.
    Database trouble raises TransientError."""

    def arrive(self, objects: Iterable[ObjectCreated]) -> list[AnalysisRequested]:
        """Gives turns to the creatives of these objects that have not ended. Returns the analyses to send messages for.
        Objects without a creative are skipped.
        """
        ...

    def take_turn(self, request: AnalysisRequested, claimant: str, lease_seconds: float) -> AnalysisRequested | None:
        """The analysis whose turn it is, in an order that is fair to workspaces; `claimant` has it for itself until the
        lease runs out. None when none waits; TransientError when that of `request` does, but others have taken all.

        `claimant` is the queue message: delivered again, it keeps its turn. The creative of `request`, which it was
        sent for, waits from now on if it did not.
        """
        ...

    def claim(self, event: Event, claimant: str, lease_seconds: float) -> Claim | None:
        """Makes the creative of `event` PROCESSING and its earlier claims void. None when there is nothing to do: it is
        analysed already, a newer event is known, or another claimant holds a lease that has not run out.

        `claimant` is the queue message: delivered again, it takes its own claim over. Raises UnknownCreative.
        """
        ...

    def record_stages(self, claim: Claim, runs: Sequence[StageRun]) -> None:
        """Shows states of stages; nothing happens when the claim is void."""
        ...

    def complete(self, claim: Claim, analysis: Analysis, etag: str) -> bool:
        """Stores the findings, replacing older ones; the status is SUCCESS, or ERROR when a stage failed. The preview
        is in its store by then.

        False, and nothing stored, when the claim is void.
        """
        ...

    def fail(self, claim: Claim, failure: Failure, etag: str | None) -> bool:
        """Ends the creative in ERROR; older findings stay. False when the claim is void."""
        ...

    def release(self, claim: Claim) -> None:
        """Gives the claim up after a transient failure: the creative is PENDING again, and the claimant's for some more
        minutes."""
        ...

    def release_all(self) -> int:
        """Releases the claims of workers that are all gone: their creatives are PENDING again and free at once. Returns
        how many."""
        ...

    def fail_unfinished(self, event: Event, claimant: str, failure: Failure) -> bool:
        """Ends in ERROR what `claimant` has taken, or else what `event` asked for, unless it has ended, a newer event
        is known or another claimant holds it."""
        ...

    def overdue(self, missing: datetime, lost: datetime, limit: int, after: Overdue | None = None) -> list[Overdue]:
        """Creatives of all workspaces that have not ended, from the one untouched for longest on, the next after
        `after`: whose object was never seen and that are untouched since `missing`, or that are so since `lost`."""
        ...

    def touch(self, keys: Iterable[CreativeId]) -> None:
        """Sets the time of the last change of these creatives to now."""
        ...

    def end_overdue(self, key: CreativeId, revision: int, before: datetime, failure: Failure) -> bool:
        """Ends a creative in ERROR when it is still at `revision`, unfinished and untouched since `before`."""
        ...

    def exists(self, key: CreativeId) -> bool:
        """Also where it is in the trash."""
        ...

    def report_bundle(self, bundle: BundleInfo) -> None:
        """Stores which models the workers run, for `GET /health`."""
        ...


class CreativeQueries(Protocol):
    """Reads of one workspace; none loads more than it returns."""

    def creative(self, workspace_id: UUID, creative_id: UUID) -> Creative:
        """Everything known of a creative. Raises UnknownCreative."""
        ...

    def summary(self, workspace_id: UUID, creative_id: UUID) -> CreativeSummary:
        """A creative without its findings. Raises UnknownCreative."""
        ...


class GroupQueries(Protocol):
    """Reads of one workspace."""

    def groups(
        self, workspace_id: UUID, limit: int, cursor: str | None = None, search: str | None = None
    ) -> Page[GroupSummary]:
        """Groups, newest first; with `search` those that have it in their id or name, whatever the case."""
        ...

    def group(self, workspace_id: UUID, group_id: str) -> GroupSummary:
        """Raises UnknownGroup."""
        ...

    def creatives(
        self, workspace_id: UUID, group_id: str, limit: int, cursor: str | None = None
    ) -> Page[CreativeSummary]:
        """A group's creatives in the order they were given. Raises UnknownGroup."""
        ...

    def progress(
        self, workspace_id: UUID, group_id: str, limit: int, cursor: str | None = None
    ) -> Page[CreativeProgress]:
        """How far a group's creatives are, in the order they were given. Raises UnknownGroup."""
        ...

    def by_status(self, workspace_id: UUID, group_id: str) -> Mapping[Status, int]:
        """How many creatives of a group are in which status."""
        ...


class GoneWordRepository(Protocol):
    def forget(self, limit: int) -> int:
        """Looks at words whose creatives were deleted or changed, up to `limit` in each workspace, and forgets those
        that no creative has. Returns how many were looked at.
        """
        ...


class RemovalRepository(Protocol):
    """Files of deleted creatives and of exports that held them, by the keys of their objects; deletions schedule them.
    Each method is one transaction.
    """

    def due(self, now: datetime, limit: int) -> list[Removal]:
        """Those to remove now, longest due first."""
        ...

    def removed(self, keys: Sequence[str], now: datetime, window: timedelta) -> None:
        """They are gone at `now`. Those deleted at least `window` ago are forgotten; the others are due again then."""
        ...
