"""Objects that have arrived, from the store's notifications to the queue of the analysis, in turn."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.data_classes import SQSEvent
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from adlens.domain.errors import MalformedEvent
from adlens.domain.events import Event, parse_message
from adlens.services.dispatch_uploads import DispatchUploads
from adlens.settings import DispatchSettings
from functions import wiring
from functions.messages import change_visibility, retry_later

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from adlens.storage.queue import SqsUploadsQueue

logger = Logger(service="dispatch")
tracer = Tracer(service="dispatch")
metrics = Metrics(namespace="AdLens", service="dispatch")


@functools.cache
def settings() -> DispatchSettings:
    return DispatchSettings()


@functools.cache
def dispatch_uploads() -> DispatchUploads:
    return DispatchUploads(wiring.creatives(settings()), wiring.analysis_queue(settings()))


def uploads_queue() -> SqsUploadsQueue:
    return wiring.uploads_queue(settings())


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """The messages of a batch become rows and requests together: they succeed together, but for those of no use."""
    records = list(SQSEvent(event).records)
    events: list[Event] = []
    failed: list[SQSRecord] = []
    for record in records:
        try:
            events += parse_message(record.body)
        except MalformedEvent as error:
            # It cannot get better: nothing waits between it and the dead-letter queue.
            logger.error("unknown message format", message_id=record.message_id, reason=str(error))
            change_visibility(record, uploads_queue, 0)
            failed.append(record)
    try:
        sent = dispatch_uploads()(events)
        logger.info("dispatched", events=len(events), requests=sent)
        metrics.add_metric("Dispatched", MetricUnit.Count, sent)
    except Exception:
        logger.exception("messages go back to the queue")
        for record in records:
            if record not in failed:
                retry_later(record, uploads_queue)
        failed = records
    return {"batchItemFailures": [{"itemIdentifier": record.message_id} for record in failed]}
