"""Webhooks: where events are sent to, and how that went."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from adlens.domain.errors import TransientError
from adlens.domain.paging import Page
from adlens.domain.ports.webhooks import WebhookRepository
from adlens.domain.webhooks import Delivery, EventType, Webhook, check_url
from adlens.services.send_events import SendEvents


@dataclass(frozen=True, slots=True)
class Webhooks:
    """`allow_local` lets webhooks reach private hosts. Methods that take a `webhook_id` raise UnknownWebhook."""

    webhooks: WebhookRepository
    allow_local: bool

    def create(
        self, workspace_id: UUID, url: str, events: Sequence[EventType], description: str | None
    ) -> tuple[Webhook, str]:
        """A webhook and the secret that its deliveries are signed with. Raises InvalidValue for a URL that nothing may
        be sent to, and Conflict when there are too many."""
        return self.webhooks.create(workspace_id, check_url(url, local=self.allow_local), events, description)

    def page(self, workspace_id: UUID, limit: int, cursor: str | None) -> Page[Webhook]:
        return self.webhooks.page(workspace_id, limit, cursor)

    def get(self, workspace_id: UUID, webhook_id: UUID) -> Webhook:
        return self.webhooks.get(workspace_id, webhook_id)

    def delete(self, workspace_id: UUID, webhook_id: UUID) -> None:
        self.webhooks.delete(workspace_id, webhook_id)

    def deliveries(self, workspace_id: UUID, webhook_id: UUID, limit: int, cursor: str | None) -> Page[Delivery]:
        return self.webhooks.deliveries(workspace_id, webhook_id, limit, cursor)


@dataclass(frozen=True, slots=True)
class Ping:
    """`error` is why it waits for the sweep; None when it is on its way."""

    delivery_id: UUID
    error: TransientError | None = None


@dataclass(frozen=True, slots=True)
class PingWebhook:
    webhooks: WebhookRepository
    send_events: SendEvents

    def __call__(self, workspace_id: UUID, webhook_id: UUID) -> Ping:
        """Sends an event of the type `ping`. Raises UnknownWebhook."""
        delivery_id = self.webhooks.note_ping(workspace_id, webhook_id)
        try:
            self.send_events()
        except TransientError as error:
            return Ping(delivery_id, error)
        return Ping(delivery_id)
