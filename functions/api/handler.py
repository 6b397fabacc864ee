"""API Gateway in, FastAPI out."""

from __future__ import annotations

import functools
import gc
import warnings
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.logging import correlation_paths
from fastapi import FastAPI
from mangum import Mangum

from adlens.settings import RuntimeSettings
from functions import wiring
from functions.api.app import create_app
from functions.api.observability import logger, metrics, tracer

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

# Most requests have nothing to count; the gateway counts requests itself.
warnings.filterwarnings("ignore", "No application metrics to publish")


@functools.cache
def adapter() -> Mangum:
    app = create_app()
    # What is there for good need not be searched for garbage again and again.
    gc.freeze()
    return Mangum(app, lifespan="off", api_gateway_base_path=app.state.settings.api_root_path)


def prime() -> None:
    """Makes all that the first request would, so that a snapshot has it. Connects to nothing: a connection does not
    outlive a snapshot.
    """
    app = adapter().app
    assert isinstance(app, FastAPI)  # noqa: S101 - made above
    settings = app.state.settings
    wiring.creatives(settings)
    for store in (wiring.object_store, wiring.preview_store, wiring.export_store):
        store(settings)
    for queue in (wiring.analysis_queue, wiring.export_queue, wiring.event_queue):
        queue(settings)
    app.openapi()


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_REST, clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return adapter()(event, context)  # type: ignore[arg-type]


if RuntimeSettings().takes_snapshot:
    prime()
