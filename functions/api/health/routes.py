"""Whether everything that the service needs is there."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import TypeVar

from fastapi import APIRouter, Response

from adlens.domain.errors import TransientError
from functions.api import VERSION
from functions.api.dependencies import Queries, Queue, Store
from functions.api.health.schemas import HealthOut, ModelsHealthOut, PartHealthOut, models_health_out
from functions.api.observability import logger

Part = TypeVar("Part", bound=PartHealthOut)
router = APIRouter(tags=["health"])


@router.get("/health", responses={503: {"model": HealthOut, "description": "A part that everything needs failed."}})
def health(response: Response, queries: Queries, store: Store, queue: Queue) -> HealthOut:
    """Whether database, store and queue answer, and which models the workers reported last, with what is known of
    their quality and limits. Needs no key.
    """

    def models() -> ModelsHealthOut:
        bundle = queries.latest_bundle()
        if bundle is None:
            return ModelsHealthOut(status="unknown", detail="No worker has reported its models yet.")
        return models_health_out(bundle)

    with ThreadPoolExecutor(4) as pool:
        pings = pool.map(lambda part: _checked(_pinged(part.ping), PartHealthOut), (queries, store, queue))
        bundle = _checked(models, ModelsHealthOut)
        database, objects, messages = pings
    healthy = all(part.status == "ok" for part in (database, objects, messages))
    if not healthy:
        response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
    return HealthOut(
        status="ok" if healthy else "failed",
        version=VERSION,
        database=database,
        store=objects,
        queue=messages,
        models=bundle,
    )


def _pinged(ping: Callable[[], None]) -> Callable[[], PartHealthOut]:
    def check() -> PartHealthOut:
        ping()
        return PartHealthOut(status="ok")

    return check


def _checked(check: Callable[[], Part], shape: type[Part]) -> Part:
    started = time.perf_counter()
    try:
        part = check()
    except TransientError as error:
        logger.warning("health check failed", exc_info=True)
        part = shape(status="failed", detail=str(error))
    except Exception:  # whatever it is: this route reports it
        logger.exception("health check failed")
        part = shape(status="failed", detail="It cannot be used; the log says why.")
    return part.model_copy(update={"latency_ms": round(1000 * (time.perf_counter() - started), 1)})
