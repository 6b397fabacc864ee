"""Webhooks: where a workspace's events are sent to, and their deliveries."""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Depends

from adlens.domain.audit import Action
from functions.api.dependencies import UsePingWebhook, UseWebhooks
from functions.api.errors import documented
from functions.api.observability import logger
from functions.api.request import Audit, Cursor, Limit, Workspace, administrator, media_type
from functions.api.webhooks.schemas import (
    DeliveriesOut,
    NewWebhookOut,
    PingOut,
    WebhookIn,
    WebhookOut,
    WebhooksOut,
    delivery_out,
    new_webhook_out,
    webhook_out,
)

router = APIRouter(prefix="/webhooks", tags=["webhooks"])


@router.post(
    "",
    status_code=HTTPStatus.CREATED,
    dependencies=[Depends(media_type("application/json")), Depends(administrator)],
    responses=documented(409, 415),
)
def create_webhook(body: WebhookIn, workspace: Workspace, webhooks: UseWebhooks) -> NewWebhookOut:
    """Has events sent to a URL from now on. The answer holds the secret that deliveries are signed with: keep it.

    A delivery is a POST of `{"type", "timestamp", "data"}`, signed as
    [Standard Webhooks](https://www.standardwebhooks.com) says. What answers otherwise than 2xx within 10 seconds gets
    the event again, for some seven hours.
    """
    return new_webhook_out(*webhooks.create(workspace, body.url, body.events, body.description or None))


@router.get("")
def list_webhooks(workspace: Workspace, webhooks: UseWebhooks, limit: Limit = 50, cursor: Cursor = None) -> WebhooksOut:
    """The webhooks, oldest first."""
    page = webhooks.page(workspace, limit, cursor)
    return WebhooksOut(items=list(map(webhook_out, page.items)), next_cursor=page.next_cursor)


@router.get("/{webhook_id}", responses=documented(404))
def get_webhook(webhook_id: UUID, workspace: Workspace, webhooks: UseWebhooks) -> WebhookOut:
    """One webhook."""
    return webhook_out(webhooks.get(workspace, webhook_id))


@router.delete(
    "/{webhook_id}",
    status_code=HTTPStatus.NO_CONTENT,
    dependencies=[Depends(administrator)],
    responses=documented(404),
)
def delete_webhook(webhook_id: UUID, workspace: Workspace, webhooks: UseWebhooks, audit: Audit) -> None:
    """Deletes a webhook. What is queued for it already may still arrive."""
    audit(Action.WEBHOOK_DELETE, webhook_id)
    webhooks.delete(workspace, webhook_id)


@router.get("/{webhook_id}/deliveries", responses=documented(404))
def list_deliveries(
    webhook_id: UUID, workspace: Workspace, webhooks: UseWebhooks, limit: Limit = 50, cursor: Cursor = None
) -> DeliveriesOut:
    """What was sent to a webhook in the last 30 days and how that ended, newest first."""
    page = webhooks.deliveries(workspace, webhook_id, limit, cursor)
    return DeliveriesOut(items=list(map(delivery_out, page.items)), next_cursor=page.next_cursor)


@router.post("/{webhook_id}/test", status_code=HTTPStatus.ACCEPTED, responses=documented(404))
def test_webhook(webhook_id: UUID, workspace: Workspace, ping: UsePingWebhook) -> PingOut:
    """Sends an event of the type `ping`; `GET /webhooks/{webhook_id}/deliveries` tells how it went."""
    sent = ping(workspace, webhook_id)
    if sent.error:
        logger.warning("a ping waits for the sweep", exc_info=sent.error)
    return PingOut(delivery_id=sent.delivery_id)
