"""Shapes of webhooks and of their deliveries."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from adlens.domain.webhooks import MAX_URL, Delivery, DeliveryState, EventType, Webhook
from functions.api.shapes import Shape, Utc

_URL = "https://hooks.example.com/adlens"


class WebhookIn(Shape):
    url: str = Field(
        min_length=1, max_length=MAX_URL, description="Where events are sent to by POST; https.", examples=[_URL]
    )
    events: Annotated[list[EventType], Field(min_length=1, max_length=len(EventType), description="Which events.")]
    description: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] | None = Field(
        default=None, description="For people."
    )


class WebhookOut(Shape):
    webhook_id: UUID
    url: str = Field(examples=[_URL])
    events: list[EventType]
    description: str | None
    created_at: Utc


class NewWebhookOut(WebhookOut):
    secret: str = Field(
        description="What deliveries are signed with (Standard Webhooks). It is shown this once.",
        examples=["whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD…"],
    )


class WebhooksOut(Shape):
    items: list[WebhookOut]
    next_cursor: str | None


class DeliveryOut(Shape):
    """One event for one webhook."""

    delivery_id: UUID = Field(description="The header webhook-id, the same at every attempt.")
    type: str = Field(description="An event that the webhook asks for, or ping.", examples=["creative.done"])
    occurred_at: Utc
    state: DeliveryState = Field(
        description="PENDING until it is queued, QUEUED until it has arrived or the last attempt has failed."
    )
    attempts: int | None = Field(description="How many it took; null until it has ended.")
    status: int | None = Field(description="HTTP status that the receiver answered last.")
    error: str | None = Field(description="Why it failed.")
    ended_at: Utc | None


class DeliveriesOut(Shape):
    items: list[DeliveryOut]
    next_cursor: str | None


class PingOut(Shape):
    delivery_id: UUID


def webhook_out(webhook: Webhook) -> WebhookOut:
    return WebhookOut(
        webhook_id=webhook.id,
        url=webhook.url,
        events=list(webhook.events),
        description=webhook.description,
        created_at=webhook.created_at,
    )


def new_webhook_out(webhook: Webhook, secret: str) -> NewWebhookOut:
    return NewWebhookOut(**webhook_out(webhook).model_dump(), secret=secret)


def delivery_out(delivery: Delivery) -> DeliveryOut:
    return DeliveryOut(
        delivery_id=delivery.id,
        type=delivery.event_type,
        occurred_at=delivery.occurred_at,
        state=delivery.state,
        attempts=delivery.attempts,
        status=delivery.status,
        error=delivery.error,
        ended_at=delivery.ended_at,
    )
