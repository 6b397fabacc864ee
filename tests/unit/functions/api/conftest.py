"""The API on an AdLens that lives in memory: same routes, same services, no database and no cloud."""

from __future__ import annotations

import dataclasses
import json
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import BytesIO, StringIO
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from PIL import Image

from adlens.domain.analysis import (
    Analysis,
    BoundingBox,
    BundleInfo,
    Decision,
    DetectedObject,
    Detections,
    Evidence,
    EvidenceKind,
    ImageFacts,
    Stage,
    StageRun,
    StageState,
    Swatch,
    SwatchRole,
    TextBlock,
    TopicPrediction,
)
from adlens.domain.analytics import Analytics, TopicFigures
from adlens.domain.creative import (
    Creative,
    CreativeId,
    CreativeProgress,
    CreativeSummary,
    GroupSummary,
    NewCreative,
    Status,
    object_key,
    preview_key,
)
from adlens.domain.duplicates import DuplicateCard, DuplicateCards
from adlens.domain.errors import Conflict, TransientError, UnknownCreative, UnknownExport, UnknownGroup
from adlens.domain.events import AnalysisRequested
from adlens.domain.exports import Export, ExportFormat, ExportId, ExportOrder, ExportState
from adlens.domain.gallery import (
    CreativeCard,
    CreativeFilter,
    CreativeOrder,
    Gallery,
    Neighbours,
    SimilarCreative,
    Total,
)
from adlens.domain.media import ImageFormat
from adlens.domain.paging import Page
from adlens.domain.ports.creatives import RequestedAnalyses
from adlens.domain.ports.storage import PresignedPost
from adlens.domain.search import Hit, SearchResult, Term
from adlens.domain.settings import SETTING_KINDS, setting_kind
from adlens.domain.workspaces import Caller, Workspace
from adlens.settings import ApiSettings
from functions.api import dependencies, request
from functions.api.app import create_app
from functions.api.observability import logger
from tests.settings import api_settings

KEY, OTHER_KEY = "adl_ours_secret", "adl_theirs_secret"
UPLOADED = datetime(2026, 3, 1, 10, 15, 2, tzinfo=UTC)
NOW = UPLOADED + timedelta(seconds=10)


