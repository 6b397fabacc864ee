"""The call of the statistics function by the real client, to a server that speaks as the runtime's emulator does."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from uuid import uuid4

import pytest

from adlens.domain.errors import InvalidValue, TransientError, UnknownGroup
from adlens.domain.gallery import CreativeFilter
from adlens.domain.lift import Delivered, Lift, Metric, lift_answer, parse_lift_request
from adlens.storage.clients import lambda_client
from adlens.storage.lift import LambdaLiftEstimator

LIFT = Lift(Metric.CTR, Delivered(1, 2, 3), 0.5, 0, ())


class Emulator(BaseHTTPRequestHandler):
    answers: list[tuple[int, dict[str, str], bytes]]
    asked: list[tuple[str, Any]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.asked.append((self.path, json.loads(body)))
        status, headers, answer = self.answers.pop()
        self.send_response(status)
        for name, value in {"content-length": str(len(answer)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: Any) -> None: ...


@pytest.fixture
def emulator() -> Iterator[Any]:
    server = HTTPServer(("127.0.0.1", 0), type("Own", (Emulator,), {"answers": [], "asked": []}))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def ask(emulator, monkeypatch):
    for name, value in (("ACCESS_KEY_ID", "test"), ("SECRET_ACCESS_KEY", "test"), ("DEFAULT_REGION", "us-east-1")):
        monkeypatch.setenv(f"AWS_{name}", value)
    lambda_client.cache_clear()
    estimator = LambdaLiftEstimator(lambda_client(f"http://127.0.0.1:{emulator.server_port}"), "function")

    def answered(answer: bytes, status: int = 200, **headers: str) -> Lift:
        emulator.RequestHandlerClass.answers.append((status, headers, answer))
        return estimator(WORKSPACE, Metric.CTR, CreativeFilter(group_ids=("grp",)))

    return answered


WORKSPACE = uuid4()


def test_the_function_is_asked_and_its_answer_is_read(ask, emulator) -> None:
    assert ask(json.dumps({"lift": lift_answer(LIFT)}).encode()) == LIFT
    ((path, event),) = emulator.RequestHandlerClass.asked
    assert path == "/2015-03-31/functions/function/invocations"
    assert parse_lift_request(event) == (WORKSPACE, Metric.CTR, CreativeFilter(group_ids=("grp",)))


def test_what_is_wrong_with_the_question_is_said_as_if_here(ask) -> None:
    with pytest.raises(UnknownGroup, match="no group"):
        ask(b'{"error": {"code": "unknown_group", "message": "There is no group.", "field": ""}}')
    with pytest.raises(InvalidValue, match="letters") as refusal:
        ask(b'{"error": {"code": "invalid_value", "message": "Search for letters.", "field": "text"}}')
    assert refusal.value.field == "text"


@pytest.mark.parametrize(
    ("answer", "status", "headers"),
    [
        (b'{"errorType": "MemoryError", "errorMessage": ""}', 200, {}),
        (b'{"errorType": "MemoryError", "errorMessage": ""}', 200, {"X-Amz-Function-Error": "Unhandled"}),
        (b"Task timed out after 28.00 seconds", 200, {}),
        (b"null", 200, {}),
        (b'{"lift": {}}', 200, {}),
        (b"{}", 500, {}),
        (b'{"Type": "User"}', 429, {}),
    ],
)
def test_whatever_else_comes_is_a_failure_that_may_pass(ask, emulator, answer, status, headers) -> None:
    with pytest.raises(TransientError, match="statistics function did not answer"):
        ask(answer, status, **headers)
    assert len(emulator.RequestHandlerClass.asked) == 1  # a question takes long: it is not asked again by itself


def test_nobody_there_is_a_failure_that_may_pass(emulator, monkeypatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    nobody = LambdaLiftEstimator(lambda_client("http://127.0.0.1:9"), "function")
    with pytest.raises(TransientError, match="did not answer"):
        nobody(WORKSPACE, Metric.CTR, CreativeFilter())
