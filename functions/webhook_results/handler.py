"""How deliveries of webhooks ended, into the database: reports of `webhooks`, and messages that its queue gave up."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Tracer
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from adlens.domain.errors import MalformedEvent
from adlens.domain.webhooks import parse_result
from adlens.settings import DatabaseSettings
from functions import wiring

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from adlens.persistence.webhooks.repository import PostgresWebhooks

logger = Logger(service="webhook_results")
tracer = Tracer(service="webhook_results")
processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


@functools.cache
def webhooks() -> PostgresWebhooks:
    return wiring.webhooks(DatabaseSettings())


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return process_partial_response(event, handle_record, processor, context)


def handle_record(record: SQSRecord) -> None:
    try:
        result = parse_result(record.body)
    except MalformedEvent as error:
        # Retrying cannot help. Its body is not logged: it may be a delivery with a secret in it.
        logger.error("unknown message format", message_id=record.message_id, reason=str(error))
        return
    known = webhooks().end(result)
    logger.info("delivery ended", delivery_id=str(result.id), error=result.error, known=known)
