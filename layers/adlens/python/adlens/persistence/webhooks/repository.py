"""Webhooks and their outbox on PostgreSQL.

An event is written to the outbox in the transaction in which it happens (`enqueue_event`). After it, the next worker or
the sweep moves the outbox to the queue. So no event is sent that did not happen, and none that happened is lost.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import (
    Engine,
    delete,
    func,
    select,
    tuple_,
    update,
)
from sqlalchemy.orm import Session

from adlens.domain import webhooks as domain
from adlens.domain.errors import Conflict, UnknownWebhook
from adlens.domain.paging import Page
from adlens.domain.webhooks import Delivery, DeliveryResult, DeliveryState, EventType, Outgoing
from adlens.persistence import schema
from adlens.persistence.paging import cursor_of, fetch_page, read_cursor
from adlens.persistence.schema.webhooks import Webhook, WebhookDelivery
from adlens.persistence.session import transaction, transactional
from adlens.persistence.webhooks.outbox import enqueue_deliveries

MAX_WEBHOOKS = 20
KEPT = timedelta(days=30)
"""How long deliveries can be looked up."""

_FORGOTTEN_AT_ONCE = 10_000


class PostgresWebhooks:
    """Implements `adlens.domain.ports.webhooks.Outbox` as well."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @transactional
    def create(
        self, session: Session, workspace_id: UUID, url: str, events: Sequence[EventType], description: str | None
    ) -> tuple[domain.Webhook, str]:
        """A new webhook and its secret. Raises Conflict when the workspace has as many as it may."""
        # Not FOR UPDATE, which would wait for every transaction that adds a row to the workspace.
        session.execute(
            select(schema.Workspace.id).where(schema.Workspace.id == workspace_id).with_for_update(key_share=True)
        )
        count = session.scalar(select(func.count()).where(Webhook.workspace_id == workspace_id)) or 0
        if count >= MAX_WEBHOOKS:
            raise Conflict(f"A workspace has {MAX_WEBHOOKS} webhooks at most; delete one first.")
        row = Webhook(
            workspace_id=workspace_id,
            id=uuid.uuid4(),
            url=url,
            secret=domain.new_secret(),
            events=sorted(set(events)),
            description=description,
        )
        session.add(row)
        session.flush()
        session.refresh(row)
        return _webhook(row), row.secret

    @transactional
    def page(self, session: Session, workspace_id: UUID, limit: int, cursor: str | None = None) -> Page[domain.Webhook]:
        """Oldest first."""
        statement = select(Webhook).where(Webhook.workspace_id == workspace_id)
        if cursor is not None:
            after = read_cursor(cursor, datetime.fromisoformat, UUID)
            statement = statement.where(tuple_(Webhook.created_at, Webhook.id) > after)
        rows, more = fetch_page(session, statement.order_by(Webhook.created_at, Webhook.id), limit)
        return Page(tuple(map(_webhook, rows)), cursor_of(rows[-1].created_at, rows[-1].id) if more else None)

    @transactional
    def get(self, session: Session, workspace_id: UUID, webhook_id: UUID) -> domain.Webhook:
        """Raises UnknownWebhook."""
        return _webhook(_known(session, workspace_id, webhook_id))

    @transactional
    def delete(self, session: Session, workspace_id: UUID, webhook_id: UUID) -> None:
        """Forgets a webhook and its deliveries. Raises UnknownWebhook."""
        session.delete(_known(session, workspace_id, webhook_id))

    @transactional
    def deliveries(
        self, session: Session, workspace_id: UUID, webhook_id: UUID, limit: int, cursor: str | None = None
    ) -> Page[Delivery]:
        """Newest first. Raises UnknownWebhook."""
        _known(session, workspace_id, webhook_id)
        row = WebhookDelivery
        statement = select(row).where(row.workspace_id == workspace_id, row.webhook_id == webhook_id)
        if cursor is not None:
            before = read_cursor(cursor, datetime.fromisoformat, UUID)
            statement = statement.where(tuple_(row.occurred_at, row.id) < before)
        rows, more = fetch_page(session, statement.order_by(row.occurred_at.desc(), row.id.desc()), limit)
        return Page(tuple(map(_delivery, rows)), cursor_of(rows[-1].occurred_at, rows[-1].id) if more else None)

    @transactional
    def note_ping(self, session: Session, workspace_id: UUID, webhook_id: UUID) -> UUID:
        """Adds a ping for one webhook to the outbox. Returns the id of the delivery. Raises UnknownWebhook."""
        _known(session, workspace_id, webhook_id)
        (delivery_id,) = enqueue_deliveries(
            session, workspace_id, [webhook_id], domain.PING, {"webhook_id": str(webhook_id)}
        )
        return delivery_id

    # --- the outbox ---

    def hand_over(self, send: Callable[[Sequence[Outgoing]], None], limit: int = 100) -> int:
        """Passes pending deliveries to `send`, oldest first. Returns how many.

        If the process dies before the commit, they are sent again with the same ids. Deliveries that another process
        is sending are skipped.
        """
        delivery = WebhookDelivery
        with transaction(self.engine) as session:
            rows = session.execute(
                select(delivery, Webhook.url, Webhook.secret)
                .join(Webhook, (Webhook.workspace_id == delivery.workspace_id) & (Webhook.id == delivery.webhook_id))
                .where(delivery.state == DeliveryState.PENDING.value)
                .order_by(delivery.occurred_at)
                .limit(limit)
                .with_for_update(skip_locked=True, of=delivery)
            ).all()
            if not rows:
                return 0
            send(
                [
                    Outgoing(
                        row.workspace_id,
                        row.id,
                        url,
                        domain.event_body(row.event_type, row.occurred_at, row.data),
                        secret,
                    )
                    for row, url, secret in rows
                ]
            )
            for row, _, _ in rows:
                row.state = DeliveryState.QUEUED
        return len(rows)

    @transactional
    def end(self, session: Session, result: DeliveryResult) -> bool:
        """Records how a delivery ended. False when it is unknown or was delivered before."""
        state = DeliveryState.DELIVERED if result.error is None else DeliveryState.FAILED
        delivery = WebhookDelivery
        changed = session.execute(
            update(delivery)
            .where(delivery.workspace_id == result.workspace_id, delivery.id == result.id)
            .where(delivery.state != DeliveryState.DELIVERED.value)
            .values(
                state=state.value,
                attempts=result.attempts,
                status=result.status,
                error=result.error,
                ended_at=func.clock_timestamp(),
            )
            .returning(delivery.id)
        )
        return changed.first() is not None

    @transactional
    def forget(self, session: Session) -> int:
        """Deletes deliveries older than KEPT, at most _FORGOTTEN_AT_ONCE. Returns how many."""
        old = (
            select(WebhookDelivery.workspace_id, WebhookDelivery.id)
            .where(WebhookDelivery.occurred_at < func.now() - KEPT)
            .order_by(WebhookDelivery.occurred_at)
            .limit(_FORGOTTEN_AT_ONCE)
        )
        gone = session.execute(
            delete(WebhookDelivery)
            .where(tuple_(WebhookDelivery.workspace_id, WebhookDelivery.id).in_(old))
            .returning(WebhookDelivery.id)
        ).all()
        return len(gone)


def _known(session: Session, workspace_id: UUID, webhook_id: UUID) -> Webhook:
    row = session.get(Webhook, (workspace_id, webhook_id))
    if row is None:
        raise UnknownWebhook(f"There is no webhook {webhook_id}.")
    return row


def _webhook(row: Webhook) -> domain.Webhook:
    return domain.Webhook(row.id, row.url, tuple(map(EventType, row.events)), row.description, row.created_at)


def _delivery(row: WebhookDelivery) -> Delivery:
    return Delivery(
        row.id,
        row.event_type,
        row.occurred_at,
        DeliveryState(row.state),
        row.attempts,
        row.status,
        row.error,
        row.ended_at,
    )
