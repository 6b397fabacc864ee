"""The web app: its build, which all stacks of the checkout share, and the server of one stack, on one port."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from .state import (
    CHECKOUT,
    DEFAULT_ROOT,
    HOST,
    LocalStackError,
    Process,
    State,
    digest,
    exclusive,
    free_port,
    progress,
    require_checkout,
    wait_for,
)

SOURCES = CHECKOUT / "webapp"
REQUIREMENTS = CHECKOUT / "requirements" / "webapp.txt"
BUILDS = DEFAULT_ROOT / "web"
BUILDS_KEPT = 3  # another stack may serve an older one
DEFAULT_PORT = 3000
START_SECONDS = 60
STOP_SECONDS = 5


def build() -> Path:
    """The folder to serve: made from the sources as they are, unless it is there. LocalStackError says why not."""
    require_checkout()
    sources = (SOURCES / name for name in ("adlens_web", "rxconfig.py", "reflex.lock"))
    assets = (path for path in (SOURCES / "assets").iterdir() if path.name != "external")  # Reflex's own links
    folder = BUILDS / digest([*sources, *assets, REQUIREMENTS], sys.version)[:16]
    with exclusive(BUILDS / "lock"):
        if not folder.exists():
            progress("building the web app")
            result = subprocess.run(
                # the stack that starts beside it comes first
                ["nice", sys.executable, "-m", "adlens_web.production", BUILDS / "work", folder],
                cwd=SOURCES,
                capture_output=True,
                text=True,
                check=False,
            )
            if result.returncode:
                raise LocalStackError(f"The web app could not be built: {result.stderr.strip()[-1500:]}")
        folder.touch()
        others = [path for path in BUILDS.iterdir() if path.is_dir() and len(path.name) == len(folder.name)]
        for old in sorted(others, key=lambda path: path.stat().st_mtime)[:-BUILDS_KEPT]:
            shutil.rmtree(old)
    return folder


@dataclass(frozen=True)
class Web:
    """The web app of a state folder."""

    state: State

    @property
    def process(self) -> Process | None:
        """The running process, None when there is none."""
        return self.state.process("web")

    @property
    def port(self) -> int:
        """The port it listens on, or will: ADLENS_WEB_PORT, or chosen once and kept as long as it is free."""
        return self.state.port("web", "ADLENS_WEB_PORT", DEFAULT_PORT)

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def log(self) -> Path:
        return self.state.root / "logs" / "web.log"

    def healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/_health", timeout=5) as answer:  # noqa: S310 - http on loopback
                return bool(answer.status == 200)
        except OSError:
            return False

    def serve(self, folder: Path, api_url: str, key: str) -> None:
        """Serves a build, for people who work with `key` unless they sign in; returns when it answers. One that serves
        the same already goes on."""
        variables = {"ADLENS_WEB_API_URL": api_url, "ADLENS_WEB_API_KEY": key}
        fingerprint = hashlib.sha256("\0".join((str(folder), *variables.values())).encode()).hexdigest()
        if self.process and self.state.read()["web"]["serves"] == fingerprint and self.healthy():
            return
        self.stop()
        port = self.port
        environment = {
            **{name: os.environ[name] for name in ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH") if name in os.environ},
            **variables,
            "ADLENS_WEB_ORIGINS": f"http://{HOST}:{port} http://localhost:{port}",
        }
        arguments = ("--interface", "asgi", "--factory", "--host", HOST, "--port", str(port))
        with self.log.open("w") as log:
            started = subprocess.Popen(
                [sys.executable, "-m", "granian", *arguments, "adlens_web.production:create_app"],
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # outlives the command, and is stopped with its worker
            )
        process = Process.of(started.pid)
        self.state.write(web={"pid": process.pid, "created": process.created, "serves": fingerprint})
        if not wait_for(lambda: self.healthy() or not process.running, START_SECONDS) or not process.running:
            self.stop()
            tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])
            raise LocalStackError(f"The web app did not start; the end of {self.log}:\n{tail}")

    def stop(self) -> None:
        """Ends it: pages that are open connect again when it is back, and load anew."""
        if process := self.process:
            port = self.port
            for number in (signal.SIGTERM, signal.SIGKILL):
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, number)  # its session
                if wait_for(lambda: not process.running and free_port(port) == port, STOP_SECONDS):
                    break
        self.state.write(web=None)
