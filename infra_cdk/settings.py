"""What the environment says of the stages, as it is written: config.py makes sense of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict


class ConfigError(ValueError):
    """A stage cannot be synthesised as asked; the message says what to set."""


def _split(given: Any) -> Any:
    return tuple(given.replace(",", " ").split()) if isinstance(given, str) else given


Words = Annotated[tuple[str, ...], BeforeValidator(_split)]
"""Separated by spaces or commas."""
Switch = Annotated[int, Field(ge=0, le=1)]


class _Settings(BaseSettings):
    """Read from a mapping, never from the process's environment on its own: a template has one source."""

    model_config = SettingsConfigDict(frozen=True)

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], init_settings: PydanticBaseSettingsSource, *args: Any, **others: Any
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)

    @classmethod
    def read(cls, env: Mapping[str, str]) -> Self:
        """Raises ConfigError, which names the variable. An empty variable counts as one that is not set."""
        names = {field: f"{cls.model_config.get('env_prefix', '')}{field}".upper() for field in cls.model_fields}
        given: dict[str, Any] = {field: env[name] for field, name in names.items() if env.get(name)}
        try:
            return cls(**given)
        except ValidationError as error:
            problems = (
                f"{names[str(each['loc'][0])]}: {each['msg']}, not {each['input']!r}" for each in error.errors()
            )
            raise ConfigError("; ".join(problems)) from None


class StageSettings(_Settings):
    model_config = SettingsConfigDict(env_prefix="ADLENS_CDK_")

    stage: str = Field(default="local", description="local or aws.")


class CommandSettings(_Settings):
    """What the CDK's command line sets for the app."""

    model_config = SettingsConfigDict(env_prefix="CDK_")

    default_account: str | None = None
    default_region: str | None = None
    outdir: str | None = None


class LocalSettings(_Settings):
    model_config = SettingsConfigDict(env_prefix="ADLENS_LOCAL_")

    bundle: str = Field(default="models/compact", description="Model bundle of the analysis, a folder.")
    weights: str = Field(default="", description="Folder of weights that the bundle names but does not carry.")
    python: str = Field(
        default="",
        description="Interpreter of the analysis, where the bundle's engines need more than this environment has: for "
        "models/reference what `python -m training.environment` prints.",
    )
    max_concurrency: int = Field(default=2, ge=2, le=1000, description="Lambda environments of the analysis at once.")
    threads: int | None = Field(default=None, ge=1, le=64, description="Threads of each; else they share the cores.")
    api_environments: int = Field(
        default=4, ge=1, le=100, description="Lambda environments of the API; further requests wait for one of them."
    )
    anonymous_workspace: str = Field(
        default="", description="Workspace (a UUID) of requests without a key; empty asks for keys."
    )
    webhooks_private_hosts: Switch = Field(
        default=0, description="1 lets webhooks reach private hosts, and this machine by http."
    )
    trash_days: int = Field(default=7, ge=1, le=365, description="How long what was deleted can be restored.")
    cors_origins: Words = Field(
        default=("http://127.0.0.1:3000", "http://localhost:3000"),
        description="Origins of pages that call the API and upload, separated by spaces or commas; `adlens up` adds "
        "those of the web app.",
    )
    database_url: str = Field(
        default="postgresql+psycopg2://adlens@127.0.0.1:5432/adlens",
        description="The database; `adlens up` sets it to the one that it started.",
    )
    endpoint_url: str = Field(
        default="http://127.0.0.1:4566", description="LocalStack; `adlens up` sets it to the one that it started."
    )


class AwsSettings(_Settings):
    model_config = SettingsConfigDict(env_prefix="ADLENS_AWS_")

    cors_origins: Words = Field(
        default=(),
        description="Origins of pages of your own that call the API and upload, separated by spaces or commas; the web "
        "app needs none.",
    )
    profile: str = Field(default="standard", description="standard, or lean for small teams.")
    protect: Switch = Field(
        default=1, description="Protection of data stays off (0) until the first deployment has succeeded."
    )
    zones: Words = Field(default=(), description="Ids of two availability zones, such as: use1-az1 use1-az2")
    web: Switch | None = Field(
        default=None, description="0 deploys no web app, 1 does; without it the profile standard has one."
    )
    web_build: str = Field(default="build/web", description="Where `make web` has put it.")
    web_domain: str = Field(
        default="", description="The domain that the web app is opened at; empty is an address of CloudFront's."
    )
    web_certificate: str = Field(default="", description="That domain's certificate in us-east-1, an ARN.")
    web_origin_certificate: str = Field(
        default="",
        description="That domain's certificate in the stack's region: TLS between CloudFront and the load balancer.",
    )
    web_tasks: int = Field(default=1, ge=1, le=20, description="Processes of the web app's backend.")
    api_domain: str = Field(default="", description="The domain of the API; empty is an address of the gateway's.")
    api_certificate: str = Field(default="", description="That domain's certificate in the stack's region, an ARN.")
    hosted_zone: str = Field(
        default="",
        description="Id of the zone of Route 53 that points these domains at the deployment; empty leaves DNS to you.",
    )
    alarm_email: str = Field(default="", description="Gets the alarms; empty makes the topic only.")
    budget_dollars: int = Field(
        default=0,
        ge=0,
        le=1_000_000,
        description="Dollars a month; mails that address before they are spent; 0 sets no budget.",
    )
    canary: Switch = Field(default=0, description="1 has a creative of our own analysed every hour, with an alarm.")
    waf: Switch = Field(default=0, description="1 puts a web ACL before the API.")
    bundle: str = Field(
        default="models/compact",
        description="Model bundle that the image is built with, below models/; or upstream, made in the image.",
    )
    image_target: str = Field(
        default="fast", description="fast, or reference: with ultralytics, EasyOCR and transformers."
    )
    published_bundle: str = Field(
        default="", description="A bundle that was published to the models bucket, by its name there, instead of it."
    )
    dependencies_layer: str = Field(
        default="build/layers/dependencies",
        description="Where `make layers` has put the packages of the zip functions.",
    )
    max_concurrency: int = Field(
        default=4,
        ge=2,
        le=1000,
        description="Environments of the analysis at once, out of those that the account has.",
    )
    account_concurrency: int = Field(
        default=10, ge=10, le=100_000, description="Environments that the account has; more is a request to AWS."
    )
    api_reserved: int = Field(default=0, ge=0, le=1000, description="Environments that are the API's alone.")
    analyze_reserved: int = Field(default=0, ge=0, le=1000, description="Environments that are the analysis's alone.")
    analyze_memory_mib: int | None = Field(
        default=None, ge=1769, le=10240, description="Memory of the analysis; 3008, or 6144 of the image reference."
    )
    trash_days: int = Field(default=7, ge=1, le=365, description="How long what was deleted can be restored.")
    uploads_expire_days: int = Field(default=0, ge=0, le=36500, description="0 keeps the originals.")
    database_max_acu: int = Field(default=8, ge=1, le=256, description="The database's ceiling.")
    database_readers: int = Field(default=0, ge=0, le=15, description="Each is a failover target in another zone.")
    backup_days: int = Field(default=14, ge=1, le=35, description="How long the database's backups are kept.")
