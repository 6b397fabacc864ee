"""Messages of the analysis queue: S3 notifications (AWS and MinIO) and our own requests to analyse again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus
from uuid import UUID

from adlens.domain.creative import CreativeId
from adlens.domain.errors import MalformedEvent


@dataclass(frozen=True, slots=True)
class ObjectCreated:
    """An object was written. Compare `sequencer`s of one key through `sequencer_order`, never as they are."""

    bucket: str
    key: str
    size: int
    etag: str
    sequencer: str


@dataclass(frozen=True, slots=True)
class AnalysisRequested:
    """A request to analyse a creative again; `revision` distinguishes it from older requests."""

    creative: CreativeId
    revision: int


Event = ObjectCreated | AnalysisRequested


def sequencer_order(sequencer: str) -> str:
    """A string that orders sequencers of one key: hexadecimal digits, right-padded with zeros as S3 documents it."""
    return sequencer.upper().ljust(64, "0")


def parse_message(body: str) -> list[Event]:
    """The events of one queue message; an empty list for the test message S3 sends when notifications are set up.

    Raises MalformedEvent for anything else: an unknown message must be seen, not swallowed.
    """
    try:
        message = json.loads(body)
    except json.JSONDecodeError as error:
        raise MalformedEvent("The message is not JSON.") from error
    if not isinstance(message, dict):
        raise MalformedEvent("The message is not a JSON object.")
    if message.get("Event") == "s3:TestEvent":
        return []
    try:
        if message.get("adlens") == "analyze":
            creative = CreativeId(UUID(message["workspace_id"]), UUID(message["creative_id"]))
            return [AnalysisRequested(creative, int(message["revision"]))]
        records = message["Records"]
        if not isinstance(records, list) or not records:
            raise MalformedEvent("The message has no records.")
        return [_object_created(record) for record in records if _is_creation(record)]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise MalformedEvent(f"The message is no S3 notification: {type(error).__name__} at {error}.") from error


def analysis_request(request: AnalysisRequested) -> str:
    """The queue message that `parse_message` reads back."""
    return json.dumps(
        {
            "adlens": "analyze",
            "workspace_id": str(request.creative.workspace_id),
            "creative_id": str(request.creative.id),
            "revision": request.revision,
        }
    )


def _is_creation(record: Mapping[str, Any]) -> bool:
    return str(record["eventName"]).removeprefix("s3:").startswith("ObjectCreated:")


def _object_created(record: Mapping[str, Any]) -> ObjectCreated:
    stored = record["s3"]["object"]
    return ObjectCreated(
        bucket=record["s3"]["bucket"]["name"],
        key=unquote_plus(stored["key"]),
        size=int(stored.get("size", 0)),
        etag=str(stored.get("eTag", "")).strip('"'),
        sequencer=str(stored.get("sequencer", "")),
    )
