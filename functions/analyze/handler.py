"""Requests in, analyses out: a batch of queue messages, each its own success or failure."""

from __future__ import annotations

import faulthandler
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from adlens.domain.errors import MalformedEvent, TransientError
from adlens.domain.events import AnalysisRequested, parse_message
from functions.analyze import wiring
from functions.events import flush_outbox
from functions.messages import change_visibility, retry_later

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger(service="analyze")
tracer = Tracer(service="analyze")
metrics = Metrics(namespace="AdLens", service="analyze")
# A batch that failed as a whole is answered item by item as well: each message is visible again after its own delay.
processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)

SECONDS_TO_FINISH = 10
LOG = 2
"""Standard error, as a file descriptor: what is written there needs no interpreter."""


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    with stacks_logged_at_timeout(context):
        answer = process_partial_response(event, handle_record, processor, context)
    flush_outbox(wiring.send_events, context, logger)
    return answer


@contextmanager
def stacks_logged_at_timeout(context: LambdaContext) -> Iterator[None]:
    """A second before the call is killed, the log gets what each thread is at: native code that hangs says nothing."""
    faulthandler.dump_traceback_later(max(context.get_remaining_time_in_millis() / 1000 - 1, 0.001), file=LOG)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()


def handle_record(record: SQSRecord, lambda_context: LambdaContext) -> None:
    seconds_left = lambda_context.get_remaining_time_in_millis() / 1000
    try:
        if seconds_left < SECONDS_TO_FINISH:
            raise TransientError("Not enough time is left in this invocation.")
        events = parse_message(record.body)
        analyze_creative = wiring.analyze_creative()  # also for S3's test message, which `adlens up` warms workers with
        for event in events:
            if not isinstance(event, AnalysisRequested):
                raise MalformedEvent("Objects are for the function dispatch.")
            outcome = analyze_creative(event, record.message_id, seconds_left)
            logger.info("creative handled", outcome=outcome, event=event, message_id=record.message_id)
            metrics.add_metric(f"Creative{outcome.capitalize()}", MetricUnit.Count, 1)
    except MalformedEvent as error:
        # It cannot get better: nothing waits between it and the dead-letter queue.
        logger.error("unknown message format", message_id=record.message_id, reason=str(error))
        change_visibility(record, wiring.queue, 0)
        raise
    except Exception:
        logger.exception("message goes back to the queue", message_id=record.message_id)
        retry_later(record, wiring.queue)
        raise
