"""What holds on both stages."""

import json
import re
from typing import Any

import pytest
from aws_cdk.assertions import Match

from adlens import settings as runtime
from adlens.domain.exports import KEPT_FOR
from adlens.domain.webhooks import ATTEMPTS, retry_delay
from infra_cdk.config import LocalConfig

from .conftest import Stage

OUTPUTS = {
    "ApiUrl",
    "ApiId",
    "UploadsBucketName",
    "ModelsBucketName",
    "QueueUrl",
    "AnalysisQueueUrl",
    "DeadLetterQueueUrl",
    "ExportsBucketName",
    "ExportsQueueUrl",
    "ExportsFunctionName",
    "JobsQueueUrl",
    "JobsFunctionName",
    "AdminFunctionName",
    "MigrateFunctionName",
    "AnalyzeFunctionName",
    "ApiFunctionName",
    "LiftFunctionName",
    "DeadLettersFunctionName",
    "DispatchFunctionName",
    "SweepFunctionName",
    "WebhooksQueueUrl",
    "WebhooksFunctionName",
    "WebhookResultsFunctionName",
}
SETTINGS = {
    "analyze": runtime.AnalyzeSettings,
    "exports": runtime.ExportSettings,
    "api": runtime.ApiSettings,
    "dead-letters": runtime.DatabaseSettings,
    "dispatch": runtime.DispatchSettings,
    "jobs": runtime.JobSettings,
    "lift": runtime.DatabaseSettings,
    "sweep": runtime.SweepSettings,
    "admin": runtime.AdminSettings,
    "migrate": runtime.DatabaseSettings,
    "webhooks": runtime.WebhookSettings,
    "webhook-results": runtime.DatabaseSettings,
}
# The only actions that may be allowed on everything: they know no resource.
ON_ANYTHING = {
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
    "ecr:GetAuthorizationToken",
    "logs:DeleteRetentionPolicy",
    "logs:PutRetentionPolicy",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
}


def test_outputs(stage: Stage) -> None:
    assert set(stage.body["Outputs"]) == OUTPUTS | ({"FirstKey", "WebUrl"} if stage.config.stage == "aws" else set())


def test_buckets_are_private_and_encrypted(stage: Stage) -> None:
    for bucket in stage.of_type("AWS::S3::Bucket").values():
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
        (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
        (control,) = bucket["OwnershipControls"]["Rules"]
        by_acl = bucket.get("LoggingConfiguration", {}).get("LogFilePrefix") == "web-logs/"  # CloudFront's logs
        assert control["ObjectOwnership"] == ("BucketOwnerPreferred" if by_acl else "BucketOwnerEnforced")
        (rule,) = bucket["LifecycleConfiguration"]["Rules"]
        assert rule["Status"] == "Enabled"
        assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}


def test_models_keep_their_versions(stage: Stage) -> None:
    stage.template.has_resource_properties(
        "AWS::S3::Bucket",
        {
            "BucketName": _named(stage, "models"),
            "VersioningConfiguration": {"Status": "Enabled"},
        },
    )


def test_browsers_may_send_and_read_uploads(stage: Stage) -> None:
    stage.template.has_resource_properties(
        "AWS::S3::Bucket",
        {
            "BucketName": _named(stage, "uploads"),
            "CorsConfiguration": {
                "CorsRules": [
                    Match.object_like(
                        {
                            "AllowedMethods": ["POST", "GET", "HEAD"],
                            "AllowedOrigins": list(getattr(stage.config, "browser_origins", stage.config.cors_origins)),
                            "AllowedHeaders": ["*"],
                        }
                    )
                ]
            },
        },
    )


def test_created_objects_are_sent_to_the_queue_once_its_policy_is_there(stage: Stage) -> None:
    queue, policy = _queue(stage, "uploads"), _queue_policy(stage, "uploads")
    stage.template.has_resource(
        "AWS::S3::Bucket",
        {
            "Properties": {
                "NotificationConfiguration": {
                    "QueueConfigurations": [{"Event": "s3:ObjectCreated:*", "Queue": {"Fn::GetAtt": [queue, "Arn"]}}]
                }
            },
            "DependsOn": Match.array_with([policy]),
        },
    )
    stage.template.resource_count_is("Custom::S3BucketNotifications", 0)


