"""The local stack as one thing: PostgreSQL, LocalStack, the deployed template, the web app. What `adlens up` calls."""

from __future__ import annotations

import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from local.services import localstack
from local.services.localstack import LocalStack
from local.services.postgres import Postgres
from local.services.web import Web

from .deployment import Deployment, Template, client, deploy, settings, synthesise, warm_workers
from .state import CHECKOUT, DEFAULT_ROOT, LocalStackError, State, progress, require_checkout

SERVICES = ("localstack", "postgres", "web")
MAX_LOG_BYTES = 20 * 1024 * 1024


@dataclass(frozen=True)
class Part:
    """One part of the stack, for people and scripts: `detail` says what is wrong or worth knowing."""

    name: str
    running: bool
    pid: int | None = None
    port: int | None = None
    url: str | None = None
    detail: str = ""


def up(root: Path = DEFAULT_ROOT, *, durable: bool = True, variables: Mapping[str, str] | None = None) -> Deployment:
    """Starts what does not run and deploys what has changed; LocalStackError says what is missing.

    A template that differs from the one deployed means a new LocalStack: its objects are kept, so this costs seconds
    and leaves nothing half-updated. `durable=False` is for the databases of tests. `variables` are the template's
    settings ADLENS_LOCAL_* (infra_cdk/config.py) that win over the environment's.
    """
    require_checkout()
    state = State.at(root)
    with state.lock():
        started = time.monotonic()
        localstack.install()
        postgres, local = Postgres(state, durable), LocalStack(state)
        postgres.start()

        def template() -> Template:
            return synthesise(state, _settings(state) | dict(variables or {}))

        if local.process:
            deployed = _deployment(state)
            if deployed and deployed.template == template().hash and local.healthy():
                return deployed
            progress("something has changed: starting LocalStack anew")
            local.stop()
        local.start()
        made = template()  # while LocalStack starts
        local.wait()
        _shorten_logs(state)
        progress("deploying")
        deployment = deploy(local, made)
        state.write(deployment=asdict(deployment))
        progress(f"up after {time.monotonic() - started:.1f} s: {deployment.api_url}")
        return deployment


def serve_web(build: Callable[[], Path], key: str, root: Path = DEFAULT_ROOT) -> str:
    """Serves the web app of the running stack with a build (local/services/web.py) and returns its address.
    LocalStackError says why it cannot be served; the rest of the stack goes on, and `status` tells it too.
    """
    state = State.at(root)
    web = Web(state)
    try:
        folder = build()
        with state.lock():
            if (deployed := _deployment(state)) is None:
                raise LocalStackError("The local stack does not run; start it with `adlens up`.")
            if web.url not in deployed.web_origins.split():
                raise LocalStackError(
                    f"The web app's port has been taken, and pages on port {web.port} may not upload yet: "
                    "`adlens up` once more lets them."
                )
            web.serve(folder, deployed.api_url, key, deployed.endpoint_url)
    except LocalStackError as problem:
        state.write(web_problem=str(problem))
        raise
    state.write(web_problem=None)
    return web.url


def down(root: Path = DEFAULT_ROOT) -> None:
    """Stops everything; data, objects and logs stay for the next `up`."""
    state = State.at(root)
    with state.lock():
        Web(state).stop()
        state.write(web_problem=None)
        LocalStack(state).stop()
        Postgres(state).stop()
    shutil.rmtree(state.root / "environments", ignore_errors=True)


def status(root: Path = DEFAULT_ROOT) -> list[Part]:
    """What runs where; the web app is a part where it was asked for. Starts and changes nothing."""
    if not root.exists():
        return [Part(name, False, detail="never started") for name in ("postgres", "localstack", "deployment", "api")]
    state = State.at(root)
    postgres, local = Postgres(state), LocalStack(state)
    process, deployed = local.process, _deployment(state)
    parts = [Part("postgres", False), Part("localstack", False)]
    if pid := postgres.pid:
        parts[0] = Part("postgres", True, pid, postgres.port)
    if process:
        parts[1] = Part("localstack", local.healthy(), process.pid, local.port, local.url)
    if not (deployed and process):
        return [*parts, Part("deployment", False), Part("api", False), *_web(state)]
    health = f"{deployed.api_url}/health"
    problem = _problem(health)
    return [
        *parts,
        Part("deployment", True, url=deployed.endpoint_url, detail=deployed.template[:12]),
        _models(local, deployed.analyze_function),
        Part("api", not problem, url=deployed.api_url, detail=problem),
        *_web(state),
    ]


def running(root: Path = DEFAULT_ROOT) -> Deployment | None:
    """The deployment that runs, if one does."""
    return _deployment(State.at(root)) if root.exists() else None


def aws(service: str, root: Path = DEFAULT_ROOT) -> Any:
    """A boto3 client of the running stack's LocalStack."""
    return client(LocalStack(State.at(root)), service)


