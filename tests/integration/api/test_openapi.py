"""Whatever the OpenAPI allows, and much that it does not: no answer is a fault of ours, and every one is documented."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from adlens.domain.performance import performance_file_key
from functions.api.app import create_app
from tests.settings import api_settings

CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
)
GROUP = "grp_openapi"
OPERATIONS = sorted(
    f"{method.upper()} {path}"
    for path, methods in create_app(api_settings()).openapi()["paths"].items()
    for method in methods
)


@pytest.fixture
def tenant(new_tenant: Any) -> Any:
    tenant = new_tenant()
    tenant.key = tenant.analysed(GROUP)
    tenant.webhook(tenant.key.id)
    tenant.memory.objects[performance_file_key(tenant.id, tenant.key.id)] = b"x"
    return tenant


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_answer_is_documented(operation: str, app: Any, tenant: Any) -> None:
    schema = schemathesis.openapi.from_asgi("/openapi.json", app)
    method, path = operation.split(" ")
    known = {
        "group_id": GROUP,
        "creative_id": str(tenant.key.id),
        "webhook_id": str(tenant.key.id),
        "file_id": str(tenant.key.id),
        "key": "DOMINANT_COLORS_COUNT",
    }
    # Things that exist turn up as often as any others.
    turn = itertools.cycle([True, False])

    @given(
        case=st.one_of(
            schema[path][method].as_strategy(),
            schema[path][method].as_strategy(generation_mode=schemathesis.GenerationMode.NEGATIVE),
        )
    )
    @settings(
        max_examples=25,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate],
        derandomize=True,
        database=None,
    )
    def ask(case: Any) -> None:
        if next(turn):
            case.path_parameters = {name: known.get(name, value) for name, value in case.path_parameters.items()}
        response = case.call(headers={"x-api-key": tenant.client.headers["x-api-key"]})
        case.validate_response(response, checks=CHECKS)

    ask()