@dataclass
class MemoryAdLens:
    """Database, stores and queue. `down` names the parts that do not answer."""

    ours: UUID = field(default_factory=uuid4)
    theirs: UUID = field(default_factory=uuid4)
    rows: dict[CreativeId, Creative] = field(default_factory=dict)
    changed: dict[tuple[UUID, str], int] = field(default_factory=dict)
    names: dict[tuple[UUID, str], str | None] = field(default_factory=dict)
    objects: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    previews: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    sent: list[AnalysisRequested] = field(default_factory=list)
    exported: dict[ExportId, Export] = field(default_factory=dict)
    exports_sent: list[ExportId] = field(default_factory=list)
    files: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    bundle: BundleInfo | None = None
    figures: Analytics = field(default_factory=lambda: Analytics(0, 0, None, None, None, 0.0, (), (), {}, {}))
    down: set[str] = field(default_factory=set)
    asked: tuple[CreativeFilter, CreativeOrder] | None = None

    def add(self, workspace_id: UUID | None = None, group_id: str = "grp_1", **changes: Any) -> Creative:
        key = CreativeId(workspace_id or self.ours, changes.pop("id", None) or uuid4())
        known: dict[str, Any] = {
            "filename": "mug.jpg",
            "status": Status.PENDING,
            "uploaded_at": UPLOADED + timedelta(microseconds=len(self.rows)),
            "revision": 1,
            "size": 70478,
            "facts": None,
            "stages": (),
            "failure": None,
            "analysis": None,
            **changes,
        }
        row = Creative(key=key, group_id=group_id, object_key=object_key(key, group_id), **known)
        self.rows[key] = row
        return row

    # --- CreativeRepository ---
    def register(
        self, workspace_id: UUID, group_id: str, creatives: Sequence[NewCreative], group_name: str | None = None
    ) -> None:
        for new in creatives:
            known = self.rows.get(CreativeId(workspace_id, new.id))
            if known and known.group_id != group_id:
                raise Conflict(f"The creative {new.id} is in another group already; ids are used once.")
        for new in creatives:
            if CreativeId(workspace_id, new.id) not in self.rows:
                self.add(workspace_id, group_id, id=new.id, filename=new.filename, size=new.size)
        if group_name is not None:
            self.names[workspace_id, group_id] = group_name

    def rename_group(self, workspace_id: UUID, group_id: str, name: str | None) -> None:
        self.group_status(workspace_id, group_id)
        self.names[workspace_id, group_id] = name

    def request_analyses(
        self, workspace_id: UUID, chosen: CreativeFilter, outdated: bool, limit: int, after: UUID | None = None
    ) -> RequestedAnalyses:
        """Of the groups that `chosen` names, or of all; each is outdated."""
        for group_id in chosen.group_ids:
            self.group_status(workspace_id, group_id)
        keys = sorted(
            key.id
            for key, row in self.rows.items()
            if key.workspace_id == workspace_id
            and row.group_id in (chosen.group_ids or (row.group_id,))
            and row.status.ended
            and row.object_key in self.objects
            and (after is None or key.id > after)
        )[:limit]
        requests = tuple(self.request_analysis(CreativeId(workspace_id, id_)) for id_ in keys)
        return RequestedAnalyses(requests, keys[-1] if len(keys) == limit else None)

    def request_analysis(self, key: CreativeId) -> AnalysisRequested:
        row = self.creative(key.workspace_id, key.id)
        if row.object_key not in self.objects:
            raise Conflict("The file of this creative has not arrived yet; upload it first.")
        self.rows[key] = dataclasses.replace(row, revision=row.revision + 1, status=Status.PENDING)
        return AnalysisRequested(key, row.revision + 1)

    def delete_creatives(self, workspace_id: UUID, ids: Iterable[UUID]) -> list[str]:
        keys = [CreativeId(workspace_id, id_) for id_ in ids]
        return [self.rows.pop(key).object_key for key in keys if key in self.rows]

    def delete_group(self, workspace_id: UUID, group_id: str) -> list[str]:
        return self.delete_creatives(workspace_id, [row.id for row in self.group_status(workspace_id, group_id)])

    # --- PostgresQueries ---
    def ping(self) -> None:
        self._answer("database")

    def latest_bundle(self) -> BundleInfo | None:
        self._answer("database")
        return self.bundle

    def groups(
        self, workspace_id: UUID, limit: int, cursor: str | None, search: str | None = None
    ) -> Page[GroupSummary]:
        ids = dict.fromkeys(row.group_id for key, row in self.rows.items() if key.workspace_id == workspace_id)
        groups = [self.group(workspace_id, id_) for id_ in ids if (search or "") in id_]
        return _page(groups[::-1], limit, cursor)

    def group(self, workspace_id: UUID, group_id: str) -> GroupSummary:
        rows = self.group_status(workspace_id, group_id)
        return GroupSummary(
            group_id,
            self.names.get((workspace_id, group_id)),
            len(rows),
            rows[0].uploaded_at,
            Counter(row.status for row in rows),
            tuple(
                (topic, count, sum(row.topic == topic and row.topic_decision is Decision.UNSURE for row in rows))
                for topic, count in Counter(row.topic for row in rows if row.topic).most_common()
            ),
            {"red": 150.0, "white": 50.0},
        )

    def creatives(self, workspace_id: UUID, group_id: str, limit: int, cursor: str | None) -> Page[CreativeSummary]:
        return _page(self.group_status(workspace_id, group_id), limit, cursor)

    def progress(self, workspace_id: UUID, group_id: str, limit: int, cursor: str | None) -> Page[CreativeProgress]:
        page = _page(self.group_status(workspace_id, group_id), limit, cursor)
        return Page(tuple(_progress(row) for row in page.items), page.next_cursor)

    def by_status(self, workspace_id: UUID, group_id: str) -> dict[Status, int]:
        return dict(Counter(creative.status for creative in self.group_status(workspace_id, group_id)))

    def group_status(self, workspace_id: UUID, group_id: str) -> tuple[CreativeSummary, ...]:
        rows = [row for key, row in self.rows.items() if (key.workspace_id, row.group_id) == (workspace_id, group_id)]
        if not rows:
            raise UnknownGroup(f"There is no group {group_id!r}.")
        return tuple(_summary(row) for row in rows)

    def creative(self, workspace_id: UUID, creative_id: UUID) -> Creative:
        self._answer("database")
        try:
            return self.rows[CreativeId(workspace_id, creative_id)]
        except KeyError:
            raise UnknownCreative(f"There is no creative {creative_id}.") from None

    def summary(self, workspace_id: UUID, creative_id: UUID) -> CreativeSummary:
        return _summary(self.creative(workspace_id, creative_id))

    def group_analytics(self, workspace_id: UUID, group_id: str) -> Analytics:
        self.group_status(workspace_id, group_id)
        return self.figures

    def workspace_analytics(self, workspace_id: UUID) -> Analytics:
        return self.figures

    # --- PostgresGallery, which filters and sorts nothing here ---
    def browse(
        self, workspace_id: UUID, chosen: CreativeFilter, order: CreativeOrder, limit: int, cursor: str | None
    ) -> Gallery:
        self.asked = chosen, order
        cards = [_card(row) for key, row in self.rows.items() if key.workspace_id == workspace_id]
        page = _page(cards, limit, cursor)
        return Gallery(page.items, Total(len(cards)), page.next_cursor)

    def search(
        self, workspace_id: UUID, chosen: CreativeFilter, order: CreativeOrder, limit: int, cursor: str | None
    ) -> SearchResult:
        gallery = self.browse(workspace_id, chosen, order, limit, cursor)
        hits = [
            Hit(row.analysis.text or ()) if (row := self.rows[CreativeId(workspace_id, card.id)]).analysis else Hit()
            for card in gallery.cards
        ]
        terms = (Term("cup", ("cup", "cups", "cap"), frozenset({"cup", "cups"})),) if chosen.phrase else ()
        return SearchResult(gallery, tuple(hits), terms)

    def correct_topic(self, key: CreativeId, topic: str) -> None:
        row = self.creative(key.workspace_id, key.id)
        if row.analysis is None or row.analysis.topic is None:
            raise Conflict("This creative has no findings yet; wait for its analysis.")
        said = dataclasses.replace(row.analysis.topic, topic=topic, confidence=1.0, corrected=True)
        self.rows[key] = dataclasses.replace(row, analysis=dataclasses.replace(row.analysis, topic=said))

    def take_back_correction(self, key: CreativeId) -> None:
        row = self.creative(key.workspace_id, key.id)
        if row.analysis is None or row.analysis.topic is None:
            return
        scores = row.analysis.topic.scores
        best = max(scores, key=lambda topic: scores[topic])
        told = dataclasses.replace(row.analysis.topic, topic=best, confidence=scores[best], corrected=False)
        self.rows[key] = dataclasses.replace(row, analysis=dataclasses.replace(row.analysis, topic=told))

    def neighbours(
        self, workspace_id: UUID, creative_id: UUID, chosen: CreativeFilter, order: CreativeOrder
    ) -> Neighbours:
        self.asked = chosen, order
        self.creative(workspace_id, creative_id)
        ids = [key.id for key in self.rows if key.workspace_id == workspace_id]
        place = ids.index(creative_id)
        before, after = [None, *ids][place], [*ids, None][place + 1]
        return Neighbours(before, after, place + 1, Total(len(ids)))

    def similar(self, workspace_id: UUID, creative_id: UUID, limit: int) -> tuple[SimilarCreative, ...]:
        self.creative(workspace_id, creative_id)
        others = [row for key, row in self.rows.items() if key.workspace_id == workspace_id and key.id != creative_id]
        return tuple(SimilarCreative(_card(row), 0.75) for row in others[:limit])

    def duplicates(
        self, workspace_id: UUID, group_id: str, limit: int, cursor: str | None = None
    ) -> Page[DuplicateCards]:
        """All of a group are one family."""
        self.group_status(workspace_id, group_id)
        rows = [row for key, row in self.rows.items() if (key.workspace_id, row.group_id) == (workspace_id, group_id)]
        cards = tuple(DuplicateCard(_card(row), 2, None) for row in rows)
        return Page((DuplicateCards(len(cards), cards),), None)

    # --- PostgresSettings ---
    def all(self, workspace_id: UUID) -> dict[str, int]:
        return {key: self.changed.get((workspace_id, key), kind.default) for key, kind in SETTING_KINDS.items()}

    def get(self, workspace_id: UUID, key: str) -> int:
        return self.all(workspace_id)[setting_kind(key).key]

    def put(self, workspace_id: UUID, changes: Mapping[str, object]) -> dict[str, int]:
        self.changed |= {(workspace_id, key): setting_kind(key).check(value) for key, value in changes.items()}
        return self.all(workspace_id)

    def _answer(self, part: str) -> None:
        if part in self.down:
            raise TransientError(f"The {part} cannot be used at the moment; try again in a minute.")

    # --- what has methods of the same names ---
    @property
    def workspaces(self) -> MemoryWorkspaces:
        return MemoryWorkspaces(self)

    @property
    def store(self) -> MemoryStore:
        return MemoryStore(self, self.objects)

    @property
    def preview_store(self) -> MemoryStore:
        return MemoryStore(self, self.previews, "previews.test")

    @property
    def export_store(self) -> MemoryStore:
        return MemoryStore(self, self.files, "exports.test")

    @property
    def exports(self) -> MemoryExports:
        return MemoryExports(self)

    @property
    def queue(self) -> MemoryQueue:
        return MemoryQueue(self)

    @property
    def export_queue(self) -> MemoryExportQueue:
        return MemoryExportQueue(self)


