"""What docker-compose.yml and the programs of its services read from the environment."""

from __future__ import annotations

from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class SecretsOfCompose(BaseSettings):
    """Without these docker-compose.yml does not start."""

    postgres_password: str = Field(description="Letters and digits only: the password becomes part of a URL.")
    minio_password: str = Field(description="Of MinIO's user `adlens`; at least 8 characters.")
    bridge_token: str = Field(
        description="What MinIO shows to the bridge that takes its events; at least 16 characters, no spaces."
    )


class ComposeSettings(BaseSettings):
    """What may be changed; docker-compose.yml has the same defaults, which a test compares."""

    api_port: int = Field(default=8000, description="Port of the API on 127.0.0.1; the next three as well.")
    web_port: int = Field(default=3000, description="Port of the web app.")
    minio_port: int = Field(default=9000, description="Port of MinIO.")
    postgres_port: int = Field(default=5432, description="Port of PostgreSQL.")
    web_origin: str = Field(
        default="http://localhost:3000",
        description="Where the web app is opened, besides http://127.0.0.1:WEB_PORT: its pages upload to MinIO from "
        "there.",
    )
    web_api_key: str = Field(
        default="",
        description="A key that everybody works with who has not signed in to the web app; empty asks for keys.",
    )
    anonymous_workspace: str = Field(
        default="", description="Workspace (a UUID) of requests without a key; empty asks for keys."
    )
    image_bundle: str = Field(
        default="models/compact",
        description="Model bundle that the image of the analysis is built with, a folder of the repository.",
    )
    image_bundle_from: str = Field(
        default="checkout",
        description="upstream: the bundle is made while the image is built, from the official YOLOv8 weights, which "
        "takes a network.",
    )
    image_target: str = Field(
        default="fast",
        description="fast, or reference: with ultralytics, EasyOCR and transformers, for a bundle such as "
        "models/reference with its files.",
    )
    analyze_threads: int = Field(default=2, description="Threads of the analysis.")
    upload_expiry_seconds: int = Field(default=900, description="For how many seconds a signed upload is valid.")
    webhooks_private_hosts: Literal["true", "false"] = Field(
        default="false", description="true lets webhooks reach private hosts, and containers by http."
    )
    log_level: str = Field(default="INFO", description="DEBUG, INFO, WARNING or ERROR, for the functions.")


class FunctionAddresses(BaseSettings):
    """Where the event sources find what docker-compose.yml runs in containers of its own."""

    model_config = SettingsConfigDict(frozen=True)

    analyze_url: str
    exports_url: str
    dead_letter_queue_url: str
    exports_dead_letter_queue_url: str
    jobs_dead_letter_queue_url: str
    adlens_uploads_queue_url: str
    adlens_queue_url: str
    adlens_exports_queue_url: str
    adlens_jobs_queue_url: str
    adlens_webhooks_queue_url: str
    adlens_webhook_results_queue_url: str


class BucketSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="ADLENS_", frozen=True)

    s3_endpoint_url: str
    uploads_bucket: str
    previews_bucket: str
    models_bucket: str
    exports_bucket: str
