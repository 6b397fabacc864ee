"""Adapters that several functions need, made once per container and on first use."""

from __future__ import annotations

import functools
from datetime import timedelta
from typing import TYPE_CHECKING

from adlens.domain.errors import TransientError
from adlens.settings import (
    AdminSettings,
    DatabaseSettings,
    DispatchSettings,
    EventSettings,
    ExportQueueSettings,
    ExportSettings,
    JobQueueSettings,
    LiftSettings,
    PreviewSettings,
    QueueSettings,
    StorageSettings,
    StoreSettings,
    SweepSettings,
)

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from adlens.persistence.creatives.repository import PostgresCreatives
    from adlens.persistence.exports.repository import PostgresExports
    from adlens.persistence.jobs.repository import PostgresJobs
    from adlens.persistence.webhooks.repository import PostgresWebhooks
    from adlens.services.check_storage import CheckStorage
    from adlens.storage.lift import LambdaLiftEstimator
    from adlens.storage.objects import S3ObjectStore
    from adlens.storage.queue import SqsAnalysisQueue, SqsEventQueue, SqsExportQueue, SqsJobQueue, SqsUploadsQueue


@functools.cache
def database(settings: DatabaseSettings, connections: int = 1) -> Engine:
    from sqlalchemy import URL

    from adlens.persistence.session import CERTIFICATES, Credentials, make_engine

    seconds = settings.database_connect_seconds
    if settings.database_url is not None:
        return make_engine(settings.database_url.get_secret_value(), pool_size=connections, connect_seconds=seconds)

    def credentials(refresh: bool) -> Credentials:  # each is signed anew: there is nothing to refresh
        from adlens.storage.clients import database_token

        token = database_token(settings.database_host or "", settings.database_user)
        return Credentials(settings.database_user, token)

    url = URL.create(
        "postgresql+psycopg2",
        host=settings.database_host,
        database=settings.database_name,
        query={"sslmode": "verify-full", "sslrootcert": str(CERTIFICATES)},
    )
    return make_engine(url, credentials, pool_size=connections, connect_seconds=seconds)


@functools.cache
def creatives(settings: DatabaseSettings) -> PostgresCreatives:
    from adlens.persistence.creatives.repository import PostgresCreatives

    return PostgresCreatives(database(settings))


@functools.cache
def object_store(settings: StorageSettings) -> S3ObjectStore:
    return store(settings, settings.uploads_bucket)


@functools.cache
def preview_store(settings: PreviewSettings) -> S3ObjectStore:
    return store(settings, settings.previews_bucket)


@functools.cache
def export_store(settings: ExportSettings) -> S3ObjectStore:
    return store(settings, settings.exports_bucket)


def check_storage(settings: SweepSettings | AdminSettings) -> CheckStorage:
    from adlens.domain.stored_files import FileKind
    from adlens.persistence.creatives.stored_files import PostgresFileRecords
    from adlens.services.check_storage import CheckStorage

    buckets = {
        FileKind.UPLOADS: settings.uploads_bucket,
        FileKind.PREVIEWS: settings.previews_bucket,
        FileKind.EXPORTS: settings.exports_bucket,
    }
    return CheckStorage(
        PostgresFileRecords(database(settings)),
        {kind: store(settings, bucket) for kind, bucket in buckets.items()},
        timedelta(days=settings.uploads_expire_days) if settings.uploads_expire_days else None,
    )


def store(settings: StoreSettings, bucket: str) -> S3ObjectStore:
    """A store of any bucket; not cached."""
    from adlens.storage.clients import s3_client
    from adlens.storage.objects import S3ObjectStore

    style = settings.s3_addressing_style
    return S3ObjectStore(
        client=s3_client(settings.s3_endpoint_url, style),
        public_client=s3_client(settings.s3_public_endpoint_url or settings.s3_endpoint_url, style),
        bucket=bucket,
        expiry_seconds=settings.upload_expiry_seconds,
    )


@functools.cache
def analysis_queue(settings: QueueSettings) -> SqsAnalysisQueue:
    from adlens.storage.clients import sqs_client
    from adlens.storage.queue import SqsAnalysisQueue

    return SqsAnalysisQueue(sqs_client(), settings.queue_url)


@functools.cache
def uploads_queue(settings: DispatchSettings) -> SqsUploadsQueue:
    from adlens.storage.clients import sqs_client
    from adlens.storage.queue import SqsUploadsQueue

    return SqsUploadsQueue(sqs_client(), settings.uploads_queue_url)


@functools.cache
def exports(settings: DatabaseSettings, connections: int = 1) -> PostgresExports:
    from adlens.persistence.exports.repository import PostgresExports

    return PostgresExports(database(settings, connections))


@functools.cache
def export_queue(settings: ExportQueueSettings) -> SqsExportQueue:
    from adlens.storage.clients import sqs_client
    from adlens.storage.queue import SqsExportQueue

    return SqsExportQueue(sqs_client(), settings.exports_queue_url)


@functools.cache
def jobs(settings: DatabaseSettings) -> PostgresJobs:
    from adlens.persistence.jobs.repository import PostgresJobs

    return PostgresJobs(database(settings))


@functools.cache
def job_queue(settings: JobQueueSettings) -> SqsJobQueue:
    from adlens.storage.clients import sqs_client
    from adlens.storage.queue import SqsJobQueue

    return SqsJobQueue(sqs_client(), settings.jobs_queue_url)


@functools.cache
def webhooks(settings: DatabaseSettings) -> PostgresWebhooks:
    from adlens.persistence.webhooks.repository import PostgresWebhooks

    return PostgresWebhooks(database(settings))


@functools.cache
def event_queue(settings: EventSettings) -> SqsEventQueue:
    from adlens.storage.clients import sqs_client
    from adlens.storage.queue import SqsEventQueue

    return SqsEventQueue(sqs_client(), settings.webhooks_queue_url)


def lift_estimator(settings: LiftSettings) -> LambdaLiftEstimator:
    """Raises TransientError where there is no such function."""
    if not settings.lift_function:
        raise TransientError("This installation has no statistics function; set ADLENS_LIFT_FUNCTION.")
    from adlens.storage.clients import lambda_client
    from adlens.storage.lift import LambdaLiftEstimator

    return LambdaLiftEstimator(lambda_client(settings.lift_endpoint_url), settings.lift_function)
