"""The queues: between the uploads bucket and the analysis, and of webhooks; each with what it gives up behind it."""

from __future__ import annotations

from aws_cdk import Aws, CfnResource, Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra_cdk.buckets import bucket_name
from infra_cdk.config import ANALYZE_TIMEOUT_SECONDS, Config

MAX_RECEIVES = 5
WEBHOOK_MAX_RECEIVES = 8
"""As many attempts as adlens.domain.webhooks counts to."""
WEBHOOK_TIMEOUT_SECONDS = 20  # an attempt may take 10, and its report some as well
WEBHOOK_RESULTS_TIMEOUT_SECONDS = 60


class UploadsQueue(Construct):
    """Every object created in the uploads bucket becomes one message; only that bucket may send them.

    Re-analysis is sent to the same queue by roles that are granted it.
    """

    def __init__(self, scope: Construct, construct_id: str, *, config: Config, uploads: s3.Bucket) -> None:
        super().__init__(scope, construct_id)
        on_aws = config.stage == "aws"
        self.dead_letters = sqs.Queue(
            self,
            "DeadLetters",
            queue_name=f"{config.stack_name}-uploads-dead-letters",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=on_aws,
            retention_period=Duration.days(14),
            visibility_timeout=Duration.minutes(6),
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.queue = sqs.Queue(
            self,
            "Uploads",
            queue_name=f"{config.stack_name}-uploads",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=on_aws,
            retention_period=Duration.days(4),
            # As AWS asks: a batch that is throttled must not come back while it is tried again.
            visibility_timeout=Duration.seconds(6 * ANALYZE_TIMEOUT_SECONDS + config.batching_window_seconds),
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.dead_letters, max_receive_count=MAX_RECEIVES),
            removal_policy=RemovalPolicy.DESTROY,
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

    `results` is told how deliveries ended, and is the dead-letter queue of the first: what was never reported.
    """

    def __init__(self, scope: Construct, construct_id: str, *, config: Config) -> None:
        super().__init__(scope, construct_id)
        on_aws = config.stage == "aws"
        self.results = sqs.Queue(
            self,
            "Results",
            queue_name=f"{config.stack_name}-webhook-results",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=on_aws,
            retention_period=Duration.days(14),
            visibility_timeout=Duration.seconds(6 * WEBHOOK_RESULTS_TIMEOUT_SECONDS),
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.events = sqs.Queue(
            self,
            "Events",
            queue_name=f"{config.stack_name}-webhooks",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=on_aws,
            retention_period=Duration.days(4),
            visibility_timeout=Duration.seconds(6 * WEBHOOK_TIMEOUT_SECONDS),
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.results, max_receive_count=WEBHOOK_MAX_RECEIVES),
            removal_policy=RemovalPolicy.DESTROY,
        )
