"""Makes the queues in LocalStack, which forgets them when it stops; its ready hook runs this file at each start.

The same queues as infra_cdk/queue.py and exports.py make, which a test compares. Needs boto3 only: LocalStack runs it
in its own interpreter, as text, so nothing can be imported from beside it.
"""

import json
import os

import boto3

DAY_SECONDS = 24 * 3600
# Name, dead-letter queue, seconds that a message stays hidden from others, receives before it is given up.
# The webhooks' come last: the health check takes them for all of them.
QUEUES = (
    ("adlens-local-uploads", "adlens-local-uploads-dead-letters", 180, 5),
    ("adlens-local-analysis", "adlens-local-uploads-dead-letters", 360, 5),
    ("adlens-local-exports", "adlens-local-exports-dead-letters", 5400, 3),
    ("adlens-local-webhooks", "adlens-local-webhook-results", 120, 8),
)

sqs = boto3.client(
    "sqs",
    endpoint_url=os.environ.get("AWS_ENDPOINT_URL", "http://127.0.0.1:4566"),
    region_name=os.environ.get("AWS_DEFAULT_REGION", "us-east-1"),
    aws_access_key_id="local",
    aws_secret_access_key="local",  # noqa: S106 - LocalStack checks none
)
for name, dead_letters, visibility, max_receives in QUEUES:
    url = sqs.create_queue(
        QueueName=dead_letters,
        Attributes={"VisibilityTimeout": "360", "MessageRetentionPeriod": str(14 * DAY_SECONDS)},
    )["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sqs.create_queue(
        QueueName=name,
        Attributes={
            "VisibilityTimeout": str(visibility),
            "MessageRetentionPeriod": str(4 * DAY_SECONDS),
            "RedrivePolicy": json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": max_receives}),
        },
    )
