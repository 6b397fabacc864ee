"""What all functions share: a role of their own with nothing in it but logs, log groups, tracing, the network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aws_cdk import Duration, IgnoreMode
from aws_cdk import aws_ecr_assets as ecr_assets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra_cdk.buckets import Buckets
from infra_cdk.config import ROOT, AwsConfig, Config, LocalConfig
from infra_cdk.log_groups import make_log_group, retention_of
from infra_cdk.queue import UploadsQueue, WebhookQueues
from infra_cdk.topology import topology

if TYPE_CHECKING:
    from infra_cdk.database import Database

RUNTIME = lambda_.Runtime.PYTHON_3_12
ARCHITECTURE = lambda_.Architecture.X86_64
METRICS = "AdLens"  # namespace of what the functions count
CONNECT_SECONDS = 25
"""More than a paused database takes to resume, less than a client of the API waits."""
TAKES_RECEIVERS = ("api", "webhooks")
"""Functions that take or use addresses of webhooks."""
CACHES = ["**/__pycache__", "**/*.pyc"]
FAKES = "python/adlens/testing"
"""Of the library, which tests use and nothing else."""


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What functions are put into: the stage, what they work with, and on AWS the database with its network."""

    config: LocalConfig | AwsConfig
    buckets: Buckets
    queue: UploadsQueue
    webhooks: WebhookQueues
    database: Database | None
    uses_database: bool = True
    as_owner: bool = False  # of the tables, beside the proxy; the others read and write rows

    @property
    def is_traced(self) -> bool:
        """Not in the lean profile, whose network has no endpoint of X-Ray."""
        return isinstance(self.config, AwsConfig) and not self.config.lean

    def common(self, scope: Construct, name: str) -> dict[str, Any]:
        """Properties of the function `name`, whichever way its code is packed."""
        function_name = f"{self.config.stack_name}-{name}"
        log_group = make_log_group(scope, "Logs", f"/aws/lambda/{function_name}", retention_of(self.config))
        role = iam.Role(scope, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        log_group.grant_write(role)
        properties: dict[str, Any] = {
            "function_name": function_name,
            "role": role,
            "log_group": log_group,
            "timeout": Duration.seconds(topology().timeout_seconds[name]),
            "architecture": ARCHITECTURE,
            "environment": self.environment(name),
            "tracing": lambda_.Tracing.ACTIVE if self.is_traced else lambda_.Tracing.DISABLED,
        }
        if self.database is not None:
            _allow_network_interfaces(role)
            self.database.let_connect(role, as_owner=self.as_owner)
            properties |= {
                "vpc": self.database.vpc,
                "vpc_subnets": self.database.subnets,
                "security_groups": [self.database.clients],
            }
        return properties

    def environment(self, name: str) -> dict[str, str]:
        variables = {
            "ADLENS_STAGE": self.config.stage,
            "POWERTOOLS_SERVICE_NAME": name.replace("-", "_"),
            "POWERTOOLS_METRICS_NAMESPACE": METRICS,
            "POWERTOOLS_LOG_LEVEL": "INFO",
        }
        if self.database is not None:
            variables |= {
                "ADLENS_DATABASE_HOST": self.database.host(as_owner=self.as_owner),
                "ADLENS_DATABASE_NAME": self.database.name,
                "ADLENS_DATABASE_USER": self.database.user(as_owner=self.as_owner),
                "ADLENS_DATABASE_CONNECT_SECONDS": str(CONNECT_SECONDS),
                # Signs for the bucket's regional address: S3's global one redirects, which a form cannot follow.
                "ADLENS_S3_ADDRESSING_STYLE": "virtual",
            }
        if isinstance(self.config, AwsConfig) and not self.is_traced:
            variables["POWERTOOLS_TRACE_DISABLED"] = "true"
        if isinstance(self.config, LocalConfig):
            variables |= {
                **({"ADLENS_DATABASE_URL": self.config.database_url} if self.uses_database else {}),
                "ADLENS_S3_ENDPOINT_URL": self.config.endpoint_url,
                "ADLENS_S3_PUBLIC_ENDPOINT_URL": self.config.endpoint_url,
                "ADLENS_S3_ADDRESSING_STYLE": "path",
                "POWERTOOLS_TRACE_DISABLED": "true",
            }
            if self.config.webhooks_private_hosts and name in TAKES_RECEIVERS:
                variables["ADLENS_WEBHOOKS_PRIVATE_HOSTS"] = "true"
        return variables


class ZipCode(Construct):
    """The code that the zip functions share: the package `functions` without those that are images, and two layers."""

    def __init__(self, scope: Construct, construct_id: str, *, config: Config) -> None:
        super().__init__(scope, construct_id)
        self.code = lambda_.Code.from_asset(
            str(ROOT),
            exclude=["/*", "!/functions", "/functions/analyze", "/functions/exports", "/functions/lift", *CACHES],
            ignore_mode=IgnoreMode.GIT,
        )
        self.layers = [self._layer("Library", "adlens: the shared library", ROOT / "layers/adlens", [*CACHES, FAKES])]
        if isinstance(config, AwsConfig):  # locally the functions run in the project's own environment
            layer = self._layer("Dependencies", "requirements/api.txt, built by make layers", config.dependencies_layer)
            self.layers.append(layer)

    def _layer(
        self, construct_id: str, description: str, folder: Path, without: Sequence[str] = ()
    ) -> lambda_.LayerVersion:
        return lambda_.LayerVersion(
            self,
            construct_id,
            description=description,
            code=lambda_.Code.from_asset(str(folder), exclude=list(without), ignore_mode=IgnoreMode.GIT),
            compatible_runtimes=[RUNTIME],
            compatible_architectures=[ARCHITECTURE],
        )


class ZipFunction(lambda_.Function):
    """A function of the package `functions`; `name` with underscores is its module."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        surroundings: Surroundings,
        zip_code: ZipCode,
        memory_size: int = 512,
        **properties: Any,
    ) -> None:
        inside = Construct(scope, f"{construct_id}Parts")
        super().__init__(
            scope,
            construct_id,
            **surroundings.common(inside, name),
            runtime=RUNTIME,
            code=zip_code.code,
            layers=zip_code.layers,
            handler=f"functions.{name.replace('-', '_')}.handler.handler",
            memory_size=memory_size,
            **properties,
        )


def image_code(
    name: str, without: Sequence[str] = ("models", "samples", "training"), **options: Any
) -> lambda_.DockerImageCode:
    """The image of the function in the folder `name` of `functions`; `without` are patterns of what it needs not."""
    return lambda_.DockerImageCode.from_image_asset(
        str(ROOT),
        file=f"functions/{name}/Dockerfile",
        # On top of .dockerignore, so that a change of the API is no new image; of two patterns the later wins.
        exclude=["topology.toml", "functions/*", "!functions/*.py", f"!functions/{name}", *without, *CACHES],
        platform=ecr_assets.Platform.LINUX_AMD64,
        cmd=[f"functions.{name}.handler.handler"],
        **options,
    )


def allow(function: lambda_.Function, actions: list[str], *resources: str) -> None:
    """Lets `function` do `actions` on `resources` (ARNs): what its code does, where CDK's grants give more."""
    function.add_to_role_policy(iam.PolicyStatement(actions=actions, resources=list(resources)))


def _allow_network_interfaces(role: iam.Role) -> None:
    # Lambda makes the interfaces with the function's role, and these actions know no resource.
    role.add_to_policy(
        iam.PolicyStatement(
            sid="NetworkInterfaces",
            actions=[
                "ec2:CreateNetworkInterface",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeSubnets",
                "ec2:DeleteNetworkInterface",
                "ec2:AssignPrivateIpAddresses",
                "ec2:UnassignPrivateIpAddresses",
            ],
            resources=["*"],
        )
    )
