"""Writes .env.example from the settings' models: every variable that AdLens reads, with its default.

python -m docs.env_example
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from adlens import settings as adlens
from infra_cdk.settings import AwsSettings, LocalSettings, StageSettings
from local.compose.settings import BucketSettings, ComposeSettings, SecretsOfCompose
from local.settings import PortSettings

TARGET = Path(__file__).resolve().parent.parent / ".env.example"
WIDTH = 120


class WebSettings(BaseSettings):
    """As webapp/rxconfig.py reads them; the web app carries no library of ours and no pydantic-settings."""

    model_config = SettingsConfigDict(env_prefix="ADLENS_WEB_")

    api_url: str = Field(default="http://127.0.0.1:8000", description="The API as the web app's server reaches it.")
    api_key: str = Field(default="", description="A key for everybody who has not signed in; empty asks for keys.")
    origins: str = Field(
        default="http://127.0.0.1:3000,http://localhost:3000", description="Origins that the pages are opened at."
    )
    stores: str = Field(
        default="http://127.0.0.1:4566",
        description="Where browsers send files to and load pictures from: the pages' security policy names these only.",
    )


class ModelsSettings(BaseSettings):
    """As training/upstream reads it, in an environment of its own."""

    model_config = SettingsConfigDict(env_prefix="ADLENS_")

    yolo_size: str = Field(
        default="n",
        description="Size of YOLOv8 (n, s, m, l or x); its .pt is taken from ADLENS_WEIGHTS when it is there, else "
        "fetched.",
    )


HEAD = """\
# Every variable that AdLens reads, for docker-compose.yml and for work without Docker. Written by `make settings`.
#
# `python3 -m local.compose.env` makes .env from this file: it draws a secret for each variable that is empty here.
# docker compose and the command `adlens` read .env; what else is here is read from the environment, so export it.
# What has a default is commented out and shows it.
"""
SECTIONS: Sequence[tuple[str, Sequence[type[BaseSettings]]]] = (
    ("docker-compose.yml: secrets, without which it does not start", [SecretsOfCompose]),
    ("docker-compose.yml: what may be changed", [ComposeSettings]),
    ("adlens demo, up and down, and cdk synth of the local stage (no Docker)", [PortSettings, LocalSettings]),
    ("cdk deploy to an AWS account", [StageSettings, AwsSettings]),
    ("make models", [ModelsSettings]),
    ("the command `adlens`, make eval, make train-*", [adlens.CommandLineSettings]),
    (
        "the processes themselves (layers/adlens/python/adlens/settings.py); docker-compose.yml and the CDK set these",
        [
            adlens.AnalyzeSettings,
            adlens.ApiSettings,
            adlens.DispatchSettings,
            adlens.SweepSettings,
            adlens.WebhookSettings,
            adlens.AdminSettings,
            BucketSettings,
        ],
    ),
    ("the web app (webapp/rxconfig.py); `adlens up`, docker-compose.yml and the CDK set these", [WebSettings]),
)


def render() -> str:
    shown: set[str] = set()
    lines = [HEAD]
    for title, models in SECTIONS:
        lines.append(f"# --- {title} ".ljust(WIDTH, "-"))
        for model in models:
            lines += _lines(model, shown)
        lines.append("")
    return "\n".join(lines)


def _lines(model: type[BaseSettings], shown: set[str]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        variable = f"{model.model_config.get('env_prefix', '')}{name}".upper()
        if variable in shown:  # the same thing, of another process
            continue
        shown.add(variable)
        if field.description:
            yield from textwrap.wrap(field.description, WIDTH, initial_indent="# ", subsequent_indent="# ")
        secret = model is SecretsOfCompose
        yield f"{'' if secret else '#'}{variable}={'' if field.is_required() else _text(field.default)}"


def _text(value: Any) -> str:
    if isinstance(value, tuple):
        return json.dumps(value) if value else ""
    return "" if value is None or isinstance(value, SecretStr) else str(value)


if __name__ == "__main__":
    TARGET.write_text(render())