def test_only_the_uploads_bucket_may_send_to_the_queue(stage: Stage) -> None:
    (policy,) = (
        found["PolicyDocument"]
        for name, found in stage.of_type("AWS::SQS::QueuePolicy").items()
        if name == _queue_policy(stage, "uploads")
    )
    (allowed,) = (statement for statement in policy["Statement"] if statement["Effect"] == "Allow")
    assert allowed["Action"] == "sqs:SendMessage"
    assert allowed["Principal"] == {"Service": "s3.amazonaws.com"}
    (bucket,) = (found["BucketName"] for name, found in stage.of_type("AWS::S3::Bucket").items() if "Uploads" in name)
    arn = allowed["Condition"]["ArnEquals"]["aws:SourceArn"]
    assert _text(arn, stage).endswith(f":s3:::{_text(bucket, stage)}")
    assert allowed["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}


@pytest.mark.parametrize("name", ["uploads", "analysis"])
def test_what_fails_five_times_goes_to_the_dead_letters(stage: Stage, name: str) -> None:
    stage.template.has_resource_properties(
        "AWS::SQS::Queue",
        {
            "QueueName": f"{stage.config.stack_name}-{name}",
            "RedrivePolicy": {
                "deadLetterTargetArn": {"Fn::GetAtt": [_queue(stage, "uploads-dead-letters"), "Arn"]},
                "maxReceiveCount": 5,
            },
            "SqsManagedSseEnabled": True,
        },
    )


def test_deliveries_that_were_never_reported_end_beside_the_reports(stage: Stage) -> None:
    stage.template.has_resource_properties(
        "AWS::SQS::Queue",
        {
            "QueueName": f"{stage.config.stack_name}-webhooks",
            "RedrivePolicy": {
                "deadLetterTargetArn": {"Fn::GetAtt": [_queue(stage, "webhook-results"), "Arn"]},
                "maxReceiveCount": ATTEMPTS,
            },
            "SqsManagedSseEnabled": True,
        },
    )
    longest = max(retry_delay(attempt) for attempt in range(1, ATTEMPTS + 1))
    assert longest <= 12 * 3600  # what SQS hides a message for
    assert sum(retry_delay(attempt) for attempt in range(1, ATTEMPTS)) < 4 * 24 * 3600  # what the queue keeps it for


def test_secrets_of_webhooks_are_received_by_their_sender_only(stage: Stage) -> None:
    arn = {"Fn::GetAtt": [_queue(stage, "webhooks"), "Arn"]}
    holders = {
        role["Ref"]
        for roles, statement in _allowed(stage)
        for role in roles
        if "sqs:ReceiveMessage" in _list(statement["Action"]) and arn in _list(statement["Resource"])
    }
    assert holders == {stage.function("webhooks")["Role"]["Fn::GetAtt"][0]}


def test_a_message_stays_hidden_for_six_times_its_consumers_timeout(stage: Stage) -> None:
    functions = {name: found["Timeout"] for name, found in stage.of_type("AWS::Lambda::Function").items()}
    queues = stage.of_type("AWS::SQS::Queue")
    mappings = stage.of_type("AWS::Lambda::EventSourceMapping").values()
    assert len(mappings) == 9
    for mapping in mappings:
        timeout = functions[mapping["FunctionName"]["Ref"]]
        queue = queues[mapping["EventSourceArn"]["Fn::GetAtt"][0]]
        assert queue["VisibilityTimeout"] == 6 * timeout + mapping.get("MaximumBatchingWindowInSeconds", 0)


def test_batches_report_their_failures_and_the_analysis_is_bounded(stage: Stage) -> None:
    mappings = stage.of_type("AWS::Lambda::EventSourceMapping").values()
    assert all(mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"] for mapping in mappings)
    stage.template.has_resource_properties(
        "AWS::Lambda::EventSourceMapping",
        {
            "EventSourceArn": {"Fn::GetAtt": [_queue(stage, "analysis"), "Arn"]},
            "BatchSize": stage.config.batch_size,
            "MaximumBatchingWindowInSeconds": stage.config.batching_window_seconds,
            "ScalingConfig": {"MaximumConcurrency": stage.config.max_concurrency},
        },
    )


def test_the_analysis_is_an_image_function(stage: Stage) -> None:
    analyze = stage.function("analyze")
    assert analyze["PackageType"] == "Image"
    assert analyze["ImageConfig"]["Command"] == ["functions.analyze.handler.handler"]
    assert analyze["Architectures"] == ["x86_64"]
    assert analyze["MemorySize"] == 3008
    assert analyze["Timeout"] == 60


def test_exports_are_written_by_an_image_function_with_room_and_time(stage: Stage) -> None:
    exports = stage.function("exports")
    assert exports["PackageType"] == "Image"
    assert exports["ImageConfig"]["Command"] == ["functions.exports.handler.handler"]
    assert exports["Timeout"] == 900
    assert exports["EphemeralStorage"] == {"Size": 10240}
    assert exports["MemorySize"] > 1000
    stage.template.has_resource_properties(
        "AWS::Lambda::EventSourceMapping",
        {
            "EventSourceArn": {"Fn::GetAtt": [_queue(stage, "exports"), "Arn"]},
            "BatchSize": 1,
            "ScalingConfig": {"MaximumConcurrency": 2},
        },
    )
    stage.template.has_resource_properties(
        "AWS::SQS::Queue",
        {
            "QueueName": f"{stage.config.stack_name}-exports",
            "RedrivePolicy": {
                "deadLetterTargetArn": {"Fn::GetAtt": [_queue(stage, "exports-dead-letters"), "Arn"]},
                "maxReceiveCount": 3,
            },
        },
    )


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("api", ["analysis", "exports", "jobs", "webhooks"]),
        ("dispatch", ["analysis"]),
        ("jobs", ["analysis", "jobs"]),
        ("sweep", ["analysis", "exports", "jobs", "webhooks"]),
        ("exports", ["webhooks"]),
        ("analyze", ["webhooks"]),
    ],
)
def test_functions_send_to_queues_that_need_it_and_no_other(stage: Stage, name: str, told: list[str]) -> None:
    role = stage.function(name)["Role"]["Fn::GetAtt"][0]
    queues = [
        resource["Fn::GetAtt"][0]
        for roles, statement in _allowed(stage)
        if {"Ref": role} in roles and "sqs:SendMessage" in _list(statement["Action"])
        for resource in _list(statement["Resource"])
    ]
    assert sorted(queues) == sorted(_queue(stage, queue) for queue in told)