@dataclass
class MemoryWorkspaces:
    world: MemoryAdLens

    def verify(self, key: str) -> Caller | None:
        holders = {KEY: Caller(self.world.ours, "web app"), OTHER_KEY: Caller(self.world.theirs, "theirs")}
        return holders.get(key)

    def get(self, workspace_id: UUID) -> Workspace:
        return Workspace(workspace_id, "ours" if workspace_id == self.world.ours else "theirs", UPLOADED)


@dataclass
class MemoryStore:
    world: MemoryAdLens
    objects: dict[str, tuple[bytes, str]]
    host: str = "store.test"

    def put(self, key: str, data: bytes, content_type: str) -> None:
        self.world._answer("store")
        self.objects[key] = data, content_type

    def delete(self, keys: list[str]) -> None:
        self.world._answer("store")
        for key in keys:
            self.objects.pop(key, None)

    def presigned_post(self, key: str, content_type: str, max_bytes: int) -> PresignedPost:
        return PresignedPost("https://store.test/", {"key": key, "Content-Type": content_type}, NOW)

    def presigned_url(self, key: str, filename: str, content_type: str | None) -> str:
        return f"https://{self.host}/{key}?name={filename}&type={content_type}"

    def ping(self) -> None:
        self.world._answer("store")


@dataclass
class MemoryQueue:
    world: MemoryAdLens

    def send(self, requests: Iterable[AnalysisRequested]) -> None:
        self.world.sent.extend(requests)

    def ping(self) -> None:
        self.world._answer("queue")


