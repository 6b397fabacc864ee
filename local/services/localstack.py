"""LocalStack on the host: its own environment, start, health and stop."""

from __future__ import annotations

import base64
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from local.lambda_executor.signatures import KeyPair
from local.services.process import HttpServer
from local.state import CHECKOUT, DEFAULT_ROOT, HOST, LocalStackError, digest, exclusive, progress, write_private

VENV = DEFAULT_ROOT / "venvs" / "localstack"
REQUIREMENTS = CHECKOUT / "requirements" / "localstack.txt"
PLUGIN = CHECKOUT / "local" / "lambda_executor"
DEFAULT_PORT = 4566
REGION = "us-east-1"
ACCOUNT = "000000000000"
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
class LocalStack(HttpServer):
    """The LocalStack of a state folder. It stops at once: what lasts is on disk, the rest it would forget.

    `closed=False` answers requests that nobody signed: for tests that stand in for docker-compose, whose LocalStack is
    within reach of its own services alone.
    """

    closed: bool = True

    name = "localstack"
    title = "LocalStack"
    default_port = DEFAULT_PORT
    port_setting = "localstack_port"
    health_path = "/_localstack/health"
    start_seconds = 90  # a slow machine, nothing in its file cache; once in a while it hangs before it listens
    stop_seconds = 15
    stop_signals = (signal.SIGKILL,)

    @property
    def objects(self) -> Path:
        """Where the S3 objects are kept between runs."""
        return self.state.root / "objects"

    @property
    def functions(self) -> Path:
        """The file that names what may run as a function (see lambda_executor/deployed.py)."""
        return self.state.root / "functions.json"

    @property
    def credentials(self) -> Path:
        """The file with the key that this stack answers, as AWS's own tools read it; made when there is none."""
        path = self.state.root / "aws-credentials"
        if not path.exists():
            access_key = f"ADLENS{base64.b32encode(secrets.token_bytes(10)).decode()[:14]}"
            lines = (
                "[default]",
                f"aws_access_key_id = {access_key}",
                f"aws_secret_access_key = {secrets.token_hex(20)}",
            )
            write_private(path, "\n".join((*lines, f"region = {REGION}", "")))
        return path

    @property
    def key_pair(self) -> KeyPair:
        return KeyPair.read(self.credentials)

    @property
    def health_headers(self) -> Mapping[str, str]:
        return self.key_pair.headers("GET", f"{self.url}{self.health_path}", "localstack")

    @property
    def first_log(self) -> Path:
        """The log of a start that `wait` gave up."""
        return self.log.with_suffix(".first")

    def start(self) -> None:
        """Starts LocalStack if it does not run; `wait` says when it answers."""
        if self.process is not None:
            return
        port, root, work = self.port, self.state.root, self.state.root / "localstack"
        for folder in (work, root / "environments"):  # nothing of a former run is of use
            shutil.rmtree(folder, ignore_errors=True)
        self.functions.unlink(missing_ok=True)
        (work / "tmp").mkdir(parents=True, mode=0o700)
        environment = {
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
            "DISABLE_CORS_HEADERS": "1",  # but for those that a bucket has rules for
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
            "ADLENS_AWS_CREDENTIALS": str(self.credentials),
            "ADLENS_CLOSED": str(int(self.closed)),
        }
        self.state.write(deployment=None)
        self.launch([VENV / "bin" / "python", "-m", "localstack.runtime.main"], work, environment)

    def wait(self) -> None:
        """Returns when LocalStack answers; one that does not is started once more, and the log of the first kept.

        Raises LocalStackError when it was not started, or does not answer the second time either.
        """
        if self.state.read().get(self.name) is None:
            raise LocalStackError("LocalStack was not started.")
        if self.answers():
            return
        progress("LocalStack does not answer: starting it anew")
        self.stop()
        self.log.replace(self.first_log)
        self.start()
        if not self.answers():
            self.stop()
            raise self.failure()

    def stop(self) -> None:
        super().stop()
        self.state.write(deployment=None)
