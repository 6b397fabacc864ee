"""How elements of creatives go with a metric, from what is stored."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from adlens.domain.gallery import CreativeFilter
from adlens.domain.lift import Lift, Metric
from adlens.domain.ports.performance import LiftStatistics, PerformanceFigures


@dataclass(frozen=True, slots=True)
class EstimateLift:
    figures: PerformanceFigures
    statistics: LiftStatistics

    def __call__(self, workspace_id: UUID, metric: Metric, chosen: CreativeFilter) -> Lift:
        return self.statistics.estimate(metric, self.figures.table(workspace_id, chosen))
