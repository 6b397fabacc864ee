"""The stages and everything that tells them apart. The only reader of the environment in this package."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from infra_cdk.settings import AwsSettings, CommandSettings, ConfigError, LocalSettings, StageSettings
from infra_cdk.topology import topology

ROOT = Path(__file__).resolve().parent.parent
# functions/analyze/Dockerfile and docker-compose.yml have the same default.
BUNDLE = "models/compact"

PAGES = ".web/build/client"
"""Of what `make web` leaves: the files that browsers get."""
UPSTREAM = "upstream"
"""Instead of a bundle: the image makes it itself, from the official weights, as `make models` does."""
PROFILES = ("standard", "lean")
"""`lean` is for small teams: a database that pauses, one zone, no proxy, no web app unless it is asked for."""
UNRESERVED = 100
"""Of an account's concurrency, what Lambda lets nobody reserve."""
LEFT_FOR_OTHERS = 6
"""Of an account's concurrency, what the analysis leaves to the API and the other functions."""
IMAGE_TARGETS = ("fast", "reference")
"""Of functions/analyze/Dockerfile: inference on ONNX Runtime, or on the MVP's libraries as well."""


ZONES = {
    "us-east-1": ("use1-az1", "use1-az2"),
    "us-west-1": ("usw1-az1", "usw1-az3"),
    "ca-central-1": ("cac1-az1", "cac1-az2"),
    "ap-northeast-1": ("apne1-az1", "apne1-az4"),
    "ap-northeast-2": ("apne2-az2", "apne2-az3"),
}
"""For regions where Lambda, RDS Proxy or CloudFront's VPC origins leave a zone out, such as use1-az3. By id: a name
stands for another zone in each account."""


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
    trash_days: int = 7  # how long what was deleted can be restored
    canary: bool = False  # a creative of our own is analysed every hour

    @property
    def sweep_minutes(self) -> int:
        return topology().schedule_seconds["sweep"] // 60

    @property
    def stack_name(self) -> str:
        return f"adlens-{self.stage}"


