from pathlib import Path

import pytest

from infra_cdk.config import AwsConfig, ConfigError, LocalConfig, read_config


def test_the_local_stage_is_the_default() -> None:
    assert isinstance(read_config(None, {}), LocalConfig)
    assert isinstance(read_config(None, {"ADLENS_CDK_STAGE": ""}), LocalConfig)


def test_the_argument_wins_over_the_environment(aws_env: dict[str, str]) -> None:
    assert isinstance(read_config("aws", {**aws_env, "ADLENS_CDK_STAGE": "local"}), AwsConfig)
    assert isinstance(read_config(None, {**aws_env, "ADLENS_CDK_STAGE": "aws"}), AwsConfig)


def test_an_unknown_stage_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"'staging'.*local or aws"):
        read_config("staging", {})


@pytest.mark.parametrize(
    "name", ["ADLENS_ANONYMOUS_WORKSPACE", "ADLENS_LOCAL_ANONYMOUS_WORKSPACE", "ADLENS_AWS_ANONYMOUS_WORKSPACE"]
)
def test_aws_refuses_anonymous_access(aws_env: dict[str, str], name: str) -> None:
    with pytest.raises(ConfigError, match=name):
        read_config("aws", {**aws_env, name: "00000000-0000-4000-8000-000000000001"})


@pytest.mark.parametrize(("origins", "web"), [("", "0"), ("*", "1"), ("https://adlens.example.com *", "1")])
def test_aws_needs_named_origins(aws_env: dict[str, str], origins: str, web: str) -> None:
    with pytest.raises(ConfigError, match="ADLENS_AWS_CORS_ORIGINS"):
        read_config("aws", {**aws_env, "ADLENS_AWS_CORS_ORIGINS": origins, "ADLENS_AWS_WEB": web})


def test_with_the_web_app_there_is_an_origin(aws_env: dict[str, str]) -> None:
    assert read_config("aws", {**aws_env, "ADLENS_AWS_CORS_ORIGINS": ""}).cors_origins == ()


def test_aws_needs_the_web_apps_build(aws_env: dict[str, str], tmp_path: Path) -> None:
    missing = {**aws_env, "ADLENS_AWS_WEB_BUILD": str(tmp_path / "missing")}
    with pytest.raises(ConfigError, match=r"make web.*ADLENS_AWS_WEB=0"):
        read_config("aws", missing)
    assert read_config("aws", {**missing, "ADLENS_AWS_WEB": "0"})


@pytest.mark.parametrize(
    ("variables", "match"),
    [
        ({"DOMAIN": "ads.example.com"}, "ADLENS_AWS_WEB_CERTIFICATE go together"),
        ({"CERTIFICATE": "arn:aws:acm:us-east-1:1:certificate/a"}, "ADLENS_AWS_WEB_DOMAIN and"),
        ({"DOMAIN": "ads.example.com", "CERTIFICATE": "arn:aws:acm:eu-west-1:1:certificate/a"}, "us-east-1"),
        ({"ORIGIN_CERTIFICATE": "arn:aws:acm:eu-west-1:1:certificate/a"}, "needs ADLENS_AWS_WEB_DOMAIN"),
        ({"TASKS": "0"}, "ADLENS_AWS_WEB_TASKS"),
    ],
)
def test_domain_and_certificates_fit(aws_env: dict[str, str], variables: dict[str, str], match: str) -> None:
    with pytest.raises(ConfigError, match=match):
        read_config("aws", aws_env | {f"ADLENS_AWS_WEB_{name}": value for name, value in variables.items()})


def test_aws_needs_the_dependencies_layer(aws_env: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="make layers"):
        read_config("aws", {**aws_env, "ADLENS_AWS_DEPENDENCIES_LAYER": str(tmp_path / "missing")})


@pytest.mark.parametrize(
    ("name", "value"), [("ADLENS_AWS_MAX_CONCURRENCY", "many"), ("ADLENS_AWS_MAX_CONCURRENCY", "1")]
)
def test_numbers_that_cannot_be_are_named(aws_env: dict[str, str], name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=name):
        read_config("aws", {**aws_env, name: value})


@pytest.mark.parametrize("bundle", ["models/missing", "/models/base", "s3://bucket/base"])
def test_aws_bakes_in_a_bundle_of_the_repository(aws_env: dict[str, str], bundle: str) -> None:
    with pytest.raises(ConfigError, match="ADLENS_AWS_BUNDLE"):
        read_config("aws", {**aws_env, "ADLENS_AWS_BUNDLE": bundle})


def test_aws_knows_two_images(aws_env: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match=r"ADLENS_AWS_IMAGE_TARGET.*fast, reference"):
        read_config("aws", {**aws_env, "ADLENS_AWS_IMAGE_TARGET": "cuda"})


def test_the_reference_image_gets_the_memory_it_takes_unless_told_otherwise(aws_env: dict[str, str]) -> None:
    reference = {**aws_env, "ADLENS_AWS_IMAGE_TARGET": "reference"}
    assert read_config("aws", reference).analyze_memory_mib == 6144
    assert read_config("aws", {**reference, "ADLENS_AWS_ANALYZE_MEMORY_MIB": "4096"}).analyze_memory_mib == 4096


def test_capacity_comes_from_the_environment(aws_env: dict[str, str]) -> None:
    config = read_config("aws", {**aws_env, "ADLENS_AWS_DATABASE_MAX_ACU": "16", "CDK_DEFAULT_REGION": "eu-central-1"})
    assert isinstance(config, AwsConfig)
    assert (config.max_concurrency, config.database_max_acu, config.region) == (12, 16, "eu-central-1")
    assert config.cors_origins == ("https://adlens.example.com", "https://www.example.com")
