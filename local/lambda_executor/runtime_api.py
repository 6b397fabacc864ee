"""The Lambda Runtime API of one environment (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html).

Its address has a token in the path, which the environment's process alone is given: whoever else finds the port gets
404.
"""

from __future__ import annotations

import hmac
import json
import queue
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

PATH = "/2018-06-01/runtime/"
MAX_RESPONSE_BYTES = 6 * 1024 * 1024 + 100  # Lambda's limit for synchronous answers


@dataclass(frozen=True)
class Invocation:
    """What the runtime client gets for one call. `payload` is JSON, `deadline_ms` Unix time in milliseconds."""

    request_id: str
    payload: str
    function_arn: str
    deadline_ms: int
    trace_id: str = ""


@dataclass(frozen=True)
class Ready:
    """The runtime client has loaded the handler and asks for work."""


@dataclass(frozen=True)
class InitError:
    """The handler could not be loaded; `body` is Lambda's JSON error object."""

    body: bytes


@dataclass(frozen=True)
class Result:
    """The answer of the handler, or its error as Lambda's JSON error object."""

    request_id: str
    body: bytes
    is_error: bool


class RuntimeApi:
    """Serves one runtime client on a free loopback port and reports what it says to `report`."""

    def __init__(self, report: Callable[[Ready | InitError | Result], None]) -> None:
        self._report = report
        self._invocations: queue.SimpleQueue[Invocation | None] = queue.SimpleQueue()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.api = self
        token, port = secrets.token_urlsafe(24), self._server.server_port
        self.prefix = f"/{token}{PATH}"
        self.address = f"127.0.0.1:{port}/{token}"
        Thread(target=self._server.serve_forever, name=f"runtime-api-{port}", daemon=True).start()

    def submit(self, invocation: Invocation) -> None:
        self._invocations.put(invocation)

    def close(self) -> None:
        self._invocations.put(None)  # releases a `next` that waits
        self._server.shutdown()
        self._server.server_close()

    def next(self) -> Invocation | None:
        """The next call, as soon as there is one; None when the environment is being stopped."""
        self._report(Ready())
        return self._invocations.get()

    def receive(self, route: str, body: bytes) -> HTTPStatus:
        match route.split("/"):
            case ["init", "error"]:
                self._report(InitError(body))
            case ["invocation", request_id, "response"] if len(body) > MAX_RESPONSE_BYTES:
                self._report(
                    Result(
                        request_id,
                        error(
                            "Function.ResponseSizeTooLarge",
                            f"Response payload size ({len(body)} bytes) exceeded maximum allowed payload size "
                            f"({MAX_RESPONSE_BYTES} bytes).",
                        ),
                        is_error=True,
                    )
                )
            case ["invocation", request_id, ("response" | "error") as kind]:
                self._report(Result(request_id, body, is_error=kind == "error"))
            case _:
                return HTTPStatus.NOT_FOUND
        return HTTPStatus.ACCEPTED


def error(kind: str, message: str) -> bytes:
    """Lambda's error object."""
    return json.dumps({"errorType": kind, "errorMessage": message}).encode()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    api: RuntimeApi

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection breaks when its process dies, which the environment reports."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        if self._route() != "invocation/next":
            return self._answer(HTTPStatus.NOT_FOUND)
        invocation = self.server.api.next()
        if invocation is None:
            self.close_connection = True
            return None
        return self._answer(
            HTTPStatus.OK,
            invocation.payload.encode(),
            {
                "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
                "Lambda-Runtime-Deadline-Ms": str(invocation.deadline_ms),
                "Lambda-Runtime-Invoked-Function-Arn": invocation.function_arn,
                "Lambda-Runtime-Trace-Id": invocation.trace_id,
            },
        )

    def do_POST(self) -> None:
        if (route := self._route()) is None:
            self.close_connection = True  # the body stays where it is
            return self._answer(HTTPStatus.NOT_FOUND)
        return self._answer(self.server.api.receive(route, self._body()), b"{}")

    def _route(self) -> str | None:
        """What follows the prefix of the environment's own API."""
        prefix = self.server.api.prefix
        own = hmac.compare_digest(self.path[: len(prefix)].encode(), prefix.encode())
        return self.path[len(prefix) :] if own else None

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        chunks = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():  # trailers
            pass
        return b"".join(chunks)

    def _answer(self, status: HTTPStatus, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it
        """Says nothing: the executor logs calls itself."""
