"""The analysis: an image function fed by the queue of what waits."""

from __future__ import annotations

from aws_cdk import Duration, Size
from aws_cdk import aws_lambda as lambda_
from aws_cdk.aws_lambda_event_sources import SqsEventSource
from constructs import Construct

from infra_cdk.buckets import Buckets
from infra_cdk.config import UPSTREAM, AwsConfig, LocalConfig
from infra_cdk.function import Surroundings, allow, image_code

IMAGE_BUNDLE = "/opt/models/bundle"  # where functions/analyze/Dockerfile puts it


class Analysis(Construct):
    """Takes batches of requests, reports the messages that failed, and never runs wider than the database bears."""

    def __init__(self, scope: Construct, construct_id: str, *, surroundings: Surroundings) -> None:
        super().__init__(scope, construct_id)
        config, buckets, queue = surroundings.config, surroundings.buckets, surroundings.queue
        self.function = lambda_.DockerImageFunction(
            self,
            "Function",
            **surroundings.common(self, "analyze"),
            description="Text, objects, topic and palette of every uploaded creative.",
            code=_image(config),
            memory_size=config.analyze_memory_mib,
            ephemeral_storage_size=Size.gibibytes(1),
            reserved_concurrent_executions=config.analyze_reserved if isinstance(config, AwsConfig) else None,
        )
        variables = {
            "ADLENS_UPLOADS_BUCKET": buckets.uploads.bucket_name,
            "ADLENS_PREVIEWS_BUCKET": buckets.previews.bucket_name,
            "ADLENS_QUEUE_URL": queue.analysis.queue_url,
            "ADLENS_WEBHOOKS_QUEUE_URL": surroundings.webhooks.events.queue_url,
            "ADLENS_BUNDLE": _bundle(config, buckets),
            "ADLENS_THREADS": str(config.analyze_threads),
        }
        if isinstance(config, LocalConfig) and config.weights:
            variables["ADLENS_WEIGHTS"] = config.weights
        if isinstance(config, LocalConfig) and config.python:
            # As the image has them: nothing is fetched, and nothing installed, while a creative waits.
            variables |= {"HF_HUB_OFFLINE": "1", "YOLO_OFFLINE": "1", "YOLO_AUTOINSTALL": "0"}
        for name, value in variables.items():
            self.function.add_environment(name, value)

        self.function.add_event_source(
            SqsEventSource(
                queue.analysis,
                batch_size=config.batch_size,
                max_batching_window=Duration.seconds(config.batching_window_seconds),
                max_concurrency=config.max_concurrency,
                report_batch_item_failures=True,
            )
        )
        for bucket in (buckets.uploads, buckets.models):
            allow(self.function, ["s3:GetObject"], bucket.arn_for_objects("*"))
            # Without it a missing object answers 403 instead of 404, and would look like a fault of ours.
            allow(self.function, ["s3:ListBucket"], bucket.bucket_arn)
        allow(self.function, ["sqs:SendMessage"], surroundings.webhooks.events.queue_arn)
        allow(self.function, ["s3:PutObject", "s3:DeleteObject"], buckets.previews.arn_for_objects("*"))


def _image(config: LocalConfig | AwsConfig) -> lambda_.DockerImageCode:
    """The image of a stage: which target, with which bundle.

    The local stage builds none: LocalStack never pulls it, the executor runs the checkout, by the interpreter that is
    its entry point.
    """
    without, options = ["models/*", "samples", "training"], {}
    if isinstance(config, AwsConfig):
        made_in_the_image = config.bundle == UPSTREAM
        without = [f"models/{UPSTREAM}"] if made_in_the_image else [*without, f"!{config.bundle}"]
        arguments = {"BUNDLE_FROM": UPSTREAM} if made_in_the_image else {"BUNDLE": config.bundle}
        options = {"target": config.image_target, "build_args": arguments}
    entrypoint = [config.python] if isinstance(config, LocalConfig) and config.python else None
    return image_code("analyze", without, entrypoint=entrypoint, **options)


def _bundle(config: LocalConfig | AwsConfig, buckets: Buckets) -> str:
    if isinstance(config, LocalConfig):
        return config.bundle
    if config.published_bundle:
        return f"s3://{buckets.models.bucket_name}/{config.published_bundle}"
    return IMAGE_BUNDLE
