"""The Runtime API answers whoever was given its address."""

from __future__ import annotations

import http.client
from collections.abc import Iterator

import pytest

from local.lambda_executor.runtime_api import PATH, Invocation, Ready, Result, RuntimeApi


@pytest.fixture
def reports() -> list[object]:
    return []


@pytest.fixture
def api(reports: list[object]) -> Iterator[RuntimeApi]:
    made = RuntimeApi(reports.append)
    yield made
    made.close()


def call(api: RuntimeApi, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(api.address.partition("/")[0], timeout=10)
    try:
        connection.request(method, path, body)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_its_own_process_takes_calls_and_answers_them(api: RuntimeApi, reports: list[object]) -> None:
    own = f"/{api.address.partition('/')[2]}{PATH}"
    api.submit(Invocation("r-1", '{"a": 1}', "arn", 0))
    assert call(api, "GET", f"{own}invocation/next") == (200, b'{"a": 1}')
    assert call(api, "POST", f"{own}invocation/r-1/response", b"{}")[0] == 202
    assert reports == [Ready(), Result("r-1", b"{}", is_error=False)]


@pytest.mark.parametrize("prefix", [PATH, f"/{PATH}", f"/{'A' * 32}{PATH}", "/"])
def test_others_get_nothing_and_change_nothing(api: RuntimeApi, reports: list[object], prefix: str) -> None:
    api.submit(Invocation("r-1", '{"secret": 1}', "arn", 0))
    assert call(api, "GET", f"{prefix}invocation/next")[0] == 404
    assert call(api, "POST", f"{prefix}invocation/r-1/response", b"forged" * 1000)[0] == 404
    assert call(api, "POST", f"{prefix}init/error", b"{}")[0] == 404
    assert reports == []


def test_addresses_differ(api: RuntimeApi) -> None:
    other = RuntimeApi(lambda _: None)
    try:
        assert other.address.partition("/")[2] != api.address.partition("/")[2]
    finally:
        other.close()
