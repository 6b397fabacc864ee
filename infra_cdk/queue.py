"""The queues: from the uploads bucket to the analysis, and of webhooks; each with what it gives up behind it."""

from __future__ import annotations

from aws_cdk import Aws, CfnResource, Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from aws_cdk.aws_lambda_event_sources import SqsEventSource
from constructs import Construct

from infra_cdk.buckets import bucket_name
from infra_cdk.config import Config
from infra_cdk.topology import topology


def make_queue(
    scope: Construct,
    construct_id: str,
    *,
    config: Config,
    name: str,
    dead_letters: sqs.IQueue | None = None,
    window_seconds: int = 0,
) -> sqs.Queue:
    """The queue `name` of topology.toml, encrypted, and on AWS by TLS only.

    `window_seconds` is how long its consumer waits to fill a batch.
    """
    settings = topology().queues[name]
    return sqs.Queue(
        scope,
        construct_id,
        queue_name=f"{config.stack_name}-{name}",
        encryption=sqs.QueueEncryption.SQS_MANAGED,
        enforce_ssl=config.stage == "aws",
        retention_period=Duration.days(settings.retention_days),
        visibility_timeout=Duration.seconds(settings.visibility_seconds + window_seconds),
        dead_letter_queue=(
            sqs.DeadLetterQueue(queue=dead_letters, max_receive_count=settings.max_receives) if dead_letters else None
        ),
        removal_policy=RemovalPolicy.DESTROY,
    )


def make_dead_letters(scope: Construct, *, config: Config, name: str) -> sqs.Queue:
    """The queue of what the queue `name` gives up."""
    return make_queue(scope, "DeadLetters", config=config, name=f"{name}-dead-letters")


def feed(function: lambda_.Function, queue: sqs.IQueue, name: str, max_concurrency: int | None = None) -> None:
    """Gives `function` the messages of the queue `name` in batches; those reported as failed return to the queue."""
    function.add_event_source(
        SqsEventSource(
            queue,
            batch_size=topology().queues[name].batch_size,
            max_concurrency=max_concurrency,
            report_batch_item_failures=True,
        )
    )


class UploadsQueue(Construct):
    """Every object created in the uploads bucket becomes one message of `queue`; only that bucket may send them.

    `analysis` has a message for each creative that waits, by roles that are granted it. What either gives up goes to
    `dead_letters`.
    """

    def __init__(self, scope: Construct, construct_id: str, *, config: Config, uploads: s3.Bucket) -> None:
        super().__init__(scope, construct_id)
        self.dead_letters = make_dead_letters(self, config=config, name="uploads")
        self.queue = make_queue(self, "Uploads", config=config, name="uploads", dead_letters=self.dead_letters)
        self.analysis = make_queue(
            self,
            "Analysis",
            config=config,
            name="analysis",
            dead_letters=self.dead_letters,
            window_seconds=config.batching_window_seconds,
        )
        bucket_arn = Stack.of(self).format_arn(
            service="s3", region="", account="", resource=bucket_name(config, "uploads")
        )
        policy = self.queue.add_to_resource_policy(
            iam.PolicyStatement(
                sid="UploadsBucketSends",
                actions=["sqs:SendMessage"],
                principals=[iam.ServicePrincipal("s3.amazonaws.com")],
                resources=[self.queue.queue_arn],
                conditions={
                    "ArnEquals": {"aws:SourceArn": bucket_arn},
                    "StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID},
                },
            )
        )
        # On the bucket itself: `add_event_notification` would put a Lambda-backed custom resource in between. S3
        # checks that it may send when notifications are set, so the policy comes first.
        bucket = uploads.node.default_child
        assert isinstance(bucket, CfnResource)  # noqa: S101 - what an L2 bucket is made of
        bucket.add_property_override(
            "NotificationConfiguration",
            {"QueueConfigurations": [{"Event": "s3:ObjectCreated:*", "Queue": self.queue.queue_arn}]},
        )
        if policy.policy_dependable is not None:
            uploads.node.add_dependency(policy.policy_dependable)


class WebhookQueues(Construct):
    """`events` holds deliveries to be made, with the secret that signs them: its messages are for the sender alone.

    `results` gets the outcomes of deliveries, and is the dead-letter queue of the first: what was never reported. What
    cannot be noted ends in `dead_letters`, for people to look at.
    """

    def __init__(self, scope: Construct, construct_id: str, *, config: Config) -> None:
        super().__init__(scope, construct_id)
        self.dead_letters = make_dead_letters(self, config=config, name="webhook-results")
        self.results = make_queue(
            self,
            "Results",
            config=config,
            name="webhook-results",
            dead_letters=self.dead_letters,
        )
        self.events = make_queue(self, "Events", config=config, name="webhooks", dead_letters=self.results)
