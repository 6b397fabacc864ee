"""The stages and everything that tells them apart. The only reader of the environment in this package."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ANALYZE_TIMEOUT_SECONDS = 60
EXPORT_TIMEOUT_SECONDS = 900  # what Lambda gives at most
# functions/analyze/Dockerfile and docker-compose.yml have the same default.
BUNDLE = "models/compact"

PAGES = ".web/build/client"
"""Of what `make web` leaves: the files that browsers get."""
UPSTREAM = "upstream"
"""Instead of a bundle: the image makes it itself, from the official weights, as `make models` does."""
IMAGE_TARGETS = ("fast", "reference")
"""Of functions/analyze/Dockerfile: inference on ONNX Runtime, or on the MVP's libraries as well."""


class ConfigError(ValueError):
    """A stage cannot be synthesised as asked; the message says what to set."""


@dataclass(frozen=True, kw_only=True)
class Config:
    """What the constructs need to know on every stage."""

    stage: str
    cors_origins: tuple[str, ...]
    batch_size: int  # messages per invocation of the analysis
    batching_window_seconds: int  # how long a poller waits to fill a batch
    max_concurrency: int  # environments of the analysis at once; AWS takes 2 to 1000
    analyze_memory_mib: int = 3008  # AWS gives about two cores from 1769 MiB up to here
    analyze_threads: int = 2
    uploads_expire_days: int | None = None  # None keeps the originals

    @property
    def stack_name(self) -> str:
        return f"adlens-{self.stage}"


@dataclass(frozen=True, kw_only=True)
class LocalConfig(Config):
    """One machine: LocalStack with a process executor, a database that runs already, no image is built."""

    stage: str = "local"
    cors_origins: tuple[str, ...] = ("*",)
    batch_size: int = 2
    batching_window_seconds: int = 0
    max_concurrency: int = 2
    database_url: str
    endpoint_url: str
    bundle: str
    weights: str = ""  # folder or URL prefix of weights that a bundle names but does not carry
    python: str = ""  # interpreter of the analysis, for engines that the project's own environment does not have
    anonymous_workspace: str = ""  # workspace of requests without a key; empty asks for keys

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> LocalConfig:
        return cls(
            database_url=env.get("ADLENS_LOCAL_DATABASE_URL", "postgresql+psycopg2://adlens@127.0.0.1:5432/adlens"),
            endpoint_url=env.get("ADLENS_LOCAL_ENDPOINT_URL", "http://127.0.0.1:4566"),
            bundle=env.get("ADLENS_LOCAL_BUNDLE", str(ROOT / BUNDLE)),
            weights=env.get("ADLENS_LOCAL_WEIGHTS", ""),
            python=env.get("ADLENS_LOCAL_PYTHON", ""),
            anonymous_workspace=env.get("ADLENS_LOCAL_ANONYMOUS_WORKSPACE", ""),
            max_concurrency=_number(env, "ADLENS_LOCAL_MAX_CONCURRENCY", cls.max_concurrency, 2, 1000),
            analyze_threads=_number(env, "ADLENS_LOCAL_THREADS", cls.analyze_threads, 1, 64),
        )


