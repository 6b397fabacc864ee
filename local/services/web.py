"""The web app: its build, which all stacks of the checkout share, and the server of one stack, on one port."""

from __future__ import annotations

import hashlib
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from local.services.process import HttpServer
from local.state import (
    CHECKOUT,
    DEFAULT_ROOT,
    HOST,
    LocalStackError,
    digest,
    exclusive,
    progress,
    require_checkout,
)

SOURCES = CHECKOUT / "webapp"
REQUIREMENTS = CHECKOUT / "requirements" / "webapp.txt"
BUILDS = DEFAULT_ROOT / "web"
BUILDS_KEPT = 3  # another stack may serve an older one
DEFAULT_PORT = 3000


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
class Web(HttpServer):
    """The web app of a state folder."""

    name = "web"
    title = "The web app"
    default_port = DEFAULT_PORT
    port_setting = "web_port"
    health_path = "/_health"
    start_seconds = 60
    stop_seconds = 5
    stop_signals = (signal.SIGTERM, signal.SIGKILL)

    @property
    def origins(self) -> tuple[str, ...]:
        """Those that its pages are opened at."""
        return tuple(f"http://{host}:{self.port}" for host in (HOST, "localhost"))

    def serve(self, folder: Path, api_url: str, key: str, store: str) -> None:
        """Serves a build, for people who work with `key` unless they sign in and whose pictures are at the address
        `store`; returns when it answers. One that serves the same already goes on."""
        variables = {"ADLENS_WEB_API_URL": api_url, "ADLENS_WEB_API_KEY": key, "ADLENS_WEB_STORES": store}
        fingerprint = hashlib.sha256("\0".join((str(folder), *variables.values())).encode()).hexdigest()
        if self.process and self.state.read()["web"]["serves"] == fingerprint and self.healthy():
            return
        self.stop()
        port = self.port
        variables["ADLENS_WEB_ORIGINS"] = " ".join(self.origins)
        arguments = ("--interface", "asgi", "--factory", "--host", HOST, "--port", str(port))
        command = [sys.executable, "-m", "granian", *arguments, "adlens_web.production:create_app"]
        self.launch(command, folder, variables, serves=fingerprint)
        if not self.answers():
            self.stop()
            raise self.failure()
