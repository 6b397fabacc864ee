"""Delivers events to webhooks, one message each, and reports the outcome. Has no database."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from adlens.domain.errors import MalformedEvent, TransientError
from adlens.domain.webhooks import ATTEMPTS, DeliveryResult, Outgoing, parse_delivery, retry_delay
from adlens.settings import WebhookSettings
from adlens.storage.clients import sqs_client
from adlens.storage.queue import SqsResultQueue
from functions import wiring
from functions.messages import change_visibility
from functions.webhooks.post import AddressRefused, Unreachable, post

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from adlens.storage.queue import SqsEventQueue

logger = Logger(service="webhooks")
tracer = Tracer(service="webhooks", patch_modules=["boto3"])  # not http: a trace would name what customers' hosts get
metrics = Metrics(namespace="AdLens", service="webhooks")
processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)

GONE = 410
"""By the specification: the receiver wants no more."""


class NotDelivered(TransientError):
    """This attempt failed; the message returns to the queue."""


@functools.cache
def settings() -> WebhookSettings:
    return WebhookSettings()


def queue() -> SqsEventQueue:
    return wiring.event_queue(settings())


@functools.cache
def results() -> SqsResultQueue:
    return SqsResultQueue(sqs_client(), settings().webhook_results_queue_url)


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return process_partial_response(event, handle_record, processor, context)


def handle_record(record: SQSRecord) -> None:
    attempt = int(record.attributes.approximate_receive_count)
    try:
        delivery = parse_delivery(record.body)
        result = attempt_delivery(delivery, attempt)
        results().send(result)
    except MalformedEvent as error:
        logger.error("unknown message format", message_id=record.message_id, reason=str(error))
        change_visibility(record, queue, 0)
        raise
    except Exception:
        change_visibility(record, queue, retry_delay(attempt))
        raise
    metrics.add_metric("EventsDelivered" if result.error is None else "EventsGivenUp", MetricUnit.Count, 1)


def attempt_delivery(delivery: Outgoing, attempt: int) -> DeliveryResult:
    """How the delivery ended. Raises NotDelivered when it is to be tried again."""
    status = None
    try:
        status = post(delivery, public_only=not settings().webhooks_private_hosts)
        error = None if 200 <= status < 300 else f"It answered {status}."
        final = status == GONE
    except AddressRefused as refused:
        error, final = str(refused), True
    except Unreachable as unreachable:
        error, final = str(unreachable), False
    # The URL may hold a token of its owner's, so it is not logged.
    logger.info("attempt", delivery_id=str(delivery.id), attempt=attempt, status=status, error=error)
    if error is not None and not final and attempt < ATTEMPTS:
        raise NotDelivered(error)
    return DeliveryResult(delivery.workspace_id, delivery.id, attempt, status, error)
