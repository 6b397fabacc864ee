"""Calls of a function in a container, against a server that answers as the runtime interface emulator does."""

import socket
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from local.compose.functions import EmulatedFunction, FunctionError, Unavailable

Emulate = Callable[[int, bytes | None], tuple[EmulatedFunction, list[tuple[str, bytes]]]]


@pytest.fixture
def emulate() -> Iterator[Emulate]:
    """Starts a server that answers every call with a status and a body, or hangs up when there is no body."""
    servers = []

    def start(status: int, body: bytes | None) -> tuple[EmulatedFunction, list[tuple[str, bytes]]]:
        calls = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                calls.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
                if body is None:
                    return
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/2015-03-31/functions/function/invocations"
        return EmulatedFunction(url, timeout=20), calls

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_a_call_gives_the_payload_and_takes_the_answer(emulate: Emulate) -> None:
    function, calls = emulate(200, b'{"batchItemFailures": []}')
    assert function.ready()
    assert function('{"Records": ["\u00fc"]}') == b'{"batchItemFailures": []}'
    assert calls == [("/2015-03-31/functions/function/invocations", '{"Records": ["ü"]}'.encode())]


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (200, b'{"errorMessage": "no bundle", "errorType": "RuntimeError"}', "RuntimeError: no bundle"),
        (200, b"Task timed out after 60.00 seconds", "Task timed out"),
        (200, b"", "^$"),
        (502, b'{"errorType": "Runtime.ExitError"}', "Runtime.ExitError"),
        (400, b"", "Bad Request"),
        (200, None, "broke off"),
    ],
)
def test_whatever_is_no_answer_is_an_error(emulate: Emulate, status: int, body: bytes | None, reason: str) -> None:
    function, _ = emulate(status, body)
    with pytest.raises(FunctionError, match=reason):
        function("{}")


def test_a_function_that_is_not_there_is_told_apart() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        function = EmulatedFunction(f"http://127.0.0.1:{unused.getsockname()[1]}/", timeout=5)
        assert not function.ready()
        with pytest.raises(Unavailable):
            function("{}")
