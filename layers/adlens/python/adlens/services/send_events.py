"""Events in the outbox go to the queue of webhooks."""

from __future__ import annotations

from dataclasses import dataclass

from adlens.domain.ports.webhooks import EventQueue, Outbox


@dataclass(frozen=True, slots=True)
class SendEvents:
    """Called after every transaction that may have put events into the outbox, and by the sweep for those left."""

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
