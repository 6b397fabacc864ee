"""One Lambda environment: a process of the AWS runtime client, supervised.

As on AWS, an environment handles one call at a time, a call past its timeout is killed, and a process that has died is
started anew by the next call.
"""

from __future__ import annotations

import os
import queue
import select
import shutil
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock, Thread
from typing import IO

from .runtime_api import InitError, Invocation, Ready, Result, RuntimeApi, error

BOOTSTRAP = Path(__file__).with_name("bootstrap.py")
# What a function sees of the machine; the rest of its environment is what Lambda gives it.
INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
MAX_LOG_BYTES = 1024 * 1024  # kept per call for the caller; the log file has everything


@dataclass(frozen=True)
class Outcome:
    """What one call came to: the handler's JSON answer or Lambda's error object, and what it logged."""

    body: bytes
    is_error: bool
    logs: str


class InitFailed(Exception):
    """The environment did not get ready; `body` is Lambda's error object, `logs` what it printed."""

    def __init__(self, body: bytes, logs: str) -> None:
        super().__init__(body.decode(errors="replace"))
        self.body = body
        self.logs = logs


@dataclass(frozen=True)
class Function:
    """How to run a function: interpreter, handler, folders and environment variables."""

    name: str
    handler: str
    python: Path
    directory: Path
    python_path: tuple[Path, ...]
    variables: Mapping[str, str]
    log_file: Path


@dataclass(frozen=True)
class _Exited:
    status: int


