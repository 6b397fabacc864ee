"""`adlens doctor`: what is wrong with a stage, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx

from adlens_cli.admin import Stage, fail
from local import stack

STACKS = ("adlens-aws-data", "adlens-aws", "adlens-aws-web")
OPTIONAL = "adlens-aws-web"
DEAD_LETTERS = {
    "uploads-dead-letters": "`dead_letters` does not take them: see its log",
    "exports-dead-letters": "`dead_letters` does not take them: see its log",
    "webhook-results-dead-letters": "look at them in the queue, and at the log of `webhook_results`",
}
HEALTH_SECONDS = 29  # what the gateway waits; a paused database takes most of it


@dataclass(frozen=True)
class Check:
    name: str
    problem: str = ""
    remedy: str = ""


def run(stage: Stage, region: str | None) -> int:
    """Prints every check; 1 when something is wrong."""
    from botocore.exceptions import BotoCoreError, ClientError
    from rich.console import Console

    console, wrong = Console(highlight=False), 0
    try:
        for check in local_checks() if stage == "local" else aws_checks(_clients(region)):
            wrong += bool(check.problem)
            mark = "[red]✗[/]" if check.problem else "[green]✓[/]"
            console.print(f"{mark} {check.name}{check.problem and f': {check.problem}'}")
            if check.remedy:
                console.print(f"  → {check.remedy}")
    except (BotoCoreError, ClientError) as error:
        fail(f"AWS can't be asked: {error}")
    return 1 if wrong else 0


def local_checks() -> Iterator[Check]:
    for part in stack.status():
        problem = "" if part.running else part.detail or "does not run"
        yield Check(part.name, problem, problem and "start it with `adlens up`; `adlens logs` says why it stopped")
    if stack.running() is not None:
        yield from _dead_letters(stack.aws("sqs"), "local")


def aws_checks(clients: Any) -> Iterator[Check]:
    """`clients` makes a client of a service by its name."""
    stacks = {name: _stack(clients("cloudformation"), name) for name in STACKS}
    for name, found in stacks.items():
        yield from _stack_checks(name, found)
    outputs = {
        output["OutputKey"]: output["OutputValue"]
        for found in stacks.values()
        if found
        for output in found.get("Outputs", [])
    }
    if "ApiUrl" in outputs:
        yield from _health(outputs["ApiUrl"])
    yield from _dead_letters(clients("sqs"), "aws")
    pages = clients("cloudwatch").get_paginator("describe_alarms").paginate(StateValue="ALARM")
    alarms = [alarm for page in pages for alarm in page["MetricAlarms"] if alarm["AlarmName"].startswith("adlens-aws")]
    for alarm in alarms:
        yield Check(
            f"alarm {alarm['AlarmName']}", alarm.get("AlarmDescription", "is on"), "docs/operations.md has its line"
        )
    if not alarms:
        yield Check("alarms")


def _stack_checks(name: str, found: dict[str, Any] | None) -> Iterator[Check]:
    if found is None:
        if name != OPTIONAL:
            yield Check(f"stack {name}", "is not there", "deploy it: docs/deployment.md; or name another --region")
        return
    status = found["StackStatus"]
    if not status.endswith("_COMPLETE") or "ROLLBACK" in status or status.startswith("DELETE"):
        remedy = "its events in CloudFormation say why; mend it and deploy again"
        yield Check(f"stack {name}", f"is {status}", remedy)
    elif not found.get("EnableTerminationProtection"):
        yield Check(f"stack {name}", "is not protected", "deploy once more without ADLENS_AWS_PROTECT=0")
    else:
        yield Check(f"stack {name}")


def _health(url: str) -> Iterator[Check]:
    try:
        answer = httpx.get(f"{url.rstrip('/')}/health", timeout=HEALTH_SECONDS + 1)
        health = answer.json()
        parts = {part: health[part] for part in ("database", "store", "queue", "models")}
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
        yield Check(
            "API",
            f"{url} does not answer ({error or type(error).__name__})",
            "see the logs of the API and the gateway; a name of your own has to be in DNS",
        )
        return
    yield Check(f"API {health['version']}")
    for name, part in parts.items():
        detail = "" if part["status"] in ("ok", "unknown") else part.get("detail") or part["status"]
        yield Check(name, detail, detail and "see the log of the API")


def _dead_letters(sqs: Any, stage: Stage) -> Iterator[Check]:
    for name, remedy in DEAD_LETTERS.items():
        urls = sqs.list_queues(QueueNamePrefix=f"adlens-{stage}-{name}").get("QueueUrls", [])
        number = sum(_waiting(sqs, url) for url in urls)
        yield Check(f"queue {name}", f"{number} messages were given up" if number else "", remedy if number else "")


def _waiting(sqs: Any, url: str) -> int:
    name = "ApproximateNumberOfMessages"
    return int(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"][name])


def _stack(cloudformation: Any, name: str) -> dict[str, Any] | None:
    from botocore.exceptions import ClientError

    try:
        return dict(cloudformation.describe_stacks(StackName=name)["Stacks"][0])
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":
            return None
        raise


def _clients(region: str | None) -> Any:
    import boto3

    session: Any = boto3.Session(region_name=region)
    if session.region_name is None:
        fail("name a --region, or set AWS_REGION.")
    return session.client
