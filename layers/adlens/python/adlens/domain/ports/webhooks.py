"""What the use cases need to send events to webhooks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from adlens.domain.webhooks import Outgoing


class EventQueue(Protocol):
    def send(self, deliveries: Sequence[Outgoing]) -> None: ...


class Outbox(Protocol):
    """What webhooks are still to be told. It is noted with what it tells of, in one transaction."""

    def hand_over(self, send: Callable[[Sequence[Outgoing]], None], limit: int) -> int:
        """Gives at most `limit` deliveries to `send` and answers how many; what `send` raises leaves them where they
        were."""
        ...