def test_exported_files_expire_when_their_exports_are_forgotten(stage: Stage) -> None:
    stage.template.has_resource_properties(
        "AWS::S3::Bucket",
        {
            "BucketName": _named(stage, "exports"),
            "LifecycleConfiguration": {"Rules": [Match.object_like({"ExpirationInDays": KEPT_FOR.days})]},
        },
    )


@pytest.mark.parametrize(
    "name", ["admin", "api", "dead-letters", "dispatch", "jobs", "sweep", "migrate", "webhooks", "webhook-results"]
)
def test_zip_functions_name_a_handler_that_their_asset_holds(stage: Stage, name: str) -> None:
    function = stage.function(name)
    assert function["Runtime"] == "python3.12"
    assert function["Architectures"] == ["x86_64"]
    module, attribute = function["Handler"].rsplit(".", 1)
    assert attribute == "handler"
    folder = stage.folder / f"asset.{function['Code']['S3Key'].removesuffix('.zip')}"
    assert (folder / module.replace(".", "/")).with_suffix(".py").is_file()
    assert not [name for name in ("analyze", "exports", "lift") if (folder / "functions" / name).exists()]
    assert {path.name for path in folder.iterdir()} == {"functions"}
    assert not list(folder.rglob("__pycache__"))


@pytest.mark.parametrize("name", SETTINGS)
def test_functions_get_the_settings_they_read(stage: Stage, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    given = {key: _text(value, stage) for key, value in stage.function(name)["Environment"]["Variables"].items()}
    known = {f"ADLENS_{field.upper()}" for field in SETTINGS[name].model_fields}
    shared = {"ADLENS_S3_ENDPOINT_URL", "ADLENS_S3_PUBLIC_ENDPOINT_URL", "ADLENS_S3_ADDRESSING_STYLE"}
    assert {key for key in given if key.startswith("ADLENS_")} <= known | shared
    for key, value in given.items():
        monkeypatch.setenv(key, value)
    assert SETTINGS[name]().stage == stage.config.stage


def test_the_statistics_are_an_image_function_that_the_api_alone_may_call(stage: Stage) -> None:
    lift = stage.function("lift")
    assert lift["PackageType"] == "Image"
    assert lift["ImageConfig"]["Command"] == ["functions.lift.handler.handler"]
    assert lift["Timeout"] < stage.function("api")["Timeout"]
    (logical_id,) = (id_ for id_, found in stage.resources.items() if found.get("Properties") == lift)
    assert stage.function("api")["Environment"]["Variables"]["ADLENS_LIFT_FUNCTION"] == {"Ref": logical_id}
    (allowed,) = (
        (roles, statement)
        for roles, statement in _allowed(stage)
        if "lambda:InvokeFunction" in _list(statement["Action"])
        and statement["Resource"] == {"Fn::GetAtt": [logical_id, "Arn"]}
    )
    assert allowed[0] == [{"Ref": stage.function("api")["Role"]["Fn::GetAtt"][0]}]


def test_the_api_is_served_by_a_snapshot_behind_an_alias(stage: Stage) -> None:
    assert stage.function("api")["SnapStart"] == {"ApplyOn": "PublishedVersions"}
    ((alias, properties),) = stage.of_type("AWS::Lambda::Alias").items()
    assert properties["Name"] == "live"
    methods = stage.of_type("AWS::ApiGateway::Method").values()
    assert len(methods) == 2  # the root and {proxy+}
    for method in methods:
        assert (method["HttpMethod"], method["Integration"]["Type"]) == ("ANY", "AWS_PROXY")
        assert {"Ref": alias} in method["Integration"]["Uri"]["Fn::Join"][1]


def test_the_gateway_takes_files_as_they_are(stage: Stage) -> None:
    (gateway,) = stage.of_type("AWS::ApiGateway::RestApi").values()
    assert {"multipart/form-data", "image/jpeg", "image/png", "image/webp", "text/csv"} <= set(
        gateway["BinaryMediaTypes"]
    )


def test_the_gateway_logs_and_throttles(stage: Stage) -> None:
    (gateway_stage,) = stage.of_type("AWS::ApiGateway::Stage").values()
    assert gateway_stage["StageName"] == "v1"
    (logs,) = (name for name in stage.of_type("AWS::Logs::LogGroup") if "AccessLogs" in name)
    assert gateway_stage["AccessLogSetting"]["DestinationArn"] == {"Fn::GetAtt": [logs, "Arn"]}
    line = json.loads(gateway_stage["AccessLogSetting"]["Format"])
    assert {"requestId", "ip", "method", "path", "status", "latencyMs"} <= set(line)
    (methods,) = gateway_stage["MethodSettings"]
    assert (methods["ResourcePath"], methods["HttpMethod"]) == ("/*", "*")
    assert 0 < methods["ThrottlingRateLimit"] <= methods["ThrottlingBurstLimit"]
    assert methods["DataTraceEnabled"] is False


@pytest.mark.parametrize("kind", ["DEFAULT_4XX", "DEFAULT_5XX", "THROTTLED", "REQUEST_TOO_LARGE"])
def test_errors_of_the_gateway_look_like_the_apis_and_pages_can_read_them(stage: Stage, kind: str) -> None:
    from functions.api.shapes import ErrorOut

    (answer,) = (
        found for found in stage.of_type("AWS::ApiGateway::GatewayResponse").values() if found["ResponseType"] == kind
    )
    headers = {
        key.removeprefix("gatewayresponse.header."): value for key, value in answer["ResponseParameters"].items()
    }
    assert headers["Access-Control-Allow-Origin"] == "'*'"
    assert "x-api-key" in headers["Access-Control-Allow-Headers"]
    body = ErrorOut.model_validate_json(answer["ResponseTemplates"]["application/json"])
    assert body.request_id == "$context.requestId"
    assert body.detail.endswith(".")


def test_the_sweep_runs_every_five_minutes(stage: Stage) -> None:
    (rule,) = stage.of_type("AWS::Events::Rule").values()
    assert (rule["ScheduleExpression"], rule["State"]) == ("rate(5 minutes)", "ENABLED")
    (target,) = rule["Targets"]
    function, attribute = target["Arn"]["Fn::GetAtt"]
    assert (stage.resources[function]["Properties"], attribute) == (stage.function("sweep"), "Arn")


def test_roles_allow_no_more_than_what_has_them_does(stage: Stage) -> None:
    for roles, statement in _allowed(stage):
        by_the_cdk = "WebDeploymentRole" in roles[0]["Ref"]  # its deployment of files grants itself families of actions
        for action in _list(statement["Action"]):
            assert "*" not in action or (by_the_cdk and action.startswith("s3:"))
            assert statement["Resource"] != "*" or action in ON_ANYTHING


def test_each_function_has_a_role_of_its_own(stage: Stage) -> None:
    ours = [stage.function(name)["Role"]["Fn::GetAtt"][0] for name in SETTINGS]
    assert len(set(ours)) == len(SETTINGS)
    managed = [stage.of_type("AWS::IAM::Role")[role].get("ManagedPolicyArns", []) for role in ours]
    assert not any(managed)


@pytest.mark.parametrize(
    ("name", "bucket_actions", "queue_actions"),
    [
        (
            "analyze",
            {"s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket"},
            {
                "sqs:ReceiveMessage",
                "sqs:DeleteMessage",
                "sqs:ChangeMessageVisibility",
                "sqs:GetQueueAttributes",
                "sqs:GetQueueUrl",
                "sqs:SendMessage",
            },
        ),
        (
            "exports",
            {"s3:PutObject", "s3:AbortMultipartUpload", "s3:DeleteObject"},
            {
                "sqs:ReceiveMessage",
                "sqs:DeleteMessage",
                "sqs:ChangeMessageVisibility",
                "sqs:GetQueueAttributes",
                "sqs:GetQueueUrl",
                "sqs:SendMessage",
            },
        ),
        (
            "api",
            {"s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket"},
            {"sqs:SendMessage", "sqs:GetQueueAttributes"},
        ),
        (
            "jobs",
            {"s3:GetObject", "s3:ListBucket", "s3:DeleteObject"},
            {
                "sqs:ReceiveMessage",
                "sqs:DeleteMessage",
                "sqs:ChangeMessageVisibility",
                "sqs:GetQueueAttributes",
                "sqs:GetQueueUrl",
                "sqs:SendMessage",
            },
        ),
        ("sweep", {"s3:GetObject", "s3:ListBucket", "s3:DeleteObject"}, {"sqs:SendMessage"}),
        (
            "dead-letters",
            set(),
            {
                "sqs:ReceiveMessage",
                "sqs:DeleteMessage",
                "sqs:ChangeMessageVisibility",
                "sqs:GetQueueAttributes",
                "sqs:GetQueueUrl",
            },
        ),
        (
            "dispatch",
            set(),
            {
                "sqs:ReceiveMessage",
                "sqs:DeleteMessage",
                "sqs:ChangeMessageVisibility",
                "sqs:GetQueueAttributes",
                "sqs:GetQueueUrl",
                "sqs:SendMessage",
            },
        ),
        (
            "admin",
            {"s3:ListBucket", "s3:ListBucketVersions", "s3:DeleteObject", "s3:DeleteObjectVersion"},
            set(),
        ),
        ("lift", set(), set()),
        ("migrate", set(), set()),
        (
            "webhooks",
            set(),
            {
                "sqs:ReceiveMessage",
                "sqs:DeleteMessage",
                "sqs:ChangeMessageVisibility",
                "sqs:GetQueueAttributes",
                "sqs:GetQueueUrl",
                "sqs:SendMessage",
            },
        ),
        (
            "webhook-results",
            set(),
            {
                "sqs:ReceiveMessage",
                "sqs:DeleteMessage",
                "sqs:ChangeMessageVisibility",
                "sqs:GetQueueAttributes",
                "sqs:GetQueueUrl",
            },
        ),
    ],
)
def test_what_each_function_may_do(stage: Stage, name: str, bucket_actions: set[str], queue_actions: set[str]) -> None:
    role = stage.function(name)["Role"]["Fn::GetAtt"][0]
    actions = {
        action
        for roles, statement in _allowed(stage)
        if {"Ref": role} in roles
        for action in _list(statement["Action"])
    }
    assert {action for action in actions if action.startswith("s3:")} == bucket_actions
    assert {action for action in actions if action.startswith("sqs:")} == queue_actions
    assert {action for action in actions if action.startswith("lambda:")} == (
        {"lambda:InvokeFunction"} if name == "api" else set()
    )
    services = {action.split(":")[0] for action in actions} - {"s3", "sqs", "lambda"}
    of_aws = {"logs", "xray"} if name == "webhooks" else {"logs", "ec2", "rds-db", "xray"}
    assert services == ({"logs"} if stage.config.stage == "local" else of_aws)


@pytest.mark.parametrize(
    ("name", "bucket", "actions"),
    [
        ("analyze", "uploads", {"s3:GetObject"}),
        ("analyze", "previews", {"s3:PutObject", "s3:DeleteObject"}),
        ("analyze", "models", {"s3:GetObject"}),
        ("api", "uploads", {"s3:GetObject", "s3:PutObject", "s3:DeleteObject"}),
        ("api", "previews", {"s3:GetObject", "s3:DeleteObject"}),
        ("api", "models", set()),
        ("api", "exports", {"s3:GetObject", "s3:DeleteObject"}),
        ("analyze", "exports", set()),
        ("exports", "exports", {"s3:PutObject", "s3:AbortMultipartUpload", "s3:DeleteObject"}),
        ("exports", "uploads", set()),
        ("exports", "previews", set()),
        ("jobs", "uploads", {"s3:DeleteObject"}),
        ("sweep", "previews", {"s3:DeleteObject"}),
        ("sweep", "exports", {"s3:DeleteObject"}),
    ],
)
def test_what_each_function_may_do_with_objects(stage: Stage, name: str, bucket: str, actions: set[str]) -> None:
    role = stage.function(name)["Role"]["Fn::GetAtt"][0]
    (logical_id,) = (
        id_
        for id_, found in stage.of_type("AWS::S3::Bucket").items()
        if found.get("BucketName") == _named(stage, bucket)
    )
    objects = {"Fn::Join": ["", [{"Fn::GetAtt": [logical_id, "Arn"]}, "/*"]]}
    assert actions == {
        action
        for roles, statement in _allowed(stage)
        if {"Ref": role} in roles and objects in _list(statement["Resource"])
        for action in _list(statement["Action"])
    }


def test_function_logs_are_not_kept_for_ever(stage: Stage) -> None:
    assert all(group["RetentionInDays"] <= 90 for group in stage.of_type("AWS::Logs::LogGroup").values())
    for name in SETTINGS:
        assert "LogGroup" in stage.function(name)["LoggingConfig"]


def _allowed(stage: Stage) -> list[tuple[list[Any], dict[str, Any]]]:
    """Roles and statements of every policy that is attached to a role."""
    return [
        (policy["Roles"], statement)
        for policy in stage.of_type("AWS::IAM::Policy").values()
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
    ]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _named(stage: Stage, name: str) -> Any:
    if isinstance(stage.config, LocalConfig):
        return f"adlens-local-{name}"
    return {"Fn::Join": ["", [f"adlens-aws-{name}-", {"Ref": "AWS::AccountId"}, "-", {"Ref": "AWS::Region"}]]}


def _queue(stage: Stage, name: str) -> str:
    queues = stage.of_type("AWS::SQS::Queue").items()
    return next(key for key, found in queues if found["QueueName"] == f"{stage.config.stack_name}-{name}")


def _queue_policy(stage: Stage, name: str) -> str:
    policies = stage.of_type("AWS::SQS::QueuePolicy").items()
    return next(key for key, found in policies if found["Queues"] == [{"Ref": _queue(stage, name)}])


def _text(value: Any, stage: Stage) -> str:
    """A value of the template as text, with names in place of what only a deployment knows."""
    if isinstance(value, str):
        return value
    if "Fn::Join" in value:
        separator, parts = value["Fn::Join"]
        return separator.join(_text(part, stage) for part in parts)
    return re.sub(r"\W+", "-", json.dumps(value)).strip("-")
