"""Workspaces, keys, BI readers and the stores for operators: invoked by whom IAM lets, never through the API.

An event is `{"action": "keys.create", "arguments": {"name": "..."}}`; the answer is `{"result": ...}`, or
`{"error": {"code", "message"}}` where the operator can do something about it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

from aws_lambda_powertools import Logger, Tracer
from pydantic import Field, ValidationError, validate_call

from adlens.domain.errors import AdLensError, InvalidValue
from adlens.domain.stored_files import FileKind
from adlens.domain.workspaces import LONGEST_OVERLAP, Scope
from functions.admin import wiring

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from adlens.domain.workspaces import ApiKey, BiReader, Workspace

logger = Logger(service="admin")
tracer = Tracer(service="admin")

TIME_TO_ANSWER_MS = 60_000
PAGES = 10
"""Of a thousand keys: checked by one call."""
Name = Annotated[str, Field(min_length=1, max_length=200)]
Days = Annotated[int, Field(ge=1, le=3650)]
Hours = Annotated[int, Field(ge=0, le=LONGEST_OVERLAP // timedelta(hours=1))]


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)  # answers hold keys and passwords
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    name = event.get("action", "")
    try:
        action = ACTIONS[name]
    except KeyError:
        return _error("unknown_action", f"There is no action {name!r}: there are {', '.join(sorted(ACTIONS))}.")
    arguments = event.get("arguments") or {}
    if name == "workspaces.erase":
        arguments = {**arguments, "has_time": lambda: context.get_remaining_time_in_millis() > TIME_TO_ANSWER_MS}
    try:
        result = action(**arguments)
    except AdLensError as error:
        return _error(error.code, str(error))
    except ValidationError as error:
        return _error("invalid_value", "; ".join(f"{_argument(each)}: {each['msg']}" for each in error.errors()))
    logger.info("done", action=name)
    return {"result": result}


def list_workspaces() -> list[dict[str, Any]]:
    return [_workspace(found) for found in wiring.workspaces().all()]


def create_workspace(name: Name) -> dict[str, Any]:
    """The workspace of this name, made when there is none."""
    return _workspace(wiring.workspaces().named(name))


def change_plan(workspace: Name, plan: Name) -> None:
    """Gives the workspace with this id the limits of a plan."""
    wiring.workspaces().change_plan(_id(workspace), plan)


def erase_workspace(workspace: Name, has_time: Callable[[], bool]) -> dict[str, Any]:
    """Erases a workspace by its id. `rows` counts what was deleted by table, `objects` by store. `is_done` is false
    when time ran out: the same call then goes on.
    """
    workspace_id, readers = _id(workspace), wiring.readers()
    revoked = [readers.revoke(reader.role) for reader in readers.all() if reader.workspace_id == workspace_id]
    erased = wiring.erase_workspace()(workspace_id, has_time)
    rows = {**erased.rows, "bi_readers": len(revoked)} if revoked else erased.rows
    return {"rows": rows, "objects": erased.objects, "is_done": erased.is_done}


def check_storage(kind: FileKind, after: str = "", repair: bool = False) -> dict[str, Any]:
    """Objects without a row and rows without an object in one store, from the key `after` on: some pages of it. The
    next call goes on at the `after` of the answer, until that is null.
    """
    now, check = datetime.now(UTC), wiring.check_storage()
    objects: list[str] = []
    rows: list[str] = []
    position: str | None = after
    for _ in range(PAGES):
        page = check(kind, position or "", now, repair=repair)
        objects += page.objects
        rows += page.rows
        if (position := page.after) is None:
            break
    return {"objects": objects, "rows": rows, "after": position}


def create_key(
    name: Name, workspace: Name = "default", scope: Scope = Scope.ADMIN, days: Days | None = None
) -> dict[str, Any]:
    """A key of the workspace of this name, which is made when there is none; `key` is shown this once. Without `days`,
    it never expires.
    """
    workspaces = wiring.workspaces()
    owner = workspaces.named(workspace)
    expires_at = None if days is None else datetime.now(UTC) + timedelta(days=days)
    _, key = workspaces.create_key(owner.id, name, scope, expires_at)
    return {"key": key, "workspace": _workspace(owner)}


def rotate_key(prefix: Name, overlap_hours: Hours = 24) -> dict[str, Any]:
    """A key in the place of the one with this prefix, which works for `overlap_hours` more; `key` is shown once."""
    for workspace, key in _all_keys():
        if key.prefix == prefix and key.revoked_at is None:
            _, text = wiring.workspaces().rotate(workspace.id, key.id, timedelta(hours=overlap_hours))
            return {"key": text, "workspace": _workspace(workspace), "name": key.name}
    raise InvalidValue(f"There is no key in use with the prefix {prefix!r}.", "prefix")


def list_keys() -> list[dict[str, Any]]:
    return [_key(workspace, key) for workspace, key in _all_keys()]


def revoke_key(prefix: Name) -> dict[str, Any]:
    for workspace, key in _all_keys():
        if key.prefix == prefix and wiring.workspaces().revoke(workspace.id, key.id):
            return _key(workspace, key)
    raise InvalidValue(f"There is no key in use with the prefix {prefix!r}.", "prefix")


def create_reader(workspace: Name) -> dict[str, Any]:
    """A BI reader of a workspace, by name or id; `address` with its password is shown this once."""
    made = wiring.bi_readers().create(workspace)
    return {"address": made.address, "role": made.reader.role, "workspace": _workspace(made.workspace)}


def list_readers() -> list[dict[str, Any]]:
    return [_reader(workspace, reader) for workspace, reader in wiring.bi_readers().all()]


def revoke_reader(role: Name) -> None:
    wiring.bi_readers().revoke(role)


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "workspaces.list": list_workspaces,
    "workspaces.create": create_workspace,
    "workspaces.plan": change_plan,
    "workspaces.erase": erase_workspace,
    "storage.check": check_storage,
    "keys.create": create_key,
    "keys.list": list_keys,
    "keys.rotate": rotate_key,
    "keys.revoke": revoke_key,
    "bi.create": create_reader,
    "bi.list": list_readers,
    "bi.revoke": revoke_reader,
}
ACTIONS = {name: validate_call(function) for name, function in _FUNCTIONS.items()}


def _all_keys() -> list[tuple[Workspace, ApiKey]]:
    workspaces = wiring.workspaces()
    return [(workspace, key) for workspace in workspaces.all() for key in workspaces.keys(workspace.id)]


def _workspace(workspace: Workspace) -> dict[str, Any]:
    return {"id": str(workspace.id), "name": workspace.name, "created_at": workspace.created_at.isoformat()}


def _key(workspace: Workspace, key: ApiKey) -> dict[str, Any]:
    dates = {name: getattr(key, name) for name in ("created_at", "expires_at", "last_used_at", "revoked_at")}
    return {
        "workspace": workspace.name,
        "prefix": key.prefix,
        "name": key.name,
        "scope": key.scope.value,
        **{name: date and date.isoformat() for name, date in dates.items()},
    }


def _reader(workspace: str, reader: BiReader) -> dict[str, Any]:
    return {"workspace": workspace, "role": reader.role, "created_at": reader.created_at.isoformat()}


def _id(text: str) -> Any:
    from uuid import UUID

    try:
        return UUID(text)
    except ValueError:
        raise InvalidValue("A workspace goes by its id here: see `adlens workspaces list`.", "workspace") from None


def _argument(error: Any) -> str:
    return ".".join(str(part) for part in error["loc"])


def _error(code: str, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message}}
