"""What routes take from any request: whose it is, which creative it names, which page it asks for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, Security
from fastapi.security import APIKeyHeader

from adlens.domain import workspaces
from adlens.domain.creative import CreativeId
from functions.api.dependencies import UseIdentifyCaller
from functions.api.errors import Unauthorized, UnsupportedMediaType

PAGE = 1000

_api_key = APIKeyHeader(
    name="x-api-key", auto_error=False, description="`adlens keys create` makes one; `adlens up` makes one for work."
)


def caller(
    request: Request, identify: UseIdentifyCaller, key: Annotated[str | None, Security(_api_key)] = None
) -> workspaces.Caller:
    """Whose key the request carries."""
    found = identify(key)
    if found is None:
        raise Unauthorized(
            "This API key is unknown or revoked." if key else "Send your API key in the header x-api-key."
        )
    request.state.workspace_id = str(found.workspace_id)
    return found


Caller = Annotated[workspaces.Caller, Depends(caller)]


async def workspace(caller: Caller) -> UUID:
    """The workspace of the request: all it can see and change."""
    return caller.workspace_id


Workspace = Annotated[UUID, Depends(workspace)]


async def creative_id(workspace: Workspace, creative_id: UUID) -> CreativeId:
    return CreativeId(workspace, creative_id)


CreativeKey = Annotated[CreativeId, Depends(creative_id)]


async def now() -> datetime:
    return datetime.now(UTC)


Now = Annotated[datetime, Depends(now)]


def media_type(expected: str) -> Callable[[Request, UUID], Awaitable[None]]:
    """A dependency that answers 415 to a body of another kind, once the key is known to be good."""

    async def check(request: Request, _: Workspace) -> None:
        sent = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if sent != expected:
            raise UnsupportedMediaType(f"Send {expected}" + (f", not {sent}." if sent else "."))

    return check


Limit = Annotated[int, Query(ge=1, le=PAGE, description="At most so many in one answer.")]
Cursor = Annotated[str | None, Query(max_length=500, description="Where the page before ended: its X-Next-Cursor.")]
