"""The folder of one local stack: what runs where, and the small tools its parts share.

```
.local/
  state.json   ports, process ids, deployment (0600)      lock          held by up and down
  aws-credentials  the key that LocalStack answers (0600)  functions.json  what may run as a function (0600)
  postgres/    data of the embedded PostgreSQL            objects/      the objects of S3
  localstack/  work files of LocalStack                   cdk.out/      the synthesised template
  logs/        one file per function and service          environments/ running Lambda environments
  venvs/       environments for all stacks of the checkout, and
  web/         builds of the web app
```
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import socket
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

CHECKOUT = Path(__file__).resolve().parent.parent
IS_CHECKOUT = (CHECKOUT / "cdk.json").is_file()
"""False in an installed package, which has what the commands need but for the local stack."""
DEFAULT_ROOT = CHECKOUT / ".local" if IS_CHECKOUT else Path.home() / ".local" / "state" / "adlens"
HOST = "127.0.0.1"


class LocalStackError(RuntimeError):
    """A part of the local stack cannot do what was asked; the message says why and what to do."""


def require_checkout() -> None:
    """Raises LocalStackError in an installed package."""
    if not IS_CHECKOUT:
        raise LocalStackError(
            "The local stack runs from a checkout of AdLens: clone it, then `make setup` and `adlens up` there."
        )


@dataclass(frozen=True)
class State:
    """The state folder `root`; several stacks run side by side in folders of their own."""

    root: Path

    @classmethod
    def at(cls, root: Path) -> State:
        # PostgreSQL refuses to run as root and has to reach its folder as another user
        root.mkdir(parents=True, exist_ok=True, mode=0o711 if os.geteuid() == 0 else 0o700)
        (root / "logs").mkdir(exist_ok=True)
        return cls(root.resolve())

    @property
    def _file(self) -> Path:
        return self.root / "state.json"

    def read(self) -> dict[str, Any]:
        try:
            state: dict[str, Any] = json.loads(self._file.read_text())
        except FileNotFoundError:
            return {}
        return state

    def write(self, **changes: Any) -> None:
        """Merges `changes` into the state; None takes a key out."""
        with exclusive(self.root / "state.lock"):
            state = {key: value for key, value in {**self.read(), **changes}.items() if value is not None}
            write_private(self._file, json.dumps(state, indent=2))

    def process(self, part: str) -> Process | None:
        """The running process of a part whose `pid` and `created` are remembered, None when there is none."""
        if remembered := self.read().get(part):
            process = Process(remembered["pid"], remembered["created"])
            if process.running:
                return process
        return None

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """One `up` or `down` at a time."""
        with exclusive(self.root / "lock"):
            yield


def write_private(path: Path, text: str) -> None:
    """Replaces `path` in one step by a file that only its owner reads."""
    partial = path.with_name(f"{path.name}.{os.getpid()}")
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    partial.replace(path)


@contextlib.contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Holds a lock file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@dataclass(frozen=True)
class Process:
    """A process as the state remembers it: the number alone may have been given to another one since."""

    pid: int
    created: float

    @classmethod
    def of(cls, pid: int) -> Process:
        return cls(pid, psutil.Process(pid).create_time())

    @property
    def running(self) -> bool:
        try:
            process = psutil.Process(self.pid)
            return bool(process.create_time() == self.created and process.status() != psutil.STATUS_ZOMBIE)
        except psutil.NoSuchProcess:
            return False


def free_port(*preferred: int | None) -> int:
    """The first of `preferred` that is free on the loopback interface, else any free one."""
    for port in (*preferred, 0):
        if port is None:
            continue
        with socket.socket() as probe:
            # as servers do: a port whose last connections are still closing is free
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise LocalStackError("No free port on the loopback interface")


def wait_for(condition: Callable[[], bool], seconds: float) -> bool:
    """Whether `condition` came true within `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def digest(paths: Iterable[Path], *extra: str) -> str:
    """A hash of the contents and names of files and folders (compiled Python left out) and of `extra`."""
    total = hashlib.sha256("\0".join(extra).encode())
    for path in paths:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file() and "__pycache__" not in file.parts:
                total.update(f"{file}\0".encode())
                total.update(hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()


def progress(text: str) -> None:
    print(f"adlens: {text}", file=sys.stderr, flush=True)