@dataclass
class MemoryExports:
    world: MemoryAdLens

    def record(self, key: ExportId, order: ExportOrder) -> None:
        export = Export(key, order, ExportState.PENDING, 0, None, UPLOADED, None, None, None)
        self.world.exported = {key: export, **self.world.exported}

    def get(self, key: ExportId) -> Export:
        if key not in self.world.exported:
            raise UnknownExport(f"There is no export {key.id}.")
        return self.world.exported[key]

    def list(
        self,
        workspace_id: UUID,
        limit: int,
        cursor: str | None,
        *,
        group_id: str | None,
        format: ExportFormat | None,  # noqa: A002
        state: ExportState | None,
    ) -> Page[Export]:
        rows = [
            export
            for key, export in self.world.exported.items()
            if key.workspace_id == workspace_id
            and format in (None, export.order.format)
            and state in (None, export.state)
        ]
        return _page(rows, limit, cursor)

    def delete(self, key: ExportId) -> bool:
        return self.world.exported.pop(key, None) is not None


@dataclass
class MemoryExportQueue:
    world: MemoryAdLens

    def send(self, key: ExportId) -> None:
        self.world._answer("export queue")
        self.world.exports_sent.append(key)


def _page(rows: Sequence[Any], limit: int, cursor: str | None) -> Page[Any]:
    start = int(cursor or 0)
    end = start + limit
    return Page(tuple(rows[start:end]), str(end) if end < len(rows) else None)


