"""Makes the queues in LocalStack, which forgets them when it stops; its ready hook runs this file at each start.

The same queues as infra_cdk/queue.py and exports.py make, which a test compares. Needs boto3 only: LocalStack runs it
in its own interpreter, as text, so nothing can be imported from beside it.
"""

import json
import os

import boto3

DAY_SECONDS = 24 * 3600
# Name, seconds that a message stays hidden from others, days that it is kept, dead-letter queue, receives before it is
# given up. Dead-letter queues come before what gives up to them. The webhooks' come last: the health check takes them
# for all of them.
QUEUES = (
    ("adlens-local-uploads-dead-letters", 360, 14, None, 0),
    ("adlens-local-exports-dead-letters", 360, 14, None, 0),
    ("adlens-local-webhook-results-dead-letters", 360, 14, None, 0),
    ("adlens-local-uploads", 180, 4, "adlens-local-uploads-dead-letters", 5),
    ("adlens-local-analysis", 360, 4, "adlens-local-uploads-dead-letters", 5),
    ("adlens-local-exports", 5400, 4, "adlens-local-exports-dead-letters", 3),
    ("adlens-local-webhook-results", 360, 14, "adlens-local-webhook-results-dead-letters", 5),
    ("adlens-local-webhooks", 120, 4, "adlens-local-webhook-results", 8),
)

sqs = boto3.client(
    "sqs",
    endpoint_url=os.environ.get("AWS_ENDPOINT_URL", "http://127.0.0.1:4566"),
    region_name=os.environ.get("AWS_DEFAULT_REGION", "us-east-1"),
    aws_access_key_id="local",
    aws_secret_access_key="local",  # noqa: S106 - LocalStack checks none
)
arns: dict[str, str] = {}
for name, hidden, days, dead_letters, max_receives in QUEUES:
    attributes = {"VisibilityTimeout": str(hidden), "MessageRetentionPeriod": str(days * DAY_SECONDS)}
    if dead_letters:
        given_up_to = {"deadLetterTargetArn": arns[dead_letters], "maxReceiveCount": max_receives}
        attributes["RedrivePolicy"] = json.dumps(given_up_to)
    url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]  # type: ignore[arg-type]
    arns[name] = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
