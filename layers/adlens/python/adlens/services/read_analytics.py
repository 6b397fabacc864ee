"""Figures over a group, over a workspace, over any filter, and of two filters compared."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from adlens.domain.analytics import Analytics
from adlens.domain.comparison import Comparison, compare
from adlens.domain.figures import By, Figures
from adlens.domain.gallery import CreativeFilter
from adlens.domain.ports.analytics import FigureQueries, OverviewQueries


@dataclass(frozen=True, slots=True)
class ReadAnalytics:
    overview: OverviewQueries
    figures: FigureQueries

    def of_group(self, workspace_id: UUID, group_id: str) -> Analytics:
        """Raises UnknownGroup."""
        return self.overview.group_analytics(workspace_id, group_id)

    def of_workspace(self, workspace_id: UUID) -> Analytics:
        return self.overview.workspace_analytics(workspace_id)

    def breakdown(self, workspace_id: UUID, filters: CreativeFilter, by: By, limit: int, cursor: str | None) -> Figures:
        """Raises UnknownGroup, and InvalidValue for a foreign cursor or for too many rows by time."""
        return self.figures.breakdown(workspace_id, filters, by, limit, cursor)

    def compare(self, workspace_id: UUID, a: CreativeFilter, b: CreativeFilter) -> Comparison:
        """Raises UnknownGroup, and InvalidValue when a creative is in both."""
        return compare(self.figures.sides(workspace_id, a, b))
