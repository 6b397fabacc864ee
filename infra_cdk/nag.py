"""cdk-nag's AwsSolutions rules, and why some of them do not hold here. No other module acknowledges a finding."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from aws_cdk import Acknowledgment, App, DefaultStackSynthesizer, Stack, Validations

from infra_cdk.buckets import CANARY_FILES, PERFORMANCE_FILES
from infra_cdk.config import AwsConfig, LocalConfig

if TYPE_CHECKING:
    from infra_cdk.stacks import AdLens

EVERYWHERE = {
    "L1": "Python 3.12, as the analysis has in its base image: one version for the library that all functions share.",
    "APIG2": "FastAPI validates every request and answers in the one error shape of the API.",
    "APIG4": "API keys of workspaces, hashed in the database; the function checks them, and health and docs need none.",
    "COG4": "Clients are programs with API keys, not people of a user pool.",
}
ON_AWS = {
    "IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs]": (
        "The policy that AWS makes for this setting of the account; its log groups are named by API Gateway."
    ),
    "IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSCodeDeployRoleForLambdaLimited]": (
        "The policy that AWS makes for CodeDeploy, which moves the alias of the API from version to version."
    ),
    "IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]": (
        "The CDK's function that sets how long the database's log is kept; the policy is for a log of its own."
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
}
WITHOUT_ACL = {
    "APIG3": "No web ACL: keys, limits of the stage and of the functions bound what a client can cost.",
}
WITHOUT_DOMAIN = {
    "CFR4": "With its own address CloudFront takes no other policy; a domain of one's own gets TLS 1.2 and newer.",
}
UNPROTECTED = {
    "RDS10": "Until the first deployment has succeeded: one that failed has to be deletable, and there is no data yet.",
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


def acknowledge(app: App, parts: AdLens) -> None:
    """Gives the reasons; what is a finding of many resources has an id each, and asserted in tests/infra."""
    for rule, reason in reasons(parts):
        Validations.of(app).acknowledge(Acknowledgment(id=f"AwsSolutions-{rule}", reason=reason))


def reasons(parts: AdLens) -> Iterator[tuple[str, str]]:
    local = isinstance(parts.config, LocalConfig)
    yield from (EVERYWHERE | (LOCALLY if local else ON_AWS)).items()
    if not (isinstance(parts.config, AwsConfig) and parts.config.waf):
        yield from WITHOUT_ACL.items()
    if isinstance(parts.config, AwsConfig) and not parts.config.protect:
        yield from UNPROTECTED.items()
    if parts.web:
        yield from (WEB if parts.web.has_domain else WEB | WITHOUT_DOMAIN).items()
        stack = Stack.of(parts.web)
        account, region = (_finding_text(stack, value) for value in (stack.account, stack.region))
        assets = f"cdk-{DefaultStackSynthesizer.DEFAULT_QUALIFIER}-assets-{account}-{region}"
        yield f"IAM5[Resource::arn:<AWS::Partition>:s3:::{assets}/*]", _FILES
    main, data = Stack.of(parts.api), Stack.of(parts.buckets)
    for bucket in (parts.buckets.uploads, parts.buckets.previews, parts.buckets.models, parts.buckets.exports):
        # In another stack the export of the name, which the CDK makes later than this and calls the same.
        arn = bucket.bucket_arn if data is main else data.export_value(bucket.bucket_arn)
        yield f"IAM5[Resource::{_finding_text(main, arn)}/*]", OBJECTS
        if bucket is parts.buckets.exports:
            yield f"IAM5[Resource::{_finding_text(main, arn)}/{PERFORMANCE_FILES}]", OBJECTS
        if bucket is parts.buckets.uploads and parts.config.canary:
            yield f"IAM5[Resource::{_finding_text(main, arn)}/{CANARY_FILES}]", OBJECTS
    if parts.web:
        yield f"IAM5[Resource::{_finding_text(Stack.of(parts.web), parts.web.files.bucket_arn)}/*]", OBJECTS


def _finding_text(stack: Stack, value: str) -> str:
    """`value` as ids of findings spell it: as it is, or as a reference where a deployment decides."""
    match stack.resolve(value):
        case {"Fn::GetAtt": [name, attribute]}:
            return f"<{name}.{attribute}>"
        case {"Ref": name}:
            return f"<{name}>"
        case {"Fn::ImportValue": name}:
            return str(name)
        case known:
            return str(known)