def _summary(row: Creative) -> CreativeSummary:
    topic = row.analysis.topic if row.analysis else None
    return CreativeSummary(
        row.key.id,
        row.group_id,
        row.filename,
        row.object_key,
        row.status,
        row.uploaded_at,
        row.size,
        row.facts,
        row.stages,
        row.failure,
        topic.topic if topic else None,
        topic.confidence if topic else None,
        topic.decision if topic else None,
        row.analysis is not None,
    )


def _progress(row: CreativeSummary) -> CreativeProgress:
    runs = {run.stage: run for run in row.stages}
    stages = tuple(runs.get(stage) or StageRun(stage) for stage in Stage)
    return CreativeProgress(
        row.id, row.filename, row.status, stages, row.failure, row.topic, row.topic_confidence, row.topic_decision
    )


def _card(row: Creative) -> CreativeCard:
    found = _summary(row)
    dominant = [
        swatch for swatch in (row.analysis and row.analysis.palette) or () if swatch.role is SwatchRole.DOMINANT
    ]
    return CreativeCard(
        row.key.id,
        row.group_id,
        row.filename,
        row.object_key,
        row.status,
        row.uploaded_at,
        row.facts,
        row.failure,
        found.topic,
        found.topic_confidence,
        found.topic_decision,
        tuple(dominant),
        row.has_preview,
    )


@pytest.fixture
def world() -> MemoryAdLens:
    return MemoryAdLens()


@pytest.fixture(scope="session")
def settings() -> ApiSettings:
    return api_settings()


@pytest.fixture(scope="session")
def app(settings: ApiSettings) -> FastAPI:
    return create_app(settings)


@pytest.fixture
def client(app: FastAPI, world: MemoryAdLens) -> TestClient:
    """A client of our workspace."""
    app.dependency_overrides = {
        dependencies.creative_repository: lambda: world,
        dependencies.queries: lambda: world,
        dependencies.gallery: lambda: world,
        dependencies.searches: lambda: world,
        dependencies.likeness: lambda: world,
        dependencies.workspaces: lambda: world.workspaces,
        dependencies.setting_repository: lambda: world,
        dependencies.object_store: lambda: world.store,
        dependencies.preview_store: lambda: world.preview_store,
        dependencies.analysis_queue: lambda: world.queue,
        dependencies.export_repository: lambda: world.exports,
        dependencies.export_store: lambda: world.export_store,
        dependencies.export_queue: lambda: world.export_queue,
        request.now: lambda: NOW,
    }
    return TestClient(app, headers={"x-api-key": KEY})


@pytest.fixture
def anonymous(client: TestClient) -> TestClient:
    return TestClient(client.app)


