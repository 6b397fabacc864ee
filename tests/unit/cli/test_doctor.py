"""`adlens doctor --stage aws` on a deployment in moto, with an API that answers here."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws
from typer.testing import CliRunner

from adlens_cli import doctor as checks
from adlens_cli.main import app

HEALTHY: dict[str, Any] = {
    "status": "ok",
    "version": "0.1.0",
    **{part: {"status": "ok"} for part in ("database", "store", "queue")},
    "models": {"status": "unknown", "detail": "No worker has reported its models yet."},
}


@pytest.fixture
def health() -> Iterator[tuple[str, dict[str, Any]]]:
    """Where an API answers, and what: tests change it."""
    answer = json.loads(json.dumps(HEALTHY))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/v1/health" else 404)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *_: Any) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1/", answer
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in {"ACCESS_KEY_ID": "a", "SECRET_ACCESS_KEY": "b", "DEFAULT_REGION": "eu-central-1"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    with mock_aws():
        yield


Deploy = Callable[..., None]


@pytest.fixture
def deploy(aws: None, monkeypatch: pytest.MonkeyPatch) -> Deploy:
    """Stacks as CloudFormation describes them (moto's wants packages that nothing else here needs), and real queues."""
    stacks: dict[str, dict[str, Any]] = {}
    monkeypatch.setattr(checks, "_stack", lambda _, name: stacks.get(name))

    def make(url: str, *, protected: bool = True, status: str = "CREATE_COMPLETE") -> None:
        for name, outputs in (
            ("adlens-aws-data", []),
            ("adlens-aws", [{"OutputKey": "ApiUrl", "OutputValue": url}]),
        ):
            stacks[name] = {"StackStatus": status, "EnableTerminationProtection": protected, "Outputs": outputs}
        for name in ("uploads", "exports", "webhook-results"):
            boto3.client("sqs").create_queue(QueueName=f"adlens-aws-{name}-dead-letters")

    return make


def doctor(*options: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["doctor", "--stage", "aws", *options], env={"COLUMNS": "200"})
    return result.exit_code, result.stdout


def test_a_deployment_that_is_well_has_nothing_wrong(deploy: Deploy, health: tuple[str, dict[str, Any]]) -> None:
    deploy(health[0])
    code, said = doctor()
    assert (code, "✗" in said) == (0, False), said
    assert said.count("✓") == 2 + 5 + 3 + 1


def test_what_is_wrong_comes_with_what_to_do(deploy: Deploy, health: tuple[str, dict[str, Any]]) -> None:
    url, answer = health
    deploy(url, protected=False)
    answer["database"] = {"status": "failed", "detail": "The database cannot be used at the moment."}
    sqs, cloudwatch = boto3.client("sqs"), boto3.client("cloudwatch")
    queue = sqs.get_queue_url(QueueName="adlens-aws-exports-dead-letters")["QueueUrl"]
    sqs.send_message(QueueUrl=queue, MessageBody="{}")
    cloudwatch.put_metric_alarm(
        AlarmName="adlens-aws-AlarmsOldestUpload",
        AlarmDescription="Objects that have arrived are not dispatched.",
        MetricName="a",
        Namespace="b",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    cloudwatch.set_alarm_state(AlarmName="adlens-aws-AlarmsOldestUpload", StateValue="ALARM", StateReason="a test")
    code, said = doctor()
    assert code == 1
    for line in (
        "stack adlens-aws: is not protected",
        "deploy once more without ADLENS_AWS_PROTECT=0",
        "database: The database cannot be used at the moment.",
        "queue exports-dead-letters: 1 messages were given up",
        "alarm adlens-aws-AlarmsOldestUpload: Objects that have arrived are not dispatched.",
    ):
        assert line in said


def test_an_api_that_does_not_answer_is_a_finding(deploy: Deploy) -> None:
    deploy("http://127.0.0.1:9/v1/", status="UPDATE_ROLLBACK_COMPLETE")
    code, said = doctor()
    assert code == 1
    assert "API: http://127.0.0.1:9/v1/ does not answer" in said
    assert "stack adlens-aws: is UPDATE_ROLLBACK_COMPLETE" in said


@pytest.mark.usefixtures("deploy")
def test_where_nothing_is_deployed_it_says_so() -> None:
    code, said = doctor("--region", "eu-west-1")
    assert code == 1
    assert "stack adlens-aws-data: is not there" in said
    assert "name another --region" in said


def test_the_region_is_the_one_that_the_cdk_takes_as_well(
    deploy: Deploy, health: tuple[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    deploy(health[0])
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    monkeypatch.setenv("AWS_REGION", "eu-central-1")  # which boto3 does not read
    code, said = doctor()
    assert code == 0, said


@pytest.mark.parametrize(
    ("variables", "message"),
    [({"AWS_DEFAULT_REGION": "eu-central-1"}, "AWS can't be asked: Unable to locate credentials"), ({}, "--region")],
)
def test_without_credentials_or_region_it_says_so(
    variables: dict[str, str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = {"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": str(tmp_path / "none")}
    nobody["AWS_SHARED_CREDENTIALS_FILE"] = str(tmp_path / "none")
    for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "PROFILE", "REGION", "DEFAULT_REGION"):
        monkeypatch.delenv(f"AWS_{name}", raising=False)
    for name, value in {**nobody, **variables}.items():
        monkeypatch.setenv(name, value)
    result = CliRunner().invoke(app, ["doctor", "--stage", "aws"])
    assert (result.exit_code, result.stdout) == (1, "")
    assert message in result.stderr
