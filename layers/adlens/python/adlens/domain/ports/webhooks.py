"""What the use cases need to keep webhooks and to send events to them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol
from uuid import UUID

from adlens.domain.paging import Page
from adlens.domain.webhooks import Delivery, EventType, Outgoing, Webhook


class EventQueue(Protocol):
    def send(self, deliveries: Sequence[Outgoing]) -> None: ...


class WebhookRepository(Protocol):
    def create(
        self, workspace_id: UUID, url: str, events: Sequence[EventType], description: str | None
    ) -> tuple[Webhook, str]:
        """A new webhook and its secret. Raises Conflict when the workspace has as many as it may."""
        ...

    def page(self, workspace_id: UUID, limit: int, cursor: str | None = None) -> Page[Webhook]:
        """Oldest first."""
        ...

    def get(self, workspace_id: UUID, webhook_id: UUID) -> Webhook:
        """Raises UnknownWebhook."""
        ...

    def delete(self, workspace_id: UUID, webhook_id: UUID) -> None:
        """Forgets a webhook and its deliveries. Raises UnknownWebhook."""
        ...

    def deliveries(self, workspace_id: UUID, webhook_id: UUID, limit: int, cursor: str | None = None) -> Page[Delivery]:
        """Newest first. Raises UnknownWebhook."""
        ...

    def note_ping(self, workspace_id: UUID, webhook_id: UUID) -> UUID:
        """Puts a ping for one webhook into the outbox and answers with the delivery's id. Raises UnknownWebhook."""
        ...


class Outbox(Protocol):
    """Deliveries that are not sent yet. An event is added in the transaction in which it happens."""

    def hand_over(self, send: Callable[[Sequence[Outgoing]], None], limit: int) -> int:
        """Passes at most `limit` deliveries to `send`. Returns how many. When `send` raises, they stay in the
        outbox.
        """
        ...
