"""The stack of a stage, put together from the constructs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import CfnOutput, DefaultStackSynthesizer, Environment, Stack, Tags
from constructs import Construct

from infra_cdk.analysis import Analysis
from infra_cdk.api import Api
from infra_cdk.buckets import Buckets
from infra_cdk.config import AwsConfig, LocalConfig
from infra_cdk.exports import Exports
from infra_cdk.function import Surroundings, ZipCode
from infra_cdk.lift import LiftStatistics
from infra_cdk.nag import acknowledge
from infra_cdk.queue import UploadsQueue, WebhookQueues
from infra_cdk.webhooks import Webhooks
from infra_cdk.workers import Workers

if TYPE_CHECKING:
    from infra_cdk.database import Database
    from infra_cdk.web import Web


class AdLensStack(Stack):
    def __init__(self, scope: Construct, config: LocalConfig | AwsConfig) -> None:
        on_aws = isinstance(config, AwsConfig)
        super().__init__(
            scope,
            config.stack_name,
            description=f"AdLens, stage {config.stage}",
            env=Environment(account=config.account, region=config.region) if isinstance(config, AwsConfig) else None,
            # LocalStack is not bootstrapped.
            synthesizer=DefaultStackSynthesizer(generate_bootstrap_version_rule=on_aws),
            termination_protection=on_aws,
        )
        # A proxy's target group takes no tags.
        Tags.of(self).add("application", "adlens", exclude_resource_types=["AWS::RDS::DBProxyTargetGroup"])

        self.config = config
        self.buckets = Buckets(self, "Buckets", config=config)
        self.queue = UploadsQueue(self, "Queue", config=config, uploads=self.buckets.uploads)
        self.webhook_queues = WebhookQueues(self, "WebhookQueues", config=config)
        self.database = self._database(config) if isinstance(config, AwsConfig) else None
        self.web = self._web(config) if isinstance(config, AwsConfig) and config.web else None
        origins = [*config.cors_origins, *([self.web.origin] if self.web else [])]
        self.buckets.open_to(origins)
        surroundings = Surroundings(
            config=config,
            buckets=self.buckets,
            queue=self.queue,
            webhooks=self.webhook_queues,
            database=self.database,
        )
        zip_code = ZipCode(self, "Code", config=config)
        self.analysis = Analysis(self, "Analysis", surroundings=surroundings)
        self.exports = Exports(self, "Exports", surroundings=surroundings)
        self.lift = LiftStatistics(self, "Lift", surroundings=surroundings)
        self.api = Api(
            self,
            "Api",
            surroundings=surroundings,
            zip_code=zip_code,
            exports=self.exports,
            lift=self.lift,
            origins=origins,
        )
        self.workers = Workers(self, "Workers", surroundings=surroundings, zip_code=zip_code, exports=self.exports)
        self.webhooks = Webhooks(self, "Webhooks", surroundings=surroundings, zip_code=zip_code)
        if isinstance(config, AwsConfig):
            self.workers.migrate_before(
                self.analysis.function,
                self.exports.function,
                self.api.function,
                self.lift.function,
                self.workers.dead_letters,
                self.workers.sweep,
                self.webhooks.results,
            )
            if self.web:
                self.web.run(self.api.url(config))
            self._alarms(config)
        acknowledge(self)
        self._outputs(config)

    # What only AWS has is imported where it is made: loading it costs the local stage a second.

    def _database(self, config: AwsConfig) -> Database:
        from infra_cdk.database import Database

        return Database(self, "Database", config=config)

    def _web(self, config: AwsConfig) -> Web:
        from infra_cdk.web import Web

        assert self.database is not None  # noqa: S101 - made for this stage
        return Web(self, "Web", config=config, buckets=self.buckets, vpc=self.database.vpc)

    def _alarms(self, config: AwsConfig) -> None:
        """Not for the local stage: nobody is there to be told, and LocalStack would poll its metrics for them."""
        from infra_cdk.alarms import Alarms

        Alarms(
            self,
            "Alarms",
            config=config,
            queue=self.queue,
            analysis=self.analysis,
            exports=self.exports,
            api=self.api,
            lift=self.lift,
            workers=self.workers,
            webhooks=self.webhooks,
            webhook_queues=self.webhook_queues,
            web=self.web,
        )

    def _outputs(self, config: LocalConfig | AwsConfig) -> None:
        outputs = {
            "ApiUrl": self.api.url(config),
            "ApiId": self.api.rest_api.rest_api_id,
            "UploadsBucketName": self.buckets.uploads.bucket_name,
            "ModelsBucketName": self.buckets.models.bucket_name,
            "QueueUrl": self.queue.queue.queue_url,
            "DeadLetterQueueUrl": self.queue.dead_letters.queue_url,
            "ExportsBucketName": self.buckets.exports.bucket_name,
            "ExportsQueueUrl": self.exports.queue.queue_url,
            "ExportsFunctionName": self.exports.function.function_name,
            "WebhooksQueueUrl": self.webhook_queues.events.queue_url,
            "MigrateFunctionName": self.workers.migrate.function_name,
            "AnalyzeFunctionName": self.analysis.function.function_name,
            "ApiFunctionName": self.api.function.function_name,
            "LiftFunctionName": self.lift.function.function_name,
            "DeadLettersFunctionName": self.workers.dead_letters.function_name,
            "SweepFunctionName": self.workers.sweep.function_name,
            "WebhooksFunctionName": self.webhooks.send.function_name,
            "WebhookResultsFunctionName": self.webhooks.results.function_name,
        }
        if self.web:
            outputs["WebUrl"] = self.web.origin
        for name, value in outputs.items():
            CfnOutput(self, name, value=value)
