"""LocalStack on the host: its own environment, start, health and stop."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
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
    wait_for,
)

VENV = DEFAULT_ROOT / "venvs" / "localstack"
REQUIREMENTS = CHECKOUT / "requirements" / "localstack.txt"
PLUGIN = Path(__file__).with_name("lambda_executor")
DEFAULT_PORT = 4566
REGION = "us-east-1"
ACCOUNT = "000000000000"
START_SECONDS = 90  # a slow machine, nothing in its file cache; once in a while it hangs before it listens
STOP_SECONDS = 15
KEEPALIVE_SECONDS = 24 * 3600  # what `up` has started is warm for a day without calls


def install() -> None:
    """Makes LocalStack's environment; does again what has changed: the requirements, or our plugin alone."""
    with exclusive(VENV.with_suffix(".lock")):
        locked = digest([REQUIREMENTS], str(VENV), sys.version)
        if not _installed("requirements", locked):
            progress("installing LocalStack into an environment of its own")
            shutil.rmtree(VENV, ignore_errors=True)
            _uv("venv", "--python", sys.executable, VENV)
            _pip_install("--compile-bytecode", "--require-hashes", "-r", REQUIREMENTS)
            _stamp("requirements").write_text(locked)
        ours = digest([PLUGIN], locked)
        if not _installed("plugin", ours):
            with tempfile.TemporaryDirectory() as folder:  # building leaves files beside the source
                source = shutil.copytree(PLUGIN, Path(folder) / "plugin")
                _pip_install("--no-deps", "--no-build-isolation", "--force-reinstall", source)
            shutil.rmtree(VENV / "cache", ignore_errors=True)  # LocalStack remembers the plugins that it found
            _stamp("plugin").write_text(ours)


def _stamp(name: str) -> Path:
    return VENV / f"{name}.sha256"


def _installed(name: str, stamp: str) -> bool:
    return _stamp(name).exists() and _stamp(name).read_text() == stamp


def _pip_install(*arguments: str | Path) -> None:
    _uv("pip", "install", "--python", VENV / "bin" / "python", *arguments)


def _uv(*arguments: str | Path) -> None:
    folders = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
    uv = shutil.which("uv", path=folders)
    if uv is None:
        raise LocalStackError("uv is missing: `make setup` installs it")
    result = subprocess.run([uv, "--quiet", *map(str, arguments)], capture_output=True, text=True, check=False)
    if result.returncode:
        raise LocalStackError(f"uv {' '.join(map(str, arguments))} failed: {result.stderr.strip()}")


@dataclass(frozen=True)
class LocalStack:
    """The LocalStack of a state folder."""

    state: State

    @property
    def process(self) -> Process | None:
        """The running process, None when there is none."""
        return self.state.process("localstack")

    @property
    def port(self) -> int:
        """The port it listens on, or will: ADLENS_LOCALSTACK_PORT, or chosen once and kept as long as it is free."""
        return self.state.port("localstack", "ADLENS_LOCALSTACK_PORT", DEFAULT_PORT)

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def log(self) -> Path:
        return self.state.root / "logs" / "localstack.log"

    @property
    def objects(self) -> Path:
        """Where the S3 objects are kept between runs."""
        return self.state.root / "objects"

    def healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/_localstack/health", timeout=5) as answer:  # noqa: S310 - http
                return "services" in json.load(answer)
        except (OSError, ValueError):
            return False

    def start(self) -> None:
        """Starts LocalStack if it does not run; `wait` says when it answers."""
        if self.process is not None:
            return
        port, root, work = self.port, self.state.root, self.state.root / "localstack"
        for folder in (work, root / "environments"):  # nothing of a former run is of use
            shutil.rmtree(folder, ignore_errors=True)
        (work / "tmp").mkdir(parents=True, mode=0o700)
        environment = {
            **{name: os.environ[name] for name in ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH") if name in os.environ},
            "GATEWAY_LISTEN": f"{HOST}:{port}",
            "GATEWAY_SERVER": "hypercorn",
            "LOCALSTACK_HOST": f"{HOST}:{port}",  # its default is a name of the public DNS
            "SQS_ENDPOINT_STRATEGY": "path",
            "DNS_ADDRESS": "0",  # no DNS server
            # no others: without CloudWatch no call of a function and no message has to be counted there
            "SERVICES": "s3,sqs,lambda,cloudformation,iam,sts,logs,apigateway,events,ssm",
            "EAGER_SERVICE_LOADING": "1",  # while the template is synthesised
            "STRICT_SERVICE_LOADING": "1",
            "SQS_DISABLE_CLOUDWATCH_METRICS": "1",
            "IN_MEMORY_CLIENT": "1",  # its parts call each other without HTTP
            "DISABLE_EVENTS": "1",
            "SKIP_SSL_CERT_DOWNLOAD": "1",
            "FILESYSTEM_ROOT": str(work),
            "TMPDIR": str(work / "tmp"),
            "XDG_CACHE_HOME": str(VENV / "cache"),
            "LAMBDA_RUNTIME_EXECUTOR": "process",
            "LAMBDA_RUNTIME_ENVIRONMENT_TIMEOUT": "90",
            "LAMBDA_KEEPALIVE_MS": str(KEEPALIVE_SECONDS * 1000),
            # long polls wait in the queue (see lambda_executor/localstack_hooks.py), so nothing needs to wait between
            "LAMBDA_EVENT_SOURCE_MAPPING_POLL_INTERVAL_SEC": "0.01",
            "LAMBDA_EVENT_SOURCE_MAPPING_MAX_BACKOFF_ON_EMPTY_POLL_SEC": "0.1",
            "ADLENS_EXECUTOR_PYTHON": sys.executable,
            "ADLENS_EXECUTOR_CHECKOUT": str(CHECKOUT),
            "ADLENS_EXECUTOR_STATE": str(root),
            "ADLENS_OBJECTS": str(self.objects),
        }
        with self.log.open("w") as log:
            started = subprocess.Popen(
                [VENV / "bin" / "python", "-m", "localstack.runtime.main"],
                cwd=work,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # outlives the command, and is stopped with all that it started
            )
        process = Process.of(started.pid)
        self.state.write(localstack={"pid": process.pid, "created": process.created}, deployment=None)

    def wait(self) -> None:
        """Returns when LocalStack answers; one that does not is started once more."""
        if self._answers():
            return
        self.stop()
        progress("LocalStack does not answer: starting it anew")
        self.start()
        if not self._answers():
            self.stop()
            tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])
            raise LocalStackError(f"LocalStack did not start; the end of {self.log}:\n{tail}")

    def _answers(self) -> bool:
        """Whether it does so in time; a process that ends never will."""
        process = self.process
        if process is None:
            return False
        return wait_for(lambda: self.healthy() or not process.running, START_SECONDS) and process.running

    def stop(self) -> None:
        """Ends LocalStack with every Lambda environment, at once: what lasts is on disk, the rest it would forget."""
        if process := self.process:
            port = self.port
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # its session
            # the port is free when its last thread has gone, which is after it looks dead
            wait_for(lambda: not process.running and free_port(port) == port, STOP_SECONDS)
        self.state.write(localstack=None, deployment=None)
