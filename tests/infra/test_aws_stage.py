"""What AWS has and one machine has not: network, database, TLS, alarms."""

import json
import re
from typing import Any

import pytest
from aws_cdk.assertions import Match

from infra_cdk import cost, firewall
from infra_cdk.config import AwsConfig
from local.state import CHECKOUT

from .conftest import WITH_DATABASE, Stage


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


def test_data_survives_the_stacks_once_a_deployment_has_succeeded(aws: Stage, aws_lean: Stage) -> None:
    policies = {"AWS::S3::Bucket": ("Retain", "Delete"), "AWS::RDS::DBCluster": ("Snapshot", "Delete")}
    for number, stage in enumerate((aws, aws_lean)):
        for resource in stage.resources.values():
            if kept := policies.get(resource["Type"]):
                assert resource["DeletionPolicy"] == resource["UpdateReplacePolicy"] == kept[number]
    kept_besides = {
        resource["Type"]
        for stage in (aws, aws_lean)
        for resource in stage.resources.values()
        if resource.get("DeletionPolicy", "Delete") != "Delete" and resource["Type"] not in policies
    }
    assert kept_besides == {"AWS::IAM::Role", "AWS::ApiGateway::Account"}  # the account's setting of the gateway's logs
    (first,) = aws_lean.of_type("AWS::RDS::DBCluster").values()
    assert first["DeletionProtection"] is False


def test_stacks_are_apart_and_protected(aws: Stage, aws_lean: Stage) -> None:
    for stage, protected in ((aws, True), (aws_lean, False)):
        manifest = json.loads((stage.folder / "manifest.json").read_text())["artifacts"]
        stacks = {name: found for name, found in manifest.items() if found["type"] == "aws:cloudformation:stack"}
        web = {"adlens-aws-web"} if stage is aws else set()
        assert set(stacks) == {"adlens-aws-data", "adlens-aws"} | web
        assert {bool(found["properties"].get("terminationProtection")) for found in stacks.values()} == {protected}
    holding = ("AWS::S3::Bucket", "AWS::RDS::DBCluster", "AWS::EC2::VPC")
    main = json.loads((aws.folder / "adlens-aws.template.json").read_text())["Resources"].values()
    assert not [resource for resource in main if resource["Type"] in holding]


def test_old_versions_of_uploads_are_kept_for_a_while(aws: Stage) -> None:
    aws.template.has_resource_properties(
        "AWS::S3::Bucket",
        {
            "LoggingConfiguration": {"LogFilePrefix": "uploads/"},
            "VersioningConfiguration": {"Status": "Enabled"},
            "LifecycleConfiguration": {
                "Rules": [Match.object_like({"NoncurrentVersionExpiration": {"NoncurrentDays": 30}})]
            },
        },
    )


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
    for name in WITH_DATABASE:
        subnets = aws.function(name)["VpcConfig"]["SubnetIds"]
        assert len(subnets) == 2
        assert not {tables[subnet["Ref"]] for subnet in subnets} & routed


def test_subnets_are_in_zones_by_id_where_a_region_has_others(aws: Stage, aws_lean: Stage) -> None:
    for subnet in aws.of_type("AWS::EC2::Subnet").values():
        assert "Fn::Select" in subnet["AvailabilityZone"]
    subnets = aws_lean.of_type("AWS::EC2::Subnet").values()
    assert sorted(subnet["AvailabilityZoneId"] for subnet in subnets) == ["use1-az1", "use1-az2"]
    assert not [subnet for subnet in subnets if "AvailabilityZone" in subnet]


def test_what_sends_webhooks_reaches_the_internet_and_nothing_of_ours(aws: Stage) -> None:
    webhooks = aws.function("webhooks")
    assert "VpcConfig" not in webhooks
    assert not [name for name in webhooks["Environment"]["Variables"] if "DATABASE" in name or "BUCKET" in name]
    for function in (webhooks, aws.function("api")):
        assert "ADLENS_WEBHOOKS_PRIVATE_HOSTS" not in function["Environment"]["Variables"]