@dataclass(frozen=True, kw_only=True)
class AwsConfig(Config):
    """An AWS account. The account and region stay unresolved when empty: the template then fits any."""

    stage: str = "aws"
    batch_size: int = 5
    batching_window_seconds: int = 2
    max_concurrency: int = 20
    account: str | None = None
    region: str | None = None
    alarm_email: str = ""  # subscribed to the alarms; empty makes the topic only
    bundle: str = BUNDLE  # UPSTREAM, or folder of the repository baked into the image
    image_target: str = "fast"  # one of IMAGE_TARGETS
    published_bundle: str = ""  # prefix in the models bucket that is used instead of it
    dependencies_layer: Path = ROOT / "build/layers/dependencies"
    database_min_acu: float = 0.5
    database_max_acu: float = 8
    database_readers: int = 0  # each is a failover target in another availability zone
    backup_days: int = 14
    web: bool = True
    web_build: Path = ROOT / "build/web"
    web_domain: str = ""  # where people open the web app; empty is the address that CloudFront gives
    web_certificate: str = ""  # of that domain, in us-east-1, for CloudFront; an ARN
    web_origin_certificate: str = ""  # of that domain, in the stack's region: TLS behind CloudFront, too
    web_tasks: int = 1
    api_rate: int = 100  # requests per second over all clients
    api_burst: int = 200

    def __post_init__(self) -> None:
        if "*" in self.cors_origins or not (self.cors_origins or self.web):
            raise ConfigError(
                "ADLENS_AWS_CORS_ORIGINS must name the origins of pages of your own, such as https://ads.example.com"
            )
        if bool(self.web_domain) != bool(self.web_certificate):
            raise ConfigError("ADLENS_AWS_WEB_DOMAIN and ADLENS_AWS_WEB_CERTIFICATE go together")
        if self.web_certificate and ":us-east-1:" not in self.web_certificate:
            raise ConfigError("ADLENS_AWS_WEB_CERTIFICATE must be in us-east-1, where CloudFront looks for it")
        if self.web_origin_certificate and not self.web_domain:
            raise ConfigError("ADLENS_AWS_WEB_ORIGIN_CERTIFICATE needs ADLENS_AWS_WEB_DOMAIN, the name that it is for")
        if self.image_target not in IMAGE_TARGETS:
            raise ConfigError(
                f"ADLENS_AWS_IMAGE_TARGET must be one of {', '.join(IMAGE_TARGETS)}, not {self.image_target!r}"
            )
        here = self.bundle.startswith("models/") and (ROOT / self.bundle / "manifest.toml").is_file()
        if not here and self.bundle != UPSTREAM:
            raise ConfigError(f"ADLENS_AWS_BUNDLE must be a model bundle below models/, not {self.bundle!r}")
        if not (self.dependencies_layer / "python").is_dir():
            raise ConfigError(f"{self.dependencies_layer} is missing: run `make layers` first")
        if self.web and not (self.web_build / PAGES / "index.html").is_file():
            raise ConfigError(f"{self.web_build} is missing: run `make web` first, or set ADLENS_AWS_WEB=0")

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> AwsConfig:
        for name in (
            "ADLENS_ANONYMOUS_WORKSPACE",
            "ADLENS_LOCAL_ANONYMOUS_WORKSPACE",
            "ADLENS_AWS_ANONYMOUS_WORKSPACE",
        ):
            if env.get(name):
                raise ConfigError(f"{name} is set, but the aws stage has no anonymous access: unset it")
        target = env.get("ADLENS_AWS_IMAGE_TARGET") or cls.image_target
        # The MVP's engines take many seconds for a creative and hold more than 2 GB while they do.
        batch, memory = (1, 6144) if target == "reference" else (cls.batch_size, cls.analyze_memory_mib)
        expire_days = _number(env, "ADLENS_AWS_UPLOADS_EXPIRE_DAYS", 0, 0, 36500)
        return cls(
            account=env.get("CDK_DEFAULT_ACCOUNT"),
            region=env.get("CDK_DEFAULT_REGION"),
            alarm_email=env.get("ADLENS_AWS_ALARM_EMAIL", ""),
            cors_origins=tuple(env.get("ADLENS_AWS_CORS_ORIGINS", "").replace(",", " ").split()),
            bundle=env.get("ADLENS_AWS_BUNDLE", cls.bundle),
            published_bundle=env.get("ADLENS_AWS_PUBLISHED_BUNDLE", "").strip("/"),
            max_concurrency=_number(env, "ADLENS_AWS_MAX_CONCURRENCY", cls.max_concurrency, 2, 1000),
            image_target=target,
            batch_size=batch,
            analyze_memory_mib=_number(env, "ADLENS_AWS_ANALYZE_MEMORY_MIB", memory, 1769, 10240),
            uploads_expire_days=expire_days or None,
            dependencies_layer=Path(env.get("ADLENS_AWS_DEPENDENCIES_LAYER") or cls.dependencies_layer),
            database_max_acu=_number(env, "ADLENS_AWS_DATABASE_MAX_ACU", int(cls.database_max_acu), 1, 256),
            database_readers=_number(env, "ADLENS_AWS_DATABASE_READERS", cls.database_readers, 0, 15),
            backup_days=_number(env, "ADLENS_AWS_BACKUP_DAYS", cls.backup_days, 1, 35),
            web=bool(_number(env, "ADLENS_AWS_WEB", 1, 0, 1)),
            web_build=Path(env.get("ADLENS_AWS_WEB_BUILD") or cls.web_build),
            web_domain=env.get("ADLENS_AWS_WEB_DOMAIN", ""),
            web_certificate=env.get("ADLENS_AWS_WEB_CERTIFICATE", ""),
            web_origin_certificate=env.get("ADLENS_AWS_WEB_ORIGIN_CERTIFICATE", ""),
            web_tasks=_number(env, "ADLENS_AWS_WEB_TASKS", cls.web_tasks, 1, 20),
        )


def read_config(stage: str | None = None, env: Mapping[str, str] | None = None) -> LocalConfig | AwsConfig:
    """The configuration of a stage; `stage` wins over ADLENS_CDK_STAGE, and local is the default.

    Raises:
        ConfigError: the stage is unknown, or its settings do not fit; says what to set.
    """
    env = os.environ if env is None else env
    stage = stage or env.get("ADLENS_CDK_STAGE") or "local"
    if stage == "local":
        return LocalConfig.from_env(env)
    if stage == "aws":
        return AwsConfig.from_env(env)
    raise ConfigError(f"unknown stage {stage!r}: ADLENS_CDK_STAGE is local or aws")


def output_folder() -> str:
    """Where the CDK's command line wants the template, or cdk.out."""
    return os.environ.get("CDK_OUTDIR") or str(ROOT / "cdk.out")


def use_own_node() -> None:
    """Let the CDK run on the node of this Python environment, if it has one: the system's may be too old."""
    node = Path(sys.executable).parent / "node"
    if node.exists():
        os.environ.setdefault("JSII_NODE", str(node))


def _number(env: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    given = env.get(name) or str(default)
    if not given.isascii() or not given.isdigit() or not least <= int(given) <= most:
        raise ConfigError(f"{name} must be a whole number from {least} to {most}, not {given!r}")
    return int(given)
