"""What routes take from any request: whose it is, which creative it names, which page it asks for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, Security
from fastapi.security import APIKeyHeader

from adlens.domain import workspaces
from adlens.domain.audit import Action
from adlens.domain.creative import CreativeId
from adlens.domain.errors import Forbidden
from adlens.domain.ports.audit import AuditLog
from adlens.domain.workspaces import Scope
from functions.api.dependencies import UseAuditLog, UseIdentifyCaller
from functions.api.errors import Unauthorized, UnsupportedMediaType

PAGE = 1000
READING = {"GET", "HEAD"}
"""Methods that a key with the scope `read` may use."""

_api_key = APIKeyHeader(
    name="x-api-key", auto_error=False, description="`adlens keys create` makes one; `adlens up` makes one for work."
)


def caller(
    request: Request, identify: UseIdentifyCaller, key: Annotated[str | None, Security(_api_key)] = None
) -> workspaces.Caller:
    """Whose key the request carries. Raises Forbidden unless it may read, or write where the method changes things."""
    found = identify(key)
    if found is None:
        raise Unauthorized(
            "This API key is unknown or revoked." if key else "Send your API key in the header x-api-key."
        )
    request.state.workspace_id = str(found.workspace_id)
    _check_scope(found, Scope.READ if request.method in READING else Scope.WRITE)
    return found


def _check_scope(caller: workspaces.Caller, needed: Scope) -> None:
    if not caller.scope.includes(needed):
        raise Forbidden(f"This key has the scope {caller.scope}. Use one with the scope {needed}.")


Caller = Annotated[workspaces.Caller, Depends(caller)]


async def administrator(caller: Caller) -> workspaces.Caller:
    """Raises Forbidden unless the key may administer its workspace."""
    _check_scope(caller, Scope.ADMIN)
    return caller


Administrator = Annotated[workspaces.Caller, Depends(administrator)]


async def workspace(caller: Caller) -> UUID:
    """The workspace of the request: all it can see and change."""
    return caller.workspace_id


Workspace = Annotated[UUID, Depends(workspace)]


@dataclass(frozen=True, slots=True)
class CallersLog:
    """The audit log, as the caller writes it. Call it before the change: no change is then without an entry."""

    log: AuditLog
    caller: workspaces.Caller

    def __call__(self, action: Action, subject: object, **details: str) -> None:
        self.log.record(self.caller, action, str(subject), details)


async def callers_log(log: UseAuditLog, caller: Caller) -> CallersLog:
    return CallersLog(log, caller)


Audit = Annotated[CallersLog, Depends(callers_log)]


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
