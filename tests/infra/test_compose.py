"""docker-compose.yml, its Dockerfiles and .env.example, checked as far as that goes without an engine."""

import fnmatch
import importlib
import importlib.util
import json
import re
import stat
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from adlens.domain.webhooks import ATTEMPTS
from adlens.settings import (
    AnalyzeSettings,
    ApiSettings,
    DatabaseSettings,
    DispatchSettings,
    ExportSettings,
    JobSettings,
    SweepSettings,
    WebhookSettings,
)
from adlens.storage.clients import LIFT_SECONDS
from infra_cdk.config import ROOT
from infra_cdk.topology import topology
from local.compose import event_sources
from local.compose.env import make_env
from local.compose.minio_bridge import BridgeSettings
from local.services.postgres import VERSION

VARIABLE = re.compile(r"\$\{(?P<name>[A-Z_]+)(?:(?P<kind>:[-?])(?P<rest>[^}]*))?\}")
# A digest, or a tag that names one version; :latest, :3 or :3.12-slim name another image every month.
PINNED = re.compile(r"@sha256:[0-9a-f]{64}$|:\d+\.\d+\.\d+[\w.-]*$")
SECRETS = {"POSTGRES_PASSWORD", "MINIO_PASSWORD", "BRIDGE_TOKEN"}

Duration = Annotated[str, StringConstraints(pattern=r"^(\d+h)?(\d+m)?(\d+s)?$", min_length=2)]


