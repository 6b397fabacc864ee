"""What AWS has and one machine has not: network, database, TLS, alarms."""

import json
from typing import Any

import pytest
from aws_cdk.assertions import Match

from infra_cdk.config import AwsConfig

from .conftest import Stage

IN_THE_NETWORK = ("analyze", "exports", "api", "dead-letters", "lift", "sweep", "migrate", "webhook-results")


def test_transport_is_encrypted(aws: Stage) -> None:
    def refuses_plain(statements: list[dict[str, Any]]) -> bool:
        return any(
            statement["Effect"] == "Deny"
            and statement.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}}
            and statement["Principal"] in ("*", {"AWS": "*"})
            for statement in statements
        )

    for kind, policy_kind, key in (
        ("AWS::S3::Bucket", "AWS::S3::BucketPolicy", "Bucket"),
        ("AWS::SQS::Queue", "AWS::SQS::QueuePolicy", "Queues"),
        ("AWS::SNS::Topic", "AWS::SNS::TopicPolicy", "Topics"),
    ):
        policies = list(aws.of_type(policy_kind).values())
        for name in aws.of_type(kind):
            (policy,) = (found for found in policies if found[key] in ({"Ref": name}, [{"Ref": name}]))
            assert refuses_plain(policy["PolicyDocument"]["Statement"]), name


def test_data_survives_the_stack(aws: Stage) -> None:
    for resource in aws.resources.values():
        if resource["Type"] == "AWS::S3::Bucket":
            assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("Retain", "Retain")
        if resource["Type"] == "AWS::RDS::DBCluster":
            assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("Snapshot", "Snapshot")


def test_uploads_and_previews_expire_and_accesses_are_logged(aws: Stage) -> None:
    for name in ("uploads", "previews"):
        aws.template.has_resource_properties(
            "AWS::S3::Bucket",
            {
                "LoggingConfiguration": {"LogFilePrefix": f"{name}/"},
                "LifecycleConfiguration": {"Rules": [Match.object_like({"ExpirationInDays": 400})]},
            },
        )


def test_functions_are_in_subnets_without_internet(aws: Stage) -> None:
    routed = {route["RouteTableId"]["Ref"] for route in aws.of_type("AWS::EC2::Route").values()}
    tables = {
        association["SubnetId"]["Ref"]: association["RouteTableId"]["Ref"]
        for association in aws.of_type("AWS::EC2::SubnetRouteTableAssociation").values()
    }
    for name in IN_THE_NETWORK:
        subnets = aws.function(name)["VpcConfig"]["SubnetIds"]
        assert len(subnets) == 2
        assert not {tables[subnet["Ref"]] for subnet in subnets} & routed


def test_what_sends_webhooks_reaches_the_internet_and_nothing_of_ours(aws: Stage) -> None:
    webhooks = aws.function("webhooks")
    assert "VpcConfig" not in webhooks
    assert not [name for name in webhooks["Environment"]["Variables"] if "DATABASE" in name or "BUCKET" in name]
    assert webhooks["Environment"]["Variables"]["ADLENS_STAGE"] == "aws"  # which refuses private addresses


def test_endpoints_of_what_the_functions_call(aws: Stage) -> None:
    endpoints = {}
    for endpoint in aws.of_type("AWS::EC2::VPCEndpoint").values():
        name = endpoint["ServiceName"]
        text = name if isinstance(name, str) else "".join(part for part in name["Fn::Join"][1] if isinstance(part, str))
        endpoints[text.rsplit(".", 1)[-1]] = endpoint["VpcEndpointType"]
    assert endpoints == {
        "s3": "Gateway",
        "sqs": "Interface",
        "secretsmanager": "Interface",
        "lambda": "Interface",
        "xray": "Interface",
    }


def test_nothing_is_open_to_the_network_at_large(aws: Stage) -> None:
    for group in aws.of_type("AWS::EC2::SecurityGroup").values():
        assert not group.get("SecurityGroupIngress")
    for rule in aws.of_type("AWS::EC2::SecurityGroupIngress").values():
        assert "SourceSecurityGroupId" in rule


def test_the_database_is_aurora_serverless(aws: Stage) -> None:
    assert isinstance(aws.config, AwsConfig)
    aws.template.has_resource_properties(
        "AWS::RDS::DBCluster",
        {
            "Engine": "aurora-postgresql",
            "EngineVersion": Match.string_like_regexp(r"^1[67]\."),
            "StorageEncrypted": True,
            "DeletionProtection": True,
            "BackupRetentionPeriod": 14,
            "ServerlessV2ScalingConfiguration": {"MinCapacity": 0.5, "MaxCapacity": aws.config.database_max_acu},
            "MasterUserPassword": {
                "Fn::Join": ["", ["{{resolve:secretsmanager:", Match.any_value(), ":SecretString:password::}}"]]
            },
        },
    )
    aws.template.has_resource_properties("AWS::RDS::DBClusterParameterGroup", {"Parameters": {"rds.force_ssl": "1"}})
    instances = aws.of_type("AWS::RDS::DBInstance").values()
    assert len(instances) == 2  # the writer and the reader that was asked for
    assert all(found["DBInstanceClass"] == "db.serverless" for found in instances)
    assert all(found["PubliclyAccessible"] is False for found in instances)


