"""Requests of exports in, files out: one message of the queue, one file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from adlens.domain.errors import MalformedEvent
from adlens.domain.exports import parse_export_request
from functions.events import flush_outbox
from functions.exports import wiring
from functions.messages import change_visibility

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger(service="exports")
tracer = Tracer(service="exports")
metrics = Metrics(namespace="AdLens", service="exports")
processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)

SECONDS_AFTER_DEATH = 60
"""How long after its worker's time limit the message of a dead worker is visible again."""
DELAY_SECONDS = 15


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    answer = process_partial_response(event, handle_record, processor, context)
    flush_outbox(wiring.send_events, context, logger)
    return answer


def handle_record(record: SQSRecord, lambda_context: LambdaContext) -> None:
    seconds = lambda_context.get_remaining_time_in_millis() / 1000
    try:
        key = parse_export_request(record.body)
        # Sooner than after the queue's six timeouts.
        change_visibility(record, wiring.queue, int(seconds) + SECONDS_AFTER_DEATH)
        outcome = wiring.write_export()(key, record.message_id, seconds)
        logger.info("export handled", outcome=outcome, export=key, message_id=record.message_id)
        metrics.add_metric(f"Export{outcome.capitalize()}", MetricUnit.Count, 1)
    except MalformedEvent as error:
        logger.error("unknown message format", message_id=record.message_id, reason=str(error))
        change_visibility(record, wiring.queue, 0)
        raise
    except Exception:
        logger.exception("message goes back to the queue", message_id=record.message_id)
        change_visibility(record, wiring.queue, DELAY_SECONDS * int(record.attributes.approximate_receive_count))
        raise