def test_endpoints_of_what_the_functions_call(aws: Stage) -> None:
    endpoints = {}
    for endpoint in aws.of_type("AWS::EC2::VPCEndpoint").values():
        name = endpoint["ServiceName"]
        text = name if isinstance(name, str) else "".join(part for part in name["Fn::Join"][1] if isinstance(part, str))
        endpoints[text.rsplit(".", 1)[-1]] = endpoint["VpcEndpointType"]
    assert endpoints == {
        "s3": "Gateway",
        "sqs": "Interface",
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
            "ManageMasterUserPassword": True,
            "EnableIAMDatabaseAuthentication": True,
        },
    )
    aws.template.has_resource_properties(
        "AWS::RDS::DBClusterParameterGroup",
        {
            "Parameters": {
                "rds.force_ssl": "1",
                "statement_timeout": "30000",
                "lock_timeout": "15000",
                "idle_in_transaction_session_timeout": "60000",
                "log_min_error_statement": "panic",  # statements hold customers' texts
                "log_error_verbosity": "terse",
            }
        },
    )
    instances = aws.of_type("AWS::RDS::DBInstance").values()
    assert len(instances) == 2  # the writer and the reader that was asked for
    assert all(found["DBInstanceClass"] == "db.serverless" for found in instances)
    assert all(found["PubliclyAccessible"] is False for found in instances)


def test_functions_log_in_by_iam_as_who_reads_and_writes_rows_through_the_proxy(aws: Stage) -> None:
    ((proxy, properties),) = aws.of_type("AWS::RDS::DBProxy").items()
    ((cluster, _),) = aws.of_type("AWS::RDS::DBCluster").items()
    assert (properties["RequireTLS"], properties["DefaultAuthScheme"]) == (True, "IAM_AUTH")
    assert not properties.get("Auth")
    for name in WITH_DATABASE:
        is_owner = name in ("migrate", "admin")
        variables = aws.function(name)["Environment"]["Variables"]
        host = [cluster, "Endpoint.Address"] if is_owner else [proxy, "Endpoint"]
        assert variables["ADLENS_DATABASE_HOST"] == {"Fn::GetAtt": host}
        assert variables["ADLENS_DATABASE_USER"] == ("adlens_owner" if is_owner else "adlens_app")
        assert _may_log_in_as(aws, aws.function(name)["Role"]) == [variables["ADLENS_DATABASE_USER"]]
    assert _may_log_in_as(aws, properties["RoleArn"]) == ["adlens_app"]


def test_the_lean_database_pauses_and_nothing_holds_it_awake(aws_lean: Stage) -> None:
    assert not aws_lean.of_type("AWS::RDS::DBProxy")
    aws_lean.template.has_resource_properties(
        "AWS::RDS::DBCluster",
        {"ServerlessV2ScalingConfiguration": {"MinCapacity": 0, "MaxCapacity": 8, "SecondsUntilAutoPause": 300}},
    )
    aws_lean.template.has_resource_properties(
        "AWS::RDS::DBClusterParameterGroup", {"Parameters": {"idle_session_timeout": "60000"}}
    )
    (rule,) = aws_lean.of_type("AWS::Events::Rule").values()
    assert rule["ScheduleExpression"] == "rate(3 hours)"
    (cluster,) = aws_lean.of_type("AWS::RDS::DBCluster")
    for name in WITH_DATABASE:
        variables = aws_lean.function(name)["Environment"]["Variables"]
        assert variables["ADLENS_DATABASE_HOST"] == {"Fn::GetAtt": [cluster, "Endpoint.Address"]}
        assert int(variables["ADLENS_DATABASE_CONNECT_SECONDS"]) > 15  # what it takes to resume
        assert _may_log_in_as(aws_lean, aws_lean.function(name)["Role"]) == [variables["ADLENS_DATABASE_USER"]]


