"""Every event that a browser can send has types and bounds, and others are refused."""

from typing import Any

import pytest
from pydantic import BaseModel
from reflex_base.registry import RegistrationContext
from reflex_base.utils.form import FORM_DATA_ENTRIES_KEY

from adlens_web.adlens_web import app
from adlens_web.guard import events
from adlens_web.guard.events import RefusedEvent, arguments_of, check
from adlens_web.guard.pages import Pages

ROOT = "reflex___state____state"
SESSION = f"{ROOT}.adlens_web___texts___language____language.adlens_web___session____session"
GROUPS = f"{SESSION}.adlens_web___pages___groups___state____groups_state"
EXPORTING = f"{SESSION}.adlens_web___exporting____exporting"
SIGNING = f"{SESSION}.adlens_web___signing____signing"
ADDRESS = {"pathname": "/groups", "asPath": "/groups?search=a", "query": {"search": "a"}}


def names() -> list[str]:
    return [name for name in RegistrationContext.get().event_handlers if arguments_of(name)]


def unbounded(schema: Any, at: str) -> list[str]:
    """Where a JSON schema takes values of any size or of any type."""
    if "anyOf" in schema:
        return [fault for option in schema["anyOf"] for fault in unbounded(option, at)]
    faults: list[str] = []
    match schema.get("type"):
        case "string":
            bounded = "maxLength" in schema
        case "array":
            bounded = "maxItems" in schema
            faults = unbounded(schema["items"], f"{at}[]")
        case "object" if "properties" in schema:
            bounded = schema.get("additionalProperties", False) is False
            faults = [fault for name, one in schema["properties"].items() for fault in unbounded(one, f"{at}.{name}")]
        case "object":
            bounded = "maxProperties" in schema and "maxLength" in schema.get("propertyNames", {})
            faults = unbounded(schema["additionalProperties"], f"{at}{{}}")
        case kind:
            bounded = kind in ("integer", "boolean", "null")
    return faults if bounded else [at, *faults]


def resolved(schema: dict[str, Any], whole: dict[str, Any]) -> Any:
    if isinstance(schema, list):
        return [resolved(one, whole) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if reference := schema.get("$ref"):
        return resolved(whole["$defs"][reference.rpartition("/")[2]], whole)
    return {name: resolved(one, whole) for name, one in schema.items() if name != "$defs"}


def test_every_argument_of_every_event_has_a_bound() -> None:
    assert len(names()) > 50
    faults = []
    for name in names():
        model = arguments_of(name)
        assert model
        schema = model.model_json_schema()
        faults += unbounded({"properties": {}, **resolved(schema, schema)}, name.rpartition(".")[2])
    assert faults == []


@pytest.mark.parametrize("kind", [str, dict[str, str], list[int], Any])
def test_an_argument_without_a_bound_is_found(kind: Any) -> None:
    class Arguments(BaseModel):
        model_config = {"extra": "forbid"}
        argument: kind

    assert unbounded(Arguments.model_json_schema(), "event")


@pytest.mark.parametrize(
    ("name", "payload"),
    [
        (f"{GROUPS}.rename", {"group_id": "grp_1", "name": "Осень"}),
        (f"{GROUPS}.load", {}),
        (f"{EXPORTING}.open", {"selected": {"group": "grp_1", "q": ""}}),
        (f"{SESSION}.sign_in", {"form": {FORM_DATA_ENTRIES_KEY: [["key", "adl_1"]]}}),
        (f"{SIGNING}.delete_cancelled", {"ids": ["1"] * 500}),
        (
            f"{SIGNING}.sign",
            {
                "order": {
                    "group": "grp_1",
                    "name": "",
                    "files": [{"creative_id": "1", "filename": "a.png", "size": 1, "content_type": "image/png"}],
                }
            },
        ),
        (f"{ROOT}.hydrate_and_load", {"vars": {f"{SESSION}.session_rx_state_": ""}, "hashes": ["a" * 16]}),
        (f"{ROOT}.hydrate_and_load", {"vars": None}),
    ],
)
def test_what_pages_send_passes(name: str, payload: dict[str, Any]) -> None:
    assert check({"name": name, "payload": payload, "router_data": ADDRESS, "other": 1}) == {
        "name": name,
        "payload": payload,
        "router_data": ADDRESS,
    }


@pytest.mark.parametrize(
    ("name", "payload"),
    [
        (f"{GROUPS}.setvar", {"var_name": "search", "value": "a" * 50_000}),  # Reflex's own, of every state
        (f"{ROOT}.setvar", {"var_name": "is_hydrated", "value": True}),
        (f"{ROOT}.no_such", {}),
        ("", {}),
        (f"{GROUPS}.rename", {"group_id": "grp_1", "name": "a" * 121}),
        (f"{GROUPS}.rename", {"group_id": "grp_1", "name": 5}),
        (f"{GROUPS}.rename", {"group_id": "grp_1"}),
        (f"{GROUPS}.rename", {"group_id": "grp_1", "name": "", "more": "a"}),
        (f"{EXPORTING}.open", {"selected": {"group": "a" * 4001}}),
        (f"{EXPORTING}.open", {"selected": {str(number): "" for number in range(65)}}),
        (f"{EXPORTING}.include_embeddings", {"wanted": "yes"}),
        (f"{SESSION}.sign_in", {"form": {FORM_DATA_ENTRIES_KEY: [["key", "a" * 1001]]}}),
        (f"{SESSION}.sign_in", {"form": {FORM_DATA_ENTRIES_KEY: "key"}}),
        (f"{SIGNING}.delete_cancelled", {"ids": ["1"] * 501}),
        (f"{ROOT}.hydrate_and_load", {"vars": {f"{SESSION}.session_rx_state_": "a" * 4001}}),
    ],
)
def test_what_no_page_sends_is_refused(name: str, payload: dict[str, Any]) -> None:
    with pytest.raises(RefusedEvent) as refused:
        check({"name": name, "payload": payload, "router_data": ADDRESS})
    assert "aaa" not in str(refused.value)


@pytest.mark.parametrize(
    "message",
    [
        None,
        "event",
        [],
        {},
        {"name": f"{GROUPS}.load"},
        {"name": f"{GROUPS}.load", "router_data": {}},
        {"name": f"{GROUPS}.load", "payload": [], "router_data": ADDRESS},
        {"name": f"{GROUPS}.load", "router_data": {**ADDRESS, "more": "a"}},
        {"name": f"{GROUPS}.load", "router_data": {**ADDRESS, "asPath": "a" * 16_001}},
        {"name": f"{GROUPS}.load", "router_data": {**ADDRESS, "query": {"a": ["b"]}}},
    ],
)
def test_what_is_no_message_of_a_page_is_refused(message: Any) -> None:
    with pytest.raises(RefusedEvent):
        check(message)


def test_the_app_takes_events_in_bounds_only() -> None:
    """Where this fails, Reflex has changed."""
    assert app.sio
    pages = Pages.of(app)
    assert isinstance(pages, Pages)
    assert app.sio.namespace_handlers[pages.namespace] is pages
    assert app.sio.eio.max_http_buffer_size == events.MOST_LETTERS
