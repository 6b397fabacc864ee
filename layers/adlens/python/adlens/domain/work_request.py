"""Queue messages that have a piece of work done: what kind it is, and which row says the rest."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from adlens.domain.errors import MalformedEvent


def work_request(kind: str, workspace_id: UUID, id_: UUID) -> str:
    """The message that `parse_work_request` reads back."""
    return json.dumps({"adlens": kind, "workspace_id": str(workspace_id), f"{kind}_id": str(id_)})


def is_work_request(kind: str, body: str) -> bool:
    """Whether a message asks for work of this kind, well formed or not."""
    return _read(body).get("adlens") == kind


def parse_work_request(kind: str, body: str) -> tuple[UUID, UUID]:
    """The workspace and the row. Raises MalformedEvent for anything that `work_request` did not make for this kind."""
    message = _read(body)
    try:
        if message["adlens"] != kind:
            raise MalformedEvent(f"The message asks for no {kind}.")
        return UUID(message["workspace_id"]), UUID(message[f"{kind}_id"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise MalformedEvent(f"The message asks for no {kind}: {type(error).__name__} at {error}.") from error


def _read(body: str) -> dict[str, Any]:
    try:
        message = json.loads(body)
    except ValueError:
        return {}
    return message if isinstance(message, dict) else {}