def test_the_lean_network_costs_two_endpoints_in_one_zone(aws_lean: Stage) -> None:
    endpoints = aws_lean.of_type("AWS::EC2::VPCEndpoint").values()
    interfaces = [endpoint for endpoint in endpoints if endpoint["VpcEndpointType"] == "Interface"]
    assert [len(endpoint["SubnetIds"]) for endpoint in interfaces] == [1, 1]
    assert len(aws_lean.function("api")["VpcConfig"]["SubnetIds"]) == 1
    assert not aws_lean.of_type("AWS::EC2::NatGateway")
    assert "TracingConfig" not in aws_lean.function("api")  # X-Ray would be a third
    assert "SnapStart" not in aws_lean.function("api")


def test_the_database_gets_its_roles_from_outside_of_its_network_before_it_is_migrated(aws: Stage) -> None:
    ((name, call),) = (
        (name, resource)
        for name, resource in aws.resources.items()
        if resource["Type"] == "Custom::AWS" and "RolesRole" in json.dumps(resource.get("DependsOn", ""))
    )
    asked = json.dumps(call["Properties"]["Create"])
    assert "ExecuteStatementCommand" in asked
    assert name not in json.dumps(aws.function("migrate"))  # in another stack, which is deployed later
    manifest = json.loads((aws.folder / "manifest.json").read_text())["artifacts"]
    assert "adlens-aws-data" in manifest["adlens-aws"]["dependencies"]


def _may_log_in_as(stage: Stage, role: dict[str, Any]) -> list[str]:
    """Users of the database that a role may connect as."""
    name = role["Fn::GetAtt"][0]
    return sorted(
        resource["Fn::Join"][1][-1].rsplit("/", 1)[1]
        for policy in stage.of_type("AWS::IAM::Policy").values()
        if {"Ref": name} in policy["Roles"]
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Action"] == "rds-db:connect"
        for resource in (statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]])
    )


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
    for name in ("analyze", "exports", "api", "dead-letters", "dispatch", "jobs", "lift", "sweep", "webhook-results"):
        (found,) = (found for found in aws.resources.values() if found.get("Properties") == aws.function(name))
        assert trigger in found["DependsOn"]


def test_zip_functions_have_the_library_and_its_dependencies(aws: Stage) -> None:
    layers = aws.of_type("AWS::Lambda::LayerVersion")
    contents = {
        name: aws.folder / f"asset.{found['Content']['S3Key'].removesuffix('.zip')}" for name, found in layers.items()
    }
    for name in ("admin", "api", "dead-letters", "dispatch", "sweep", "migrate", "webhooks", "webhook-results"):
        folders = [contents[layer["Ref"]] / "python" for layer in aws.function(name)["Layers"]]
        assert [folder for folder in folders if (folder / "adlens/domain/creative.py").is_file()]
        assert not [folder for folder in folders if (folder / "adlens/testing").exists()]
        (dependencies,) = (folder for folder in folders if (folder / "packages.txt").is_file())
        assert (dependencies / "__pycache__/package.cpython-312.pyc").is_file()  # nothing compiles there


def test_traces_are_taken(aws: Stage) -> None:
    assert all(found["TracingConfig"] == {"Mode": "Active"} for found in _our_functions(aws))
    aws.template.has_resource_properties("AWS::ApiGateway::Stage", {"TracingEnabled": True})


@pytest.mark.parametrize(
    ("namespace", "metric", "count"),
    [
        ("AWS/SQS", "ApproximateNumberOfMessagesVisible", 4),
        ("AWS/SQS", "ApproximateAgeOfOldestMessage", 6),
        ("AWS/Lambda", "Errors", 13),
        ("AWS/Lambda", "Throttles", 1),
        ("AWS/ApiGateway", "5XXError", 1),
        ("AWS/ApiGateway", "Latency", 1),
        ("AWS/RDS", "ServerlessDatabaseCapacity", 1),
        ("AWS/RDS", "DatabaseConnections", 1),
        ("AWS/RDS", "DatabaseConnectionsCurrentlySessionPinned", 1),
        ("AWS/ApplicationELB", "UnHealthyHostCount", 1),
        ("AWS/ApplicationELB", "HTTPCode_Target_5XX_Count", 1),
        ("AdLens", "DeadLetters", 1),
    ],
)
def test_alarms_tell_the_topic(aws: Stage, namespace: str, metric: str, count: int) -> None:
    alarms = [
        alarm
        for alarm in aws.of_type("AWS::CloudWatch::Alarm").values()
        if (alarm.get("Namespace"), alarm.get("MetricName")) == (namespace, metric)
    ]
    assert len(alarms) == count
    (topic,) = aws.of_type("AWS::SNS::Topic")
    for alarm in alarms:
        assert alarm["AlarmActions"] == [{"Ref": topic}]
        assert alarm["TreatMissingData"] == "notBreaching"