@pytest.fixture
def others(client: TestClient) -> TestClient:
    """A client of another workspace."""
    return TestClient(client.app, headers={"x-api-key": OTHER_KEY})


@pytest.fixture
def log() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """What the function logs from now on, as Lambda's log would show it."""
    stream = StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logger.registered_formatter)
    logger.addHandler(handler)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logger._logger.removeHandler(handler)


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def picture() -> bytes:
    buffer = BytesIO()
    Image.new("RGB", (30, 20), "red").save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def facts() -> ImageFacts:
    return ImageFacts(ImageFormat.JPEG, 900, 1200, 70478, sha256="0" * 64, phash="0" * 16)


@pytest.fixture
def analysis(facts: ImageFacts) -> Analysis:
    """A mug: two lines of text, one object and a weak one, three colours of which two are of one class."""
    return Analysis(
        facts=facts,
        bundle=BundleInfo("compact", "1", "c" * 64, {Stage.OCR: "rapidocr"}),
        stages=tuple(
            StageRun(stage, StageState.SUCCESS, UPLOADED, seconds)
            for stage, seconds in zip(Stage, (1.34, 0.5, 0.02, 0.25), strict=True)
        ),
        text=(
            TextBlock("Кружка", BoundingBox(0.1, 0.1, 0.5, 0.2), 0.75, ((0.1, 0.1), (0.5, 0.1)), "ru"),
            TextBlock("350 ml", BoundingBox(0.1, 0.3, 0.4, 0.4), 0.25),
        ),
        detections=Detections(
            (DetectedObject("cup", 0.5, BoundingBox(0.2, 0.25, 0.75, 1.0)),),
            {"cup": 0.5},
            weak=(DetectedObject("spoon", 0.25, BoundingBox(0, 0, 0.25, 0.5)),),
        ),
        topic=TopicPrediction(
            "cups",
            0.75,
            {"cups": 0.75, "other": 0.25},
            (
                Evidence(EvidenceKind.WORD, "кружка", 3.125),
                Evidence(EvidenceKind.OBJECT, "cup", 1.25),
                Evidence(EvidenceKind.LOOKS, "coffee mug", 0.75),
                Evidence(EvidenceKind.PICTURE, "picture", -0.5),
            ),
        ),
        palette=(
            Swatch((255, 0, 0), 50.0, SwatchRole.DOMINANT, "red"),
            Swatch((255, 255, 255), 30.0, SwatchRole.DOMINANT, "white"),
            Swatch((128, 0, 0), 20.0, SwatchRole.SECONDARY, "red"),
        ),
    )


@pytest.fixture
def analysed(world: MemoryAdLens, analysis: Analysis) -> Creative:
    row = world.add(
        status=Status.SUCCESS, facts=analysis.facts, stages=analysis.stages, analysis=analysis, has_preview=True
    )
    world.objects[row.object_key] = b"picture", "image/jpeg"
    world.previews[preview_key(row.object_key)] = b"preview", "image/webp"
    return row


@pytest.fixture
def figures() -> Analytics:
    return Analytics(
        creatives=5,
        analysed=4,
        mean_ocr_confidence=0.5,
        mean_object_confidence=None,
        mean_topic_confidence=0.75,
        processing_seconds=10.0,
        topics=(
            TopicFigures("cups", 3, 0.5, 0.25, 0.75, 1.23456, 2),
            TopicFigures("other", 1, None, None, 0.5, 6.0, 0),
        ),
        colors=(("#ff0000", 3), ("#ffffff", 1)),
        class_percents={"white": 100.0, "red": 300.0},
        topic_class_percents={
            "cups": {"red": 40.0, "white": 30.0, "black": 20.0, "blue": 5.0, "green": 4.0, "grey": 1.0},
            "other": {"grey": 100.0},
        },
        objects=(("cup", 3),),
        color_classes=(("red", 4), ("white", 2)),
        words=(("кружка", 2), ("sale", 1)),
        updated_at=UPLOADED,
    )
