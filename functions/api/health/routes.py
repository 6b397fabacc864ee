"""Whether everything that the service needs is there."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, Response

from adlens.domain.errors import TransientError
from functions.api import VERSION
from functions.api.dependencies import UseCheckHealth
from functions.api.health.schemas import HealthOut, health_out
from functions.api.observability import logger

router = APIRouter(tags=["health"])


@router.get("/health", responses={503: {"model": HealthOut, "description": "A part that everything needs failed."}})
def health(response: Response, check: UseCheckHealth) -> HealthOut:
    """Whether database, store and queue answer, and which models the workers reported last, with what is known of
    their quality and limits. Needs no key.
    """
    found = check()
    for part in (found.database, found.store, found.queue, found.bundle):
        if isinstance(part.error, TransientError):
            logger.warning("health check failed", exc_info=part.error)
        elif part.error:
            logger.error("health check failed", exc_info=part.error)
    if not found.is_ok:
        response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
    return health_out(found, VERSION)
