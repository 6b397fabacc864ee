"""Both stages, synthesised once per session under cdk-nag: a finding that nobody gave a reason for fails synthesis."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from infra_cdk.app import build_app
from infra_cdk.config import PAGES, AwsConfig, LocalConfig, read_config, use_own_node

WITH_DATABASE = (
    "analyze",
    "exports",
    "jobs",
    "api",
    "dead-letters",
    "dispatch",
    "lift",
    "sweep",
    "migrate",
    "admin",
    "webhook-results",
)
"""Functions that reach the database, and so are in its network."""

if TYPE_CHECKING:
    from aws_cdk.assertions import Template

use_own_node()  # before test modules import the CDK, which starts node

LOCAL_ENV = {
    "ADLENS_LOCAL_DATABASE_URL": "postgresql+psycopg2://adlens:secret@127.0.0.1:5432/adlens",
    "ADLENS_LOCAL_ENDPOINT_URL": "http://127.0.0.1:4566",
    "ADLENS_LOCAL_BUNDLE": "/models/base",
    "ADLENS_LOCAL_WEIGHTS": "/weights",
    "ADLENS_LOCAL_PYTHON": "/reference/bin/python",
    "ADLENS_LOCAL_ANONYMOUS_WORKSPACE": "00000000-0000-4000-8000-000000000001",
}


@dataclass
class Stage:
    folder: Path
    config: LocalConfig | AwsConfig

    @cached_property
    def resources(self) -> dict[str, dict[str, Any]]:
        return self.body["Resources"]

    @property
    def files(self) -> list[Path]:
        """The templates of the stacks."""
        return sorted(self.folder.glob("*.template.json"))

    @cached_property
    def body(self) -> dict[str, Any]:
        """The templates as one: what a stack imports from another is what that one exports."""
        bodies = [json.loads(file.read_text()) for file in self.files]
        exports: dict[str, Any] = {}
        merged: dict[str, Any] = {"Resources": {}, "Outputs": {}}
        for body in bodies:
            # Each stack has the CDK's function for calls of AWS of its own.
            assert {name[:6] for name in merged["Resources"].keys() & body["Resources"].keys()} <= {"AWS679"}
            merged["Resources"] |= body["Resources"]
            for name, output in body.get("Outputs", {}).items():
                if "Export" in output:
                    exports[output["Export"]["Name"]] = output["Value"]
                else:
                    merged["Outputs"][name] = output
            merged |= {key: body[key] for key in ("Rules", "Parameters") if key in body}
        return _with_imports(merged, exports)

    @cached_property
    def template(self) -> "Template":
        from aws_cdk.assertions import Template

        return Template.from_json(self.body)

    def of_type(self, kind: str) -> dict[str, dict[str, Any]]:
        """Properties by logical id."""
        return {
            name: resource.get("Properties", {})
            for name, resource in self.resources.items()
            if resource["Type"] == kind
        }

    def function(self, name: str) -> dict[str, Any]:
        functions = self.of_type("AWS::Lambda::Function").values()
        return next(found for found in functions if found.get("FunctionName") == f"{self.config.stack_name}-{name}")

    def image(self, dockerfile: str = "functions/analyze/Dockerfile") -> dict[str, Any]:
        """How the image of `dockerfile` is built."""
        assets = [json.loads(file.read_text()) for file in self.folder.glob("*.assets.json")]
        sources = [image["source"] for asset in assets for image in asset["dockerImages"].values()]
        (source,) = (source for source in sources if source["dockerFile"] == dockerfile)
        return dict(source)

    def image_context(self, dockerfile: str = "functions/analyze/Dockerfile") -> Path:
        """What an engine would get to build the image of."""
        return self.folder / self.image(dockerfile)["directory"]


def _with_imports(value: Any, exports: dict[str, Any]) -> Any:
    match value:
        case {"Fn::ImportValue": str(name)}:
            return exports[name]
        case dict():
            return {key: _with_imports(each, exports) for key, each in value.items()}
        case list():
            return [_with_imports(each, exports) for each in value]
    return value


def synthesise(config: LocalConfig | AwsConfig, folder: Path) -> Stage:
    build_app(config, str(folder), check=True).synth()
    return Stage(folder, config)


@pytest.fixture(scope="session")
def aws_env(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return {
        "ADLENS_AWS_CORS_ORIGINS": "https://adlens.example.com, https://www.example.com",
        "ADLENS_AWS_ALARM_EMAIL": "ops@example.com",
        "ADLENS_AWS_MAX_CONCURRENCY": "12",
        "ADLENS_AWS_ACCOUNT_CONCURRENCY": "1000",
        "ADLENS_AWS_UPLOADS_EXPIRE_DAYS": "400",
        "ADLENS_AWS_DATABASE_READERS": "1",
        "ADLENS_AWS_DEPENDENCIES_LAYER": str(dependencies_layer(tmp_path_factory.mktemp("layer"))),
        "ADLENS_AWS_WEB_BUILD": str(web_build(tmp_path_factory.mktemp("web"))),
    }


def dependencies_layer(folder: Path) -> Path:
    """As `make layers` would leave it, less the packages."""
    (folder / "python/__pycache__").mkdir(parents=True)
    (folder / "python/packages.txt").write_text("what make layers installs")
    (folder / "python/__pycache__/package.cpython-312.pyc").write_text("what it compiles")
    return folder


def web_build(folder: Path) -> Path:
    """As `make web` would leave it, in small."""
    for name in ("index.html", "groups/index.html", "settings/index.html", "__spa-fallback.html", "assets/a-1.js"):
        path = folder / PAGES / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return folder


@pytest.fixture(scope="session")
def aws(aws_env: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Stage:
    return synthesise(read_config("aws", aws_env), tmp_path_factory.mktemp("aws"))


@pytest.fixture(scope="session")
def aws_reference(aws_env: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """With the MVP's engines, and the bundle made while the image is built."""
    env = {**aws_env, "ADLENS_AWS_IMAGE_TARGET": "reference", "ADLENS_AWS_BUNDLE": "upstream"}
    return synthesise(read_config("aws", env), tmp_path_factory.mktemp("aws-reference"))


