"""What was noted for webhooks goes to their queue."""

from __future__ import annotations

from dataclasses import dataclass

from adlens.domain.ports.webhooks import EventQueue, Outbox


@dataclass(frozen=True, slots=True)
class SendEvents:
    """Called after every transaction that may have noted something, and by the sweep for what was left then."""

    outbox: Outbox
    queue: EventQueue
    batch: int = 100
    most: int = 1000

    def __call__(self) -> int:
        """How many deliveries were handed over, of whichever workspace, and no more than about `most`.

        Raises TransientError; what was not handed over stays in the outbox.
        """
        sent = 0
        while sent < self.most:
            count = self.outbox.hand_over(self.queue.send, self.batch)
            sent += count
            if count < self.batch:
                break
        return sent
