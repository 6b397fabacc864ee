"""Brings the database's schema up to date; runs on every deployment, before anything else uses it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Tracer

from adlens.settings import DatabaseSettings
from functions import wiring

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger(service="migrate")
tracer = Tracer(service="migrate")

SECONDS_LEFT = 60
"""Of the function's time: for an answer that says why it did not come to an end."""


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, str]:
    from adlens.persistence.migrations import migrate

    seconds = context.get_remaining_time_in_millis() / 1000 - SECONDS_LEFT
    revision = migrate(wiring.database(DatabaseSettings()), seconds)
    logger.info("schema is up to date", revision=revision)
    return {"revision": revision}
