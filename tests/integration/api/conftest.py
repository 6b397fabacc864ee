"""The API on a real PostgreSQL. The store and the queue are in memory: tests/e2e has the real ones."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine, make_url, text

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
from adlens.domain.creative import CreativeId, NewCreative, object_key, preview_key
from adlens.domain.events import ObjectCreated
from adlens.domain.exports import ExportedFile, ExportFormat, ExportId, ExportOrder
from adlens.domain.gallery import CreativeFilter
from adlens.domain.jobs import JobId, ReanalysisOrder
from adlens.domain.media import ImageFormat
from adlens.persistence.creatives.repository import PostgresCreatives
from adlens.persistence.exports.repository import PostgresExports
from adlens.persistence.jobs.repository import PostgresJobs
from adlens.persistence.performance.lift import PostgresPerformanceFigures
from adlens.persistence.schema import Base
from adlens.persistence.session import make_engine
from adlens.persistence.workspaces.repository import PostgresWorkspaces
from adlens.services.estimate_lift import EstimateLift
from adlens.statistics.lift import LiftByRegression
from adlens.testing.storage import MemoryAnalysisQueue, MemoryEventQueue, MemoryExportQueue, MemoryJobQueue, MemoryStore
from functions.api import dependencies
from functions.api.app import create_app
from tests.settings import api_settings

SECRET = "Кружка-которую-видит-только-владелец"
ANALYSIS = Analysis(
    facts=ImageFacts(ImageFormat.PNG, 900, 1200, 1234, "a" * 64, "f" * 16),
    bundle=BundleInfo("test", "1", "c" * 64, {Stage.OCR: "rapidocr"}),
    stages=tuple(StageRun(stage, StageState.SUCCESS, datetime(2026, 1, 2, tzinfo=UTC), 0.5) for stage in Stage),
    text=(TextBlock(SECRET, BoundingBox(0.1, 0.1, 0.5, 0.5), 0.75),),
    detections=Detections((DetectedObject("cup", 0.5, BoundingBox(0, 0, 1, 1)),), {"cup": 0.5}),
    topic=TopicPrediction(
        "cups",
        0.75,
        {"cups": 0.75, "other": 0.25},
        (Evidence(EvidenceKind.WORD, "кружка", 3.125), Evidence(EvidenceKind.OBJECT, "cup", 1.25)),
    ),
    palette=(
        Swatch((255, 0, 0), 75.0, SwatchRole.DOMINANT, "red"),
        Swatch((255, 255, 255), 25.0, SwatchRole.SECONDARY, "white"),
    ),
)


@pytest.fixture(scope="module")
def engine(databases: Any, database_url: str) -> Iterator[Engine]:
    """Connects as the functions on AWS do: as a role that reads and writes rows, and owns nothing."""
    databases._run("ALTER ROLE adlens_app LOGIN")
    engine = make_engine(make_url(database_url).set(username="adlens_app"), pool_size=8)
    yield engine
    engine.dispose()


@dataclass
class Memory(MemoryStore):
    """All stores in one, and the queues."""

    queue: MemoryAnalysisQueue = field(default_factory=MemoryAnalysisQueue)
    exports: MemoryExportQueue = field(default_factory=MemoryExportQueue)
    jobs: MemoryJobQueue = field(default_factory=MemoryJobQueue)
    events: MemoryEventQueue = field(default_factory=MemoryEventQueue)

    def presigned_url(self, key: str, filename: str, content_type: str | None) -> str:
        return f"https://{self.host}/{key}"


@dataclass
class Tenant:
    """A workspace with a key, and its client."""

    engine: Engine
    memory: Memory
    id: UUID
    client: TestClient

    def analysed(self, group_id: str = "grp", creative_id: UUID | None = None) -> CreativeId:
        """A creative that a worker has been at."""
        creatives = PostgresCreatives(self.engine)
        key = CreativeId(self.id, creative_id or uuid.uuid4())
        creatives.register(self.id, group_id, [NewCreative(key.id, f"{SECRET}.png", 1234)])
        self.memory.objects[object_key(key, group_id)] = b"picture"
        self.memory.objects[preview_key(object_key(key, group_id))] = b"preview"
        event = ObjectCreated("uploads", object_key(key, group_id), 1234, "etag", "01")
        claim = creatives.claim(event, "worker", 60)
        assert claim is not None
        assert creatives.complete(claim, ANALYSIS, "etag")
        return key

    def exported(self, export_id: UUID) -> None:
        """An export that a worker has written."""
        key = ExportId(self.id, export_id)
        exports = PostgresExports(self.engine)
        exports.record(key, ExportOrder(ExportFormat.JSONL, CreativeFilter(text=SECRET)))
        claim = exports.claim(key, "worker", 60)
        assert claim is not None
        self.memory.objects[claim.object_key] = SECRET.encode()
        assert exports.complete(claim, ExportedFile(claim.object_key, 1, 9, "0" * 64))

    def job(self, job_id: UUID) -> None:
        """A job that waits."""
        order = ReanalysisOrder(CreativeFilter(text=SECRET))
        PostgresJobs(self.engine).record(JobId(self.id, job_id), order, 1, SECRET)

    def webhook(self, webhook_id: UUID) -> UUID:
        """A webhook with this id."""
        with self.engine.begin() as connection:
            connection.execute(
                text(
                    "INSERT INTO webhooks (workspace_id, id, url, secret, events) "
                    "VALUES (:workspace, :id, :url, 'whsec_AAAA', '{export.done}')"
                ),
                {"workspace": self.id, "id": webhook_id, "url": f"https://hooks.example.com/{SECRET}"},
            )
        return webhook_id

    def key(self, key_id: UUID) -> None:
        """A key with this id, which nobody knows."""
        with self.engine.begin() as connection:
            connection.execute(
                text(
                    "INSERT INTO api_keys (id, workspace_id, prefix, digest, name) "
                    "VALUES (:id, :workspace, left(CAST(:id AS text), 8), sha256('nobody'), :name)"
                ),
                {"workspace": self.id, "id": key_id, "name": SECRET},
            )

    def everything(self) -> dict[str, Any]:
        """All that is this workspace's, in the database, the store and the queue."""
        with self.engine.connect() as connection:
            found: dict[str, Any] = {
                table.name: connection.execute(
                    # A key's row notes its use.
                    text(
                        f"SELECT CAST(to_jsonb(t) - 'last_used_at' AS text) FROM \"{table.name}\" t "
                        "WHERE workspace_id = :id ORDER BY 1"
                    ),
                    {"id": self.id},
                ).all()
                for table in Base.metadata.sorted_tables
                if "workspace_id" in table.columns
            }
        found["objects"] = {key: data for key, data in self.memory.objects.items() if key.startswith(f"{self.id}/")}
        found["exports_sent"] = [key for key in self.memory.exports.sent if key.workspace_id == self.id]
        found["jobs_sent"] = [key for key in self.memory.jobs.sent if key.workspace_id == self.id]
        found["sent"] = [request for request in self.memory.queue.sent if request.creative.workspace_id == self.id]
        return found


