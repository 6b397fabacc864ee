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

# Not composed anew each time: every analysis asks this, and most get nothing.
_WANTING = text(
    "SELECT id FROM webhooks WHERE workspace_id = :workspace_id AND :event = ANY (events) ORDER BY id"
).columns(Webhook.id)


def note(session: Session, workspace_id: UUID, event_type: EventType, data: Mapping[str, Any]) -> None:
    """Notes in the caller's transaction what the workspace's webhooks are to be told. `data` is JSON.

    Costs one look into an index where there are none.
    """
    wanting = session.scalars(_WANTING, {"workspace_id": workspace_id, "event": event_type.value}).all()
    note_for(session, workspace_id, wanting, event_type, data)


def note_for(
    session: Session, workspace_id: UUID, webhook_ids: Sequence[UUID], event_type: str, data: Mapping[str, Any]
) -> list[UUID]:
    rows = [
        {
            "workspace_id": workspace_id,
            "id": uuid.uuid4(),
            "webhook_id": webhook_id,
            "event_type": str(event_type),
            "data": dict(data),
            # Not now(), at which the transaction began: it may have waited for locks since.
            "occurred_at": func.clock_timestamp(),
        }
        for webhook_id in webhook_ids
    ]
    for row in rows:
        session.execute(postgresql.insert(WebhookDelivery).values(row))
    return [row["id"] for row in rows]  # type: ignore[misc]
