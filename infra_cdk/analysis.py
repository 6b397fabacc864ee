"""The analysis: an image function fed by the uploads queue."""

from __future__ import annotations

from aws_cdk import Duration, Size
from aws_cdk import aws_ecr_assets as ecr_assets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk.aws_lambda_event_sources import SqsEventSource
from constructs import Construct

from infra_cdk.config import ANALYZE_TIMEOUT_SECONDS, ROOT, AwsConfig, LocalConfig
from infra_cdk.function import Surroundings

IMAGE_BUNDLE = "/opt/models/bundle"  # where functions/analyze/Dockerfile puts it


class Analysis(Construct):
    """Takes batches of S3 events, reports the messages that failed, and never runs wider than the database bears."""

    def __init__(self, scope: Construct, construct_id: str, *, surroundings: Surroundings) -> None:
        super().__init__(scope, construct_id)
        config, buckets, queue = surroundings.config, surroundings.buckets, surroundings.queue
        self.function = lambda_.DockerImageFunction(
            self,
            "Function",
            **surroundings.common(self, "analyze", Duration.seconds(ANALYZE_TIMEOUT_SECONDS)),
            description="Text, objects, topic and palette of every uploaded creative.",
            code=self._image(config.bundle if isinstance(config, AwsConfig) else None),
            memory_size=config.analyze_memory_mib,
            ephemeral_storage_size=Size.gibibytes(1),
        )
        variables = {
            "ADLENS_UPLOADS_BUCKET": buckets.uploads.bucket_name,
            "ADLENS_MODELS_BUCKET": buckets.models.bucket_name,
            "ADLENS_QUEUE_URL": queue.queue.queue_url,
            "ADLENS_BUNDLE": config.bundle if isinstance(config, LocalConfig) else IMAGE_BUNDLE,
            "ADLENS_THREADS": str(config.analyze_threads),
        }
        if isinstance(config, LocalConfig) and config.weights:
            variables["ADLENS_WEIGHTS"] = config.weights
        for name, value in variables.items():
            self.function.add_environment(name, value)

        self.function.add_event_source(
            SqsEventSource(
                queue.queue,
                batch_size=config.batch_size,
                max_batching_window=Duration.seconds(config.batching_window_seconds),
                max_concurrency=config.max_concurrency,
                report_batch_item_failures=True,
            )
        )
        self.function.add_to_role_policy(
            iam.PolicyStatement(actions=["s3:GetObject"], resources=[buckets.uploads.arn_for_objects("*")])
        )
        self.function.add_to_role_policy(
            iam.PolicyStatement(actions=["s3:GetObject"], resources=[buckets.models.arn_for_objects("*")])
        )
        # Without ListBucket a missing object answers 403 instead of 404, and would look like a fault of ours.
        self.function.add_to_role_policy(
            iam.PolicyStatement(
                actions=["s3:ListBucket"], resources=[buckets.uploads.bucket_arn, buckets.models.bucket_arn]
            )
        )

    @staticmethod
    def _image(bundle: str | None) -> lambda_.DockerImageCode:
        """The image's build context is the repository, less what .dockerignore says and less other bundles.

        `bundle` is None where no image is built: LocalStack never pulls it, the executor runs the checkout.
        """
        return lambda_.DockerImageCode.from_image_asset(
            str(ROOT),
            file="functions/analyze/Dockerfile",
            build_args={"BUNDLE": bundle} if bundle else None,
            exclude=["models/*", f"!{bundle}"] if bundle else ["models"],
            platform=ecr_assets.Platform.LINUX_AMD64,
            cmd=["functions.analyze.handler.handler"],
        )
