"""The settings' models and .env.example."""

from __future__ import annotations

from pathlib import Path

import pytest

from adlens.settings import CommandLineSettings
from docs.env_example import TARGET, render
from infra_cdk.settings import AwsSettings, ConfigError, LocalSettings
from local.settings import PortSettings

ROOT = Path(__file__).parents[2]


def test_the_example_is_what_the_models_say() -> None:
    assert TARGET.read_text() == render(), "`make settings` writes it again"


def test_every_setting_of_a_stage_is_described() -> None:
    for model in (AwsSettings, LocalSettings, CommandLineSettings, PortSettings):
        assert not [name for name, field in model.model_fields.items() if not field.description]


def test_no_default_leads_out_of_the_repository() -> None:
    for field in CommandLineSettings.model_fields.values():
        if isinstance(field.default, Path):
            assert not field.default.is_absolute()
            assert ".." not in field.default.parts


def test_an_empty_variable_is_not_set() -> None:
    assert LocalSettings.read({"ADLENS_LOCAL_THREADS": ""}).threads is None


@pytest.mark.parametrize("value", ["many", "1", "2.5"])
def test_a_value_that_cannot_be_is_named_with_its_variable(value: str) -> None:
    with pytest.raises(ConfigError, match=f"ADLENS_AWS_MAX_CONCURRENCY: .*not '{value}'"):
        AwsSettings.read({"ADLENS_AWS_MAX_CONCURRENCY": value})
