"""Exports: a queue of files to write, and the image function that writes them into a bucket of their own."""

from __future__ import annotations

from aws_cdk import Size
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra_cdk.function import Surroundings, allow, image_code
from infra_cdk.queue import feed, make_dead_letters, make_queue

MAX_CONCURRENCY = 2
"""Files at once, each with two connections to the database."""
MEMORY_MIB = 1769  # one core; docs/exports.md has what a file needs


class Exports(Construct):
    """Only roles that are granted it send to the queue. A message whose worker died is visible again when the worker's
    time is up: the function shortens the queue's six timeouts itself.
    """

    def __init__(self, scope: Construct, construct_id: str, *, surroundings: Surroundings) -> None:
        super().__init__(scope, construct_id)
        config, bucket = surroundings.config, surroundings.buckets.exports
        self.dead_letters = make_dead_letters(self, config=config, name="exports")
        self.queue = make_queue(self, "Queue", config=config, name="exports", dead_letters=self.dead_letters)
        self.function = lambda_.DockerImageFunction(
            self,
            "Function",
            **surroundings.common(self, "exports"),
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
        feed(self.function, self.queue, "exports", MAX_CONCURRENCY)
        objects = bucket.arn_for_objects("*")
        allow(self.function, ["s3:PutObject", "s3:AbortMultipartUpload", "s3:DeleteObject"], objects)