@pytest.fixture(scope="session")
def aws_domain(aws_env: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """Web app and API at domains of their own, with TLS up to the load balancer; the API behind a web ACL; a budget."""
    env = {
        **aws_env,
        "ADLENS_AWS_CORS_ORIGINS": "",
        "ADLENS_AWS_WEB_DOMAIN": "ads.example.com",
        "ADLENS_AWS_WEB_CERTIFICATE": "arn:aws:acm:us-east-1:111111111111:certificate/front",
        "ADLENS_AWS_WEB_ORIGIN_CERTIFICATE": "arn:aws:acm:eu-central-1:111111111111:certificate/back",
        "ADLENS_AWS_WEB_TASKS": "2",
        "ADLENS_AWS_API_DOMAIN": "api.ads.example.com",
        "ADLENS_AWS_API_CERTIFICATE": "arn:aws:acm:eu-central-1:111111111111:certificate/api",
        "ADLENS_AWS_HOSTED_ZONE": "/hostedzone/Z0EXAMPLE",
        "ADLENS_AWS_WAF": "1",
        "ADLENS_AWS_CANARY": "1",
        "ADLENS_AWS_BUDGET_DOLLARS": "300",
        # As the CDK's command line sets them for an account.
        "CDK_DEFAULT_ACCOUNT": "111111111111",
        "CDK_DEFAULT_REGION": "eu-central-1",
    }
    return synthesise(read_config("aws", env), tmp_path_factory.mktemp("aws-domain"))


@pytest.fixture(scope="session")
def aws_lean(aws_env: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """The lean profile as a new account deploys it first, in a region with zones that not everything runs in. DNS of
    the API's domain is elsewhere."""
    env = {
        **{name: aws_env[name] for name in ("ADLENS_AWS_DEPENDENCIES_LAYER", "ADLENS_AWS_ALARM_EMAIL")},
        "ADLENS_AWS_PROFILE": "lean",
        "ADLENS_AWS_PROTECT": "0",
        "ADLENS_AWS_API_DOMAIN": "api.example.com",
        "ADLENS_AWS_API_CERTIFICATE": "arn:aws:acm:us-east-1:111111111111:certificate/api",
        "CDK_DEFAULT_REGION": "us-east-1",
    }
    return synthesise(read_config("aws", env), tmp_path_factory.mktemp("aws-lean"))


@pytest.fixture(scope="session")
def local(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    return synthesise(read_config("local", LOCAL_ENV), tmp_path_factory.mktemp("local"))


@pytest.fixture(scope="session", params=["aws", "local"])
def stage(request: pytest.FixtureRequest) -> Stage:
    return request.getfixturevalue(request.param)
