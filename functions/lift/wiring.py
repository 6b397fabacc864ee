"""The lift function put together, once per container."""

from __future__ import annotations

import functools

from adlens.services.estimate_lift import EstimateLift
from adlens.settings import DatabaseSettings
from functions import wiring


@functools.cache
def estimate_lift() -> EstimateLift:
    from adlens.persistence.performance.lift import PostgresPerformanceFigures
    from adlens.statistics.lift import LiftByRegression

    return EstimateLift(PostgresPerformanceFigures(wiring.database(DatabaseSettings())), LiftByRegression())
