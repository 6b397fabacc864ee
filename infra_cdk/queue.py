"""The queues: from the uploads bucket to the analysis, and of webhooks; each with what it gives up behind it."""

from __future__ import annotations

from aws_cdk import Aws, CfnResource, Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra_cdk.buckets import bucket_name
from infra_cdk.config import ANALYZE_TIMEOUT_SECONDS, DISPATCH_TIMEOUT_SECONDS, Config

MAX_RECEIVES = 5
WEBHOOK_MAX_RECEIVES = 8
"""As many attempts as adlens.domain.webhooks counts to."""
WEBHOOK_TIMEOUT_SECONDS = 20  # an attempt may take 10, and its report some as well
WEBHOOK_RESULTS_TIMEOUT_SECONDS = 60


def make_queue(
    scope: Construct,
    construct_id: str,
    *,
    config: Config,
    name: str,
    hidden: Duration,
    keep: Duration,
    given_up_to: sqs.DeadLetterQueue | None = None,
) -> sqs.Queue:
    """A queue whose messages are hidden for `hidden` while somebody is at them; encrypted, and on AWS by TLS only."""
    return sqs.Queue(
        scope,
        construct_id,
        queue_name=f"{config.stack_name}-{name}",
        encryption=sqs.QueueEncryption.SQS_MANAGED,
        enforce_ssl=config.stage == "aws",
        retention_period=keep,
        visibility_timeout=hidden,
        dead_letter_queue=given_up_to,
        removal_policy=RemovalPolicy.DESTROY,
    )


def make_dead_letters(scope: Construct, *, config: Config, name: str) -> sqs.Queue:
    """The queue of what another gives up; people have two weeks to look at it."""
    return make_queue(
        scope,
        "DeadLetters",
        config=config,
        name=f"{name}-dead-letters",
        hidden=Duration.minutes(6),
        keep=Duration.days(14),
    )


class UploadsQueue(Construct):
    """Every object created in the uploads bucket becomes one message of `queue`; only that bucket may send them.

    `analysis` has a message for each creative that waits, by roles that are granted it. What either gives up goes to
    `dead_letters`.
    """

    def __init__(self, scope: Construct, construct_id: str, *, config: Config, uploads: s3.Bucket) -> None:
        super().__init__(scope, construct_id)
        self.dead_letters = make_dead_letters(self, config=config, name="uploads")
        self.queue = make_queue(
            self,
            "Uploads",
            config=config,
            name="uploads",
            # As AWS asks: a batch that is throttled must not come back while it is tried again.
            hidden=Duration.seconds(6 * DISPATCH_TIMEOUT_SECONDS),
            keep=Duration.days(4),
            given_up_to=sqs.DeadLetterQueue(queue=self.dead_letters, max_receive_count=MAX_RECEIVES),
        )
        self.analysis = make_queue(
            self,
            "Analysis",
            config=config,
            name="analysis",
            hidden=Duration.seconds(6 * ANALYZE_TIMEOUT_SECONDS + config.batching_window_seconds),
            keep=Duration.days(4),
            given_up_to=sqs.DeadLetterQueue(queue=self.dead_letters, max_receive_count=MAX_RECEIVES),
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

    `results` is told how deliveries ended, and is the dead-letter queue of the first: what was never reported. What
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
            hidden=Duration.seconds(6 * WEBHOOK_RESULTS_TIMEOUT_SECONDS),
            keep=Duration.days(14),
            given_up_to=sqs.DeadLetterQueue(queue=self.dead_letters, max_receive_count=MAX_RECEIVES),
        )
        self.events = make_queue(
            self,
            "Events",
            config=config,
            name="webhooks",
            hidden=Duration.seconds(6 * WEBHOOK_TIMEOUT_SECONDS),
            keep=Duration.days(4),
            given_up_to=sqs.DeadLetterQueue(queue=self.results, max_receive_count=WEBHOOK_MAX_RECEIVES),
        )
