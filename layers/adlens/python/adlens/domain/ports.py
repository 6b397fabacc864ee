"""What the use cases need from the world. Adapters live in vision, persistence and storage; fakes beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol
from uuid import UUID

from adlens.domain.analysis import (
    Analysis,
    BundleInfo,
    Detections,
    ImageFacts,
    Looks,
    StageRun,
    Swatch,
    TextBlock,
    TopicPrediction,
)
from adlens.domain.creative import Claim, Creative, CreativeId, Failure, NewCreative
from adlens.domain.events import AnalysisRequested, Event, ObjectCreated
from adlens.domain.exports import ExportClaim, ExportedFile, ExportId, ExportOrder, Snapshot
from adlens.domain.gallery import CreativeFilter
from adlens.domain.lift import Lift, Metric, PerformanceTable
from adlens.domain.webhooks import Outgoing

# --- vision ---------------------------------------------------------------------------------------------------------


class DecodedImage(Protocol):
    """An upright sRGB picture that every stage sees alike; only vision looks inside."""

    @property
    def facts(self) -> ImageFacts: ...

    def preview(self) -> bytes:
        """The picture as a WebP without metadata, its longer side at most `PREVIEW_SIDE` pixels."""
        ...


class ImageDecoder(Protocol):
    def decode(self, data: bytes) -> DecodedImage:
        """Raises InvalidImage (permanent) with a reason a user understands."""
        ...


class TextReader(Protocol):
    def read(self, image: DecodedImage) -> tuple[TextBlock, ...]:
        """Lines in reading order."""
        ...


class ObjectDetector(Protocol):
    def detect(self, image: DecodedImage, looks: Looks) -> Detections: ...


class LooksExtractor(Protocol):
    def extract(self, image: DecodedImage) -> Looks: ...


class TopicClassifier(Protocol):
    def classify(self, text: Sequence[TextBlock], detections: Detections, looks: Looks) -> TopicPrediction: ...


class PaletteExtractor(Protocol):
    def extract(self, image: DecodedImage, dominant: int, secondary: int) -> tuple[Swatch, ...]:
        """At most `dominant` + `secondary` swatches, largest share first; fewer when the picture has fewer colours."""
        ...


class Embedder(Protocol):
    def embed(self, text: Sequence[TextBlock], looks: Looks) -> tuple[float, ...]:
        """A unit vector; creatives that look and read alike have a high inner product."""
        ...


class Engines(Protocol):
    """The stages of one model bundle, made on first use. None where the bundle has no model for a stage."""

    @property
    def info(self) -> BundleInfo: ...
    @property
    def threads(self) -> int:
        """How many an analysis may use: from two on stages go on beside each other."""
        ...

    @property
    def decoder(self) -> ImageDecoder: ...
    @property
    def text(self) -> TextReader | None: ...
    @property
    def objects(self) -> ObjectDetector | None: ...
    @property
    def looks(self) -> LooksExtractor | None: ...
    @property
    def topic(self) -> TopicClassifier | None: ...
    @property
    def palette(self) -> PaletteExtractor: ...
    @property
    def embedding(self) -> Embedder | None: ...


# --- storage --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StoredObject:
    data: bytes
    etag: str


@dataclass(frozen=True, slots=True)
class PresignedPost:
    """A form to send: `fields` first, then the field `file`, as multipart/form-data to `url`, before `expires_at`."""

    url: str
    fields: Mapping[str, str]
    expires_at: datetime


class ObjectStore(Protocol):
    def get(self, key: str, max_bytes: int) -> StoredObject:
        """Raises ObjectGone when there is none, ImageTooLarge when it is larger than `max_bytes`."""
        ...

    def put(self, key: str, data: bytes, content_type: str) -> None: ...

    def exists(self, key: str) -> bool: ...

    def delete(self, keys: list[str]) -> None:
        """Removes objects; that there is none of a key is no error."""
        ...

    def presigned_post(self, key: str, content_type: str, max_bytes: int) -> PresignedPost:
        """A form that accepts exactly this key and content type and 1 to `max_bytes` bytes."""
        ...

    def presigned_url(self, key: str, filename: str, content_type: str | None) -> str:
        """A URL a browser can open for a while; it says `content_type` and `filename` whatever was uploaded."""
        ...


class AnalysisQueue(Protocol):
    def send(self, requests: Iterable[AnalysisRequested]) -> None: ...


class EventQueue(Protocol):
    def send(self, deliveries: Sequence[Outgoing]) -> None: ...


# --- persistence ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Overdue:
    """A creative that has not ended although it should have; `arrived` is whether its object was ever seen."""

    key: CreativeId
    object_key: str
    revision: int
    arrived: bool
    since: datetime


@dataclass(frozen=True, slots=True)
class RequestedAnalyses:
    """Some of the analyses that were asked for; those after `last` come next, none when it is None."""

    requests: tuple[AnalysisRequested, ...]
    last: UUID | None


class CreativeRepository(Protocol):
    """Writes. Each method is one transaction that changes roll-ups too. Database trouble raises TransientError."""

    def register(
        self, workspace_id: UUID, group_id: str, creatives: Sequence[NewCreative], group_name: str | None = None
    ) -> None:
        """Makes the group if need be, names it if there is a name, and records each creative as PENDING.

        The same creative again changes nothing; raises Conflict when its id is already used in another group.
        """
        ...

    def arrive(self, objects: Iterable[ObjectCreated]) -> list[AnalysisRequested]:
        """Lets the creatives of these objects wait for their turns, and answers with the analyses to send messages for:
        of those that have not ended. Objects that nobody registered are passed over.
        """
        ...

    def take_turn(self, request: AnalysisRequested, claimant: str, lease_seconds: float) -> AnalysisRequested | None:
        """The analysis whose turn it is, in an order that is fair to workspaces; `claimant` has it for itself until the
        lease runs out. None when none waits; TransientError when that of `request` does, but others have taken all.

        `claimant` is the queue message: delivered again, it goes on with what it had. The creative of `request`, which
        it was sent for, waits from now on if it did not.
        """
        ...

    def claim(self, event: Event, claimant: str, lease_seconds: float) -> Claim | None:
        """Makes the creative of `event` PROCESSING and its earlier claims void, or answers None when there is nothing
        to do: analysed already, a newer event is known, or another claimant is at it and its lease has not run out.

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
        """Gives up the claims of workers that are all gone, and answers how many there were: what they were at is
        PENDING again, and free for anybody at once."""
        ...

    def fail_unfinished(self, event: Event, claimant: str, failure: Failure) -> bool:
        """Ends in ERROR what `claimant` has taken, or else what `event` asked for, unless it has ended, a newer event
        is known or another claimant is at it."""
        ...

    def request_analysis(self, key: CreativeId) -> AnalysisRequested:
        """Asks for one more analysis: the creative is PENDING again. Raises UnknownCreative, and Conflict when its file
        has not arrived yet."""
        ...

    def request_analyses(
        self, workspace_id: UUID, chosen: CreativeFilter, outdated: bool, limit: int, after: UUID | None = None
    ) -> RequestedAnalyses:
        """Asks for one more analysis of at most `limit` creatives that `chosen` is true of, that have ended and whose
        file has arrived, in the order of their ids; `outdated`: only of those without findings of the bundle that was
        reported last. Raises UnknownGroup."""
        ...

    def overdue(self, missing: datetime, lost: datetime, limit: int, after: Overdue | None = None) -> list[Overdue]:
        """Creatives of all workspaces that have not ended, from the one untouched for longest on, the next after
        `after`: whose object was never seen and that are untouched since `missing`, or that are so since `lost`."""
        ...

    def touch(self, keys: Iterable[CreativeId]) -> None:
        """Notes that somebody cared for these creatives now."""
        ...

    def end_overdue(self, key: CreativeId, revision: int, before: datetime, failure: Failure) -> bool:
        """Ends a creative in ERROR when it is still at `revision`, unfinished and untouched since `before`."""
        ...

    def delete_creatives(self, workspace_id: UUID, ids: Sequence[UUID]) -> list[str]:
        """Forgets creatives with all that was found in them, and notes that their files are to go; unknown ids are
        passed over. Answers with the keys of their objects.
        """
        ...

    def delete_group(self, workspace_id: UUID, group_id: str) -> list[str]:
        """The same for a group and all its creatives. Raises UnknownGroup."""
        ...

    def exists(self, key: CreativeId) -> bool: ...

    def report_bundle(self, bundle: BundleInfo) -> None:
        """Remembers which models the workers run, for `GET /health`."""
        ...


