"""On a schedule: ends uploads that never arrived, sends lost work and events again, forgets what is old."""

from __future__ import annotations

import dataclasses
import functools
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit

from adlens.services.end_unfinished import Sweep, SweepExports
from adlens.services.send_events import SendEvents
from adlens.settings import SweepSettings
from functions import wiring

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger(service="sweep")
tracer = Tracer(service="sweep")
metrics = Metrics(namespace="AdLens", service="sweep")


@functools.cache
def settings() -> SweepSettings:
    return SweepSettings()


@functools.cache
def sweep() -> Sweep:
    return Sweep(
        wiring.creatives(settings()),
        wiring.object_store(settings()),
        wiring.analysis_queue(settings()),
        upload_window=timedelta(seconds=settings().upload_expiry_seconds),
    )


@functools.cache
def sweep_exports() -> SweepExports:
    return SweepExports(wiring.exports(settings()))


@functools.cache
def send_events() -> SendEvents:
    return SendEvents(wiring.webhooks(settings()), wiring.event_queue(settings()))


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    now = datetime.now(UTC)
    result = sweep()(now)
    exports_lost, exports_forgotten = sweep_exports()(now)
    metrics.add_metric("UploadsMissing", MetricUnit.Count, result.ended)
    metrics.add_metric("WorkSentAgain", MetricUnit.Count, result.sent_again)
    metrics.add_metric("ExportsLost", MetricUnit.Count, exports_lost)
    events = send_events()()
    forgotten = wiring.webhooks(settings()).forget()
    metrics.add_metric("EventsSentLate", MetricUnit.Count, events)
    swept = {
        **dataclasses.asdict(result),
        "exports_lost": exports_lost,
        "exports_forgotten": exports_forgotten,
        "events": events,
        "forgotten": forgotten,
    }
    logger.info("swept", **swept)
    return swept
