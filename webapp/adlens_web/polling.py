"""The pauses between repeated requests of a page, while its data still change."""

from __future__ import annotations

from dataclasses import dataclass

SLOWER = 1.5


@dataclass(frozen=True)
class Polling:
    """Asks soon while things change, then ever later. Times are in milliseconds."""

    soonest: int
    latest: int

    def next_pause(self, pause: int, *, changed: bool, pending: bool) -> int:
        """The pause before the next request, from the `pause` before this one. 0 when nothing is `pending`: the page
        stops asking."""
        if not pending:
            return 0
        return self.soonest if changed or not pause else min(round(pause * SLOWER), self.latest)
