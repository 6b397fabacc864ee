"""Exports: a queue of files to write, and the image function that writes them into a bucket of their own."""

from __future__ import annotations

from aws_cdk import Duration, Size
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from aws_cdk.aws_lambda_event_sources import SqsEventSource
from constructs import Construct

from infra_cdk.config import EXPORT_TIMEOUT_SECONDS
from infra_cdk.function import Surroundings, allow, image_code
from infra_cdk.queue import make_dead_letters, make_queue

MAX_RECEIVES = 3
MAX_CONCURRENCY = 2
"""Files at once, each with two connections to the database."""
MEMORY_MIB = 1769  # one core; docs/exports.md has what a file needs


class Exports(Construct):
    """Only roles that are granted it send to the queue. A message whose worker died comes back when the worker's time
    is up: the function shortens the queue's six timeouts itself.
    """

    def __init__(self, scope: Construct, construct_id: str, *, surroundings: Surroundings) -> None:
        super().__init__(scope, construct_id)
        config, bucket = surroundings.config, surroundings.buckets.exports
        self.dead_letters = make_dead_letters(self, config=config, name="exports")
        self.queue = make_queue(
            self,
            "Queue",
            config=config,
            name="exports",
            hidden=Duration.seconds(6 * EXPORT_TIMEOUT_SECONDS),
            keep=Duration.days(4),
            given_up_to=sqs.DeadLetterQueue(queue=self.dead_letters, max_receive_count=MAX_RECEIVES),
        )
        self.function = lambda_.DockerImageFunction(
            self,
            "Function",
            **surroundings.common(self, "exports", Duration.seconds(EXPORT_TIMEOUT_SECONDS)),
            description="Writes files of creatives: CSV, Parquet, COCO, JSON Lines.",
            code=image_code("exports"),
            memory_size=MEMORY_MIB,
            # A file, and for COCO its parts beside it, before it goes to the bucket.
            ephemeral_storage_size=Size.gibibytes(10),
        )
        self.function.add_environment("ADLENS_EXPORTS_BUCKET", bucket.bucket_name)
        self.function.add_environment("ADLENS_EXPORTS_QUEUE_URL", self.queue.queue_url)
        events = surroundings.webhooks.events
        self.function.add_environment("ADLENS_WEBHOOKS_QUEUE_URL", events.queue_url)
        allow(self.function, ["sqs:SendMessage"], events.queue_arn)
        self.function.add_event_source(
            SqsEventSource(self.queue, batch_size=1, max_concurrency=MAX_CONCURRENCY, report_batch_item_failures=True)
        )
        objects = bucket.arn_for_objects("*")
        allow(self.function, ["s3:PutObject", "s3:AbortMultipartUpload", "s3:DeleteObject"], objects)
