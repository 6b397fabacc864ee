"""Requests of jobs in, a stretch of work each: one message of the queue at a time."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from adlens.domain.errors import MalformedEvent
from adlens.domain.jobs import JobKind, PerformanceOrder, parse_job_request
from adlens.importing.table import Table, table_of_file
from adlens.persistence.creatives.trash import PostgresTrash
from adlens.persistence.jobs.pages import PostgresJobPages, PostgresPerformanceImports
from adlens.services.remove_files import DeleteCreatives
from adlens.services.run_job import LEASE_SECONDS, DeletionPages, PerformancePages, ReanalysisPages, RunJob
from adlens.settings import JobSettings
from functions import wiring
from functions.messages import change_visibility, retry_later

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from adlens.storage.queue import SqsJobQueue

logger = Logger(service="jobs")
tracer = Tracer(service="jobs")
metrics = Metrics(namespace="AdLens", service="jobs")
processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)

SECONDS_FOR_A_PAGE = 120
"""With less time left the rest of a job goes to another call."""
HIDDEN_SECONDS = 2 * LEASE_SECONDS
"""So long after the death of its worker at most a message comes back, when the lease has run out."""
RENEWED_AFTER_SECONDS = 30


@functools.cache
def settings() -> JobSettings:
    return JobSettings()


@functools.cache
def run_job() -> RunJob:
    database = wiring.database(settings())
    jobs, pages = wiring.jobs(settings()), PostgresJobPages(database)
    delete = DeleteCreatives(
        wiring.creatives(settings()), wiring.object_store(settings()), wiring.preview_store(settings())
    )
    files = wiring.store(settings(), settings().exports_bucket)
    performance = PerformancePages(jobs, PostgresPerformanceImports(database), files, read_table)
    return RunJob(
        jobs,
        queue(),
        {
            JobKind.REANALYSIS: ReanalysisPages(pages, wiring.analysis_queue(settings())),
            JobKind.DELETION: DeletionPages(jobs, pages, delete, PostgresTrash(database)),
            JobKind.PERFORMANCE: performance,
        },
        {JobKind.PERFORMANCE: performance.clean_up},
    )


def read_table(data: bytes, order: PerformanceOrder) -> Table:
    return table_of_file(data, order.as_json, order.charset)


def queue() -> SqsJobQueue:
    return wiring.job_queue(settings())


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return process_partial_response(event, handle_record, processor, context)


def handle_record(record: SQSRecord, lambda_context: LambdaContext) -> None:
    try:
        key = parse_job_request(record.body)
        with _kept_hidden(record):
            outcome = run_job()(key, record.message_id, _has_time(lambda_context))
        logger.info("job handled", outcome=outcome, job=key, message_id=record.message_id)
        metrics.add_metric(f"Job{outcome.title().replace('_', '')}", MetricUnit.Count, 1)
    except MalformedEvent as error:
        logger.error("unknown message format", message_id=record.message_id, reason=str(error))
        change_visibility(record, queue, 0)
        raise
    except Exception:
        logger.exception("message goes back to the queue", message_id=record.message_id)
        retry_later(record, queue)
        raise


@contextmanager
def _kept_hidden(record: SQSRecord) -> Iterator[None]:
    """Keeps a message hidden while it is worked on, from a thread: a page may take minutes."""
    ended = threading.Event()

    def renew() -> None:
        while not ended.wait(RENEWED_AFTER_SECONDS):
            change_visibility(record, queue, HIDDEN_SECONDS)

    change_visibility(record, queue, HIDDEN_SECONDS)
    renewing = threading.Thread(target=renew, daemon=True)
    renewing.start()
    try:
        yield
    finally:
        ended.set()
        renewing.join()


def _has_time(context: LambdaContext) -> Callable[[], bool]:
    """Whether there is time for another page."""
    return lambda: context.get_remaining_time_in_millis() / 1000 > SECONDS_FOR_A_PAGE
