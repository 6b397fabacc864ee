"""What the web app expects of the API's answers is what the API's OpenAPI promises."""

import ast
import inspect
import re
from typing import Any, Literal, NotRequired, get_args, get_origin, get_type_hints, is_typeddict

import pytest

from adlens_web.api import answers, client
from functions.api.app import create_app
from tests.settings import api_settings

JSON_TYPES = {str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null"}


def operations() -> list[tuple[str, str, Any]]:
    """Method, path and type of the answer of every request that the client makes."""
    calls = (node for node in ast.walk(ast.parse(inspect.getsource(client.Api))) if isinstance(node, ast.Call))
    found = []
    for call in calls:
        name = ast.unparse(call.func)
        if name == "self._json":
            answer, method, path = call.args[:3]
            found.append((method.value, path_of(path), eval(ast.unparse(answer), {"answers": answers})))  # noqa: S307
        elif name == "self._request" and not isinstance(call.args[0], ast.Name):
            method, path = call.args[:2]
            listed = list[answers.Group] if path_of(path) == "/groups" else None
            found.append((method.value, path_of(path), listed))
    return found


def path_of(node: ast.expr) -> str:
    return ast.literal_eval(node) if isinstance(node, ast.Constant) else ast.unparse(node)[2:-1]


@pytest.fixture(scope="module")
def openapi() -> dict[str, Any]:
    return create_app(api_settings()).openapi()


def differences(expected: Any, schema: dict[str, Any], schemas: dict[str, Any], at: str) -> list[str]:
    """Where an answer of the `schema` may not be of the `expected` type."""
    if reference := schema.get("$ref"):
        schema = schemas[reference.rpartition("/")[2]]
    if get_origin(expected) is NotRequired:
        (expected,) = get_args(expected)
    alternatives = get_args(expected) if type(None) in get_args(expected) else (expected,)
    faults = []
    for option in schema.get("anyOf", [schema]):
        faults += min((of_one_type(one, option, schemas, at) for one in alternatives), key=len)
    return faults


def of_one_type(expected: Any, schema: dict[str, Any], schemas: dict[str, Any], at: str) -> list[str]:
    if "$ref" in schema:
        return differences(expected, schema, schemas, at)
    origin, arguments = get_origin(expected), get_args(expected)
    found: list[str] = []
    if is_typeddict(expected):
        found = fields(expected, schema, schemas, at)
    elif origin is list:
        found = differences(arguments[0], schema.get("items", {}), schemas, f"{at}[]")
    elif origin is dict:
        values = schema.get("additionalProperties")
        listed = [values] if isinstance(values, dict) else list(schema.get("properties", {}).values())
        found = [fault for one in listed for fault in differences(arguments[1], one, schemas, f"{at}{{}}")]
    elif origin is Literal:
        unknown = set(schema.get("enum", [schema.get("const")])) - set(arguments)
        found = [f"{at}: {sorted(map(str, unknown))}"] if unknown else []
    elif expected is not Any:
        name = "array" if origin is tuple else JSON_TYPES[expected]
        found = [] if schema.get("type") in (name, "integer" if name == "number" else name) else [f"{at} is no {name}"]
    return found


def fields(expected: Any, schema: dict[str, Any], schemas: dict[str, Any], at: str) -> list[str]:
    known, faults = schema.get("properties", {}), []
    for name, kind in get_type_hints(expected, include_extras=True).items():
        optional = get_origin(kind) is NotRequired
        if name in known:
            faults += differences(kind, known[name], schemas, f"{at}.{name}")
            if not optional and name not in schema.get("required", ()):
                faults.append(f"{at}.{name} may be missing")
        elif not optional:
            faults.append(f"{at}.{name} does not exist")
    return faults


def test_every_request_and_every_field_of_its_answer_is_in_the_openapi(openapi: dict[str, Any]) -> None:
    asked = operations()
    assert len(asked) > 25
    faults = []
    for method, path, expected in asked:
        (template,) = (
            one for one in openapi["paths"] if re.sub(r"\{\w+\}", "{}", one) == re.sub(r"\{\w+\}", "{}", path)
        )
        if expected is None:
            continue
        (success,) = (
            one for code, one in openapi["paths"][template][method.lower()]["responses"].items() if code < "3"
        )
        schema = success["content"]["application/json"]["schema"]
        faults += differences(expected, schema, openapi["components"]["schemas"], f"{method} {path}")
    assert faults == []


def test_a_field_that_the_api_does_not_have_is_found(openapi: dict[str, Any]) -> None:
    schemas = openapi["components"]["schemas"]
    group = openapi["paths"]["/groups/{group_id}"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert differences(answers.Group, group, schemas, "group") == []
    assert differences(answers.Me, group, schemas, "group") == ["group.workspace does not exist"]
    assert differences(answers.Creative, group, schemas, "group")