# --- exports --------------------------------------------------------------------------------------------------------


class Sink(Protocol):
    def write(self, data: bytes, /) -> int: ...


ExportWriter = Callable[[Iterable[Creative], Sink, ExportOrder], int]
"""Writes creatives as a file of one format, with their embeddings or without, and answers how many are in it.

The same creatives in the same order give the same bytes, and memory does not grow with their number.
"""


class ExportStore(Protocol):
    def put_file(self, key: str, path: Path, content_type: str) -> None:
        """Stores a file of any size without holding it in memory."""
        ...

    def delete(self, keys: list[str]) -> None: ...


class ErasableStore(Protocol):
    def delete_versions(self, prefix: str) -> int:
        """Deletes up to a thousand versions of objects below `prefix`; answers how many, 0 when none was left."""
        ...


class ErasableWorkspaces(Protocol):
    """Each method is one transaction, and does nothing where there is nothing left to do."""

    def revoke_all(self, workspace_id: UUID) -> None:
        """Refuses every key of the workspace from now on."""
        ...

    def erase_creatives(self, workspace_id: UUID, limit: int) -> int:
        """Deletes up to `limit` creatives with their findings; answers how many. Figures are not kept right."""
        ...

    def erase(self, workspace_id: UUID) -> None:
        """Deletes the workspace and all that is left of it."""
        ...