@pytest.fixture
def memory() -> Memory:
    return Memory()


@pytest.fixture(scope="module")
def app(database_url: str, engine: Engine) -> FastAPI:
    return create_app(api_settings(engine.url.render_as_string(hide_password=False)))


@pytest.fixture
def new_tenant(app: FastAPI, engine: Engine, memory: Memory) -> Callable[..., Tenant]:
    app.dependency_overrides[dependencies.object_store] = lambda: memory
    app.dependency_overrides[dependencies.preview_store] = lambda: memory
    app.dependency_overrides[dependencies.analysis_queue] = lambda: memory.queue
    app.dependency_overrides[dependencies.export_store] = lambda: memory
    app.dependency_overrides[dependencies.export_queue] = lambda: memory.exports
    app.dependency_overrides[dependencies.job_queue] = lambda: memory.jobs
    app.dependency_overrides[dependencies.event_queue] = lambda: memory.events
    # In this process; the function's own handler is tested beside it.
    estimate = EstimateLift(PostgresPerformanceFigures(engine), LiftByRegression())
    app.dependency_overrides[dependencies.lift_estimator] = lambda: estimate

    def make(name: str = "test") -> Tenant:
        workspaces = PostgresWorkspaces(engine)
        workspace = workspaces.create(name)
        _, key = workspaces.create_key(workspace.id, "test")
        return Tenant(engine, memory, workspace.id, TestClient(app, headers={"x-api-key": key}))

    return make
