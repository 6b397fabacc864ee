"""In-memory stand-ins for the ports: enough to see what a use case asks of the world."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import pytest

from adlens.domain.analysis import (
    BundleInfo,
    Detections,
    ImageFacts,
    Looks,
    Stage,
    Swatch,
    SwatchRole,
    TextBlock,
    TopicPrediction,
)
from adlens.domain.creative import CreativeId, NewCreative
from adlens.domain.errors import InvalidImage
from adlens.domain.events import AnalysisRequested
from adlens.domain.gallery import CreativeFilter
from adlens.domain.media import ImageFormat
from adlens.domain.ports.creatives import CreativeRepository, RequestedAnalyses
from adlens.testing.analyses import RecordingAnalyses
from adlens.testing.storage import MemoryAnalysisQueue, MemoryStore

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
class RecordingCreatives(RecordingAnalyses, CreativeRepository):
    """The same with what users do."""

    registered: list[tuple[UUID, str, list[NewCreative]]] = field(default_factory=list)

    def register(
        self, workspace_id: UUID, group_id: str, creatives: Iterable[NewCreative], group_name: str | None = None
    ) -> None:
        self.registered.append((workspace_id, group_id, list(creatives)))

    def request_analysis(self, key: CreativeId) -> AnalysisRequested:
        return AnalysisRequested(key, 2)

    def request_analyses(
        self, workspace_id: UUID, chosen: CreativeFilter, outdated: bool, limit: int, after: UUID | None = None
    ) -> RequestedAnalyses:
        keys = sorted((key for key in self.known if after is None or key.id > after), key=lambda key: key.id)[:limit]
        requests = tuple(AnalysisRequested(key, 2) for key in keys)
        return RequestedAnalyses(requests, keys[-1].id if len(keys) == limit else None)

    def delete_creatives(self, workspace_id: UUID, ids: Sequence[UUID]) -> list[str]:
        keys = [CreativeId(workspace_id, id_) for id_ in ids]
        return [self.known.pop(key) for key in keys if key in self.known]

    def delete_group(self, workspace_id: UUID, group_id: str) -> list[str]:
        return self.delete_creatives(workspace_id, [key.id for key in self.known])


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
def queue() -> MemoryAnalysisQueue:
    return MemoryAnalysisQueue()


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
