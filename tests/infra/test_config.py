from pathlib import Path

import pytest

from infra_cdk.config import AwsConfig, LocalConfig, read_config
from infra_cdk.settings import ConfigError


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


@pytest.mark.parametrize("origins", ["*", "https://adlens.example.com *"])
def test_aws_needs_named_origins(aws_env: dict[str, str], origins: str) -> None:
    with pytest.raises(ConfigError, match="ADLENS_AWS_CORS_ORIGINS"):
        read_config("aws", {**aws_env, "ADLENS_AWS_CORS_ORIGINS": origins})


def test_uploads_are_open_to_the_web_app_and_to_pages_that_are_named(aws_env: dict[str, str]) -> None:
    pages = ("https://adlens.example.com", "https://www.example.com")
    assert _aws(aws_env).browser_origins == (*pages, "https://*.cloudfront.net")
    assert _aws({**aws_env, "ADLENS_AWS_WEB": "0"}).browser_origins == pages


def test_the_lean_profile_has_no_web_app_unless_it_is_asked_for(aws_env: dict[str, str]) -> None:
    lean = {**aws_env, "ADLENS_AWS_PROFILE": "lean"}
    assert (_aws(lean).web, _aws(lean).database_min_acu) == (False, 0)
    assert _aws({**lean, "ADLENS_AWS_WEB": "1"}).web
    with pytest.raises(ConfigError, match="ADLENS_AWS_PROFILE must be one of standard, lean"):
        read_config("aws", {**aws_env, "ADLENS_AWS_PROFILE": "small"})


@pytest.mark.parametrize(
    ("account", "most", "api", "analyze", "said"),
    [
        ("10", "4", "0", "0", ""),  # a new account
        ("10", "5", "0", "0", "at most 4 environments"),
        ("10", "4", "1", "0", "lets 0 be reserved"),
        ("1000", "900", "100", "0", "at most 894"),
        ("1000", "800", "100", "800", ""),
        ("1000", "801", "100", "800", "at most 800"),
        ("1000", "4", "200", "701", "lets 900 be reserved"),
    ],
)
def test_the_concurrency_of_the_account_has_room_for_all(
    aws_env: dict[str, str], account: str, most: str, api: str, analyze: str, said: str
) -> None:
    env = {
        **aws_env,
        "ADLENS_AWS_ACCOUNT_CONCURRENCY": account,
        "ADLENS_AWS_MAX_CONCURRENCY": most,
        "ADLENS_AWS_API_RESERVED": api,
        "ADLENS_AWS_ANALYZE_RESERVED": analyze,
    }
    if not said:
        assert read_config("aws", env).max_concurrency == int(most)
        return
    with pytest.raises(ConfigError, match=said):
        read_config("aws", env)


def test_a_new_account_deploys_with_the_defaults(aws_env: dict[str, str]) -> None:
    unset = {name: value for name, value in aws_env.items() if "CONCURRENCY" not in name}
    assert (_aws(unset).max_concurrency, _aws(unset).webhooks_concurrency) == (4, 2)


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


@pytest.mark.parametrize(
    ("variables", "match"),
    [
        ({"API_DOMAIN": "api.example.com"}, "ADLENS_AWS_API_CERTIFICATE go together"),
        ({"API_CERTIFICATE": "arn:aws:acm:eu-west-1:1:certificate/a"}, "ADLENS_AWS_API_DOMAIN and"),
        (
            {"API_DOMAIN": "api.example.com", "API_CERTIFICATE": "arn:aws:acm:us-east-1:1:certificate/a"},
            "must be in eu-west-1",
        ),
        (
            {
                "API_DOMAIN": "ads.example.com",
                "API_CERTIFICATE": "arn:aws:acm:eu-west-1:1:certificate/a",
                "WEB_DOMAIN": "ads.example.com",
                "WEB_CERTIFICATE": "arn:aws:acm:us-east-1:1:certificate/a",
            },
            "another name",
        ),
        ({"HOSTED_ZONE": "Z0EXAMPLE"}, "ADLENS_AWS_HOSTED_ZONE needs"),
    ],
)
def test_the_apis_domain_fits(aws_env: dict[str, str], variables: dict[str, str], match: str) -> None:
    given = {f"ADLENS_AWS_{name}": value for name, value in variables.items()}
    with pytest.raises(ConfigError, match=match):
        read_config("aws", {**aws_env, "CDK_DEFAULT_REGION": "eu-west-1", **given})


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


def test_zones_are_two_and_left_out_where_not_everything_runs(aws_env: dict[str, str]) -> None:
    assert _aws({**aws_env, "CDK_DEFAULT_REGION": "us-east-1"}).zones == ("use1-az1", "use1-az2")
    assert _aws({**aws_env, "CDK_DEFAULT_REGION": "eu-west-1"}).zones == ()
    chosen = {**aws_env, "CDK_DEFAULT_REGION": "us-east-1", "ADLENS_AWS_ZONES": "use1-az4, use1-az6"}
    assert _aws(chosen).zones == ("use1-az4", "use1-az6")
    with pytest.raises(ConfigError, match="ADLENS_AWS_ZONES"):
        read_config("aws", {**aws_env, "ADLENS_AWS_ZONES": "use1-az4 use1-az4"})


def _aws(env: dict[str, str]) -> AwsConfig:
    config = read_config("aws", env)
    assert isinstance(config, AwsConfig)
    return config