class Environment:
    """Runs `function` in a process; `folder` is its own (TMPDIR inside, `pid` beside it) and removed with it."""

    def __init__(self, function: Function, folder: Path, startup_timeout: float = 60) -> None:
        self.function = function
        self.folder = folder
        self.startup_timeout = startup_timeout
        self._process: _Process | None = None
        self._stopped = False
        self._lock = Lock()  # starting and stopping come from different threads

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Returns when the handler is loaded; InitFailed if it cannot be or takes more than the startup timeout."""
        self._start()

    def _start(self) -> _Process:
        with self._lock:
            if self._stopped:
                raise InitFailed(error("Runtime.ExitError", "The environment has been stopped"), "")
            shutil.rmtree(self.folder, ignore_errors=True)
            (self.folder / "tmp").mkdir(parents=True)
            self.function.log_file.parent.mkdir(parents=True, exist_ok=True)
            self._process = process = _Process(self.function, self.folder)
            (self.folder / "pid").write_text(str(process.pid))
        event = process.wait(time.monotonic() + self.startup_timeout)
        if isinstance(event, Ready):
            return process
        process.kill()
        match event:
            case InitError(body):
                pass
            case _Exited(status):
                body = error("Runtime.ExitError", f"Runtime exited before it was ready ({_reason(status)})")
            case _:
                body = error("Runtime.InitTimedout", f"Not ready after {self.startup_timeout:g} seconds")
        raise InitFailed(body, process.take_logs())

    def invoke(
        self, request_id: str, payload: str, timeout: float, function_arn: str = "", trace_id: str = ""
    ) -> Outcome:
        """Hands `payload` (JSON) to the handler and waits `timeout` seconds at most; its failures are outcomes."""
        try:
            process = self._process if self._process and self._process.alive else self._start()
        except InitFailed as failure:
            return Outcome(failure.body, True, failure.logs)
        process.log(f"START RequestId: {request_id}")
        started, deadline = time.monotonic(), time.monotonic() + timeout
        process.submit(Invocation(request_id, payload, function_arn, int((time.time() + timeout) * 1000), trace_id))
        while not isinstance(event := process.wait(deadline), _Exited | None):
            if isinstance(event, Result) and event.request_id == request_id:
                break
        memory = process.peak_memory()
        match event:
            case Result(_, body, is_error):
                pass
            case _Exited(status):
                body = error("Runtime.ExitError", f"RequestId: {request_id} Error: Runtime exited: {_reason(status)}")
            case _:
                body = error(
                    "Sandbox.Timedout", f"RequestId: {request_id} Error: Task timed out after {timeout:.2f} seconds"
                )
        if not isinstance(event, Result):
            is_error = True
            process.kill()
            process.log(body.decode())
        process.log(
            f"END RequestId: {request_id}\n"
            f"REPORT RequestId: {request_id}\tDuration: {(time.monotonic() - started) * 1000:.2f} ms{memory}"
        )
        return Outcome(body, is_error, process.take_logs())

    def stop(self) -> None:
        """Ends the process, from any thread; a call that is under way ends with an error."""
        with self._lock:
            self._stopped = True
            if self._process:
                self._process.kill()
            shutil.rmtree(self.folder, ignore_errors=True)


class _Process:
    """One life of the runtime client with its Runtime API, its log and its events in the order they happened."""

    def __init__(self, function: Function, folder: Path) -> None:
        self._events: queue.SimpleQueue[Ready | InitError | Result | _Exited] = queue.SimpleQueue()
        self._api = RuntimeApi(self._events.put)
        environment = {name: os.environ[name] for name in INHERITED if name in os.environ}
        environment |= {
            "PYTHONUNBUFFERED": "1",
            **function.variables,
            "AWS_LAMBDA_RUNTIME_API": self._api.address,
            "LAMBDA_TASK_ROOT": str(function.directory),
            "PYTHONPATH": os.pathsep.join(map(str, function.python_path)),
            "TMPDIR": str(folder / "tmp"),
        }
        self._process = subprocess.Popen(
            [function.python, "-P", BOOTSTRAP, function.handler],
            cwd=function.directory,
            env=environment,
            stdin=subprocess.PIPE,  # its end of file tells the process that we are gone
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self.pid = self._process.pid
        assert self._process.stdout is not None  # noqa: S101 - for the type checker
        self._log = _Log(self._process.stdout, function.log_file)
        self.log(f"INIT_START Pid: {self.pid} Handler: {function.handler}")
        for duty in (self._log.follow, self._watch):
            Thread(target=duty, name=f"lambda-{function.name}-{self.pid}", daemon=True).start()

    def _watch(self) -> None:
        status = self._process.wait()
        self._log.finish()
        self._events.put(_Exited(status))
        self._api.close()

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def submit(self, invocation: Invocation) -> None:
        self._api.submit(invocation)

    def wait(self, deadline: float) -> Ready | InitError | Result | _Exited | None:
        """The next event, None at `deadline` (monotonic seconds)."""
        try:
            return self._events.get(timeout=max(0, deadline - time.monotonic()))
        except queue.Empty:
            return None

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def log(self, text: str) -> None:
        self._log.add(text)

    def take_logs(self) -> str:
        return self._log.take()

    def peak_memory(self) -> str:
        """`\\tMax Memory Used: N MB` where the system tells it."""
        try:
            status = Path(f"/proc/{self.pid}/status").read_text()
        except OSError:
            return ""
        peaks = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")]
        return "".join(f"\tMax Memory Used: {int(kilobytes) // 1024} MB" for kilobytes in peaks)


class _Log:
    """What a process prints: whole lines go to the function's log file, the text since `take` to the caller."""

    def __init__(self, source: IO[bytes], path: Path) -> None:
        os.set_blocking(source.fileno(), False)
        self._source = source
        self._path = path
        self._lock = Lock()
        self._line = b""
        self._recent = bytearray()
        self._ended = False

    def follow(self) -> None:
        """Until the process has ended; what it may have started can hold the pipe open for longer."""
        poll = select.poll()
        poll.register(self._source, select.POLLIN)
        while not self._ended:
            poll.poll(1000)
            self._pump()
        self._source.close()

    def finish(self) -> None:
        self._pump()
        with self._lock:
            self._ended = True
            self._write(b"")

    def _pump(self) -> None:
        """Reads what the process has printed so far. What it printed before its answer is in the pipe by then."""
        with self._lock, suppress(BlockingIOError):
            while not self._ended:
                data = os.read(self._source.fileno(), 65536)
                self._ended = not data
                # the runtime client separates the lines of one message by carriage returns
                self._write(data.replace(b"\r", b"\n"))

    def _write(self, data: bytes) -> None:
        lines, newline, self._line = (self._line + data).rpartition(b"\n")
        text = lines + newline
        if self._ended and self._line:
            text, self._line = text + self._line + b"\n", b""
        if text:
            with self._path.open("ab", buffering=0) as file:  # one write of whole lines: environments share the file
                file.write(text)
            self._recent += text
            del self._recent[:-MAX_LOG_BYTES]

    def add(self, text: str) -> None:
        self._pump()
        with self._lock:
            self._write((b"\n" if self._line else b"") + text.encode() + b"\n")

    def take(self) -> str:
        self._pump()
        with self._lock:
            text, self._recent = self._recent.decode(errors="replace"), bytearray()
        return text


def _reason(status: int) -> str:
    return f"signal: {-status}" if status < 0 else f"exit status {status}"
