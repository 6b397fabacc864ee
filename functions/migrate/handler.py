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


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, str]:
    from adlens.persistence.migrations import migrate

    revision = migrate(wiring.database(DatabaseSettings()))
    logger.info("schema is up to date", revision=revision)
    return {"revision": revision}
