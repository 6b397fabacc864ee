"""Every function's policy, exercised: moto enforces it on calls of S3, and decides by it on all other actions."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.core import set_initial_no_auth_action_count
from moto.iam.access_control import IAMPolicy, PermissionResult

from adlens.domain.performance import performance_file_key

from .conftest import Stage

ACCOUNT, REGION = "123456789012", "us-east-1"
BUCKETS = ("uploads", "previews", "exports", "models")
FUNCTIONS = (
    "admin",
    "analyze",
    "api",
    "dead-letters",
    "dispatch",
    "exports",
    "jobs",
    "lift",
    "migrate",
    "sweep",
    "webhook-results",
    "webhooks",
)
# What the code of a function does with objects. All that is not here has to be refused.
CALLS = {
    ("analyze", "get", "uploads"),
    ("analyze", "get", "models"),
    ("analyze", "put", "previews"),
    ("analyze", "delete", "previews"),
    ("api", "get", "uploads"),
    ("api", "put", "uploads"),
    ("api", "delete", "uploads"),
    ("api", "get", "previews"),
    ("api", "delete", "previews"),
    ("api", "get", "exports"),
    ("api", "delete", "exports"),
    ("exports", "put", "exports"),
    ("exports", "delete", "exports"),
    ("jobs", "delete", "uploads"),
    ("jobs", "delete", "previews"),
    ("sweep", "get", "uploads"),
    ("sweep", "delete", "uploads"),
    ("sweep", "delete", "previews"),
    ("sweep", "delete", "exports"),
    ("admin", "delete", "uploads"),
    ("admin", "delete", "previews"),
    ("admin", "delete", "exports"),
}
FILES = {
    ("api", "get"),
    ("api", "put"),
    ("api", "delete"),
    ("exports", "put"),
    ("exports", "delete"),
    ("jobs", "get"),
    ("jobs", "delete"),
    ("sweep", "delete"),
    ("admin", "delete"),
}
"""The same with files of figures, which are in the bucket of the exports."""
OPERATIONS: dict[str, Callable[[Any, str], object]] = {
    "get": lambda s3, bucket: s3.get_object(Bucket=bucket, Key="a"),
    "put": lambda s3, bucket: s3.put_object(Bucket=bucket, Key="b", Body=b""),
    "delete": lambda s3, bucket: s3.delete_object(Bucket=bucket, Key="c"),
}
# Queues that a function sends to, and takes from.
SENDS = {
    "analyze": {"webhooks"},
    "api": {"analysis", "exports", "jobs", "webhooks"},
    "dispatch": {"analysis"},
    "exports": {"webhooks"},
    "jobs": {"analysis", "jobs"},
    "sweep": {"analysis", "exports", "jobs", "webhooks"},
    "webhooks": {"webhook-results"},
}
TAKES = {
    "analyze": {"analysis"},
    "dead-letters": {"uploads-dead-letters", "exports-dead-letters", "jobs-dead-letters"},
    "dispatch": {"uploads"},
    "exports": {"exports"},
    "jobs": {"jobs"},
    "webhooks": {"webhooks"},
    "webhook-results": {"webhook-results"},
}
LOGS_IN_AS = {"admin": {"adlens_owner"}, "migrate": {"adlens_owner"}, "webhooks": set()}
# Wildcards of policies, each with why there is nothing narrower.
WILDCARDS = {
    "logs:DeleteRetentionPolicy": "the CDK's function keeps logs for days; its own log has a name it learns later",
    "logs:PutRetentionPolicy": "the CDK's function keeps logs for days; its own log has a name it learns later",
    "ec2:": "interfaces in the network, which Lambda makes with the function's role: these actions know no resource",
    "xray:": "traces: these actions know no resource",
    "ecr:GetAuthorizationToken": "the backend's image: this action knows no resource",
    "ec2:DescribeSecurityGroups": "CloudFront's security group is looked up by its name: it knows no resource",
    "s3:": "objects have keys of their own, in a bucket that is named",
}


@pytest.fixture(scope="module")
def roles(aws: Stage) -> dict[str, Any]:
    """The policy document of each function's role, with ARNs in place of references."""
    documents = {}
    for name in FUNCTIONS:
        role = aws.function(name)["Role"]["Fn::GetAtt"][0]
        statements = [
            statement
            for policy in aws.of_type("AWS::IAM::Policy").values()
            if {"Ref": role} in policy["Roles"]
            for statement in policy["PolicyDocument"]["Statement"]
        ]
        documents[name] = {"Version": "2012-10-17", "Statement": _plain(statements, aws)}
    return documents