def test_a_sweep_that_is_silent_has_an_alarm(aws: Stage) -> None:
    (alarm,) = (each for each in aws.of_type("AWS::CloudWatch::Alarm").values() if each.get("MetricName") == "Sweeps")
    assert (alarm["ComparisonOperator"], alarm["Threshold"], alarm["Period"]) == ("LessThanThreshold", 1, 1200)
    assert alarm["TreatMissingData"] == "breaching"
    assert alarm["AlarmActions"] == [{"Ref": next(iter(aws.of_type("AWS::SNS::Topic")))}]


def test_the_runbook_has_a_line_for_every_alarm(aws: Stage) -> None:
    rows = [line for line in (CHECKOUT / "docs" / "operations.md").read_text().splitlines() if "the alarm" in line]
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row.split("|")[1])}
    found = {re.sub(r"[0-9A-F]{8}$", "", name) for name in aws.of_type("AWS::CloudWatch::Alarm")}
    without = [name for name in found if not any(name.endswith(known) for known in named)]
    assert sorted(without) == []
    for name, alarm in aws.of_type("AWS::CloudWatch::Alarm").items():
        assert ":" in alarm["AlarmDescription"], f"{name} does not say what to do"


def test_every_queue_has_an_alarm(aws: Stage) -> None:
    watched = {
        dimension["Value"]["Fn::GetAtt"][0]
        for alarm in aws.of_type("AWS::CloudWatch::Alarm").values()
        for dimension in alarm.get("Dimensions", [])
        if dimension["Name"] == "QueueName"
    }
    queues = aws.of_type("AWS::SQS::Queue")
    assert {queues[name]["QueueName"] for name in watched} == {queue["QueueName"] for queue in queues.values()}


def test_a_new_version_of_the_api_is_tried_on_a_tenth_of_the_requests(aws: Stage) -> None:
    (group,) = aws.of_type("AWS::CodeDeploy::DeploymentGroup").values()
    assert group["DeploymentConfigName"] == "CodeDeployDefault.LambdaCanary10Percent5Minutes"
    assert "DEPLOYMENT_STOP_ON_ALARM" in group["AutoRollbackConfiguration"]["Events"]
    watched = {alarm["Name"]["Ref"] for alarm in group["AlarmConfiguration"]["Alarms"]}
    assert watched == {
        name for name in aws.of_type("AWS::CloudWatch::Alarm") if "ApiCanary" in name or "ApiServer" in name
    }
    ((alias, resource),) = ((n, r) for n, r in aws.resources.items() if r["Type"] == "AWS::Lambda::Alias")
    assert "CodeDeployLambdaAliasUpdate" in resource["UpdatePolicy"], alias


def test_an_hourly_canary_by_setting(aws: Stage, aws_domain: Stage) -> None:
    assert "ADLENS_CANARY_WORKSPACE" not in aws.function("sweep")["Environment"]["Variables"]
    workspace = aws_domain.function("sweep")["Environment"]["Variables"]["ADLENS_CANARY_WORKSPACE"]
    puts = [
        statement
        for policy in aws_domain.of_type("AWS::IAM::Policy").values()
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Action"] == "s3:PutObject" and workspace in json.dumps(statement["Resource"])
    ]
    assert len(puts) == 1
    (alarm,) = (
        alarm
        for alarm in aws_domain.of_type("AWS::CloudWatch::Alarm").values()
        if alarm.get("MetricName") == "CanaryFailed"
    )
    assert alarm["Threshold"] == 0
    assert "`CanaryFailed`" in (CHECKOUT / "docs" / "operations.md").read_text()