class ExportQueue(Protocol):
    def send(self, key: ExportId) -> None: ...


class RemovalRepository(Protocol):
    """Files of deleted creatives, by the keys of their objects; deletions note them. Each method is one transaction."""

    def due(self, now: datetime, limit: int) -> list[str]:
        """Those to remove now, longest due first."""
        ...

    def removed(self, keys: Sequence[str], now: datetime, window: timedelta) -> None:
        """They are gone at `now`. Those deleted at least `window` ago are forgotten; the others are due again then."""
        ...


class CreativeReader(Protocol):
    def snapshot(
        self, workspace_id: UUID, chosen: CreativeFilter, with_embeddings: bool
    ) -> AbstractContextManager[Snapshot]:
        """What `chosen` is true of, as it is now and until the context ends. Raises UnknownGroup."""
        ...


class ExportRepository(Protocol):
    """Each method is one transaction. Database trouble raises TransientError."""

    def record(self, key: ExportId, order: ExportOrder) -> None:
        """Records an export as PENDING. Raises UnknownGroup, and Conflict when too many are unfinished."""
        ...

    def claim(self, key: ExportId, claimant: str, lease_seconds: float) -> ExportClaim | None:
        """Makes the export RUNNING, from the start, and its earlier claims void; None when there is nothing to do: it
        was deleted, has ended, or another claimant is at it and its lease has not run out.

        `claimant` is the queue message: delivered again, it takes its own claim over.
        """
        ...

    def progress(self, claim: ExportClaim, done: int, total: int) -> bool:
        """Shows how far it is. False when the claim is void: overtaken, or the export was deleted."""
        ...

    def complete(self, claim: ExportClaim, file: ExportedFile) -> bool:
        """Ends it in DONE. False when the claim is void."""
        ...

    def fail(self, claim: ExportClaim, failure: Failure) -> bool:
        """Ends it in FAILED. False when the claim is void."""
        ...

    def release(self, claim: ExportClaim) -> None:
        """Gives the claim up after a transient failure: the export is PENDING again."""
        ...

    def fail_unfinished(self, key: ExportId, claimant: str, failure: Failure) -> bool:
        """Ends it in FAILED unless it has ended or another claimant is at it."""
        ...

    def delete(self, key: ExportId) -> bool:
        """Forgets an export; False when there is none. Its file is the caller's business."""
        ...

    def release_all(self) -> Sequence[ExportId]:
        """Gives up the claims of workers that are all gone, and answers with every export that waits now."""
        ...

    def end_lost(self, before: datetime, failure: Failure) -> int:
        """Ends in FAILED what is unfinished and untouched since `before`, of all workspaces."""
        ...

    def forget(self, before: datetime) -> int:
        """Forgets exports that ended before then, of all workspaces."""
        ...


# --- webhooks -------------------------------------------------------------------------------------------------------


class Outbox(Protocol):
    """What webhooks are still to be told. It is noted with what it tells of, in one transaction."""

    def hand_over(self, send: Callable[[Sequence[Outgoing]], None], limit: int) -> int:
        """Gives at most `limit` deliveries to `send` and answers how many; what `send` raises leaves them where they
        were."""
        ...


# --- performance ----------------------------------------------------------------------------------------------------


class LiftEstimator(Protocol):
    """How elements of creatives go with a metric, wherever that is calculated."""

    def __call__(self, workspace_id: UUID, metric: Metric, chosen: CreativeFilter) -> Lift:
        """Raises UnknownGroup and InvalidValue for a filter that does not fit, TransientError without an answer."""
        ...


class PerformanceFigures(Protocol):
    def table(self, workspace_id: UUID, chosen: CreativeFilter) -> PerformanceTable:
        """What was delivered of the creatives that `chosen` is true of. Raises UnknownGroup and InvalidValue."""
        ...


class LiftStatistics(Protocol):
    def estimate(self, metric: Metric, table: PerformanceTable) -> Lift: ...
