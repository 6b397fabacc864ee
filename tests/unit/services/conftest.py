"""In-memory stand-ins for the ports: enough to see what a use case asks of the world."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from uuid import UUID, uuid4

import pytest

from adlens.domain.analysis import (
    Analysis,
    BundleInfo,
    Detections,
    ImageFacts,
    Looks,
    Stage,
    StageRun,
    Swatch,
    SwatchRole,
    TextBlock,
    TopicPrediction,
)
from adlens.domain.creative import Claim, CreativeId, Failure, NewCreative
from adlens.domain.errors import InvalidImage, ObjectGone, TransientError, UnknownCreative
from adlens.domain.events import AnalysisRequested, Event, ObjectCreated
from adlens.domain.gallery import CreativeFilter
from adlens.domain.media import ImageFormat
from adlens.domain.ports.creatives import Overdue, RequestedAnalyses
from adlens.domain.ports.storage import PresignedPost, StoredObject

PICTURE = b"a picture"


@dataclass
class Image:
    facts: ImageFacts = field(
        default_factory=lambda: ImageFacts(ImageFormat.PNG, 10, 20, len(PICTURE), sha256="0" * 64, phash="0" * 16)
    )

    def preview(self) -> bytes:
        return b"a preview"


class StubLooks:
    found = Looks({"web site": 0.5}, (1.0, 0.0))

    def extract(self, image: Image) -> Looks:
        return self.found


@dataclass
class StubEngines:
    """Every stage answers what it was given, or raises it when it is an exception; None is a stage without a model."""

    results: dict[Stage, Any] = field(
        default_factory=lambda: {
            Stage.OCR: (),
            Stage.DETECTION: Detections(),
            Stage.CLASSIFICATION: TopicPrediction("other", 1.0, {"other": 1.0}),
            Stage.COLOR: (Swatch((1, 2, 3), 100.0, SwatchRole.DOMINANT, "black"),),
        }
    )
    info: BundleInfo = field(default_factory=lambda: BundleInfo("stub", "1", "0" * 64, {}))
    threads: int = 1
    embedding: None = None
    seen: dict[Stage, tuple[Any, ...]] = field(default_factory=dict)

    def _answer(self, stage: Stage, *arguments: Any) -> Any:
        self.seen[stage] = arguments
        result = self.results[stage]
        if isinstance(result, Exception):
            raise result
        return result

    @property
    def decoder(self) -> StubEngines:
        return self

    def decode(self, data: bytes) -> Image:
        if data != PICTURE:
            raise InvalidImage("The file is no picture.")
        return Image()

    @property
    def text(self) -> StubEngines | None:
        return None if self.results[Stage.OCR] is None else self

    def read(self, image: Image) -> tuple[TextBlock, ...]:
        return self._answer(Stage.OCR, image)

    @property
    def objects(self) -> StubEngines | None:
        return None if self.results[Stage.DETECTION] is None else self

    def detect(self, image: Image, looks: Looks) -> Detections:
        return self._answer(Stage.DETECTION, image, looks)

    @property
    def topic(self) -> StubEngines | None:
        return None if self.results[Stage.CLASSIFICATION] is None else self

    def classify(self, text: Any, detections: Detections, looks: Looks) -> TopicPrediction:
        return self._answer(Stage.CLASSIFICATION, text, detections, looks)

    @property
    def looks(self) -> StubLooks:
        return StubLooks()

    @property
    def palette(self) -> StubEngines:
        return self

    def extract(self, image: Image, dominant: int, secondary: int) -> tuple[Swatch, ...]:
        return self._answer(Stage.COLOR, dominant, secondary)


@dataclass
class RecordingCreatives:
    """Remembers what was asked of it. `known` holds the creatives a claim succeeds for; `void` voids every claim, and
    `turns` come before those of the requests.
    """

    known: dict[CreativeId, str] = field(default_factory=dict)
    turns: list[AnalysisRequested | None] = field(default_factory=list)
    void: bool = False
    nothing_to_do: bool = False
    registered: list[tuple[UUID, str, list[NewCreative]]] = field(default_factory=list)
    stages: list[StageRun] = field(default_factory=list)
    completed: list[tuple[Analysis, str]] = field(default_factory=list)
    failed: list[tuple[Failure, str | None]] = field(default_factory=list)
    released: int = 0
    waiting: list[Overdue] = field(default_factory=list)
    ended: list[tuple[CreativeId, Failure]] = field(default_factory=list)
    touched: list[CreativeId] = field(default_factory=list)

    def register(
        self, workspace_id: UUID, group_id: str, creatives: Iterable[NewCreative], group_name: str | None = None
    ) -> None:
        self.registered.append((workspace_id, group_id, list(creatives)))

    def arrive(self, objects: Iterable[ObjectCreated]) -> list[AnalysisRequested]:
        return [
            AnalysisRequested(key, 1) for created in objects for key, path in self.known.items() if path == created.key
        ]

    def take_turn(self, request: AnalysisRequested, claimant: str, lease_seconds: float) -> AnalysisRequested | None:
        return self.turns.pop(0) if self.turns else request

    def claim(self, event: Event, claimant: str, lease_seconds: float) -> Claim | None:
        assert isinstance(event, AnalysisRequested)
        if event.creative not in self.known:
            raise UnknownCreative("unknown")
        if self.nothing_to_do:
            return None
        return Claim(event.creative, "g", self.known[event.creative], event.revision, uuid4(), 3, 2)

    def record_stages(self, claim: Claim, runs: Sequence[StageRun]) -> None:
        self.stages.extend(runs)

    def complete(self, claim: Claim, analysis: Analysis, etag: str) -> bool:
        if not self.void:
            self.completed.append((analysis, etag))
        return not self.void

    def fail(self, claim: Claim, failure: Failure, etag: str | None) -> bool:
        if not self.void:
            self.failed.append((failure, etag))
        return not self.void

    def release(self, claim: Claim) -> None:
        self.released += 1

    def fail_unfinished(self, event: Event, claimant: str, failure: Failure) -> bool:
        assert isinstance(event, AnalysisRequested)
        self.ended.append((event.creative, failure))
        return not self.void

    def request_analysis(self, key: CreativeId) -> AnalysisRequested:
        return AnalysisRequested(key, 2)

    def request_analyses(
        self, workspace_id: UUID, chosen: CreativeFilter, outdated: bool, limit: int, after: UUID | None = None
    ) -> RequestedAnalyses:
        keys = sorted((key for key in self.known if after is None or key.id > after), key=lambda key: key.id)[:limit]
        requests = tuple(AnalysisRequested(key, 2) for key in keys)
        return RequestedAnalyses(requests, keys[-1].id if len(keys) == limit else None)

    def overdue(self, missing: datetime, lost: datetime, limit: int, after: Overdue | None = None) -> list[Overdue]:
        start = 0 if after is None else self.waiting.index(after) + 1
        listed = (one for one in self.waiting[start:] if one.since < (lost if one.arrived else missing))
        return list(islice(listed, limit))

    def touch(self, keys: Iterable[CreativeId]) -> None:
        self.touched.extend(keys)

    def end_overdue(self, key: CreativeId, revision: int, before: datetime, failure: Failure) -> bool:
        self.ended.append((key, failure))
        return True

    def exists(self, key: CreativeId) -> bool:
        return key in self.known

    def delete_creatives(self, workspace_id: UUID, ids: Sequence[UUID]) -> list[str]:
        keys = [CreativeId(workspace_id, id_) for id_ in ids]
        return [self.known.pop(key) for key in keys if key in self.known]

    def delete_group(self, workspace_id: UUID, group_id: str) -> list[str]:
        return self.delete_creatives(workspace_id, [key.id for key in self.known])

    def report_bundle(self, bundle: BundleInfo) -> None: ...


@dataclass
class MemoryStore:
    objects: dict[str, bytes] = field(default_factory=dict)
    content_types: dict[str, str] = field(default_factory=dict)
    down: bool = False

    def get(self, key: str, max_bytes: int) -> StoredObject:
        if key not in self.objects:
            raise ObjectGone("The uploaded file is gone. Upload it again.")
        return StoredObject(self.objects[key], "etag")

    def put(self, key: str, data: bytes, content_type: str) -> None:
        self.objects[key], self.content_types[key] = data, content_type

    def exists(self, key: str) -> bool:
        return key in self.objects

    def delete(self, keys: list[str]) -> None:
        if self.down:
            raise TransientError("The object store does not answer.")
        for key in keys:
            self.objects.pop(key, None)

    def presigned_post(self, key: str, content_type: str, max_bytes: int) -> PresignedPost:
        return PresignedPost(f"https://store.test/{key}", {"Content-Type": content_type}, datetime.now(UTC))

    def presigned_url(self, key: str, filename: str, content_type: str | None) -> str:
        return f"https://store.test/{key}"


@dataclass
class MemoryQueue:
    sent: list[AnalysisRequested] = field(default_factory=list)

    def send(self, requests: Iterable[AnalysisRequested]) -> None:
        self.sent.extend(requests)


@pytest.fixture
def engines() -> StubEngines:
    return StubEngines()


@pytest.fixture
def creatives() -> RecordingCreatives:
    return RecordingCreatives()


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def previews() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def queue() -> MemoryQueue:
    return MemoryQueue()


@pytest.fixture
def picture() -> bytes:
    return PICTURE


@pytest.fixture
def creative(creatives: RecordingCreatives, store: MemoryStore) -> Mapping[str, Any]:
    """A registered creative whose picture is in the store."""
    key = CreativeId(uuid4(), uuid4())
    creatives.known[key] = "w/g/c"
    store.objects["w/g/c"] = PICTURE
    return {"key": key, "event": AnalysisRequested(key, 1)}
