"""Where the API is put together: adapters behind their ports, and the use cases that routes call.

Adapters are made once per container, on first use, from the settings of the app. They are made at once: a thread for
each would cost a request more than all of them.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import Depends, Request

from adlens.domain.jobs import JobKind
from adlens.domain.ports.analytics import FigureQueries
from adlens.domain.ports.audit import AuditLog
from adlens.domain.ports.creatives import CreativeRepository
from adlens.domain.ports.exports import ExportRepository
from adlens.domain.ports.jobs import ReanalysisRepository
from adlens.domain.ports.performance import LiftEstimator, PerformanceRepository
from adlens.domain.ports.search import GalleryQueries, SearchQueries, SimilarityQueries
from adlens.domain.ports.trash import TrashRepository
from adlens.domain.ports.workspaces import KeyRepository, SettingRepository, WorkspaceQueries
from adlens.persistence.analytics.figures import PostgresFigures
from adlens.persistence.creatives.queries import PostgresQueries
from adlens.persistence.creatives.trash import PostgresTrash
from adlens.persistence.jobs.pages import PostgresJobPages
from adlens.persistence.jobs.repository import PostgresJobs
from adlens.persistence.performance.repository import PostgresPerformance
from adlens.persistence.search.gallery import PostgresGallery
from adlens.persistence.search.search import PostgresSearch
from adlens.persistence.search.similar import PostgresSimilarity
from adlens.persistence.webhooks.repository import PostgresWebhooks
from adlens.persistence.workspaces.audit import PostgresAuditLog
from adlens.persistence.workspaces.repository import PostgresWorkspaces
from adlens.persistence.workspaces.settings import PostgresSettings
from adlens.services.api_keys import ApiKeys
from adlens.services.browse_creatives import BrowseCreatives
from adlens.services.check_health import CheckHealth
from adlens.services.creatives import Creatives
from adlens.services.delete_group import DeleteGroup
from adlens.services.exports import Exports
from adlens.services.groups import Groups
from adlens.services.identify_caller import IdentifyCaller
from adlens.services.jobs import Jobs, StartJob
from adlens.services.picture_links import PictureLinks
from adlens.services.read_analytics import ReadAnalytics
from adlens.services.reanalyze import FIRST_PAGE, Reanalyze, ReanalyzeAll, ReanalyzeBatch
from adlens.services.record_performance import AnnounceFile, ImportFile, RecordPerformance
from adlens.services.register_uploads import AnnounceUploads, RegisterUploads, StoreUpload
from adlens.services.remove_files import DeleteCreatives
from adlens.services.request_export import RequestExport
from adlens.services.run_job import ReanalysisPages, RunJob
from adlens.services.send_events import SendEvents
from adlens.services.trash import Trash
from adlens.services.webhooks import PingWebhook, Webhooks
from adlens.services.workspace_settings import WorkspaceSettings
from adlens.settings import ApiSettings
from adlens.storage.objects import S3ObjectStore
from adlens.storage.queue import SqsAnalysisQueue, SqsEventQueue, SqsExportQueue, SqsJobQueue
from functions import wiring


async def settings(request: Request) -> ApiSettings:
    of_app: ApiSettings = request.app.state.settings
    return of_app


Settings = Annotated[ApiSettings, Depends(settings)]

# --- adapters -------------------------------------------------------------------------------------------------------


async def creative_repository(settings: Settings) -> CreativeRepository:
    return wiring.creatives(settings)


async def queries(settings: Settings) -> PostgresQueries:
    return PostgresQueries(wiring.database(settings))


async def gallery(settings: Settings) -> GalleryQueries:
    return PostgresGallery(wiring.database(settings))


async def searches(settings: Settings) -> SearchQueries:
    return PostgresSearch(wiring.database(settings))


async def likeness(settings: Settings) -> SimilarityQueries:
    return PostgresSimilarity(wiring.database(settings))


async def figures(settings: Settings) -> FigureQueries:
    return PostgresFigures(wiring.database(settings))


async def performance_repository(settings: Settings) -> PerformanceRepository:
    return PostgresPerformance(wiring.database(settings))


async def lift_estimator(settings: Settings) -> LiftEstimator:
    return wiring.lift_estimator(settings)


async def export_repository(settings: Settings) -> ExportRepository:
    return wiring.exports(settings)


async def job_repository(settings: Settings) -> PostgresJobs:
    return wiring.jobs(settings)


async def reanalyses(settings: Settings) -> ReanalysisRepository:
    return PostgresJobPages(wiring.database(settings))


async def trash_repository(settings: Settings) -> TrashRepository:
    return PostgresTrash(wiring.database(settings))


async def webhook_repository(settings: Settings) -> PostgresWebhooks:
    return wiring.webhooks(settings)


async def workspaces(settings: Settings) -> WorkspaceQueries:
    return PostgresWorkspaces(wiring.database(settings))


async def key_repository(settings: Settings) -> KeyRepository:
    return PostgresWorkspaces(wiring.database(settings))


async def audit_log(settings: Settings) -> AuditLog:
    return PostgresAuditLog(wiring.database(settings))


async def setting_repository(settings: Settings) -> SettingRepository:
    return PostgresSettings(wiring.database(settings))


async def object_store(settings: Settings) -> S3ObjectStore:
    return wiring.object_store(settings)


async def preview_store(settings: Settings) -> S3ObjectStore:
    return wiring.preview_store(settings)


async def export_store(settings: Settings) -> S3ObjectStore:
    return wiring.export_store(settings)


async def analysis_queue(settings: Settings) -> SqsAnalysisQueue:
    return wiring.analysis_queue(settings)


async def export_queue(settings: Settings) -> SqsExportQueue:
    return wiring.export_queue(settings)


async def job_queue(settings: Settings) -> SqsJobQueue:
    return wiring.job_queue(settings)


async def event_queue(settings: Settings) -> SqsEventQueue:
    return wiring.event_queue(settings)


_Creatives = Annotated[CreativeRepository, Depends(creative_repository)]
_Queries = Annotated[PostgresQueries, Depends(queries)]
_Exports = Annotated[ExportRepository, Depends(export_repository)]
_Jobs = Annotated[PostgresJobs, Depends(job_repository)]
_Webhooks = Annotated[PostgresWebhooks, Depends(webhook_repository)]
_Store = Annotated[S3ObjectStore, Depends(object_store)]
_Previews = Annotated[S3ObjectStore, Depends(preview_store)]
_Queue = Annotated[SqsAnalysisQueue, Depends(analysis_queue)]
_JobQueue = Annotated[SqsJobQueue, Depends(job_queue)]
_ExportStore = Annotated[S3ObjectStore, Depends(export_store)]
_Performance = Annotated[PerformanceRepository, Depends(performance_repository)]

# --- use cases ------------------------------------------------------------------------------------------------------


async def identify_caller(
    settings: Settings, workspaces: Annotated[WorkspaceQueries, Depends(workspaces)]
) -> IdentifyCaller:
    return IdentifyCaller(workspaces, settings.anonymous_workspace)


async def api_keys(keys: Annotated[KeyRepository, Depends(key_repository)]) -> ApiKeys:
    return ApiKeys(keys)


async def announce_uploads(creatives: _Creatives, store: _Store) -> AnnounceUploads:
    return AnnounceUploads(RegisterUploads(creatives, store))


async def store_upload(creatives: _Creatives, store: _Store) -> StoreUpload:
    return StoreUpload(creatives, store)


async def groups(queries: _Queries, creatives: _Creatives) -> Groups:
    return Groups(queries, creatives)


async def creatives(queries: _Queries, creatives: _Creatives) -> Creatives:
    return Creatives(queries, creatives)


async def picture_links(store: _Store, previews: _Previews) -> PictureLinks:
    return PictureLinks(store, previews)


async def browse_creatives(
    gallery: Annotated[GalleryQueries, Depends(gallery)],
    searches: Annotated[SearchQueries, Depends(searches)],
    likeness: Annotated[SimilarityQueries, Depends(likeness)],
) -> BrowseCreatives:
    return BrowseCreatives(gallery, searches, likeness)


async def delete_creatives(creatives: _Creatives, store: _Store, previews: _Previews) -> DeleteCreatives:
    return DeleteCreatives(creatives, store, previews)


async def trash(
    trash: Annotated[TrashRepository, Depends(trash_repository)], queue: _Queue, store: _Store, previews: _Previews
) -> Trash:
    return Trash(trash, queue, store, previews)


async def delete_group(
    queries: _Queries,
    delete: Annotated[DeleteCreatives, Depends(delete_creatives)],
    trash: Annotated[Trash, Depends(trash)],
    jobs: _Jobs,
    job_queue: _JobQueue,
) -> DeleteGroup:
    return DeleteGroup(queries, delete, trash, StartJob(jobs, job_queue))


async def reanalyze(creatives: _Creatives, queue: _Queue) -> Reanalyze:
    return Reanalyze(creatives, queue)


async def reanalyze_batch(creatives: _Creatives, queue: _Queue) -> ReanalyzeBatch:
    return ReanalyzeBatch(creatives, queue)


async def reanalyze_all(
    reanalyses: Annotated[ReanalysisRepository, Depends(reanalyses)],
    jobs: _Jobs,
    queue: _Queue,
    job_queue: _JobQueue,
) -> ReanalyzeAll:
    pages = ReanalysisPages(reanalyses, queue, FIRST_PAGE)
    return ReanalyzeAll(reanalyses, jobs, RunJob(jobs, job_queue, {JobKind.REANALYSIS: pages}))


async def jobs(jobs: _Jobs, files: _ExportStore) -> Jobs:
    return Jobs(jobs, files)


async def read_analytics(queries: _Queries, figures: Annotated[FigureQueries, Depends(figures)]) -> ReadAnalytics:
    return ReadAnalytics(queries, figures)


async def record_performance(performance: _Performance) -> RecordPerformance:
    return RecordPerformance(performance)


async def announce_file(performance: _Performance, files: _ExportStore) -> AnnounceFile:
    return AnnounceFile(performance, files)


async def import_file(jobs: _Jobs, job_queue: _JobQueue, files: _ExportStore) -> ImportFile:
    return ImportFile(StartJob(jobs, job_queue), files)


async def exports(settings: Settings, exports: _Exports, store: _ExportStore) -> Exports:
    return Exports(exports, store, timedelta(seconds=settings.upload_expiry_seconds))


async def request_export(exports: _Exports, queue: Annotated[SqsExportQueue, Depends(export_queue)]) -> RequestExport:
    return RequestExport(exports, queue)


async def webhooks(settings: Settings, webhooks: _Webhooks) -> Webhooks:
    return Webhooks(webhooks, allow_local=settings.webhooks_private_hosts)


async def ping_webhook(webhooks: _Webhooks, queue: Annotated[SqsEventQueue, Depends(event_queue)]) -> PingWebhook:
    return PingWebhook(webhooks, SendEvents(webhooks, queue))


async def workspace_settings(
    settings: Annotated[SettingRepository, Depends(setting_repository)],
) -> WorkspaceSettings:
    return WorkspaceSettings(settings)


async def check_health(queries: _Queries, store: _Store, queue: _Queue) -> CheckHealth:
    return CheckHealth(queries, store, queue, queries)


UseIdentifyCaller = Annotated[IdentifyCaller, Depends(identify_caller)]
UseApiKeys = Annotated[ApiKeys, Depends(api_keys)]
UseAuditLog = Annotated[AuditLog, Depends(audit_log)]
UseAnnounceUploads = Annotated[AnnounceUploads, Depends(announce_uploads)]
UseStoreUpload = Annotated[StoreUpload, Depends(store_upload)]
UseGroups = Annotated[Groups, Depends(groups)]
UseCreatives = Annotated[Creatives, Depends(creatives)]
UsePictureLinks = Annotated[PictureLinks, Depends(picture_links)]
UseBrowseCreatives = Annotated[BrowseCreatives, Depends(browse_creatives)]
UseDeleteCreatives = Annotated[DeleteCreatives, Depends(delete_creatives)]
UseTrash = Annotated[Trash, Depends(trash)]
UseReanalyze = Annotated[Reanalyze, Depends(reanalyze)]
UseDeleteGroup = Annotated[DeleteGroup, Depends(delete_group)]
UseReanalyzeBatch = Annotated[ReanalyzeBatch, Depends(reanalyze_batch)]
UseReanalyzeAll = Annotated[ReanalyzeAll, Depends(reanalyze_all)]
UseJobs = Annotated[Jobs, Depends(jobs)]
UseReadAnalytics = Annotated[ReadAnalytics, Depends(read_analytics)]
UseRecordPerformance = Annotated[RecordPerformance, Depends(record_performance)]
UseAnnounceFile = Annotated[AnnounceFile, Depends(announce_file)]
UseImportFile = Annotated[ImportFile, Depends(import_file)]
UseLiftEstimator = Annotated[LiftEstimator, Depends(lift_estimator)]
UseExports = Annotated[Exports, Depends(exports)]
UseRequestExport = Annotated[RequestExport, Depends(request_export)]
UseWebhooks = Annotated[Webhooks, Depends(webhooks)]
UsePingWebhook = Annotated[PingWebhook, Depends(ping_webhook)]
UseWorkspaceSettings = Annotated[WorkspaceSettings, Depends(workspace_settings)]
UseCheckHealth = Annotated[CheckHealth, Depends(check_health)]
