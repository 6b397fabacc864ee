"""A server of the local stack: a process that outlives the command that starts it, and is found again by its state."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from local.settings import PortSettings
from local.state import HOST, LocalStackError, Process, State, free_port, wait_for

INHERITED = ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH")
LINES_OF_LOG = 15


@dataclass(frozen=True)
class ManagedProcess:
    """The server `name` of a state folder, on a port that is chosen once and kept as long as it is free."""

    state: State

    name: ClassVar[str]
    default_port: ClassVar[int]
    port_setting: ClassVar[str | None] = None
    """The field of PortSettings that chooses the port."""

    @property
    def process(self) -> Process | None:
        """The running process, None when there is none."""
        return self.state.process(self.name)

    @property
    def port(self) -> int:
        """The port it listens on, or will. Raises LocalStackError when the one that was asked for is taken."""
        kept: int = self.state.read().get(f"{self.name}_port", self.default_port)
        if self.process:
            return kept
        asked: int | None = getattr(PortSettings(), self.port_setting) if self.port_setting else None
        if asked and free_port(asked) != asked:
            variable = f"ADLENS_{self.port_setting}".upper()
            raise LocalStackError(f"{variable}={asked} is taken: free it, or leave the choice to us")
        port = free_port(asked or kept, self.default_port)
        self.state.write(**{f"{self.name}_port": port})
        return port

    @property
    def log(self) -> Path:
        return self.state.root / "logs" / f"{self.name}.log"


@dataclass(frozen=True)
class HttpServer(ManagedProcess):
    """One that speaks HTTP and says at `health_path` that it works."""

    title: ClassVar[str]
    health_path: ClassVar[str]
    start_seconds: ClassVar[int]
    stop_seconds: ClassVar[int]
    stop_signals: ClassVar[Sequence[signal.Signals]]
    """Sent one after the other to the process and all that it started, until they have ended."""

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def health_headers(self) -> Mapping[str, str]:
        """Without which the server does not say how it is."""
        return {}

    def healthy(self) -> bool:
        request = urllib.request.Request(f"{self.url}{self.health_path}", headers=dict(self.health_headers))  # noqa: S310 - loopback
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310 - loopback
                return bool(answer.status == 200)
        except OSError:
            return False

    def launch(self, command: Sequence[str | Path], folder: Path, variables: Mapping[str, str], **facts: Any) -> None:
        """Starts `command` in `folder`; `facts` are kept with its process id."""
        with self.log.open("w") as log:
            started = subprocess.Popen(
                list(command),
                cwd=folder,
                env={**{name: os.environ[name] for name in INHERITED if name in os.environ}, **variables},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # outlives the command, and is stopped with all that it started
            )
        process = Process.of(started.pid)
        self.state.write(**{self.name: {"pid": process.pid, "created": process.created, **facts}})

    def answers(self) -> bool:
        """Whether it does so within `start_seconds`; a process that ends never will."""
        process = self.process
        if process is None:
            return False
        return wait_for(lambda: self.healthy() or not process.running, self.start_seconds) and process.running

    def failure(self) -> LocalStackError:
        """Why it did not start, as far as its log says."""
        lines = self.log.read_text(errors="replace").splitlines()[-LINES_OF_LOG:]
        return LocalStackError("\n".join((f"{self.title} did not start; the end of {self.log}:", *lines)))

    def stop(self) -> None:
        if process := self.process:
            port = self.port
            for number in self.stop_signals:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, number)  # its session
                # The port is free when its last thread has gone, which is after it looks dead.
                if wait_for(lambda: not process.running and free_port(port) == port, self.stop_seconds):
                    break
        self.state.write(**{self.name: None})