def test_a_web_acl_and_a_budget_by_setting(aws: Stage, aws_domain: Stage) -> None:
    assert not aws.of_type("AWS::WAFv2::WebACL")
    assert not aws.of_type("AWS::Budgets::Budget")
    (acl,) = aws_domain.of_type("AWS::WAFv2::WebACL").values()
    assert [rule["Name"] for rule in acl["Rules"]] == [*firewall.MANAGED, "Rate"]
    (association,) = aws_domain.of_type("AWS::WAFv2::WebACLAssociation").values()
    assert "/stages/" in json.dumps(association["ResourceArn"])
    (budget,) = aws_domain.of_type("AWS::Budgets::Budget").values()
    assert budget["Budget"]["BudgetLimit"] == {"Amount": 300, "Unit": "USD"}
    told = [found["Subscribers"] for found in budget["NotificationsWithSubscribers"]]
    assert told == [[{"Address": "ops@example.com", "SubscriptionType": "EMAIL"}]] * 2


def test_one_dashboard_shows_queues_functions_api_and_database(aws: Stage) -> None:
    (dashboard,) = aws.of_type("AWS::CloudWatch::Dashboard").values()
    body = json.dumps(dashboard["DashboardBody"])
    assert dashboard["DashboardName"] == "adlens-aws"
    for metric in ("ApproximateAgeOfOldestMessage", "Duration", "Errors", "Latency", "ServerlessDatabaseCapacity"):
        assert metric in body


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


def test_no_log_is_kept_for_ever(aws: Stage) -> None:
    """Those that AWS would make by itself when there is something to log, too."""
    groups = aws.of_type("AWS::Logs::LogGroup")
    without = [name for name, found in aws.of_type("AWS::Lambda::Function").items() if "LoggingConfig" not in found]
    assert [name[:12] for name in without] == ["LogRetention"]  # which sets a day for itself
    (gateway,) = (name for name in groups if "ErrorLogs" in name)
    ((api, _),) = aws.of_type("AWS::ApiGateway::RestApi").items()
    assert groups[gateway]["LogGroupName"] == {"Fn::Join": ["", ["API-Gateway-Execution-Logs_", {"Ref": api}, "/v1"]]}
    (stage,) = (found for found in aws.resources.values() if found["Type"] == "AWS::ApiGateway::Stage")
    assert gateway in stage["DependsOn"]
    ((proxy, properties),) = aws.of_type("AWS::RDS::DBProxy").items()
    (of_proxy,) = (
        name for name, found in groups.items() if found.get("LogGroupName", "") == "/aws/rds/proxy/adlens-aws"
    )
    assert properties["DBProxyName"] == "adlens-aws"
    assert of_proxy in aws.resources[proxy]["DependsOn"]
    ((cluster, _),) = aws.of_type("AWS::RDS::DBCluster").items()
    (retention,) = aws.of_type("Custom::LogRetention").values()
    assert retention["LogGroupName"] == {"Fn::Join": ["", ["/aws/rds/cluster/", {"Ref": cluster}, "/postgresql"]]}
    assert retention["RetentionInDays"] == 90


def _our_functions(aws: Stage) -> list[dict[str, Any]]:
    return [aws.function(name) for name in (*WITH_DATABASE, "webhooks")]


def test_the_lean_profile_costs_no_more_than_25_dollars_at_rest(aws: Stage, aws_lean: Stage) -> None:
    assert 15 < sum(cost.idle(aws_lean.resources).values()) <= 25
    assert sum(cost.idle(aws.resources).values()) > 200
    assert not {"proxy", "NAT gateway and its address"} & cost.idle(aws_lean.resources).keys()