def test_functions_reach_the_database_through_the_proxy_only(aws: Stage) -> None:
    ((proxy, properties),) = aws.of_type("AWS::RDS::DBProxy").items()
    assert properties["RequireTLS"] is True
    (auth,) = properties["Auth"]
    assert (auth["AuthScheme"], auth["ClientPasswordAuthType"]) == ("SECRETS", "POSTGRES_SCRAM_SHA_256")
    for name in IN_THE_NETWORK:
        variables = aws.function(name)["Environment"]["Variables"]
        assert variables["ADLENS_DATABASE_HOST"] == {"Fn::GetAtt": [proxy, "Endpoint"]}
        assert variables["ADLENS_DATABASE_SECRET_ARN"] == auth["SecretArn"]
    networks = [aws.function(name)["VpcConfig"] for name in IN_THE_NETWORK]
    (clients,) = {json.dumps(network["SecurityGroupIds"][0]) for network in networks}
    allowed = [
        rule
        for rule in aws.of_type("AWS::EC2::SecurityGroupIngress").values()
        if json.dumps(rule["SourceSecurityGroupId"]) == clients and rule["FromPort"] == 5432
    ]
    assert [rule["GroupId"] for rule in allowed] == properties["VpcSecurityGroupIds"]


def test_the_password_is_generated_and_rotates(aws: Stage) -> None:
    (secret,) = aws.of_type("AWS::SecretsManager::Secret").values()
    assert secret["GenerateSecretString"]["GenerateStringKey"] == "password"
    (schedule,) = aws.of_type("AWS::SecretsManager::RotationSchedule").values()
    assert schedule["RotationRules"] == {"ScheduleExpression": "rate(30 days)"}


def test_functions_hold_no_secret_and_admit_nobody_without_a_key(aws: Stage) -> None:
    for function in _our_functions(aws):
        names = set(function["Environment"]["Variables"])
        assert "ADLENS_DATABASE_URL" not in names
        assert "ADLENS_ANONYMOUS_WORKSPACE" not in names
        assert not [name for name in names if "PASSWORD" in name or "TOKEN" in name]


def test_migrations_run_before_what_needs_them(aws: Stage) -> None:
    ((trigger, resource),) = (
        (name, found) for name, found in aws.resources.items() if found["Type"] == "Custom::Trigger"
    )
    version = aws.resources[resource["Properties"]["HandlerArn"]["Ref"]]["Properties"]
    assert aws.resources[version["FunctionName"]["Ref"]]["Properties"] == aws.function("migrate")
    assert resource["Properties"]["ExecuteOnHandlerChange"] is True
    for name in ("analyze", "exports", "api", "dead-letters", "lift", "sweep", "webhook-results"):
        (found,) = (found for found in aws.resources.values() if found.get("Properties") == aws.function(name))
        assert trigger in found["DependsOn"]


def test_zip_functions_have_the_library_and_its_dependencies(aws: Stage) -> None:
    layers = aws.of_type("AWS::Lambda::LayerVersion")
    contents = {
        name: aws.folder / f"asset.{found['Content']['S3Key'].removesuffix('.zip')}" for name, found in layers.items()
    }
    for name in ("api", "dead-letters", "sweep", "migrate", "webhooks", "webhook-results"):
        folders = [contents[layer["Ref"]] / "python" for layer in aws.function(name)["Layers"]]
        assert [folder for folder in folders if (folder / "adlens/domain/creative.py").is_file()]
        assert [folder for folder in folders if (folder / "packages.txt").is_file()]


def test_traces_are_taken(aws: Stage) -> None:
    assert all(found["TracingConfig"] == {"Mode": "Active"} for found in _our_functions(aws))
    aws.template.has_resource_properties("AWS::ApiGateway::Stage", {"TracingEnabled": True})


@pytest.mark.parametrize(
    ("namespace", "metric", "count"),
    [
        ("AWS/SQS", "ApproximateNumberOfMessagesVisible", 2),
        ("AWS/SQS", "ApproximateAgeOfOldestMessage", 2),
        ("AWS/Lambda", "Errors", 9),
        ("AWS/Lambda", "Throttles", 9),
        ("AWS/ApiGateway", "5XXError", 1),
        ("AWS/ApplicationELB", "UnHealthyHostCount", 1),
        ("AWS/ApplicationELB", "HTTPCode_Target_5XX_Count", 1),
        ("AdLens", "DeadLetters", 1),
    ],
)
def test_alarms_tell_the_topic(aws: Stage, namespace: str, metric: str, count: int) -> None:
    alarms = [
        alarm
        for alarm in aws.of_type("AWS::CloudWatch::Alarm").values()
        if (alarm["Namespace"], alarm["MetricName"]) == (namespace, metric)
    ]
    assert len(alarms) == count
    (topic,) = aws.of_type("AWS::SNS::Topic")
    for alarm in alarms:
        assert alarm["AlarmActions"] == [{"Ref": topic}]
        assert alarm["TreatMissingData"] == "notBreaching"


def test_alarms_are_mailed_through_an_encrypted_topic(aws: Stage) -> None:
    (topic,) = aws.of_type("AWS::SNS::Topic").values()
    ((key, properties),) = aws.of_type("AWS::KMS::Key").items()
    assert topic["KmsMasterKeyId"] == {"Fn::GetAtt": [key, "Arn"]}
    assert properties["EnableKeyRotation"] is True
    assert any(
        statement["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
        for statement in properties["KeyPolicy"]["Statement"]
    )
    aws.template.has_resource_properties("AWS::SNS::Subscription", {"Protocol": "email", "Endpoint": "ops@example.com"})


def _our_functions(aws: Stage) -> list[dict[str, Any]]:
    return [aws.function(name) for name in (*IN_THE_NETWORK, "webhooks")]
