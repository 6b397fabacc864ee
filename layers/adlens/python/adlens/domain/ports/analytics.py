"""What the use cases need to answer with figures. All reads are of one workspace."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from adlens.domain.analytics import Analytics
from adlens.domain.comparison import Sides
from adlens.domain.figures import By, Figures
from adlens.domain.gallery import CreativeFilter


class OverviewQueries(Protocol):
    """From roll-ups only."""

    def group_analytics(self, workspace_id: UUID, group_id: str) -> Analytics:
        """Raises UnknownGroup."""
        ...

    def workspace_analytics(self, workspace_id: UUID) -> Analytics: ...


class FigureQueries(Protocol):
    def breakdown(
        self, workspace_id: UUID, filters: CreativeFilter, by: By, limit: int, cursor: str | None = None
    ) -> Figures:
        """Largest row first, or earliest. Raises UnknownGroup, and InvalidValue for a foreign cursor or for too many
        rows by time."""
        ...

    def sides(self, workspace_id: UUID, a: CreativeFilter, b: CreativeFilter) -> Sides:
        """What two sets of creatives have. Raises UnknownGroup, and InvalidValue when a creative is in both."""
        ...
