"""One shape for every error, keys, limits."""

from __future__ import annotations

from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from adlens.domain import errors as domain
from adlens.settings import ApiSettings
from functions.api import errors
from functions.api.app import create_app

SHAPE = {"detail", "code", "field", "request_id"}


def api_errors(kind: type = domain.AdLensError) -> list[type]:
    return [kind, *(below for child in kind.__subclasses__() for below in api_errors(child))]


def test_every_error_that_a_caller_can_cause_has_a_status() -> None:
    ours = {
        domain.AdLensError,
        domain.PermanentError,
        domain.MalformedEvent,
        domain.InvalidBundle,
        domain.ExportTooLarge,
    }
    known = [kind for kind in api_errors() if kind.__module__ in (domain.__name__, errors.__name__)]
    assert {kind for kind in known if not set(kind.__mro__) & set(errors.STATUS)} == ours


@pytest.mark.parametrize(
    ("method", "path", "status", "code", "field"),
    [
        ("GET", "/nothing/here", 404, "not_found", None),
        ("PATCH", "/groups", 405, "method_not_allowed", None),
        ("GET", "/creatives/7", 422, "invalid_value", "creative_id"),
        ("GET", "/status/7", 422, "invalid_value", "creative_id"),
        ("POST", "/creatives/7/reanalyze", 422, "invalid_value", "creative_id"),
        ("GET", "/groups/-x/creatives", 422, "invalid_value", "group_id"),
        ("GET", "/groups/%00/status", 422, "invalid_value", "group_id"),
        ("DELETE", f"/groups/{'x' * 101}", 422, "invalid_value", "group_id"),
        ("GET", "/analytics/group/a%20b", 422, "invalid_value", "group_id"),
        ("GET", "/groups?limit=0", 422, "invalid_value", "limit"),
        ("GET", "/groups?limit=1001", 422, "invalid_value", "limit"),
        ("GET", f"/creatives/{UUID(int=1)}", 404, "unknown_creative", None),
        ("GET", "/groups/none/status", 404, "unknown_group", None),
        ("GET", "/settings/COLORS", 404, "unknown_setting", None),
        ("PUT", "/settings/DOMINANT_COLORS_COUNT?value=0", 422, "invalid_value", "DOMINANT_COLORS_COUNT"),
        ("PUT", "/settings/DOMINANT_COLORS_COUNT?value=x", 422, "invalid_value", "DOMINANT_COLORS_COUNT"),
        ("PUT", "/settings/DOMINANT_COLORS_COUNT", 422, "invalid_value", "value"),
        ("PUT", f"/settings/DOMINANT_COLORS_COUNT?value={'9' * 21}", 422, "invalid_value", "value"),
    ],
)
def test_errors_have_one_shape(client, method, path, status, code, field) -> None:
    answer = client.request(method, path)
    found = answer.json()
    assert found.keys() == SHAPE
    assert (answer.status_code, found["code"], found["field"]) == (status, code, field)
    assert isinstance(found["detail"], str)
    assert found["detail"]
    assert found["request_id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize("value", [None, 3.5, [], {}, "three", "9" * 5000, 10**30])
def test_a_setting_that_is_no_number_in_range_is_named(client, value) -> None:
    answer = client.put("/settings/", json={"DOMINANT_COLORS_COUNT": value})
    assert (answer.status_code, answer.json()["field"]) == (422, "DOMINANT_COLORS_COUNT")


def test_a_change_that_does_not_fit_changes_nothing(client) -> None:
    answer = client.put("/settings/", json={"SECONDARY_COLORS_COUNT": 1, "DOMINANT_COLORS_COUNT": True})
    assert (answer.status_code, answer.json()["field"]) == (422, "DOMINANT_COLORS_COUNT")
    assert client.put("/settings/", json={"SECONDARY_COLORS_COUNT": 1, "COLORS": 1}).status_code == 404
    assert client.get("/settings/").json()["SECONDARY_COLORS_COUNT"] == 3


@pytest.mark.parametrize("body", [b"{", b"", b"\xff", b'"\\ud800"'])
def test_a_body_that_is_no_json_is_refused(client, body: bytes) -> None:
    answer = client.post("/uploads", content=body, headers={"content-type": "application/json"})
    assert answer.status_code in (400, 422)
    assert answer.json().keys() == SHAPE


@pytest.mark.parametrize(
    ("method", "path", "sent"),
    [
        ("POST", "/uploads", "text/plain"),
        ("POST", "/uploads", "multipart/form-data; boundary=x"),
        ("POST", "/upload", "application/json"),
        ("POST", "/upload", "image/png"),
        ("PUT", "/settings/", "application/xml"),
        ("PATCH", "/groups/grp_1", "text/plain"),
    ],
)
def test_another_kind_of_body_is_415_and_says_which_one_to_send(client, method, path, sent) -> None:
    answer = client.request(method, path, content=b"--x--\r\n", headers={"content-type": sent})
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")
    assert "Send " in answer.json()["detail"]


def test_what_nobody_thought_of_is_500_and_tells_nothing(client, world, monkeypatch, log) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("password=secret")

    monkeypatch.setattr(world.creatives, "groups", fail)
    answer = client.get("/groups", headers={"origin": "https://app.test"})
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert answer.json().keys() == SHAPE
    assert "secret" not in answer.text
    assert answer.headers["access-control-allow-origin"] == "*"
    assert [line["level"] for line in log() if line["request_id"] == answer.json()["request_id"]] == ["ERROR", "INFO"]


def test_a_database_that_does_not_answer_is_503(client, world, analysed) -> None:
    world.creatives.is_down = True
    answer = client.get(f"/creatives/{analysed.key.id}")
    assert (answer.status_code, answer.json()["code"]) == (503, "temporarily_unavailable")
    assert answer.headers["retry-after"]


# --- keys -----------------------------------------------------------------------------------------------------------


def test_without_a_key_nothing_is_answered_and_the_answer_says_what_to_send(anonymous) -> None:
    answer = anonymous.get("/groups")
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
    assert "x-api-key" in answer.json()["detail"]
    assert "x-api-key" in answer.headers["www-authenticate"]


@pytest.mark.parametrize("key", ["", "adl_unknown_key", "\xe9", "a" * 5000])
def test_a_wrong_key_is_401(anonymous, key: str) -> None:
    assert anonymous.get("/groups", headers={"x-api-key": key.encode("latin-1")}).status_code == 401


def test_a_key_is_asked_for_before_anything_else(anonymous) -> None:
    assert anonymous.get("/creatives/7").status_code == 401
    assert anonymous.get("/creatives?topic=none&limit=none").status_code == 401
    assert anonymous.post("/uploads", content=b"x", headers={"content-type": "text/plain"}).status_code == 401


def test_keys_are_not_logged(client, log) -> None:
    client.get("/groups")
    client.get("/groups", headers={"x-api-key": "adl_wrong"})
    assert [line["status"] for line in log()] == [200, 401]
    assert client.headers["x-api-key"] not in str(log())
    assert "adl_wrong" not in str(log())


def test_the_log_has_one_line_of_json_per_request(client, world, log) -> None:
    answer = client.get("/groups")
    (line,) = log()
    assert (line["method"], line["path"], line["status"]) == ("GET", "/groups", 200)
    assert line["request_id"] == answer.headers["x-request-id"]
    assert line["workspace_id"] == str(world.ours)


def test_requests_without_a_key_may_have_a_workspace_of_their_own(client, world, settings: ApiSettings) -> None:
    app = create_app(settings.model_copy(update={"anonymous_workspace": world.ours}))
    app.dependency_overrides = client.app.dependency_overrides
    anonymous = TestClient(app)
    world.add()
    assert len(anonymous.get("/groups").json()) == 1
    assert anonymous.get("/groups", headers={"x-api-key": "wrong"}).status_code == 401
