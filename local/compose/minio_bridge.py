"""MinIO's bucket events into SQS: MinIO has no SQS target, its webhook target posts each event here.

MinIO keeps an event in its queue folder and posts it again every few seconds until it is answered with 2xx. So 204 is
answered when SQS has the message and not before, and whatever cannot be sent stays with MinIO, which logs the answer.
"""

from __future__ import annotations

import json
import logging
import secrets
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated

from botocore.exceptions import BotoCoreError, ClientError
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from adlens.domain.errors import MalformedEvent
from adlens.domain.events import parse_message
from adlens.storage.clients import sqs_client

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

logger = logging.getLogger("uvicorn.error")

MAX_BODY_BYTES = 256 * 1024  # what every SQS takes; MinIO's events have one or two kilobytes
NO_QUEUE = HTTPException(
    HTTPStatus.SERVICE_UNAVAILABLE, "The queue cannot be used at the moment.", {"Retry-After": "3"}
)


class BridgeSettings(BaseSettings):
    model_config = SettingsConfigDict(frozen=True)

    bridge_token: SecretStr = Field(min_length=16, description="MINIO_NOTIFY_WEBHOOK_AUTH_TOKEN of the MinIO server.")
    adlens_uploads_queue_url: str = Field(min_length=1, description="Queue that the events go to.")


def create_app(settings: BridgeSettings | None = None, sqs: SQSClient | None = None) -> FastAPI:
    """The bridge with the settings and the client given, or with those of the environment."""
    chosen = settings or BridgeSettings()
    client, queue = sqs or sqs_client(), chosen.adlens_uploads_queue_url
    app = FastAPI(title="MinIO to SQS", openapi_url=None)
    expected = f"Bearer {chosen.bridge_token.get_secret_value()}".encode()

    def authenticated(request: Request) -> None:
        if not secrets.compare_digest(request.headers.get("authorization", "").encode(), expected):
            raise HTTPException(HTTPStatus.UNAUTHORIZED, "The token is not MinIO's.", {"WWW-Authenticate": "Bearer"})

    @app.head("/events", status_code=HTTPStatus.NO_CONTENT)
    def present() -> None:
        """MinIO asks before it posts."""

    @app.post("/events", status_code=HTTPStatus.NO_CONTENT, dependencies=[Depends(authenticated)])
    async def forward(body: Annotated[bytes, Depends(_limited_body)]) -> None:
        try:
            message = _s3_message(body)
        except MalformedEvent as error:
            logger.error("refused a message: %s", error)
            raise HTTPException(HTTPStatus.BAD_REQUEST, str(error)) from error
        try:
            sent = await run_in_threadpool(client.send_message, QueueUrl=queue, MessageBody=message)
        except (BotoCoreError, ClientError) as error:
            logger.error("MinIO has to send this again: %s", error)
            raise NO_QUEUE from error
        logger.info("an event is message %s", sent["MessageId"])

    @app.get("/health")
    def health() -> dict[str, str]:
        try:
            client.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
        except (BotoCoreError, ClientError) as error:
            logger.warning("the queue cannot be used: %s", error)
            raise NO_QUEUE from error
        return {"status": "ok"}

    return app


async def _limited_body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"An event has {MAX_BODY_BYTES} bytes at most.")
    return bytes(body)


def _s3_message(body: bytes) -> str:
    """The message as S3 would have sent it: MinIO repeats an event's name and key beside the records.

    Events that create nothing go on too: what to do with them is for the analysis to say. Raises MalformedEvent.
    """
    try:
        message = json.dumps({"Records": json.loads(body)["Records"]})
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise MalformedEvent("The message is no JSON object with records.") from error
    parse_message(message)
    return message
