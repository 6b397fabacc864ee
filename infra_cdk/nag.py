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
    "IAM5[Resource::*]": "Actions that know no resource, such as those on network interfaces; tests/infra names them.",
}
_FILES = (
    "What the CDK's deployment of files takes, on the bucket of the web app's files and the CDK's own assets alone."
)
WEB = {
    "CFR1": "Pages are for everybody who has a key, wherever they are.",
    "CFR2": "No web ACL: pages are static files, and the backend does what a key of the API allows.",
    "ECS2": "Addresses of the API and of the pages; there is no secret among them.",
    "ELB2": "Only CloudFront reaches the load balancer, and logs every request itself.",
    **{f"IAM5[Action::s3:{action}*]": _FILES for action in ("Abort", "DeleteObject", "GetBucket", "GetObject", "List")},
    "IAM5[Resource::arn:<AWS::Partition>:s3:::cdk-hnb659fds-assets-<AWS::AccountId>-<AWS::Region>/*]": _FILES,
}
WITHOUT_DOMAIN = {
    "CFR4": "With its own address CloudFront takes no other policy; a domain of one's own gets TLS 1.2 and newer.",
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
    if stack.web:
        yield from (WEB if stack.web.has_domain else WEB | WITHOUT_DOMAIN).items()
    buckets = (stack.buckets.uploads, stack.buckets.previews, stack.buckets.models, stack.buckets.exports)
    for bucket in (*buckets, *([stack.web.files] if stack.web else [])):
        logical_id = stack.resolve(bucket.bucket_arn)["Fn::GetAtt"][0]
        yield f"IAM5[Resource::<{logical_id}.Arn>/*]", OBJECTS
