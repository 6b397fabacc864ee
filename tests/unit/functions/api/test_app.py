"""The app as a whole: its description, its origins, its handler."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from fastapi.testclient import TestClient

from functions.api import handler
from functions.api.app import create_app
from functions.api.creatives.schemas import CreativeOut

ROOT = Path(__file__).parents[4]
VISION = {
    "numpy",
    "cv2",
    "PIL",
    "onnxruntime",
    "sklearn",
    "skimage",
    "scipy",
    "pandas",
    "statsmodels",
    "rapidocr",
    "torch",
    "adlens.vision",
}


@pytest.fixture
def document(client) -> dict:
    return client.get("/openapi.json").json()


def operations(document: dict):
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def test_every_path_of_the_contract_is_there(document) -> None:
    assert {name for name, _ in operations(document)} == {
        "POST /upload",
        "POST /uploads",
        "GET /groups",
        "GET /groups/{group_id}",
        "PATCH /groups/{group_id}",
        "DELETE /groups/{group_id}",
        "POST /groups/{group_id}/reanalyze",
        "GET /groups/{group_id}/creatives",
        "GET /groups/{group_id}/status",
        "GET /groups/{group_id}/duplicates",
        "GET /creatives",
        "GET /creatives/{creative_id}",
        "GET /creatives/{creative_id}/neighbours",
        "GET /creatives/{creative_id}/similar",
        "DELETE /creatives/{creative_id}",
        "PUT /creatives/{creative_id}/topic",
        "DELETE /creatives/{creative_id}/topic",
        "GET /search",
        "POST /creatives/{creative_id}/reanalyze",
        "POST /creatives/reanalyze",
        "GET /status/{creative_id}",
        "GET /analytics",
        "GET /analytics/compare",
        "GET /analytics/all",
        "GET /analytics/group/{group_id}",
        "POST /exports",
        "GET /exports",
        "GET /exports/{export_id}",
        "DELETE /exports/{export_id}",
        "GET /jobs",
        "GET /jobs/{job_id}",
        "POST /jobs/{job_id}/cancel",
        "GET /keys",
        "POST /keys",
        "POST /keys/{key_id}/rotate",
        "DELETE /keys/{key_id}",
        "GET /audit",
        "GET /trash",
        "POST /trash/restore",
        "POST /trash/delete",
        "POST /performance",
        "POST /performance/files",
        "POST /performance/files/{file_id}/import",
        "GET /creatives/{creative_id}/performance",
        "GET /analytics/lift",
        "GET /settings/",
        "PUT /settings/",
        "GET /settings/{key}",
        "PUT /settings/{key}",
        "POST /webhooks",
        "GET /webhooks",
        "GET /webhooks/{webhook_id}",
        "DELETE /webhooks/{webhook_id}",
        "GET /webhooks/{webhook_id}/deliveries",
        "POST /webhooks/{webhook_id}/test",
        "GET /me",
        "GET /taxonomy",
        "GET /health",
    }


def test_every_route_documents_its_errors_and_its_key(document) -> None:
    for name, operation in operations(document):
        assert operation["description"], name
        assert operation["tags"], name
        if name == "GET /health":
            assert "security" not in operation
            continue
        assert operation["security"] == [{"APIKeyHeader": []}], name
        assert {"401", "422", "500", "503"} <= operation["responses"].keys(), name
        for status, response in operation["responses"].items():
            if int(status) >= 400:
                content = response["content"]["application/json"]
                assert content["schema"] == {"$ref": "#/components/schemas/ErrorOut"}, (name, status)
                assert content["example"]["code"], (name, status)
    assert document["components"]["securitySchemes"]["APIKeyHeader"]["name"] == "x-api-key"


def test_the_example_has_the_documented_shape() -> None:
    (example,) = CreativeOut.model_config["json_schema_extra"]["examples"]
    CreativeOut.model_validate(example)


def test_the_docs_bring_all_they_run(client) -> None:
    page = client.get("/docs").text
    assert "https://" not in page
    for name in re.findall(r"docs/static/[a-z.-]+", page):
        assert client.get(f"/{name}").status_code == 200
    assert "SwaggerUIBundle" in client.get("/docs/static/swagger-ui-bundle.js").text


def test_the_docs_find_their_document_under_whatever_path_they_are_served(client) -> None:
    page = client.get("/docs")
    assert page.status_code == 200
    assert "url: 'openapi.json'" in page.text
    assert client.get("/openapi.json").json()["servers"] == [{"url": "."}]


def test_operations_have_names_that_generated_clients_can_use(document) -> None:
    names = [operation["operationId"] for _, operation in operations(document)]
    assert len(names) == len(set(names))
    assert {"upload", "sign_uploads", "get_creative", "group_status"} <= set(names)


def test_answers_are_kept_by_nobody(client) -> None:
    headers = client.get("/groups").headers
    assert (headers["cache-control"], headers["x-content-type-options"]) == ("no-store", "nosniff")


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_pages_of_other_origins_may_call(client, method: str) -> None:
    answer = client.options(
        "/uploads",
        headers={
            "origin": "https://app.test",
            "access-control-request-method": method,
            "access-control-request-headers": "content-type,x-api-key",
        },
    )
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "x-api-key" in answer.headers["access-control-allow-headers"].lower()


def test_origins_are_a_setting(settings) -> None:
    app = create_app(settings.model_copy(update={"cors_origins": ("https://app.test",)}))
    client = TestClient(app)
    assert "access-control-allow-origin" not in client.get("/docs", headers={"origin": "https://evil.test"}).headers
    assert client.get("/docs", headers={"origin": "https://app.test"}).headers["access-control-allow-origin"]


def test_the_handler_imports_no_vision() -> None:
    assert VISION & modules_after("import functions.api.handler") == set()


def test_the_shapes_need_no_web_framework() -> None:
    heavy = {"fastapi", "starlette", "sqlalchemy", "boto3", "aws_lambda_powertools", *VISION}
    assert heavy & modules_after("import functions.api.creatives.schemas") == set()


def modules_after(statement: str) -> set[str]:
    script = f"{statement}; import json, sys; print(json.dumps(list(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


# --- behind API Gateway ---------------------------------------------------------------------------------------------

CONTEXT = SimpleNamespace(
    function_name="api",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:us-east-1:000000000000:function:api",
    aws_request_id="invocation",
    get_remaining_time_in_millis=lambda: 10_000,
)


def event(method: str, path: str, body: bytes | None = None, **headers: str) -> dict:
    """What a REST API sends to a proxy integration."""
    return {
        "resource": "/{proxy+}",
        "path": path,
        "httpMethod": method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": {"proxy": path.strip("/")},
        "requestContext": {"requestId": "of-the-gateway", "stage": "v1", "path": f"/v1{path}", "identity": {}},
        "body": None if body is None else base64.b64encode(body).decode(),
        "isBase64Encoded": body is not None,
    }


@pytest.fixture
def invoke(client, settings, monkeypatch):
    app = create_app(settings.model_copy(update={"api_root_path": "/v1"}))
    app.dependency_overrides = client.app.dependency_overrides
    monkeypatch.setattr(handler, "create_app", lambda: app)
    handler.adapter.cache_clear()
    yield lambda sent: handler.handler(sent, CONTEXT)
    handler.adapter.cache_clear()


@pytest.mark.parametrize("path", ["/groups", "/v1/groups"])
def test_a_request_through_the_gateway(invoke, client, world, path: str) -> None:
    world.add()
    answer = invoke(event("GET", path, **{"x-api-key": client.headers["x-api-key"]}))
    assert answer["statusCode"] == 200
    assert json.loads(answer["body"])[0]["group_id"] == "grp_1"
    assert answer["headers"]["x-request-id"] == "of-the-gateway"


def test_a_multipart_upload_through_the_gateway(invoke, client, world, picture) -> None:
    request = client.build_request(
        "POST",
        "/upload",
        data={
            "group_id": "g",
            "creative_ids": ["0b9d5f0c-6a3e-4c1b-9d55-2f4a7c1e8b11"],
            "original_filenames": ["a.png"],
        },
        files=[("files", ("a.png", picture))],
    )
    headers = {"x-api-key": client.headers["x-api-key"], "Content-Type": request.headers["content-type"]}
    answer = invoke(event("POST", "/upload", request.read(), **headers))
    assert json.loads(answer["body"]) == {"uploaded": 1, "group_id": "g", "errors": []}
    assert list(world.store.objects.values()) == [picture]


def test_an_error_through_the_gateway(invoke) -> None:
    answer = invoke(event("GET", "/groups"))
    assert answer["statusCode"] == 401
    assert json.loads(answer["body"])["request_id"] == "of-the-gateway"


def test_the_docs_through_the_gateway(invoke) -> None:
    answer = invoke(event("GET", "/docs"))
    assert answer["statusCode"] == 200
    assert "swagger" in answer["body"]
