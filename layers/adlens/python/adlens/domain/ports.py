"""What the use cases need from the world. Adapters live in vision, persistence and storage; fakes beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol
from uuid import UUID

from adlens.domain.analysis import (
    Analysis,
    BundleInfo,
    Detections,
    ImageFacts,
    StageRun,
    Swatch,
    TextBlock,
    TopicPrediction,
)
from adlens.domain.creative import Claim, Creative, CreativeId, Failure, NewCreative
from adlens.domain.events import AnalysisRequested, Event
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
    def detect(self, image: DecodedImage) -> Detections: ...


class TopicClassifier(Protocol):
    def classify(self, image: DecodedImage, text: Sequence[TextBlock], detections: Detections) -> TopicPrediction: ...


class PaletteExtractor(Protocol):
    def extract(self, image: DecodedImage, dominant: int, secondary: int) -> tuple[Swatch, ...]:
        """At most `dominant` + `secondary` swatches, largest share first; fewer when the picture has fewer colours."""
        ...


class Embedder(Protocol):
    def embed(self, image: DecodedImage, text: Sequence[TextBlock], detections: Detections) -> tuple[float, ...]:
        """A unit vector; creatives that look and read alike have a high inner product."""
        ...


class Engines(Protocol):
    """The stages of one model bundle, made on first use. None where the bundle has no model for a stage."""

    @property
    def info(self) -> BundleInfo: ...
    @property
    def decoder(self) -> ImageDecoder: ...
    @property
    def text(self) -> TextReader | None: ...
    @property
    def objects(self) -> ObjectDetector | None: ...
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


class CreativeRepository(Protocol):
    """Writes. Each method is one transaction that changes roll-ups too. Database trouble raises TransientError."""

    def register(
        self, workspace_id: UUID, group_id: str, creatives: Sequence[NewCreative], group_name: str | None = None
    ) -> None:
        """Makes the group if need be, names it if there is a name, and records each creative as PENDING.

        The same creative again changes nothing; raises Conflict when its id is already used in another group.
        """
        ...

    def claim(self, event: Event, claimant: str, lease_seconds: float) -> Claim | None:
        """Makes the creative of `event` PROCESSING and its earlier claims void, or answers None when there is nothing
        to do: analysed already, a newer event is known, or another claimant is at it and its lease has not run out.

        `claimant` is the queue message: delivered again, it takes its own claim over. Raises UnknownCreative.
        """
        ...

    def record_stage(self, claim: Claim, run: StageRun) -> None:
        """Shows a stage's state at once; nothing happens when the claim is void."""
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
        """Gives the claim up after a transient failure: the creative is PENDING again."""
        ...

    def fail_unfinished(self, event: Event, claimant: str, failure: Failure) -> bool:
        """Ends in ERROR what `event` asked for, unless it has ended, a newer event is known or another claimant is at
        it."""
        ...

    def request_analysis(self, key: CreativeId) -> AnalysisRequested:
        """Asks for one more analysis: the creative is PENDING again. Raises UnknownCreative, and Conflict when its file
        has not arrived yet."""
        ...

    def request_group_analysis(self, workspace_id: UUID, group_id: str) -> list[AnalysisRequested]:
        """Asks for one more analysis of every creative of the group that has ended and whose file has arrived. Raises
        UnknownGroup."""
        ...

    def overdue(self, before: datetime, limit: int) -> list[Overdue]:
        """Creatives of all workspaces that are neither ended nor touched since `before`, oldest first."""
        ...

    def touch(self, keys: Iterable[CreativeId]) -> None:
        """Notes that somebody cared for these creatives now."""
        ...

    def end_overdue(self, key: CreativeId, revision: int, before: datetime, failure: Failure) -> bool:
        """Ends a creative in ERROR when it is still at `revision`, unfinished and untouched since `before`."""
        ...

    def report_bundle(self, bundle: BundleInfo) -> None:
        """Remembers which models the workers run, for `GET /health`."""
        ...


# --- exports --------------------------------------------------------------------------------------------------------


class Sink(Protocol):
    def write(self, data: bytes, /) -> int: ...


ExportWriter = Callable[[Iterable[Creative], Sink, bool], int]
"""Writes creatives as a file of one format, with their embeddings or without, and answers how many are in it.

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
