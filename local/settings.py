"""What the environment says of the local stack's own servers."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class PortSettings(BaseSettings):
    """Without them ports are chosen, and kept as long as they are free."""

    model_config = SettingsConfigDict(env_prefix="ADLENS_", env_ignore_empty=True, frozen=True)

    localstack_port: int | None = Field(default=None, ge=1, le=65535, description="Port of LocalStack.")
    web_port: int | None = Field(
        default=None, ge=1, le=65535, description="Port of the web app; 3000 where it is free."
    )
