"""`make cost`: what a deployment costs at rest, and what a thousand creatives cost, into docs/operations.md.

The first is computed from the templates, the second from measured seconds; both with the prices of prices.toml.
"""

from __future__ import annotations

import json
import sys
import tempfile
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from infra_cdk.config import PAGES, ROOT, AwsConfig

PRICES: dict[str, Any] = tomllib.loads(Path(__file__).with_name("prices.toml").read_text())
HOUR, MONTH, MILLION, HOURS = PRICES["hour"], PRICES["month"], PRICES["million"], PRICES["hours"]
DOCUMENT = ROOT / "docs/operations.md"
BEGIN, END = "<!-- cost:begin -->\n", "<!-- cost:end -->"
VARIANTS: dict[str, dict[str, Any]] = {
    "standard": {},
    "standard, no web app": {"web": False},
    "lean": {"profile": "lean", "web": False},
    "lean, web app": {"profile": "lean"},
}
POLLS_A_MONTH = 5 * 3 * 60 * HOURS  # five pollers of each mapping, a call of 20 s each
FREE_SQS_REQUESTS = 1_000_000
AWAKE_HOURS = 6 / 60  # the five minutes until a database pauses, and one of work
AWAKE_ACU = 1
PROXY_ACU = 8  # what a proxy of a serverless cluster costs at least
IMAGES_GB = 2.5  # of what Docker says of the images, compressed

# Seconds of a creative: the table of docs/speed.md. MiB as they are set for them.
SPEEDS = (
    ("a real picture, two threads", 0.63, 3008),
    ("a small picture, two threads", 0.15, 3008),
)

Resources = dict[str, dict[str, Any]]


def idle(resources: Resources) -> dict[str, float]:
    """Dollars a month by what is paid for, of a deployment that nobody uses."""
    costs = {
        name: sum(of_resource(each, resources) for each in resources.values()) for name, of_resource in IDLE.items()
    }
    polls = POLLS_A_MONTH * len(_of_type(resources, "AWS::Lambda::EventSourceMapping"))
    costs["polls of queues"] = max(0, polls - FREE_SQS_REQUESTS) * MILLION["sqs_request"] / 1e6
    costs["images"] = IMAGES_GB * MONTH["ecr_gb"]
    return {name: cost for name, cost in costs.items() if cost}


def per_thousand(seconds: float, mib: int) -> float:
    """Dollars of a thousand creatives, without the database, whose capacity is paid for by the hour."""
    analysis = _lambda(seconds, mib)
    others = (
        _lambda(0.05, 512) + 3 * _lambda(0.05, 1024) + 3 * MILLION["api_request"]
    )  # dispatch; three calls of the API
    objects = 2 * MILLION["s3_put"] + 3 * MILLION["s3_get"]
    messages = 8 * MILLION["sqs_request"]
    return float(1000 * (analysis + others + objects + messages) / 1e6)


def document() -> str:
    columns = {name: idle(_template(changes)) for name, changes in VARIANTS.items()}
    rows = sorted({row for column in columns.values() for row in column})
    rows.sort(key=lambda row: -columns["standard"].get(row, 0))
    lines = [
        f"Computed by `make cost` from the templates, with the list prices of {PRICES['region']} of {PRICES['date']} "
        "(`infra_cdk/prices.toml`), in US dollars a month while nobody uses it:",
        "",
        f"| | {' | '.join(columns)} |",
        f"| --- |{' ---: |' * len(columns)}",
        *(f"| {row} | {' | '.join(_dollars(column.get(row)) for column in columns.values())} |" for row in rows),
        f"| **all** | {' | '.join(f'**{sum(column.values()):.0f}**' for column in columns.values())} |",
        "",
        "A thousand creatives, by measured seconds (speed.md), with three requests of the API each; no database:",
        "",
        "| | s | MiB | $ |",
        "| --- | ---: | ---: | ---: |",
        *(f"| {name} | {seconds} | {mib} | {per_thousand(seconds, mib):.3f} |" for name, seconds, mib in SPEEDS),
        f"| Amazon Rekognition, labels and text | | | {PRICES['elsewhere']['rekognition']:.2f} |",
    ]
    return "\n".join(lines) + "\n"


def _database(resource: dict[str, Any], resources: Resources) -> float:
    if resource["Type"] != "AWS::RDS::DBCluster":
        return 0
    least = float(resource["Properties"]["ServerlessV2ScalingConfiguration"]["MinCapacity"])
    if least:
        return float(least * HOUR["aurora_acu"] * HOURS * len(_of_type(resources, "AWS::RDS::DBInstance")))
    (rule,) = _of_type(resources, "AWS::Events::Rule")
    number, unit = rule["ScheduleExpression"].removeprefix("rate(").removesuffix(")").split()
    sweeps = HOURS / (int(number) / (60 if unit.startswith("minute") else 1))
    return float(sweeps * AWAKE_HOURS * AWAKE_ACU * HOUR["aurora_acu"])


