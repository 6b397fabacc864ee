"""Types and bounds of the events that browsers send.

Reflex gives a handler any JSON that a browser sends, and each state a handler `setvar` that sets any of its variables.
Here an event is one of those that the pages have, its arguments are of the types that its handler declares (bounds.py),
and of the rest of the message only the address of the page is kept.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import cache
from typing import Annotated, Any, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, create_model
from reflex_base.registry import RegistrationContext
from reflex_base.utils.form import FORM_DATA_ENTRIES_KEY

from adlens_web.bounds import Filter, Id, Word

MOST_LETTERS = 65_536
"""Of a message. A longer one ends its connection before it is read."""
_STATE = "reflex___state____state"
_Long = Annotated[str, StringConstraints(max_length=20_000)]
_Stored = Annotated[dict[Id, Filter], Field(max_length=8)]


class RefusedEvent(Exception):
    """An event that no page sends. The message says which and why, and holds nothing of what was sent."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Hydration(_Strict):
    vars: _Stored | None = None
    hashes: Annotated[list[Word], Field(max_length=200)] | None = None


class _StoredValues(_Strict):
    vars: _Stored


class _Failure(_Strict):
    info: _Long
    component_stack: _Long


class _Address(_Strict):
    pathname: Annotated[str, StringConstraints(max_length=500)]
    asPath: Annotated[str, StringConstraints(max_length=16_000)]  # noqa: N815 - Reflex's name
    query: Annotated[dict[Word, Filter], Field(max_length=64)] = {}


class _Message(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)

    name: Annotated[str, StringConstraints(max_length=500)]
    payload: dict[str, Any] = {}
    router_data: _Address


OF_REFLEX: Mapping[str, type[BaseModel]] = {
    f"{_STATE}.hydrate_and_load": _Hydration,
    f"{_STATE}.reflex___state____on_load_internal_state.on_load_internal": _Strict,
    f"{_STATE}.reflex___state____update_vars_internal_state.update_vars_internal": _StoredValues,
    f"{_STATE}.reflex___state____frontend_event_exception_state.handle_frontend_exception": _Failure,
}
"""The events of Reflex's own that its pages send."""


def check(data: Any) -> dict[str, Any]:
    """An event as Reflex takes it, without what it need not keep. Raises RefusedEvent."""
    try:
        message = _Message.model_validate(data)
    except ValidationError as error:
        raise RefusedEvent(f"a message: {_reasons(error)}") from None
    arguments = arguments_of(message.name)
    if arguments is None:
        raise RefusedEvent("an event that no page has")
    try:
        arguments.model_validate({name: _form_of(value) for name, value in message.payload.items()})
    except ValidationError as error:
        raise RefusedEvent(f"{message.name.rpartition('.')[2]}: {_reasons(error)}") from None
    return {"name": message.name, "payload": message.payload, "router_data": message.router_data.model_dump()}


def arguments_of(event: str) -> type[BaseModel] | None:
    """The arguments of an event by its full name; None if pages have no such event."""
    if event in OF_REFLEX:
        return OF_REFLEX[event]
    registered = RegistrationContext.get().event_handlers.get(event)
    if registered is None or not registered.handler.fn.__module__.startswith("adlens_web."):
        return None
    return _arguments_of(registered.handler.fn)


@cache
def _arguments_of(handler: Callable[..., Any]) -> type[BaseModel]:
    hints = get_type_hints(handler, include_extras=True)
    _, *parameters = inspect.signature(handler).parameters.values()
    fields: dict[str, Any] = {
        one.name: (hints[one.name], ... if one.default is one.empty else one.default) for one in parameters
    }
    return create_model(handler.__qualname__, __base__=_Strict, **fields)


def _form_of(value: Any) -> Any:
    """The fields of a form, which Reflex sends as pairs; any other argument as it is."""
    if not isinstance(value, dict) or value.keys() != {FORM_DATA_ENTRIES_KEY}:
        return value
    try:
        return dict(value[FORM_DATA_ENTRIES_KEY])
    except (TypeError, ValueError):
        return None  # which is no argument of any handler


def _reasons(error: ValidationError) -> str:
    """Where it is wrong and how; names of fields that were sent are left out, as browsers choose them."""
    return ", ".join(sorted({one["type"] for one in error.errors(include_input=False, include_url=False)}))
