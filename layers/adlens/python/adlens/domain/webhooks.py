"""Webhooks: their events, the addresses they may have, how they are signed, and the messages of their queue.

Signatures are those of https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md.
"""

from __future__ import annotations

import base64
import hmac
import ipaddress
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from adlens.domain.errors import InvalidValue, MalformedEvent

MAX_URL = 2000
ATTEMPTS = 8
"""Deliveries that fail are tried again after 5, 20, 80 ... seconds, the last time some seven hours later."""
_SECRET_PREFIX = "whsec_"  # noqa: S105 - what the specification puts before every secret


class EventType(StrEnum):
    """What a webhook can ask for."""

    CREATIVE_DONE = "creative.done"
    CREATIVE_FAILED = "creative.failed"
    EXPORT_DONE = "export.done"


PING = "ping"
"""The type of the event that `POST /webhooks/{id}/test` sends to any webhook."""


class DeliveryState(StrEnum):
    PENDING = "PENDING"
    """Noted with the event itself, and not handed to the queue yet."""
    QUEUED = "QUEUED"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class Webhook:
    """What may be shown of one. Its secret is shown once, when it is made."""

    id: UUID
    url: str
    events: tuple[EventType, ...]
    description: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event for one webhook. `status` is what the receiver answered last, `error` what else went wrong."""

    id: UUID
    event_type: str
    occurred_at: datetime
    state: DeliveryState
    attempts: int | None
    status: int | None
    error: str | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A delivery with all that sending it takes: the function that sends knows no database."""

    workspace_id: UUID
    id: UUID
    url: str
    body: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class DeliveryResult:
    """How a delivery ended: delivered when `error` is None."""

    workspace_id: UUID
    id: UUID
    attempts: int
    status: int | None = None
    error: str | None = None


GIVEN_UP = "It could not be sent."


def retry_delay(attempt: int) -> int:
    """Seconds to wait after attempt number `attempt`, from 1, has failed; SQS takes twelve hours at most."""
    return int(min(5 * 4 ** (attempt - 1), 6 * 3600))


# --- addresses ------------------------------------------------------------------------------------------------------


def check_url(url: str, *, local: bool) -> str:
    """`url` when a webhook may have it: https, or with `local` private hosts and http to this machine too. Raises
    InvalidValue.

    What its host resolves to is checked at each delivery (`is_public`): names change what they mean.
    """

    def refuse(reason: str) -> InvalidValue:
        return InvalidValue(f"A webhook's URL {reason}.", "url")

    if len(url) > MAX_URL or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise refuse(f"has {MAX_URL} characters at most, ASCII without spaces and backslashes")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise refuse("is not one") from error
    if parts.username is not None or parts.password is not None:
        raise refuse("carries no user name and no password; deliveries are signed instead")
    if parts.fragment or "#" in url:
        raise refuse("has no fragment")
    if not host or port == 0:
        raise refuse("names a host")
    address = _address(host)
    loopback = host == "localhost" or (address is not None and address.is_loopback)
    if parts.scheme != "https" and not (local and loopback and parts.scheme == "http"):
        raise refuse("begins with https://" + (", or with http:// for this machine" if local else ""))
    if not local and (loopback or (address is not None and not is_public(host))):
        raise refuse("is reachable from the internet")
    return url


def is_public(address: str) -> bool:
    """Whether an IP address is one of the internet at large: no private, loopback, link-local, metadata address, and
    none of these inside of an IPv6 address that carries an IPv4 one."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inside = ip.ipv4_mapped or ip.sixtofour or (ip.teredo or (None, None))[1]
        if inside is None and ip in _NAT64:
            inside = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inside is not None and not is_public(str(inside)):
            return False
        if ip.is_site_local or ip in _IPV4_COMPATIBLE:
            return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved and not ip.is_unspecified


_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_IPV4_COMPATIBLE = ipaddress.IPv6Network("::/96")


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None


# --- signatures -----------------------------------------------------------------------------------------------------


def new_secret() -> str:
    return _SECRET_PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def sign(secret: str, message_id: str, timestamp: int, body: str) -> str:
    """The header webhook-signature of an attempt at `timestamp`, in Unix seconds."""
    key = base64.b64decode(secret.removeprefix(_SECRET_PREFIX))
    signed = hmac.digest(key, f"{message_id}.{timestamp}.{body}".encode(), "sha256")
    return f"v1,{base64.b64encode(signed).decode()}"


def event_body(event_type: str, occurred_at: datetime, data: Mapping[str, Any]) -> str:
    """What is sent, the same at every attempt."""
    body = {"type": event_type, "timestamp": occurred_at.isoformat().replace("+00:00", "Z"), "data": data}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


# --- the queues' messages -------------------------------------------------------------------------------------------


def delivery_message(delivery: Outgoing) -> str:
    return json.dumps(
        {
            "adlens": "webhook",
            "workspace_id": str(delivery.workspace_id),
            "delivery_id": str(delivery.id),
            "url": delivery.url,
            "body": delivery.body,
            "secret": delivery.secret,
        }
    )


def parse_delivery(message: str) -> Outgoing:
    """Reads what `delivery_message` wrote. Raises MalformedEvent."""
    fields = _parse(message, "webhook")
    try:
        return Outgoing(
            UUID(fields["workspace_id"]), UUID(fields["delivery_id"]), fields["url"], fields["body"], fields["secret"]
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise MalformedEvent(f"The message is no delivery: {type(error).__name__}.") from error


def result_message(result: DeliveryResult) -> str:
    return json.dumps(
        {
            "adlens": "webhook-result",
            "workspace_id": str(result.workspace_id),
            "delivery_id": str(result.id),
            "attempts": result.attempts,
            "status": result.status,
            "error": result.error,
        }
    )


def parse_result(message: str) -> DeliveryResult:
    """Reads what `result_message` wrote, or a delivery that its queue has given up. Raises MalformedEvent."""
    if '"adlens": "webhook-result"' not in message:
        given_up = parse_delivery(message)
        return DeliveryResult(given_up.workspace_id, given_up.id, ATTEMPTS, None, GIVEN_UP)
    fields = _parse(message, "webhook-result")
    try:
        return DeliveryResult(
            UUID(fields["workspace_id"]),
            UUID(fields["delivery_id"]),
            fields["attempts"],
            fields["status"],
            fields["error"],
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise MalformedEvent(f"The message is no result of a delivery: {type(error).__name__}.") from error


def _parse(message: str, kind: str) -> dict[str, Any]:
    try:
        fields = json.loads(message)
    except json.JSONDecodeError as error:
        raise MalformedEvent("The message is not JSON.") from error
    if not isinstance(fields, dict) or fields.get("adlens") != kind:
        raise MalformedEvent(f"The message is no {kind}.")
    return fields
