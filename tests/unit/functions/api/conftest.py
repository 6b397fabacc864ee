"""The API on fakes of its ports: same routes, same use cases, no database and no cloud."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
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
    Status,
    preview_key,
)
from adlens.domain.media import ImageFormat
from adlens.domain.workspaces import Caller, Workspace
from adlens.settings import ApiSettings
from adlens.testing.creatives import UPLOADED, MemoryCreatives
from adlens.testing.exports import MemoryExports
from adlens.testing.jobs import MemoryJobPages, MemoryJobs
from adlens.testing.search import MemoryGallery
from adlens.testing.storage import MemoryAnalysisQueue, MemoryExportQueue, MemoryJobQueue, MemoryStore
from adlens.testing.trash import MemoryTrash
from adlens.testing.workspaces import MemoryAuditLog, MemorySettings, MemoryWorkspaces
from functions.api import dependencies, request
from functions.api.app import create_app
from functions.api.observability import logger
from tests.settings import api_settings

KEY, OTHER_KEY = "adl_ours_secret", "adl_theirs_secret"
NOW = UPLOADED + timedelta(seconds=10)


@dataclass
class World:
    """An AdLens in memory, with two workspaces."""

    ours: UUID = field(default_factory=uuid4)
    theirs: UUID = field(default_factory=uuid4)
    store: MemoryStore = field(default_factory=lambda: MemoryStore(forms_expire_at=NOW))
    previews: MemoryStore = field(default_factory=lambda: MemoryStore("previews.test"))
    files: MemoryStore = field(default_factory=lambda: MemoryStore("exports.test"))
    queue: MemoryAnalysisQueue = field(default_factory=MemoryAnalysisQueue)
    export_queue: MemoryExportQueue = field(default_factory=MemoryExportQueue)
    job_queue: MemoryJobQueue = field(default_factory=MemoryJobQueue)
    jobs: MemoryJobs = field(default_factory=lambda: MemoryJobs(created_at=UPLOADED))
    exports: MemoryExports = field(default_factory=lambda: MemoryExports(created_at=UPLOADED))
    settings: MemorySettings = field(default_factory=MemorySettings)
    audit_log: MemoryAuditLog = field(default_factory=MemoryAuditLog)
    workspaces: MemoryWorkspaces = field(init=False)
    creatives: MemoryCreatives = field(init=False)
    gallery: MemoryGallery = field(init=False)
    trash: MemoryTrash = field(init=False)

    def __post_init__(self) -> None:
        self.workspaces = MemoryWorkspaces(
            {id_: Workspace(id_, name, UPLOADED) for id_, name in ((self.ours, "ours"), (self.theirs, "theirs"))},
            {KEY: Caller(self.ours, "web app"), OTHER_KEY: Caller(self.theirs, "theirs")},
        )
        self.creatives = MemoryCreatives(self.store)
        self.gallery = MemoryGallery(self.creatives)
        self.trash = MemoryTrash(self.creatives)

    def add(self, workspace_id: UUID | None = None, group_id: str = "grp_1", **changes: Any) -> Creative:
        return self.creatives.add(workspace_id or self.ours, group_id, **changes)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture(scope="session")
def settings() -> ApiSettings:
    return api_settings()


@pytest.fixture(scope="session")
def app(settings: ApiSettings) -> FastAPI:
    return create_app(settings)


@pytest.fixture
def client(app: FastAPI, world: World) -> TestClient:
    """A client of our workspace."""
    app.dependency_overrides = {
        dependencies.creative_repository: lambda: world.creatives,
        dependencies.queries: lambda: world.creatives,
        dependencies.gallery: lambda: world.gallery,
        dependencies.searches: lambda: world.gallery,
        dependencies.likeness: lambda: world.gallery,
        dependencies.workspaces: lambda: world.workspaces,
        dependencies.setting_repository: lambda: world.settings,
        dependencies.audit_log: lambda: world.audit_log,
        dependencies.trash_repository: lambda: world.trash,
        dependencies.object_store: lambda: world.store,
        dependencies.preview_store: lambda: world.previews,
        dependencies.analysis_queue: lambda: world.queue,
        dependencies.job_repository: lambda: world.jobs,
        dependencies.job_queue: lambda: world.job_queue,
        dependencies.reanalyses: lambda: MemoryJobPages(world.jobs, world.creatives),
        dependencies.export_repository: lambda: world.exports,
        dependencies.export_store: lambda: world.files,
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
def analysed(world: World, analysis: Analysis) -> Creative:
    row = world.add(
        status=Status.SUCCESS, facts=analysis.facts, stages=analysis.stages, analysis=analysis, has_preview=True
    )
    world.store.objects[row.object_key] = b"picture"
    world.previews.objects[preview_key(row.object_key)] = b"preview"
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
