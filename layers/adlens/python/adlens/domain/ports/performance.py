"""What the use cases need to estimate lift."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from adlens.domain.gallery import CreativeFilter
from adlens.domain.lift import Lift, Metric, PerformanceTable


class LiftEstimator(Protocol):
    """How elements of creatives go with a metric, wherever that is calculated."""

    def __call__(self, workspace_id: UUID, metric: Metric, chosen: CreativeFilter) -> Lift:
        """Raises UnknownGroup and InvalidValue for a filter that does not fit, TransientError without an answer."""
        ...


class PerformanceFigures(Protocol):
    def table(self, workspace_id: UUID, chosen: CreativeFilter) -> PerformanceTable:
        """What was delivered of the creatives that `chosen` is true of. Raises UnknownGroup and InvalidValue."""
        ...


class LiftStatistics(Protocol):
    def estimate(self, metric: Metric, table: PerformanceTable) -> Lift: ...
