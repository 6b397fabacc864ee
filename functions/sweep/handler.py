"""On a schedule: ends uploads that never arrived, sends lost work again, forgets old exports."""

from __future__ import annotations

import dataclasses
import functools
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit

from adlens.services.end_unfinished import Sweep, SweepExports
from adlens.settings import SweepSettings
from functions import wiring

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger(service="sweep")
tracer = Tracer(service="sweep")
metrics = Metrics(namespace="AdLens", service="sweep")


@functools.cache
def sweep() -> Sweep:
    settings = SweepSettings()
    return Sweep(
        wiring.creatives(settings),
        wiring.object_store(settings),
        wiring.analysis_queue(settings),
        upload_window=timedelta(seconds=settings.upload_expiry_seconds),
    )


@functools.cache
def sweep_exports() -> SweepExports:
    return SweepExports(wiring.exports(SweepSettings()))


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    now = datetime.now(UTC)
    result = sweep()(now)
    lost, forgotten = sweep_exports()(now)
    metrics.add_metric("UploadsMissing", MetricUnit.Count, result.ended)
    metrics.add_metric("WorkSentAgain", MetricUnit.Count, result.sent_again)
    metrics.add_metric("ExportsLost", MetricUnit.Count, lost)
    logger.info(
        "swept", ended=result.ended, sent_again=result.sent_again, exports_lost=lost, exports_forgotten=forgotten
    )
    return dataclasses.asdict(result)
