"""Calls a Lambda function where there is no Lambda service.

`python -m local.compose.functions MODULE.HANDLER [PAYLOAD]` calls one of this image and prints its answer.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import tempfile
import urllib.error
import urllib.request
import uuid
from http.client import HTTPException
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from local.lambda_executor.environment import Environment
from local.lambda_executor.environment import Function as Code

SLACK_SECONDS = 10  # for the emulator to say itself that a call took too long


class FunctionError(Exception):
    """The function took the call and did not answer it."""


class Unavailable(Exception):
    """The call did not reach the function."""


class Function(Protocol):
    def ready(self) -> bool:
        """Whether a call would reach the function now."""

    def __call__(self, payload: str) -> bytes:
        """The JSON answer to a JSON payload. Raises FunctionError and Unavailable."""


class EmulatedFunction:
    """A function in a container of its own, whose AWS base image answers `url` through the runtime interface emulator.

    The emulator takes one call at a time, as one Lambda environment does.
    """

    def __init__(self, url: str, timeout: float) -> None:
        self._url = url
        self._timeout = timeout

    def ready(self) -> bool:
        address = urlsplit(self._url)
        try:
            socket.create_connection((address.hostname or "", address.port or 80), timeout=3).close()
        except OSError:
            return False
        return True

    def __call__(self, payload: str) -> bytes:
        request = urllib.request.Request(self._url, payload.encode(), {"Content-Type": "application/json"})  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=self._timeout + SLACK_SECONDS) as answer:  # noqa: S310
                return _answer(answer.read())
        except urllib.error.HTTPError as error:
            raise FunctionError(f"{error}: {_reason(error.read())}") from error
        except urllib.error.URLError as error:  # raised until the request is sent
            raise Unavailable(f"{self._url}: {error.reason}") from error
        except (OSError, HTTPException) as error:
            raise FunctionError(f"{self._url} broke off: {error!r}") from error


class ProcessFunction:
    """A function of this image, such as functions.sweep.handler.handler, as a process of AWS's runtime client."""

    def __init__(self, handler: str, timeout: float) -> None:
        here = Path(__file__).resolve().parents[2]
        code = Code(
            name=handler.split(".")[1],
            handler=handler,
            python=Path(sys.executable),
            directory=here,
            python_path=(here, *sorted(here.glob("layers/*/python"))),
            variables={"AWS_LAMBDA_FUNCTION_NAME": handler.split(".")[1], **os.environ},
            log_file=Path(os.devnull),  # what it logs is printed below
        )
        self._folder = tempfile.TemporaryDirectory(prefix="function-", ignore_cleanup_errors=True)
        self._environment = Environment(code, Path(self._folder.name) / "environment")
        self._timeout = timeout

    def ready(self) -> bool:
        return True

    def __call__(self, payload: str) -> bytes:
        outcome = self._environment.invoke(str(uuid.uuid4()), payload, self._timeout)
        print(outcome.logs, end="", flush=True)
        if outcome.is_error:
            raise FunctionError(_reason(outcome.body))
        return outcome.body

    def stop(self) -> None:
        self._environment.stop()
        self._folder.cleanup()


def _answer(body: bytes) -> bytes:
    """The emulator gives errors of the handler as answers, and says in plain text that a call took too long."""
    try:
        answer = json.loads(body)
    except ValueError:
        answer = None
    if answer is None or (isinstance(answer, dict) and "errorType" in answer):
        raise FunctionError(_reason(body))
    return body


def _reason(body: bytes) -> str:
    """What an error object of Lambda says, without the stack, which is in the log; or the text there is instead."""
    try:
        error = json.loads(body)
        return f"{error['errorType']}: {error['errorMessage']}"
    except (ValueError, TypeError, KeyError):
        return body[:2000].decode(errors="replace")


def main(handler: str, payload: str = "{}") -> None:
    function = ProcessFunction(handler, timeout=600)
    try:
        print(function(payload).decode())
    except FunctionError as error:
        sys.exit(f"{handler} failed: {error}")
    finally:
        function.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
