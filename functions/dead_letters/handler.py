"""What a queue gave up ends in ERROR or FAILED, where its owner sees it and can start it again."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from adlens.domain.errors import MalformedEvent
from adlens.domain.events import parse_message
from adlens.domain.exports import is_export_request, parse_export_request
from adlens.domain.jobs import is_job_request, parse_job_request
from adlens.services.end_unfinished import EndDeadExport, EndDeadLetter
from adlens.services.jobs import EndDeadJob
from adlens.settings import DatabaseSettings
from functions import wiring

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger(service="dead_letters")
tracer = Tracer(service="dead_letters")
metrics = Metrics(namespace="AdLens", service="dead_letters")
processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


@functools.cache
def end_dead_letter() -> EndDeadLetter:
    return EndDeadLetter(wiring.creatives(DatabaseSettings()))


@functools.cache
def end_dead_export() -> EndDeadExport:
    return EndDeadExport(wiring.exports(DatabaseSettings()))


@functools.cache
def end_dead_job() -> EndDeadJob:
    return EndDeadJob(wiring.jobs(DatabaseSettings()))


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return process_partial_response(event, handle_record, processor, context)


def handle_record(record: SQSRecord) -> None:
    metrics.add_metric("DeadLetters", MetricUnit.Count, 1)
    try:
        if is_export_request(record.body):
            key = parse_export_request(record.body)
            ended = end_dead_export()(key, record.message_id)
            logger.warning("dead letter", export=key, message_id=record.message_id, ended=ended)
            return
        if is_job_request(record.body):
            job = parse_job_request(record.body)
            ended = end_dead_job()(job, record.message_id)
            logger.warning("dead letter", job=job, message_id=record.message_id, ended=ended)
            return
        events = parse_message(record.body)
    except MalformedEvent as error:
        # Retrying cannot help and no creative is known: the log and the metric's alarm are where it is seen.
        logger.error(
            "dead letter of unknown format",
            reason=str(error),
            message_id=record.message_id,
            characters=len(record.body),  # the rest may be anybody's text
        )
        return
    for event in events:
        ended = end_dead_letter()(event, record.message_id)
        logger.warning("dead letter", event=event, message_id=record.message_id, ended=ended)