def use_bundle(bundle: str, root: Path = DEFAULT_ROOT, *, variables: Mapping[str, str] | None = None) -> None:
    """Makes the running stack's analysis use another model bundle, without a new deployment; later `up`s keep it.

    `variables` are the template's settings with that bundle: what is deployed from now on is what they make.
    """
    state = State.at(root)
    with state.lock():
        deployed, local = _deployment(state), LocalStack(state)
        if deployed is None:
            raise LocalStackError("The local stack does not run; start it with `adlens up`.")
        set_variable(client(local, "lambda"), deployed.analyze_function, "ADLENS_BUNDLE", bundle)
        warm_workers(local, deployed.analyze_function)
        made = synthesise(state, _settings(state) | dict(variables or {}))
        state.write(deployment=asdict(replace(deployed, template=made.hash)), bundle=bundle)


def chosen_bundle(root: Path = DEFAULT_ROOT) -> str | None:
    """The bundle that `use_bundle` chose last."""
    return State.at(root).read().get("bundle") if root.exists() else None


def set_variable(functions: Any, function: str, name: str, value: str) -> None:
    """Sets one environment variable of a function; its running environments end, and the next call sees the new."""
    variables = functions.get_function_configuration(FunctionName=function)["Environment"]["Variables"]
    functions.update_function_configuration(
        FunctionName=function, Environment={"Variables": {**variables, name: value}}
    )
    functions.get_waiter("function_updated_v2").wait(FunctionName=function)


def logs(function: str | None = None, *, follow: bool = False, root: Path = DEFAULT_ROOT) -> Iterator[str]:
    """Lines of the logs, oldest first per log: one function's (`analyze` or its full name), all functions' with their
    names in front, or a service's (`localstack`, `postgres`). `follow` goes on with what is written until stopped.
    """
    folder = root / "logs"

    def files() -> dict[str, Path]:
        found = {path.stem: path for path in sorted(folder.glob("*.log"))}
        if function is None:
            return {name: path for name, path in found.items() if name not in SERVICES}
        return {name: path for name, path in found.items() if name == function or name.endswith(f"-{function}")}

    if function is not None and not files() and not follow:
        known = ", ".join(sorted(path.stem for path in folder.glob("*.log"))) or "none yet"
        raise LocalStackError(f"There is no log of {function!r}. Logs: {known}")
    return _read(files, named=function is None, follow=follow)


def _read(files: Callable[[], dict[str, Path]], *, named: bool, follow: bool) -> Iterator[str]:
    read: dict[str, int] = {}
    while True:
        for name, path in files().items():
            with path.open("rb") as log:
                if path.stat().st_size < read.get(name, 0):  # begun anew
                    read[name] = 0
                log.seek(read.get(name, 0))
                for line in log:
                    if follow and not line.endswith(b"\n"):
                        break  # the rest is being written
                    read[name] = read.get(name, 0) + len(line)
                    text = line.decode(errors="replace").rstrip("\n")
                    yield f"{name} | {text}" if named else text
        if not follow:
            return
        time.sleep(0.2)


def _settings(state: State) -> dict[str, str]:
    return settings(LocalStack(state).url, Postgres(state).url(), Web(state).origins)


def _deployment(state: State) -> Deployment | None:
    remembered = state.read().get("deployment")
    if remembered is None or LocalStack(state).process is None:
        return None
    try:
        return Deployment(**remembered)
    except TypeError:  # written by another version
        return None


def _web(state: State) -> list[Part]:
    web, remembered = Web(state), state.read()
    if process := web.process:
        return [Part("web", web.healthy(), process.pid, web.port, web.url)]
    if problem := remembered.get("web_problem") or ("web" in remembered and f"It has ended; its log: {web.log}"):
        return [Part("web", False, detail=problem)]
    return []


def _models(local: LocalStack, function: str) -> Part:
    """The model bundle that the analysis is set to."""
    from botocore.exceptions import BotoCoreError, ClientError

    if not local.healthy():
        return Part("models", False, detail="LocalStack does not answer")
    try:
        configuration = client(local, "lambda").get_function_configuration(FunctionName=function)
    except (BotoCoreError, ClientError) as error:
        return Part("models", False, detail=str(error))
    bundle = str(configuration["Environment"]["Variables"]["ADLENS_BUNDLE"])
    return Part("models", True, detail=bundle.removeprefix(f"{CHECKOUT}/"))


def _problem(url: str) -> str:
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310 - http on loopback
            answer.read()
    except urllib.error.HTTPError as error:
        return f"{url} answers {error.code}: {error.read(300).decode(errors='replace')}"
    except OSError as error:
        return f"{url}: {error}"
    return ""


def _shorten_logs(state: State) -> None:
    """Keeps the newer half of a log that has grown big; its function writes to it by name."""
    for path in (state.root / "logs").glob("*.log"):
        if path.stem not in SERVICES and path.stat().st_size > MAX_LOG_BYTES:
            path.write_bytes(path.read_bytes()[-MAX_LOG_BYTES // 2 :])
