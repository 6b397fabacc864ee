"""Where the API is put together: each adapter once per container, on first use, from the settings of the app."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, Security
from fastapi.security import APIKeyHeader

from adlens.domain.creative import CreativeId
from adlens.domain.ports.performance import LiftEstimator
from adlens.persistence.analytics.figures import PostgresFigures
from adlens.persistence.creatives.queries import PostgresQueries
from adlens.persistence.creatives.repository import PostgresCreatives
from adlens.persistence.exports.repository import PostgresExports
from adlens.persistence.performance.repository import PostgresPerformance
from adlens.persistence.search.gallery import PostgresGallery
from adlens.persistence.search.search import PostgresSearch
from adlens.persistence.search.similar import PostgresAlike
from adlens.persistence.webhooks.repository import PostgresWebhooks
from adlens.persistence.workspaces.repository import Caller as KeyHolder
from adlens.persistence.workspaces.repository import PostgresWorkspaces
from adlens.persistence.workspaces.settings import PostgresSettings
from adlens.services.reanalyze import Reanalyze, ReanalyzeMany
from adlens.services.register_uploads import RegisterUploads, StoreUpload
from adlens.services.remove_files import DeleteCreatives
from adlens.services.request_export import RequestExport
from adlens.services.send_events import SendEvents
from adlens.settings import ApiSettings
from adlens.storage.objects import S3ObjectStore
from adlens.storage.queue import SqsAnalysisQueue, SqsEventQueue, SqsExportQueue
from functions import wiring
from functions.api.errors import Unauthorized, UnsupportedMediaType

PAGE = 1000


async def settings(request: Request) -> ApiSettings:
    chosen: ApiSettings = request.app.state.settings
    return chosen


Settings = Annotated[ApiSettings, Depends(settings)]


# Adapters are made at once: a thread for each would cost a request more than all of them.


async def creatives(settings: Settings) -> PostgresCreatives:
    return wiring.creatives(settings)


async def object_store(settings: Settings) -> S3ObjectStore:
    return wiring.object_store(settings)


async def preview_store(settings: Settings) -> S3ObjectStore:
    return wiring.preview_store(settings)


async def analysis_queue(settings: Settings) -> SqsAnalysisQueue:
    return wiring.analysis_queue(settings)


async def exports(settings: Settings) -> PostgresExports:
    return wiring.exports(settings)


async def export_store(settings: Settings) -> S3ObjectStore:
    return wiring.export_store(settings)


async def export_queue(settings: Settings) -> SqsExportQueue:
    return wiring.export_queue(settings)


async def queries(settings: Settings) -> PostgresQueries:
    return PostgresQueries(wiring.database(settings))


async def gallery(settings: Settings) -> PostgresGallery:
    return PostgresGallery(wiring.database(settings))


async def figures(settings: Settings) -> PostgresFigures:
    return PostgresFigures(wiring.database(settings))


async def search(settings: Settings) -> PostgresSearch:
    return PostgresSearch(wiring.database(settings))


async def alike(settings: Settings) -> PostgresAlike:
    return PostgresAlike(wiring.database(settings))


async def webhooks(settings: Settings) -> PostgresWebhooks:
    return wiring.webhooks(settings)


async def event_queue(settings: Settings) -> SqsEventQueue:
    return wiring.event_queue(settings)


async def performance(settings: Settings) -> PostgresPerformance:
    return PostgresPerformance(wiring.database(settings))


async def lift_estimator(settings: Settings) -> LiftEstimator:
    return wiring.lift_estimator(settings)


async def workspaces(settings: Settings) -> PostgresWorkspaces:
    return PostgresWorkspaces(wiring.database(settings))


async def workspace_settings(settings: Settings) -> PostgresSettings:
    return PostgresSettings(wiring.database(settings))


Creatives = Annotated[PostgresCreatives, Depends(creatives)]
Store = Annotated[S3ObjectStore, Depends(object_store)]
Previews = Annotated[S3ObjectStore, Depends(preview_store)]
Queue = Annotated[SqsAnalysisQueue, Depends(analysis_queue)]
Exports = Annotated[PostgresExports, Depends(exports)]
ExportStore = Annotated[S3ObjectStore, Depends(export_store)]
ExportQueue = Annotated[SqsExportQueue, Depends(export_queue)]
Queries = Annotated[PostgresQueries, Depends(queries)]
Galleries = Annotated[PostgresGallery, Depends(gallery)]
FiguresOf = Annotated[PostgresFigures, Depends(figures)]
Searches = Annotated[PostgresSearch, Depends(search)]
Alike = Annotated[PostgresAlike, Depends(alike)]
Webhooks = Annotated[PostgresWebhooks, Depends(webhooks)]
EventQueue = Annotated[SqsEventQueue, Depends(event_queue)]
Performances = Annotated[PostgresPerformance, Depends(performance)]
Lifts = Annotated[LiftEstimator, Depends(lift_estimator)]
Workspaces = Annotated[PostgresWorkspaces, Depends(workspaces)]
WorkspaceSettings = Annotated[PostgresSettings, Depends(workspace_settings)]

_api_key = APIKeyHeader(
    name="x-api-key", auto_error=False, description="`adlens keys create` makes one; `adlens up` makes one for work."
)


def caller(
    request: Request, settings: Settings, workspaces: Workspaces, key: Annotated[str | None, Security(_api_key)] = None
) -> KeyHolder:
    """Whose key the request carries."""
    if key:
        found = workspaces.verify(key)
    else:
        anonymous = settings.anonymous_workspace
        found = KeyHolder(anonymous, None) if anonymous else None
    if found is None:
        raise Unauthorized(
            "This API key is unknown or revoked." if key else "Send your API key in the header x-api-key."
        )
    request.state.workspace_id = str(found.workspace_id)
    return found


Caller = Annotated[KeyHolder, Depends(caller)]


async def workspace(caller: Caller) -> UUID:
    """The workspace of the request: all it can see and change."""
    return caller.workspace_id


Workspace = Annotated[UUID, Depends(workspace)]


async def creative_id(workspace: Workspace, creative_id: UUID) -> CreativeId:
    return CreativeId(workspace, creative_id)


CreativeKey = Annotated[CreativeId, Depends(creative_id)]


async def now() -> datetime:
    return datetime.now(UTC)


Now = Annotated[datetime, Depends(now)]


async def register_uploads(creatives: Creatives, store: Store) -> RegisterUploads:
    return RegisterUploads(creatives, store)


async def store_upload(creatives: Creatives, store: Store) -> StoreUpload:
    return StoreUpload(creatives, store)


async def delete_creatives(creatives: Creatives, store: Store, previews: Previews) -> DeleteCreatives:
    return DeleteCreatives(creatives, store, previews)


async def reanalyze(creatives: Creatives, queue: Queue) -> Reanalyze:
    return Reanalyze(creatives, queue)


async def reanalyze_many(creatives: Creatives, queue: Queue) -> ReanalyzeMany:
    return ReanalyzeMany(creatives, queue)


async def send_events(webhooks: Webhooks, queue: EventQueue) -> SendEvents:
    return SendEvents(webhooks, queue)


async def request_export(exports: Exports, queue: ExportQueue) -> RequestExport:
    return RequestExport(exports, queue)


UseRequestExport = Annotated[RequestExport, Depends(request_export)]
UseRegisterUploads = Annotated[RegisterUploads, Depends(register_uploads)]
UseStoreUpload = Annotated[StoreUpload, Depends(store_upload)]
UseDeleteCreatives = Annotated[DeleteCreatives, Depends(delete_creatives)]
UseReanalyze = Annotated[Reanalyze, Depends(reanalyze)]
UseReanalyzeMany = Annotated[ReanalyzeMany, Depends(reanalyze_many)]
UseSendEvents = Annotated[SendEvents, Depends(send_events)]


def media_type(expected: str) -> Callable[[Request, UUID], Awaitable[None]]:
    """A dependency that answers 415 to a body of another kind, once the key is known to be good."""

    async def check(request: Request, _: Workspace) -> None:
        sent = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if sent != expected:
            raise UnsupportedMediaType(f"Send {expected}" + (f", not {sent}." if sent else "."))

    return check


Limit = Annotated[int, Query(ge=1, le=PAGE, description="At most so many in one answer.")]
Cursor = Annotated[str | None, Query(max_length=500, description="Where the page before ended: its X-Next-Cursor.")]
