"""What the use cases need to keep what was delivered, and to estimate lift."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol
from uuid import UUID

from adlens.domain.gallery import CreativeFilter
from adlens.domain.lift import Lift, Metric, PerformanceTable
from adlens.domain.paging import Page
from adlens.domain.performance import DailyPerformance, MalformedRow, PerformanceReport, SentRow


class SentTable(Protocol):
    """A table of figures; `ignored_columns` are known once its rows were read."""

    @property
    def ignored_columns(self) -> tuple[str, ...]: ...

    def rows(self) -> Iterator[SentRow | MalformedRow]: ...


class PerformanceRepository(Protocol):
    def store(self, workspace_id: UUID, table: SentTable) -> PerformanceReport:
        """Stores what a table says of the workspace's creatives, replacing what is stored for the same days and
        placements of them. The table is read once, to its end, before the transaction begins.

        Raises what `table` raises, and then stores nothing.
        """
        ...

    def announce_file(self, workspace_id: UUID, object_key: str, until: datetime) -> None:
        """Has the file that will be stored there removed at `until`. Raises LimitReached when MOST_FILES wait."""
        ...

    def of_creative(
        self, workspace_id: UUID, creative_id: UUID, limit: int, cursor: str | None = None
    ) -> Page[DailyPerformance]:
        """The days of a creative and their placements, oldest first. Raises UnknownCreative."""
        ...


class LiftEstimator(Protocol):
    """How elements of creatives go with a metric, wherever that is calculated."""

    def __call__(self, workspace_id: UUID, metric: Metric, filters: CreativeFilter, /) -> Lift:
        """Raises UnknownGroup and InvalidValue for a filter that does not fit, TransientError without an answer."""
        ...


class PerformanceFigures(Protocol):
    def table(self, workspace_id: UUID, filters: CreativeFilter) -> PerformanceTable:
        """What was delivered of the creatives that match `filters`. Raises UnknownGroup and InvalidValue."""
        ...


class LiftStatistics(Protocol):
    def estimate(self, metric: Metric, table: PerformanceTable) -> Lift: ...
