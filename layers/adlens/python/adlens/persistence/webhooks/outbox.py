"""Events for webhooks, written in the transaction in which they happen."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    func,
    text,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from adlens.domain.webhooks import EventType
from adlens.persistence.schema.webhooks import Webhook, WebhookDelivery

# Compiled once: every analysis runs it, and most find nothing.
_WANTING = text(
    "SELECT id FROM webhooks WHERE workspace_id = :workspace_id AND :event = ANY (events) ORDER BY id"
).columns(Webhook.id)


def enqueue_event(session: Session, workspace_id: UUID, event_type: EventType, data: Mapping[str, Any]) -> None:
    """Adds an event to the outbox, for each webhook of the workspace that wants it, in the caller's transaction. `data`
    is JSON. Without such webhooks it costs one index lookup.
    """
    wanting = session.scalars(_WANTING, {"workspace_id": workspace_id, "event": event_type.value}).all()
    enqueue_deliveries(session, workspace_id, wanting, event_type, data)


def enqueue_deliveries(
    session: Session, workspace_id: UUID, webhook_ids: Sequence[UUID], event_type: str, data: Mapping[str, Any]
) -> list[UUID]:
    deliveries = {uuid.uuid4(): webhook_id for webhook_id in webhook_ids}
    for id_, webhook_id in deliveries.items():
        session.execute(
            postgresql.insert(WebhookDelivery).values(
                workspace_id=workspace_id,
                id=id_,
                webhook_id=webhook_id,
                event_type=str(event_type),
                data=dict(data),
                # Not now(), the start of the transaction: it may have waited for locks since.
                occurred_at=func.clock_timestamp(),
            )
        )
    return list(deliveries)