@pytest.fixture(scope="module")
def stores(roles: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A client of S3 for each function, with its policy and no other right."""
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        s3, iam = boto3.client("s3"), boto3.client("iam")
        for bucket in BUCKETS:
            s3.create_bucket(Bucket=_bucket(bucket))
            s3.put_object(Bucket=_bucket(bucket), Key="a", Body=b"")
        clients = {}
        for name, document in roles.items():
            iam.create_user(UserName=name)
            iam.put_user_policy(UserName=name, PolicyName="policy", PolicyDocument=json.dumps(document))
            key = iam.create_access_key(UserName=name)["AccessKey"]
            clients[name] = boto3.client(
                "s3", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"]
            )
        yield clients


def test_functions_do_with_objects_what_they_have_to_and_nothing_else(stores: dict[str, Any]) -> None:
    for name, operation, bucket in itertools.product(FUNCTIONS, OPERATIONS, BUCKETS):
        may = _is_allowed(lambda: OPERATIONS[operation](stores[name], _bucket(bucket)))  # noqa: B023 - called at once
        assert may == ((name, operation, bucket) in CALLS), (name, operation, bucket)


def test_who_imports_files_does_with_them_what_it_has_to_and_nothing_else(roles: dict[str, Any]) -> None:
    actions = {"get": "s3:GetObject", "put": "s3:PutObject", "delete": "s3:DeleteObject"}
    arn = f"arn:aws:s3:::{_bucket('exports')}/{performance_file_key(uuid4(), uuid4())}"
    for name, operation in itertools.product(FUNCTIONS, actions):
        assert _permits(roles[name], actions[operation], arn) == ((name, operation) in FILES), (name, operation)


def test_functions_reach_their_queues_and_no_others(aws: Stage, roles: dict[str, Any]) -> None:
    queues = [
        properties["QueueName"].removeprefix("adlens-aws-") for properties in aws.of_type("AWS::SQS::Queue").values()
    ]
    for name, queue in itertools.product(FUNCTIONS, queues):
        arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:adlens-aws-{queue}"
        assert _permits(roles[name], "sqs:SendMessage", arn) == (queue in SENDS.get(name, ())), (name, queue)
        for action in ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"):
            assert _permits(roles[name], action, arn) == (queue in TAKES.get(name, ())), (name, action, queue)


def test_functions_log_in_as_who_they_are(roles: dict[str, Any]) -> None:
    for name, user in itertools.product(FUNCTIONS, ("adlens_owner", "adlens_app", "adlens", "postgres")):
        expected = user in LOGS_IN_AS.get(name, {"adlens_app"})
        arns = [arn for arn in _resources(roles[name]) if ":dbuser:" in arn]
        users = {arn.rsplit("/", 1)[1] for arn in arns if _permits(roles[name], "rds-db:connect", arn)}
        assert (user in users) == expected, (name, user)


@pytest.mark.parametrize(
    "action",
    [
        "iam:CreateRole",
        "secretsmanager:GetSecretValue",
        "s3:PutBucketPolicy",
        "sqs:PurgeQueue",
        "lambda:UpdateFunctionCode",
    ],
)
def test_no_function_does_what_none_has_to(roles: dict[str, Any], action: str) -> None:
    for document in roles.values():
        assert not any(_permits(document, action, resource) for resource in ("*", *_resources(document)))


def test_the_api_alone_calls_the_statistics(roles: dict[str, Any]) -> None:
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:adlens-aws-lift"
    assert [name for name in FUNCTIONS if _permits(roles[name], "lambda:InvokeFunction", arn)] == ["api"]


def test_no_policy_has_a_wildcard_without_a_reason(aws: Stage, aws_lean: Stage) -> None:
    assert all(len(reason.split()) > 5 for reason in WILDCARDS.values())
    for stage in (aws, aws_lean):
        for policy in stage.of_type("AWS::IAM::Policy").values():
            by_the_cdk = (
                "WebDeploymentRole" in policy["Roles"][0]["Ref"]
            )  # its deployment of files grants itself families
            for statement in policy["PolicyDocument"]["Statement"]:
                actions = _list(statement["Action"])
                if any("*" in json.dumps(resource) for resource in _list(statement["Resource"])):
                    assert all(action.startswith(tuple(WILDCARDS)) for action in actions), actions
                assert by_the_cdk or not any("*" in action for action in actions), actions


def _is_allowed(call: Callable[[], object]) -> bool:
    enforced = set_initial_no_auth_action_count(0)(call)
    try:
        enforced()
    except ClientError as error:
        if error.response["Error"]["Code"] != "AccessDenied":
            raise
        return False
    return True


def _permits(document: dict[str, Any], action: str, resource: str) -> bool:
    return IAMPolicy(json.dumps(document)).is_action_permitted(action, resource) == PermissionResult.PERMITTED


def _resources(document: dict[str, Any]) -> list[str]:
    return [resource for statement in document["Statement"] for resource in _list(statement["Resource"])]


def _bucket(name: str) -> str:
    return f"adlens-aws-{name}-{ACCOUNT}-{REGION}"


def _plain(value: Any, stage: Stage) -> Any:  # noqa: PLR0911 - a case each
    """A value of the template as a deployment would have it."""
    match value:
        case {"Ref": "AWS::AccountId"}:
            return ACCOUNT
        case {"Ref": "AWS::Region"}:
            return REGION
        case {"Ref": "AWS::Partition"}:
            return "aws"
        case {"Fn::Join": [separator, parts]}:
            return separator.join(_plain(part, stage) for part in parts)
        case {"Fn::Select": [index, {"Fn::Split": [separator, text]}]}:
            return _plain(text, stage).split(separator)[int(index)]
        case {"Fn::GetAtt": [name, "Arn" | "DBProxyArn"]}:
            return _arn(name, stage)
        case {"Fn::GetAtt": [name, _]} | {"Ref": name}:
            return name
        case dict():
            return {key: _plain(each, stage) for key, each in value.items()}
        case list():
            return [_plain(each, stage) for each in value]
    return value


def _arn(name: str, stage: Stage) -> str:
    resource = stage.resources[name]
    properties = resource["Properties"]
    match resource["Type"]:
        case "AWS::S3::Bucket":
            return f"arn:aws:s3:::{_plain(properties['BucketName'], stage)}"
        case "AWS::SQS::Queue":
            return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{properties['QueueName']}"
        case "AWS::Lambda::Function":
            return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{properties['FunctionName']}"
        case "AWS::Logs::LogGroup":
            return f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{properties['LogGroupName']}"
        case "AWS::RDS::DBProxy":
            return f"arn:aws:rds:{REGION}:{ACCOUNT}:db-proxy:prx-1"
    raise AssertionError(resource["Type"])


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
