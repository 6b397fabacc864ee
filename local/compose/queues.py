"""Makes the queues of topology.toml in LocalStack, which forgets them when it stops; its ready hook runs this file at
each start.

Needs boto3 only: LocalStack runs it in its own interpreter, as text, so nothing can be imported from beside it.
"""

import json
import os
import tomllib
from typing import Any

import boto3

PREFIX = "adlens-local"
DAY_SECONDS = 24 * 3600

with open(os.environ.get("TOPOLOGY", "/etc/localstack/topology.toml"), "rb") as file:  # noqa: PTH123 - as short as can be
    QUEUES = tomllib.load(file)["queues"]
sqs = boto3.client(
    "sqs",
    endpoint_url=os.environ.get("AWS_ENDPOINT_URL", "http://127.0.0.1:4566"),
    region_name=os.environ.get("AWS_DEFAULT_REGION", "us-east-1"),
    aws_access_key_id="local",
    aws_secret_access_key="local",  # noqa: S106 - LocalStack checks none
)
arns: dict[str, str] = {}
for name, settings in QUEUES.items():
    attributes: dict[Any, str] = {
        "VisibilityTimeout": str(settings["visibility_seconds"]),
        "MessageRetentionPeriod": str(settings["retention_days"] * DAY_SECONDS),
    }
    if "dead_letters" in settings:
        given_up_to = {
            "deadLetterTargetArn": arns[settings["dead_letters"]],
            "maxReceiveCount": settings["max_receives"],
        }
        attributes["RedrivePolicy"] = json.dumps(given_up_to)
    url = sqs.create_queue(QueueName=f"{PREFIX}-{name}", Attributes=attributes)["QueueUrl"]
    arns[name] = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
