"""Makes the queues in LocalStack, which forgets them when it stops; its ready hook runs this file at each start.

The same queues as infra_cdk/queue.py and exports.py make, which a test compares. Needs boto3 only: LocalStack runs it
in its own interpreter, as text, so nothing can be imported from beside it.
"""

import json
import os

import boto3

DAY = 24 * 3600
# The uploads queue comes last: the health check takes it for all of them.
QUEUES = {
    "adlens-local-exports": {"visibility": 5400, "max_receives": 3},
    "adlens-local-uploads": {"visibility": 360, "max_receives": 5},
}
DEAD_VISIBILITY = 360

sqs = boto3.client(
    "sqs",
    endpoint_url=os.environ.get("AWS_ENDPOINT_URL", "http://127.0.0.1:4566"),
    region_name=os.environ.get("AWS_DEFAULT_REGION", "us-east-1"),
    aws_access_key_id="local",
    aws_secret_access_key="local",  # noqa: S106 - LocalStack checks none
)
for name, of in QUEUES.items():
    dead_letters = sqs.create_queue(
        QueueName=f"{name}-dead-letters",
        Attributes={"VisibilityTimeout": str(DEAD_VISIBILITY), "MessageRetentionPeriod": str(14 * DAY)},
    )["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead_letters, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sqs.create_queue(
        QueueName=name,
        Attributes={
            "VisibilityTimeout": str(of["visibility"]),
            "MessageRetentionPeriod": str(4 * DAY),
            "RedrivePolicy": json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": of["max_receives"]}),
        },
    )
