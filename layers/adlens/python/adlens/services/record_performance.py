"""What was delivered of creatives, as platforms report it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from uuid import UUID

from adlens.domain.creative import CreativeId
from adlens.domain.paging import Page
from adlens.domain.performance import DailyPerformance, MalformedRow, PerformanceReport, SentRow
from adlens.domain.ports.performance import PerformanceRepository


@dataclass(frozen=True, slots=True)
class RecordPerformance:
    performance: PerformanceRepository

    def __call__(self, workspace_id: UUID, read: Callable[[], Iterable[SentRow | MalformedRow]]) -> PerformanceReport:
        """What became of every row that `read` gives, which may be called again. Raises what it raises."""
        return self.performance.store(workspace_id, read)

    def of_creative(self, key: CreativeId, limit: int, cursor: str | None) -> Page[DailyPerformance]:
        """Oldest day first. Raises UnknownCreative."""
        return self.performance.of_creative(key.workspace_id, key.id, limit, cursor)
