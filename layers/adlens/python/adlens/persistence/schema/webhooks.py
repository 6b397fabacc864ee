"""Webhooks and the deliveries to them."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import (
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Text,
    text,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Mapped, mapped_column

from adlens.persistence.schema.base import Base, Json, Now, Timestamp, WorkspaceKey


class Webhook(Base):
    """`secret` is kept as it is: signing takes it. No route, log or view shows it."""

    __tablename__ = "webhooks"

    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    url: Mapped[str]
    secret: Mapped[str]
    events: Mapped[list[str]] = mapped_column(postgresql.ARRAY(Text))
    description: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[Now]


class WebhookDelivery(Base):
    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "webhook_id"], ["webhooks.workspace_id", "webhooks.id"], ondelete="CASCADE"
        ),
        Index("deliveries_pending", "occurred_at", postgresql_where="state = 'PENDING'"),
        Index("deliveries_of_webhook", "workspace_id", "webhook_id", "occurred_at", "id"),
        Index("deliveries_by_age", "occurred_at"),
        Index("deliveries_of_creative", "workspace_id", text("(data ->> 'creative_id')")),
    )

    workspace_id: Mapped[WorkspaceKey]
    id: Mapped[UUID] = mapped_column(primary_key=True)
    webhook_id: Mapped[UUID]
    event_type: Mapped[str]
    data: Mapped[Json]
    occurred_at: Mapped[Now]
    state: Mapped[str] = mapped_column(server_default="PENDING")
    attempts: Mapped[int | None]
    status: Mapped[int | None]
    error: Mapped[str | None] = mapped_column(Text)
    ended_at: Mapped[Timestamp | None]