class Strict(BaseModel):
    """The part of the Compose Specification that the file uses: an unknown or misspelt key is an error."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Build(Strict):
    context: str
    dockerfile: str
    target: str = ""
    args: dict[str, str] = {}


class Healthcheck(Strict):
    test: Annotated[list[str], Field(min_length=2)]
    interval: Duration
    timeout: Duration
    retries: Annotated[int, Field(gt=0)]
    start_period: Duration


class Logging(Strict):
    driver: Literal["json-file"]
    options: dict[str, str]


class Dependency(Strict):
    condition: Literal["service_healthy", "service_completed_successfully"]


class Service(Strict):
    image: str
    build: Build | None = None
    platform: str | None = None
    command: list[str] = []
    environment: dict[str, str] = {}
    depends_on: dict[str, Dependency] = {}
    healthcheck: Healthcheck | None = None
    ports: list[str] = []
    volumes: list[str] = []
    restart: Literal["no", "unless-stopped"]
    stop_grace_period: Duration = "10s"
    logging: Logging
    user: str = ""
    init: bool = False
    read_only: bool = False
    tmpfs: list[str] = []
    cap_drop: list[str] = []
    security_opt: list[str] = []
    mem_limit: str = ""
    shm_size: str = ""

    @property
    def runs_once(self) -> bool:
        return self.restart == "no"


class Compose(Strict):
    name: str
    services: dict[str, Service]
    volumes: dict[str, None]


@pytest.fixture(scope="module")
def text() -> str:
    return (ROOT / "docker-compose.yml").read_text()


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """.env as `python3 -m local.compose.env` makes it."""
    path = tmp_path_factory.mktemp("env") / ".env"
    make_env(ROOT / ".env.example", path)
    return assignments(path.read_text())


@pytest.fixture(scope="module")
def compose(text: str, environment: dict[str, str]) -> Compose:
    def value(match: re.Match[str]) -> str:
        return environment.get(match["name"]) or (match["rest"] if match["kind"] == ":-" else "")

    def resolved(node: Any) -> Any:  # Compose puts variables into values, not into keys or the file's text
        if isinstance(node, dict):
            return {key: resolved(child) for key, child in node.items()}
        if isinstance(node, list):
            return [resolved(child) for child in node]
        return VARIABLE.sub(value, node) if isinstance(node, str) else node

    document = yaml.safe_load(text)
    return Compose.model_validate(resolved({key: part for key, part in document.items() if not key.startswith("x-")}))


def assignments(text: str) -> dict[str, str]:
    return dict(re.findall(r"^([A-Z0-9_]+)=(.*)$", text, re.M))


def seconds(duration: str) -> int:
    return sum(
        int(number) * {"h": 3600, "m": 60, "s": 1}[unit] for number, unit in re.findall(r"(\d+)([hms])", duration)
    )


def test_every_image_is_pinned_or_built_here(compose: Compose) -> None:
    for name, service in compose.services.items():
        assert service.build or PINNED.search(service.image), f"{name}: {service.image}"


@pytest.mark.parametrize(
    "image", ["minio/minio", "minio/minio:latest", "python:3.12-slim", "postgres:17", "a@sha256:12"]
)
def test_a_tag_that_moves_is_not_pinned(image: str) -> None:
    assert not PINNED.search(image)


def test_every_file_and_volume_that_is_named_exists(compose: Compose) -> None:
    for service in compose.services.values():
        if service.build:
            assert (ROOT / service.build.context / service.build.dockerfile).is_file()
        for volume in service.volumes:
            source, target, *_ = volume.split(":")
            assert target.startswith("/")
            assert (ROOT / source).is_file() if source.startswith(".") else source in compose.volumes


def test_data_outlives_containers(compose: Compose) -> None:
    used = {volume.split(":")[0] for service in compose.services.values() for volume in service.volumes}
    assert set(compose.volumes) <= used
    minio = compose.services["minio"]
    for path in (minio.command[1], minio.environment["MINIO_NOTIFY_WEBHOOK_QUEUE_DIR"]):
        assert path.startswith("/data/")
    assert "minio:/data" in minio.volumes


def test_ports_are_open_to_this_machine_only(compose: Compose) -> None:
    ports = [port for service in compose.services.values() for port in service.ports]
    assert ports
    for port in ports:
        assert re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port), port


def test_what_runs_on_is_watched_and_what_runs_once_is_waited_for(compose: Compose) -> None:
    waited_for = {
        name
        for service in compose.services.values()
        for name, dependency in service.depends_on.items()
        if dependency.condition == "service_completed_successfully"
    }
    assert waited_for == {name for name, service in compose.services.items() if service.runs_once}
    for name, service in compose.services.items():
        assert service.runs_once or service.healthcheck, name
        if service.healthcheck:
            assert service.healthcheck.test[0] == "CMD"
            assert "localhost" not in " ".join(service.healthcheck.test)  # may be ::1, where nothing listens


def test_dependencies_exist_and_can_become_what_is_asked(compose: Compose) -> None:
    for service in compose.services.values():
        for name, dependency in service.depends_on.items():
            once = dependency.condition == "service_completed_successfully"
            assert compose.services[name].runs_once is once


def test_our_containers_have_no_rights(compose: Compose) -> None:
    for name, service in compose.services.items():
        assert service.security_opt == ["no-new-privileges:true"], name
        if service.build:
            assert service.user not in ("", "0", "root", "0:0"), name
            assert service.read_only, name
            assert service.cap_drop == ["ALL"], name
            assert [mount.split(":")[0] for mount in service.tmpfs] == ["/tmp"], name  # noqa: S108


def test_nobody_gets_docker_itself(compose: Compose) -> None:
    assert not any("docker.sock" in volume for service in compose.services.values() for volume in service.volumes)


def test_the_code_that_is_started_exists(compose: Compose) -> None:
    started = []
    for service in compose.services.values():
        for command in (service.command, service.healthcheck.test[1:] if service.healthcheck else []):
            match command:
                case ["python", "-m", module, *_]:
                    started.append(module)
                    assert importlib.util.find_spec(module), module
                case ["uvicorn", "--factory", factory, *_]:
                    started.append(factory)
                    module, _, function = factory.partition(":")
                    assert callable(getattr(importlib.import_module(module), function))
    assert len(started) == 7


def test_services_are_called_by_their_names_and_ports(compose: Compose) -> None:
    calls = {
        (match[1], match[2])
        for service in compose.services.values()
        for value in service.environment.values()
        for match in re.finditer(r"[/@]([a-z-]+):(\d+)(?=/|$)", value)
        if match[1] != "localhost"
    }
    assert calls == {
        ("postgres", "5432"),
        ("minio", "9000"),
        ("localstack", "4566"),
        ("bridge", "8080"),
        ("analyze", "8080"),
        ("exports", "8080"),
        ("lift", "8080"),
        ("api", "8000"),
    }
    bridge = compose.services["bridge"].command
    assert bridge[bridge.index("--port") + 1] == "8080"


def test_the_functions_find_their_settings(compose: Compose, monkeypatch: pytest.MonkeyPatch) -> None:
    models = {
        "api": [ApiSettings],
        "bridge": [BridgeSettings],
        "migrate": [DatabaseSettings],
        "event-sources": [DatabaseSettings, DispatchSettings, JobSettings, SweepSettings, WebhookSettings],
        "analyze": [AnalyzeSettings],
        "exports": [ExportSettings],
        "lift": [DatabaseSettings],
    }
    for name, settings in models.items():
        with monkeypatch.context() as patch:
            for variable, value in compose.services[name].environment.items():
                patch.setenv(variable, value)
            if name == "analyze":  # the image's own
                patch.setenv("ADLENS_BUNDLE", "/opt/models/bundle")
            for model in settings:
                assert model()


def test_every_variable_of_the_functions_is_one(compose: Compose) -> None:
    fields = {
        f"ADLENS_{name}".upper()
        for model in (ApiSettings, AnalyzeSettings, DispatchSettings, WebhookSettings)
        for name in model.model_fields
    }
    read = set(re.findall(r'"(ADLENS_WEB_\w+)"', (ROOT / "webapp/rxconfig.py").read_text()))
    for name, service in compose.services.items():
        names = {name for name in service.environment if name.startswith("ADLENS_")}
        assert names == read if name == "webapp" else names <= fields | {"ADLENS_MODELS_BUCKET"}


def test_pages_are_opened_where_they_may_connect_and_upload(compose: Compose) -> None:
    webapp, api, minio = (compose.services[name] for name in ("webapp", "api", "minio"))
    origins = webapp.environment["ADLENS_WEB_ORIGINS"].split(",")
    address, published, _ = webapp.ports[0].split(":")
    assert f"http://{address}:{published}" in origins
    assert json.loads(api.environment["ADLENS_CORS_ORIGINS"]) == origins
    assert minio.environment["MINIO_API_CORS_ALLOW_ORIGIN"].split(",") == origins
    assert webapp.environment["ADLENS_WEB_STORES"] == api.environment["ADLENS_S3_PUBLIC_ENDPOINT_URL"]


def test_the_database_is_the_one_of_the_other_stages(compose: Compose) -> None:
    postgres = compose.services["postgres"]
    assert f"-pg{VERSION}-" in postgres.image
    # Where images of PostgreSQL up to 17 keep it; a volume for each version, for none reads another's.
    assert postgres.volumes == [f"postgres-{VERSION}:/var/lib/postgresql/data"]


def test_minio_and_the_bridge_share_a_secret(compose: Compose, environment: dict[str, str]) -> None:
    minio, bridge = compose.services["minio"].environment, compose.services["bridge"].environment
    assert minio["MINIO_NOTIFY_WEBHOOK_AUTH_TOKEN"] == bridge["BRIDGE_TOKEN"] == environment["BRIDGE_TOKEN"]
    holders = [name for name, service in compose.services.items() if "BRIDGE_TOKEN" in service.environment]
    assert holders == ["bridge"]


def test_the_times_fit_each_other(compose: Compose) -> None:
    timeouts = topology().timeout_seconds
    for name in ("analyze", "exports", "lift"):
        assert int(compose.services[name].environment["AWS_LAMBDA_FUNCTION_TIMEOUT"]) == timeouts[name]
    for name, stale in event_sources.stale_seconds().items():
        assert stale > timeouts[event_sources.consumer(name)] + event_sources.POLL_SECONDS
    for name in ("analyze", "event-sources"):
        assert seconds(compose.services[name].stop_grace_period) > timeouts["analyze"]
    assert seconds(compose.services["lift"].stop_grace_period) > timeouts["lift"] > LIFT_SECONDS


def test_deliveries_are_tried_as_often_as_the_domain_counts() -> None:
    assert topology().queues["webhooks"].max_receives == ATTEMPTS


def test_every_queue_has_a_source_that_knows_its_address(compose: Compose) -> None:
    """Each queue of topology.toml with a consumer, at the address that docker-compose.yml gives."""
    environment = compose.services["event-sources"].environment
    fed = {queue for queue, settings in topology().queues.items() if settings.consumer}
    assert {queue for queue, _ in event_sources.QUEUES.values()} == fed
    for queue, address in event_sources.QUEUES.values():
        assert environment[address.upper()].endswith(f"/adlens-local-{queue}")


def test_it_does_not_start_without_secrets_and_says_what_to_do(text: str) -> None:
    for match in VARIABLE.finditer(text):
        assert (match["kind"] == ":?") == (match["name"] in SECRETS), match[0]
        if match["kind"] == ":?":
            assert "local.compose.env" in match["rest"]


def test_every_variable_is_explained_with_its_default(text: str) -> None:
    example = (ROOT / ".env.example").read_text()
    shown = assignments(example.replace("\n#", "\n"))
    for match in VARIABLE.finditer(text):
        assert shown[match["name"]] == ("" if match["kind"] == ":?" else match["rest"]), match["name"]


def test_secrets_are_drawn_once(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    make_env(ROOT / ".env.example", first)
    make_env(ROOT / ".env.example", second)
    one, other = assignments(first.read_text()), assignments(second.read_text())
    assert one.keys() == SECRETS  # the rest is commented out
    assert not set(one.values()) & set(other.values())
    assert all(re.fullmatch("[0-9a-f]{48}", secret) for secret in one.values())
    assert stat.S_IMODE(first.stat().st_mode) == 0o600
    with pytest.raises(FileExistsError):
        make_env(ROOT / ".env.example", first)
    assert assignments(first.read_text()) == one


def test_no_variable_that_is_read_is_missing_from_the_example() -> None:
    shown = assignments((ROOT / ".env.example").read_text().replace("\n#", "\n"))
    read = {
        f"ADLENS_{name}".upper()
        for model in (ApiSettings, AnalyzeSettings, DispatchSettings, WebhookSettings)
        for name in model.model_fields
    }
    sources = [path for folder in ("infra_cdk", "local", "adlens_cli") for path in (ROOT / folder).rglob("*.py")]
    for path in (*sources, ROOT / "webapp/rxconfig.py"):
        read |= set(re.findall(r"[\"'](ADLENS_[A-Z0-9_]*[A-Z0-9])[\"']", path.read_text()))
    # Set by local/services/localstack.py for LocalStack, which is a process of its own; refused by the aws stage.
    internal = {f"ADLENS_EXECUTOR_{name}" for name in ("PYTHON", "CHECKOUT", "STATE")} | {
        f"ADLENS_{name}" for name in ("OBJECTS", "AWS_CREDENTIALS", "CLOSED")
    }
    assert read - internal - {"ADLENS_AWS_ANONYMOUS_WORKSPACE"} <= shown.keys()


class Dockerfile:
    """Instructions of a Dockerfile, with the defaults of its arguments put in."""

    def __init__(self, path: Path) -> None:
        code = "\n".join(line for line in path.read_text().splitlines() if not line.startswith("#"))
        lines = re.sub(r"\\\n", " ", code).splitlines()
        arguments = dict(re.findall(r"^ARG (\w+)=(\S+)", "\n".join(lines), re.M))
        self.instructions = [
            (name, re.sub(r"\$\{(\w+)\}", lambda match: arguments.get(match[1], match[0]), rest))
            for name, _, rest in (line.strip().partition(" ") for line in lines if line.strip())
        ]
        ignore = path.with_name(path.name + ".dockerignore")
        patterns = (ignore if ignore.exists() else ROOT / ".dockerignore").read_text().splitlines()
        self._patterns = [line.strip() for line in patterns if line.strip() and not line.startswith("#")]

    def all(self, name: str) -> list[str]:
        return [rest for instruction, rest in self.instructions if instruction == name]

    def in_context(self, path: Path) -> bool:
        """Whether .dockerignore lets `path` through: the last pattern that fits it, or a folder above it, decides."""
        relative = path.relative_to(ROOT)
        candidates = [str(part) for part in (relative, *relative.parents[:-1])]
        taken = True
        for pattern in self._patterns:
            if any(fnmatch.fnmatchcase(candidate, pattern.lstrip("!")) for candidate in candidates):
                taken = pattern.startswith("!")
        return taken


@pytest.fixture(
    params=[
        "functions/analyze/Dockerfile",
        "functions/exports/Dockerfile",
        "functions/lift/Dockerfile",
        "local/compose/Dockerfile",
        "webapp/Dockerfile",
    ]
)
def dockerfile(request: pytest.FixtureRequest) -> Dockerfile:
    return Dockerfile(ROOT / request.param)


def test_base_images_are_pinned(dockerfile: Dockerfile) -> None:
    stages = [rest.partition(" AS ") for rest in dockerfile.all("FROM")]
    built_here = {"scratch", *(name for _, _, name in stages)}
    bases = {base for base, _, _ in stages} - built_here
    assert bases
    for base in bases:
        assert PINNED.search(base), base


def test_what_is_copied_exists_and_is_in_the_context(dockerfile: Dockerfile) -> None:
    sources = [
        source for rest in dockerfile.all("COPY") if not rest.startswith("--from=") for source in rest.split()[:-1]
    ]
    assert sources
    for source in sources:
        found = list(ROOT.glob(source))
        assert found, source
        assert all(dockerfile.in_context(path) for path in found), source


def test_secrets_and_state_stay_out_of_the_context(dockerfile: Dockerfile) -> None:
    for name in (".env", ".git/config", ".local/dev-key", ".venv/bin/python", "tests/infra/test_compose.py"):
        assert not dockerfile.in_context(ROOT / name), name


def test_images_run_without_rights_and_prove_that_they_import(dockerfile: Dockerfile) -> None:
    names = [name for name, _ in dockerfile.instructions]
    assert dockerfile.all("USER")[-1].split(":")[0] not in ("root", "0")
    after = dockerfile.instructions[names.index("USER") :]
    assert any(name == "RUN" and "-c" in rest and "import " in rest for name, rest in after)


def test_packages_are_installed_by_hash(dockerfile: Dockerfile) -> None:
    installs = [rest for rest in dockerfile.all("RUN") if "pip install" in rest]
    assert installs
    assert all("--require-hashes" in rest for rest in installs)
