"""What happens around every request: an id, a line in the log, a limit on the body, and an answer whatever happens."""

from __future__ import annotations

import time
from http import HTTPStatus
from uuid import uuid4

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from functions.api.errors import CODES, INTERNAL, error_response
from functions.api.observability import logger

MAX_REQUEST_BYTES = 4_500_000
"""A synchronous invocation of Lambda carries 6 MB with the body in base64; what is larger never arrives on AWS."""
TOO_LARGE = (
    f"The request is larger than {MAX_REQUEST_BYTES / 1e6:.1f} MB. "
    "Send the files straight to the store: POST /uploads signs a form for each."
)
TOO_LARGE_TABLE = (
    f"The request is larger than {MAX_REQUEST_BYTES / 1e6:.1f} MB. "
    "Compress it (Content-Encoding: gzip), or send it as a file: POST /performance/files."
)


class RequestContext:
    """Gives the request its id (API Gateway's where there is one) and logs how it went; never headers or bodies."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        gateway = scope.get("aws.event", {}).get("requestContext", {})
        request.state.request_id = gateway.get("requestId") or str(uuid4())
        status: int | None = None
        started = time.perf_counter()

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message).update(
                    {
                        "x-request-id": request.state.request_id,
                        "x-content-type-options": "nosniff",
                        "cache-control": "no-store",  # answers carry a tenant's data and addresses that expire
                    }
                )
            await send(message)

        try:
            await self.app(scope, receive, send_with_id)
        except Exception:
            logger.exception("request failed", request_id=request.state.request_id)
            if status is None:
                response = error_response(request, HTTPStatus.INTERNAL_SERVER_ERROR, INTERNAL, "internal_error")
                await response(scope, receive, send_with_id)
        logger.info(
            "request",
            request_id=request.state.request_id,
            method=request.method,
            path=request.url.path,
            status=status,
            milliseconds=round(1000 * (time.perf_counter() - started), 1),
            workspace_id=getattr(request.state, "workspace_id", None),
        )


class BodyLimit:
    """Refuses a body of more than MAX_REQUEST_BYTES: by its announced length unread, else as soon as it is too long."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        too_large = TOO_LARGE_TABLE if scope["path"].endswith("/performance") else TOO_LARGE
        announced = request.headers.get("content-length", "0")
        if announced.isdigit() and int(announced) > MAX_REQUEST_BYTES:
            status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
            response = error_response(request, status, too_large, CODES[status])
            await response(scope, receive, send)
            return
        received = 0

        async def receive_within_limit() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > MAX_REQUEST_BYTES:
                # FastAPI lets an HTTPException through while it reads a body, and no other.
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, too_large)
            return message

        await self.app(scope, receive_within_limit, send)