def _endpoints(properties: dict[str, Any]) -> float:
    return float(len(properties.get("SubnetIds", ())) * HOUR["interface_endpoint"] * HOURS)


def _service(resource: dict[str, Any], resources: Resources) -> float:
    if resource["Type"] != "AWS::ECS::Service":
        return 0
    (task,) = _of_type(resources, "AWS::ECS::TaskDefinition")
    cpu, gb = int(task["Cpu"]) / 1024, int(task["Memory"]) / 1024
    network = resource["Properties"]["NetworkConfiguration"]["AwsvpcConfiguration"]
    address = HOUR["public_address"] if network["AssignPublicIp"] == "ENABLED" else 0
    return float(
        resource["Properties"]["DesiredCount"] * (cpu * HOUR["fargate_cpu"] + gb * HOUR["fargate_gb"] + address) * HOURS
    )


def _snapshots(resource: dict[str, Any], _: Resources) -> float:
    properties = resource["Properties"] if resource["Type"] == "AWS::Lambda::Function" else {}
    if properties.get("SnapStart", {}).get("ApplyOn") != "PublishedVersions":
        return 0
    return float(properties["MemorySize"] / 1024 * HOURS * 3600 * MILLION["snapshot_gb_second"] / 1e6)


def _fixed(kind: str, cost: float | Callable[[dict[str, Any]], float]) -> Callable[[dict[str, Any], Resources], float]:
    def of_resource(resource: dict[str, Any], _: Resources) -> float:
        if resource["Type"] != kind:
            return 0
        return cost(resource.get("Properties", {})) if callable(cost) else cost

    return of_resource


IDLE: dict[str, Callable[[dict[str, Any], Resources], float]] = {
    "database": _database,
    "proxy": _fixed("AWS::RDS::DBProxy", PROXY_ACU * HOUR["rds_proxy_acu"] * HOURS),
    "endpoints of the network": _fixed("AWS::EC2::VPCEndpoint", _endpoints),
    "NAT gateway and its address": _fixed(
        "AWS::EC2::NatGateway", (HOUR["nat_gateway"] + HOUR["public_address"]) * HOURS
    ),
    "load balancer": _fixed("AWS::ElasticLoadBalancingV2::LoadBalancer", HOUR["load_balancer"] * HOURS),
    "backend of the web app": _service,
    "snapshots of the API": _snapshots,
    "alarms": _fixed("AWS::CloudWatch::Alarm", MONTH["alarm"]),
    "key": _fixed("AWS::KMS::Key", MONTH["key"]),
    "the master's password": _fixed("AWS::RDS::DBCluster", MONTH["secret"]),
    "web ACL": _fixed("AWS::WAFv2::WebACL", lambda acl: MONTH["web_acl"] + len(acl["Rules"]) * MONTH["web_acl_rule"]),
}


def _lambda(seconds: float, mib: int) -> float:
    """Dollars of a million calls."""
    return float(seconds * mib / 1024 * MILLION["lambda_gb_second"] + MILLION["lambda_request"])


def _of_type(resources: Resources, kind: str) -> list[dict[str, Any]]:
    return [each.get("Properties", {}) for each in resources.values() if each["Type"] == kind]


def _template(changes: dict[str, Any]) -> Resources:
    """The resources of all stacks of a configuration; what functions and pages hold costs nothing while they rest."""
    from infra_cdk.app import build_app

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "layer/python").mkdir(parents=True)
        page = folder / "web" / PAGES / "index.html"
        page.parent.mkdir(parents=True)
        page.touch()
        config = AwsConfig(cors_origins=(), dependencies_layer=folder / "layer", web_build=folder / "web", **changes)
        build_app(config, str(folder / "out"), check=False).synth()
        resources: Resources = {}
        for file in (folder / "out").glob("*.template.json"):
            resources |= json.loads(file.read_text())["Resources"]
        return resources


def _dollars(cost: float | None) -> str:
    return "" if cost is None else f"{cost:.1f}"


if __name__ == "__main__":
    text = document()
    before, rest = DOCUMENT.read_text().split(BEGIN)
    _, after = rest.split(END)
    DOCUMENT.write_text(f"{before}{BEGIN}{text}{END}{after}")
    sys.stdout.write(text)
