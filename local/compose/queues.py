"""Makes the queues in LocalStack, which forgets them when it stops; its ready hook runs this file at each start.

The same queues as infra_cdk/queue.py makes, which a test compares. Needs boto3 only: LocalStack runs it in its own
interpreter, as text, so nothing can be imported from beside it.
"""

import json
import os

import boto3

NAME = "adlens-local-uploads"
VISIBILITY_SECONDS = 360
MAX_RECEIVES = 5

sqs = boto3.client(
    "sqs",
    endpoint_url=os.environ.get("AWS_ENDPOINT_URL", "http://127.0.0.1:4566"),
    region_name=os.environ.get("AWS_DEFAULT_REGION", "us-east-1"),
    aws_access_key_id="local",
    aws_secret_access_key="local",  # noqa: S106 - LocalStack checks none
)
dead_letters = sqs.create_queue(
    QueueName=f"{NAME}-dead-letters",
    Attributes={"VisibilityTimeout": str(VISIBILITY_SECONDS), "MessageRetentionPeriod": str(14 * 24 * 3600)},
)["QueueUrl"]
arn = sqs.get_queue_attributes(QueueUrl=dead_letters, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
sqs.create_queue(
    QueueName=NAME,
    Attributes={
        "VisibilityTimeout": str(VISIBILITY_SECONDS),
        "MessageRetentionPeriod": str(4 * 24 * 3600),
        "RedrivePolicy": json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": MAX_RECEIVES}),
    },
)
