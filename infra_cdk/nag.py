"""cdk-nag's AwsSolutions rules, and why some of them do not hold here. No other module acknowledges a finding."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from aws_cdk import Acknowledgment, App, Validations

from infra_cdk.config import LocalConfig

if TYPE_CHECKING:
    from infra_cdk.stacks import AdLensStack

EVERYWHERE = {
    "L1": "Python 3.12, as the analysis has in its base image: one version for the library that all functions share.",
    "APIG2": "FastAPI validates every request and answers in the one error shape of the API.",
    "APIG3": "No web ACL: keys, limits of the stage and of the functions bound what a client can cost.",
    "APIG4": "API keys of workspaces, hashed in the database; the function checks them, and health and docs need none.",
    "COG4": "Clients are programs with API keys, not people of a user pool.",
}
ON_AWS = {
    "IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs]": (
        "The policy that AWS makes for this setting of the account; its log groups are named by API Gateway."
    ),
    "IAM5[Resource::*]": "Network interfaces and X-Ray, whose actions know no resource; tests/infra names them.",
}
LOCALLY = {
    "S1": "LocalStack delivers no server access logs.",
    "S10": "LocalStack listens on loopback, without TLS.",
    "SQS4": "LocalStack listens on loopback, without TLS.",
}
OBJECTS = "Object keys are made at run time. The bucket is named, and the actions are those of single objects."


def check(app: App) -> None:
    """Makes synthesis of `app` fail on findings that nobody gave a reason for."""
    from cdk_nag import AwsSolutionsChecks

    Validations.of(app).add_plugins(AwsSolutionsChecks(app))


def acknowledge(stack: AdLensStack) -> None:
    """Gives the reasons; what is a finding of many resources is told apart by its id, and asserted in tests/infra."""
    for rule, reason in reasons(stack):
        Validations.of(stack).acknowledge(Acknowledgment(id=f"AwsSolutions-{rule}", reason=reason))


def reasons(stack: AdLensStack) -> Iterator[tuple[str, str]]:
    local = isinstance(stack.config, LocalConfig)
    yield from (EVERYWHERE | (LOCALLY if local else ON_AWS)).items()
    for bucket in (stack.buckets.uploads, stack.buckets.previews, stack.buckets.models):
        logical_id = stack.resolve(bucket.bucket_arn)["Fn::GetAtt"][0]
        yield f"IAM5[Resource::<{logical_id}.Arn>/*]", OBJECTS
