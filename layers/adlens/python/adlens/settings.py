"""Settings of the processes, read from ADLENS_* variables. One model per process, each with what that process needs."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self
from uuid import UUID

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="ADLENS_", env_ignore_empty=True, frozen=True)

    stage: Literal["local", "aws"] = Field(default="local", description="Which kind of deployment this is.")


class RuntimeSettings(BaseSettings):
    """What Lambda says of itself."""

    model_config = SettingsConfigDict(frozen=True)

    aws_lambda_initialization_type: str = Field(default="", description="How this environment came about.")

    @property
    def takes_snapshot(self) -> bool:
        """Whether a snapshot is taken when the modules are imported, and environments then start from it."""
        return self.aws_lambda_initialization_type == "snap-start"


class DatabaseSettings(Settings):
    """Either a URL, or a host where a user of the database logs in by IAM."""

    database_url: SecretStr | None = Field(default=None, description="SQLAlchemy URL of the PostgreSQL database.")
    database_host: str | None = Field(default=None, description="Host of the database or of its proxy.")
    database_name: str = Field(default="adlens", description="Name of the database on that host.")
    database_user: str = Field(default="", description="User of the database that this process's role may log in as.")
    database_connect_seconds: int = Field(default=5, ge=1, le=60, description="How long a connection may take.")

    @model_validator(mode="after")
    def _one_database(self) -> Self:
        if self.database_url is None and not (self.database_user and self.database_host):
            raise ValueError("set ADLENS_DATABASE_URL, or ADLENS_DATABASE_HOST and ADLENS_DATABASE_USER")
        return self


class StoreSettings(Settings):
    s3_endpoint_url: str | None = Field(default=None, description="S3-compatible store; AWS when empty.")
    s3_public_endpoint_url: str | None = Field(default=None, description="The same store as browsers reach it.")
    s3_addressing_style: Literal["auto", "path", "virtual"] = Field(default="auto")
    upload_expiry_seconds: int = Field(default=900, ge=60, le=3600, description="How long a signed address is valid.")


class QueueSettings(Settings):
    queue_url: str = Field(description="Queue of the analysis.")


class StorageSettings(StoreSettings, QueueSettings):
    uploads_bucket: str = Field(description="Bucket that uploads go to.")


class EventSettings(Settings):
    webhooks_queue_url: str = Field(description="Queue of events for webhooks.")


class ReceiverSettings(Settings):
    """Which hosts webhooks may reach."""

    webhooks_private_hosts: bool = Field(
        default=False,
        description="Webhooks may reach private hosts, and this machine by http: for receivers of your own, on the "
        "local stage only.",
    )

    @model_validator(mode="after")
    def _public_hosts_on_aws(self) -> Self:
        if self.stage == "aws" and self.webhooks_private_hosts:
            raise ValueError("ADLENS_WEBHOOKS_PRIVATE_HOSTS is for the local stage only")
        return self


class PreviewSettings(StorageSettings):
    previews_bucket: str = Field(description="Bucket of the previews; what goes to the uploads bucket is analysed.")


class ExportQueueSettings(Settings):
    exports_queue_url: str = Field(description="Queue of exports to write.")


class JobQueueSettings(Settings):
    jobs_queue_url: str = Field(description="Queue of jobs to work on.")


class ExportBucketSettings(StoreSettings):
    exports_bucket: str = Field(description="Bucket of exported files, and of files to import; they expire there.")


class JobSettings(DatabaseSettings, PreviewSettings, JobQueueSettings, ExportBucketSettings):
    pass


class ExportSettings(DatabaseSettings, ExportBucketSettings, EventSettings, ExportQueueSettings):
    pass


class TrashSettings(Settings):
    trash_days: int = Field(default=7, ge=1, le=365, description="How long what was deleted can be restored.")


class CheckSettings(Settings):
    uploads_expire_days: int = Field(
        default=0, ge=0, description="After how many days the stores drop originals and previews; 0 keeps them."
    )


class AdminSettings(DatabaseSettings, StoreSettings, CheckSettings):
    uploads_bucket: str = Field(description="Bucket that uploads go to.")
    previews_bucket: str = Field(description="Bucket of the previews.")
    exports_bucket: str = Field(description="Bucket of exported files.")


class LiftSettings(Settings):
    """How the API reaches the function that estimates lift."""

    lift_function: str = Field(default="", description="Name of the function; empty where there is none.")
    lift_endpoint_url: str | None = Field(default=None, description="Where it is called; Lambda itself when empty.")


class AnalyzeSettings(DatabaseSettings, PreviewSettings, EventSettings):
    bundle: str = Field(description="Model bundle: a folder or an s3:// prefix.")
    weights: Path | None = Field(default=None, description="Folder of weights that a bundle refers to as {weights}.")
    threads: int = Field(default=2, ge=1, le=64, description="Threads of each inference session.")


class ApiSettings(PreviewSettings, ExportSettings, JobQueueSettings, LiftSettings, ReceiverSettings, TrashSettings):
    api_root_path: str = Field(default="", description="Path the gateway serves the API under, such as /v1.")
    anonymous_workspace: UUID | None = Field(default=None, description="Workspace of requests without a key.")
    cors_origins: tuple[str, ...] = Field(default=("*",), description="Origins that browsers may call the API from.")

    @model_validator(mode="after")
    def _no_anonymous_access_on_aws(self) -> Self:
        if self.stage == "aws" and self.anonymous_workspace is not None:
            raise ValueError("ADLENS_ANONYMOUS_WORKSPACE is for the local stage only")
        return self


class DispatchSettings(DatabaseSettings, QueueSettings):
    uploads_queue_url: str = Field(description="Queue of the objects that arrive.")


class SweepSettings(PreviewSettings, ExportSettings, JobQueueSettings, CheckSettings, TrashSettings):
    canary_workspace: UUID | None = Field(
        default=None, description="Workspace in which a creative of our own is analysed every hour; none without."
    )


class WebhookSettings(EventSettings, ReceiverSettings):
    webhook_results_queue_url: str = Field(description="Queue of what came of it.")


class CommandLineSettings(Settings):
    """Defaults of the `adlens` command; a file .env in the working folder counts too."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore")

    bundle: str | None = Field(default=None, description="Model bundle: a folder or an s3:// prefix.")
    weights: Path = Field(
        default=Path(".local/weights"),
        description="Folder of weights that bundles refer to; relative ones start at the checkout.",
    )
    photographs: Path = Field(
        default=Path(".local/photographs"),
        description="Folder of labelled photographs that bundles are trained and measured on.",
    )
    creatives: Path = Field(
        default=Path(".local/creatives-dev"),
        description="Folder of labelled creatives that bundles are measured on, besides samples/.",
    )
    s3_endpoint_url: str | None = Field(default=None, description="S3-compatible store of s3:// bundles.")
    models_bucket: str | None = Field(default=None, description="Bucket of published bundles; else the local stack's.")
    api_url: str | None = Field(default=None, description="The API that commands ask; else the local stack's.")
    api_key: SecretStr | None = Field(default=None, description="A key of it.")
    local_anonymous_workspace: UUID | None = Field(default=None, description="Workspace of requests without a key.")