@dataclass(frozen=True, kw_only=True)
class LocalConfig(Config):
    """One machine: LocalStack with a process executor, a database that runs already, no image is built."""

    stage: str = "local"
    batch_size: int = topology().queues["analysis"].batch_size
    batching_window_seconds: int = 0
    max_concurrency: int = 2
    database_url: str
    endpoint_url: str
    bundle: str
    weights: str = ""  # folder or URL prefix of weights that a bundle names but does not carry
    python: str = ""  # interpreter of the analysis, for engines that the project's own environment does not have
    anonymous_workspace: str = ""  # workspace of requests without a key; empty asks for keys
    webhooks_private_hosts: int = 0  # 1 lets webhooks reach private hosts
    api_environments: int = 4  # processes of the API; further requests wait for one of them

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> LocalConfig:
        settings = LocalSettings.read(env)
        bundle = settings.bundle if "://" in settings.bundle else str(ROOT / settings.bundle)
        # More threads than there are cores slow each other down.
        threads = settings.threads or max(1, (os.cpu_count() or 1) // settings.max_concurrency)
        return cls(**settings.model_dump(exclude={"threads", "bundle"}), bundle=bundle, analyze_threads=threads)


@dataclass(frozen=True, kw_only=True)
class AwsConfig(Config):
    """An AWS account. The account and region stay unresolved when empty: the template then fits any."""

    stage: str = "aws"
    batch_size: int = 5
    batching_window_seconds: int = 2
    max_concurrency: int = 4
    account_concurrency: int = 10  # what a new account has; more is a request to AWS
    api_reserved: int | None = None  # environments that are the API's alone
    analyze_reserved: int | None = None
    profile: str = "standard"  # one of PROFILES
    protect: bool = True  # of data, against the deletion of the stacks
    account: str | None = None
    region: str | None = None
    zones: tuple[str, ...] = ()  # ids of two availability zones; the region's first two when empty
    budget_dollars: int = 0  # a month; mails the address of the alarms before it is spent. 0 sets none
    waf: bool = False  # a web ACL before the API
    alarm_email: str = ""  # subscribed to the alarms; empty makes the topic only
    bundle: str = BUNDLE  # UPSTREAM, or folder of the repository baked into the image
    image_target: str = "fast"  # one of IMAGE_TARGETS
    published_bundle: str = ""  # prefix in the models bucket that is used instead of it
    dependencies_layer: Path = ROOT / "build/layers/dependencies"
    database_max_acu: float = 8
    database_readers: int = 0  # each is a failover target in another availability zone
    backup_days: int = 14
    web: bool = True
    web_build: Path = ROOT / "build/web"
    web_domain: str = ""  # where people open the web app; empty is the address that CloudFront gives
    web_certificate: str = ""  # of that domain, in us-east-1, for CloudFront; an ARN
    web_origin_certificate: str = ""  # of that domain, in the stack's region: TLS behind CloudFront, too
    web_tasks: int = 1
    api_domain: str = ""  # of the API; empty is the address that the gateway gives
    api_certificate: str = ""  # of that domain, in the stack's region; an ARN
    hosted_zone: str = ""  # id of the zone of Route 53 that the domains are in; empty leaves DNS to others
    api_rate: int = 100  # requests per second over all clients
    api_burst: int = 200

    @property
    def page_origins(self) -> tuple[str, ...]:
        """Of pages that may use the API."""
        return (*self.cors_origins, *((f"https://{self.web_domain}",) if self.web and self.web_domain else ()))

    @property
    def browser_origins(self) -> tuple[str, ...]:
        """Of pages that may send and read uploads. Who may is decided by signatures, not by cookies: where the web app
        has no domain, pages of any distribution of CloudFront's may ask."""
        without_domain = ("https://*.cloudfront.net",) if self.web and not self.web_domain else ()
        return (*self.page_origins, *without_domain)

    @property
    def lean(self) -> bool:
        return self.profile == "lean"

    @property
    def database_min_acu(self) -> float:
        return 0 if self.lean else 0.5

    @property
    def webhooks_concurrency(self) -> int:
        return 10 if self.account_concurrency >= UNRESERVED else 2

    @property
    def sweep_minutes(self) -> int:
        """Each sweep wakes a database that pauses, for some six minutes."""
        return 180 if self.lean else super().sweep_minutes

    def __post_init__(self) -> None:
        if self.profile not in PROFILES:
            raise ConfigError(f"ADLENS_AWS_PROFILE must be one of {', '.join(PROFILES)}, not {self.profile!r}")
        self._check_concurrency()
        if self.budget_dollars and not self.alarm_email:
            raise ConfigError("ADLENS_AWS_BUDGET_DOLLARS needs ADLENS_AWS_ALARM_EMAIL, the address for its mails")
        if "*" in self.cors_origins:
            raise ConfigError(
                "ADLENS_AWS_CORS_ORIGINS must name the origins of pages of your own, such as https://ads.example.com"
            )
        if bool(self.web_domain) != bool(self.web_certificate):
            raise ConfigError("ADLENS_AWS_WEB_DOMAIN and ADLENS_AWS_WEB_CERTIFICATE go together")
        if self.web_certificate and ":us-east-1:" not in self.web_certificate:
            raise ConfigError("ADLENS_AWS_WEB_CERTIFICATE must be in us-east-1, where CloudFront looks for it")
        if self.web_origin_certificate and not self.web_domain:
            raise ConfigError("ADLENS_AWS_WEB_ORIGIN_CERTIFICATE needs ADLENS_AWS_WEB_DOMAIN, the name that it is for")
        self._check_api_domain()
        if self.zones and len(set(self.zones)) != 2:
            raise ConfigError("ADLENS_AWS_ZONES must be the ids of two availability zones, such as use1-az1 use1-az2")
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

    def _check_api_domain(self) -> None:
        if bool(self.api_domain) != bool(self.api_certificate):
            raise ConfigError("ADLENS_AWS_API_DOMAIN and ADLENS_AWS_API_CERTIFICATE go together")
        if self.api_certificate and self.region and f":{self.region}:" not in self.api_certificate:
            raise ConfigError(f"ADLENS_AWS_API_CERTIFICATE must be in {self.region}, where the API is")
        if self.api_domain and self.api_domain == self.web_domain:
            raise ConfigError("ADLENS_AWS_API_DOMAIN must be another name than ADLENS_AWS_WEB_DOMAIN, such as api.NAME")
        if self.hosted_zone and not (self.api_domain or self.web_domain):
            raise ConfigError("ADLENS_AWS_HOSTED_ZONE needs ADLENS_AWS_API_DOMAIN or ADLENS_AWS_WEB_DOMAIN")

    def _check_concurrency(self) -> None:
        reserved = (self.api_reserved or 0) + (self.analyze_reserved or 0)
        free = max(0, self.account_concurrency - UNRESERVED)
        if reserved > free:
            raise ConfigError(
                f"ADLENS_AWS_API_RESERVED and ADLENS_AWS_ANALYZE_RESERVED are {reserved} together, but of an account's "
                f"{self.account_concurrency} (ADLENS_AWS_ACCOUNT_CONCURRENCY) Lambda lets {free} be reserved"
            )
        most = self.analyze_reserved or self.account_concurrency - reserved - LEFT_FOR_OTHERS
        if self.max_concurrency > most:
            raise ConfigError(
                f"ADLENS_AWS_MAX_CONCURRENCY is {self.max_concurrency}, but at most {most} environments of the "
                "analysis leave room for the API: ask AWS for more and set ADLENS_AWS_ACCOUNT_CONCURRENCY to what the "
                "account has, or raise ADLENS_AWS_ANALYZE_RESERVED"
            )

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> AwsConfig:
        for name in (
            "ADLENS_ANONYMOUS_WORKSPACE",
            "ADLENS_LOCAL_ANONYMOUS_WORKSPACE",
            "ADLENS_AWS_ANONYMOUS_WORKSPACE",
        ):
            if env.get(name):
                raise ConfigError(f"{name} is set, but the aws stage has no anonymous access: unset it")
        settings, command = AwsSettings.read(env), CommandSettings.read(env)
        region = command.default_region
        # The MVP's engines take many seconds for a creative and hold more than 2 GB while they do.
        batch, memory = (1, 6144) if settings.image_target == "reference" else (cls.batch_size, cls.analyze_memory_mib)
        changed = {
            "account": command.default_account,
            "region": region,
            "zones": settings.zones or ZONES.get(region or "", ()),
            "waf": bool(settings.waf),
            "canary": bool(settings.canary),
            "protect": bool(settings.protect),
            "web": settings.profile != "lean" if settings.web is None else bool(settings.web),
            "published_bundle": settings.published_bundle.strip("/"),
            "hosted_zone": settings.hosted_zone.removeprefix("/hostedzone/"),
            "api_reserved": settings.api_reserved or None,
            "analyze_reserved": settings.analyze_reserved or None,
            "uploads_expire_days": settings.uploads_expire_days or None,
            "batch_size": batch,
            "analyze_memory_mib": settings.analyze_memory_mib or memory,
            "web_build": ROOT / settings.web_build,
            "dependencies_layer": ROOT / settings.dependencies_layer,
        }
        return cls(**settings.model_dump() | changed)


def read_config(stage: str | None = None, env: Mapping[str, str] | None = None) -> LocalConfig | AwsConfig:
    """The configuration of a stage; `stage` wins over ADLENS_CDK_STAGE, and local is the default.

    Raises:
        ConfigError: the stage is unknown, or its settings do not fit; says what to set.
    """
    env = os.environ if env is None else env
    stage = stage or StageSettings.read(env).stage
    if stage == "local":
        return LocalConfig.from_env(env)
    if stage == "aws":
        return AwsConfig.from_env(env)
    raise ConfigError(f"unknown stage {stage!r}: ADLENS_CDK_STAGE is local or aws")


def output_folder() -> str:
    """Where the CDK's command line wants the template, or cdk.out."""
    return CommandSettings.read(os.environ).outdir or str(ROOT / "cdk.out")


def use_own_node() -> None:
    """Let the CDK run on the node of this Python environment, if it has one: the system's may be too old."""
    node = Path(sys.executable).parent / "node"
    if node.exists():
        os.environ.setdefault("JSII_NODE", str(node))
