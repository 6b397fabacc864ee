"""The stacks of a stage, put together from the constructs: one locally; on AWS one of what holds data, one of what
works with it, and one of the web app. A stack that failed is deployed again without touching the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import App, CfnOutput, DefaultStackSynthesizer, Environment, Fn, Stack, Tags

from infra_cdk.analysis import Analysis
from infra_cdk.api import Api
from infra_cdk.buckets import Buckets
from infra_cdk.config import AwsConfig, LocalConfig
from infra_cdk.exports import Exports
from infra_cdk.function import Surroundings, ZipCode
from infra_cdk.jobs import Jobs
from infra_cdk.lift import LiftStatistics
from infra_cdk.nag import acknowledge
from infra_cdk.queue import UploadsQueue, WebhookQueues
from infra_cdk.webhooks import Webhooks
from infra_cdk.workers import Workers

if TYPE_CHECKING:
    from infra_cdk.alarms import Alarms
    from infra_cdk.database import Database
    from infra_cdk.web import Web


class AdLensStack(Stack):
    """A part of a stage; `part` is empty for the one that works with the others' data."""

    def __init__(self, app: App, config: LocalConfig | AwsConfig, part: str = "") -> None:
        on_aws = isinstance(config, AwsConfig)
        super().__init__(
            app,
            f"{config.stack_name}-{part}" if part else config.stack_name,
            description=f"AdLens, stage {config.stage}{part and f': {part}'}",
            env=Environment(account=config.account, region=config.region) if isinstance(config, AwsConfig) else None,
            # LocalStack is not bootstrapped.
            synthesizer=DefaultStackSynthesizer(generate_bootstrap_version_rule=on_aws),
            termination_protection=isinstance(config, AwsConfig) and config.protect,
        )
        # A proxy's target group takes no tags.
        Tags.of(self).add("application", "adlens", exclude_resource_types=["AWS::RDS::DBProxyTargetGroup"])

    @property
    def availability_zones(self) -> list[str]:
        """As in a stack of any region: with a known one the CDK would ask the account for its zones, at synthesis."""
        return [Fn.select(number, Fn.get_azs()) for number in range(2)]


class AdLens:
    """All of a stage."""

    def __init__(self, app: App, config: LocalConfig | AwsConfig) -> None:
        self.config = config
        main = AdLensStack(app, config)
        data = AdLensStack(app, config, "data") if isinstance(config, AwsConfig) else main
        self.stacks = [main] if data is main else [data, main]
        self.buckets = Buckets(data, "Buckets", config=config)
        self.buckets.open_to(config.browser_origins if isinstance(config, AwsConfig) else config.cors_origins)
        self.queue = UploadsQueue(data, "Queue", config=config, uploads=self.buckets.uploads)
        self.webhook_queues = WebhookQueues(data, "WebhookQueues", config=config)
        self.database = _database(data, config) if isinstance(config, AwsConfig) else None
        surroundings = Surroundings(
            config=config,
            buckets=self.buckets,
            queue=self.queue,
            webhooks=self.webhook_queues,
            database=self.database,
        )
        zip_code = ZipCode(main, "Code", config=config)
        self.analysis = Analysis(main, "Analysis", surroundings=surroundings)
        self.exports = Exports(main, "Exports", surroundings=surroundings)
        self.jobs = Jobs(main, "Jobs", surroundings=surroundings, zip_code=zip_code)
        self.lift = LiftStatistics(main, "Lift", surroundings=surroundings)
        self.api = Api(
            main,
            "Api",
            surroundings=surroundings,
            zip_code=zip_code,
            exports=self.exports,
            jobs=self.jobs,
            lift=self.lift,
        )
        self.workers = Workers(
            main, "Workers", surroundings=surroundings, zip_code=zip_code, exports=self.exports, jobs=self.jobs
        )
        self.webhooks = Webhooks(main, "Webhooks", surroundings=surroundings, zip_code=zip_code)
        self.web: Web | None = None
        self._outputs(main, data)
        if isinstance(config, AwsConfig):
            self._migrate_first()
            if config.api_domain:
                from infra_cdk.domain import ApiDomain

                ApiDomain(main, "Domain", config=config, api=self.api)
            alarms = self._alarms(main, config)
            if config.web:
                self._web(AdLensStack(app, config, "web"), config, alarms)
        acknowledge(app, self)

    def _migrate_first(self) -> None:
        self.workers.migrate_before(
            self.analysis.function,
            self.exports.function,
            self.jobs.function,
            self.api.function,
            self.lift.function,
            self.workers.dispatch,
            self.workers.dead_letters,
            self.workers.sweep,
            self.workers.admin,
            self.webhooks.results,
        )

    # What only AWS has is imported where it is made: loading it costs the local stage a second.

    def _alarms(self, stack: AdLensStack, config: AwsConfig) -> Alarms:
        """Not for the local stage: nobody reads its alarms, and LocalStack would poll its metrics for them."""
        from infra_cdk.alarms import Alarms
        from infra_cdk.dashboard import Dashboard

        Dashboard(stack, "Dashboard", parts=self)
        if config.waf:
            from infra_cdk.firewall import Firewall

            Firewall(stack, "Firewall", api=self.api)
        return Alarms(stack, "Alarms", config=config, parts=self)

    def _web(self, stack: AdLensStack, config: AwsConfig, alarms: Alarms) -> None:
        from aws_cdk.aws_route53_targets import CloudFrontTarget

        from infra_cdk.alarms import WebAlarms
        from infra_cdk.domain import point
        from infra_cdk.web import Web

        assert self.database is not None  # noqa: S101 - made for this stage
        self.web = Web(stack, "Web", config=config, vpc=self.database.vpc)
        self.web.run(self.api.rest_api.url)  # the gateway's own: it answers whatever DNS says
        WebAlarms(stack, "WebAlarms", topic=alarms.topic, server=self.web.server)
        CfnOutput(stack, "WebUrl", value=self.web.origin)
        if config.web_domain:
            point(
                stack,
                "WebDomainTarget",
                config=config,
                name=config.web_domain,
                target=CloudFrontTarget(self.web.distribution),
                address=self.web.distribution.distribution_domain_name,
                ipv6=True,
            )
        self.stacks.append(stack)

    def _outputs(self, main: AdLensStack, data: AdLensStack) -> None:
        of_data = {
            "UploadsBucketName": self.buckets.uploads.bucket_name,
            "ModelsBucketName": self.buckets.models.bucket_name,
            "ExportsBucketName": self.buckets.exports.bucket_name,
            "QueueUrl": self.queue.queue.queue_url,
            "AnalysisQueueUrl": self.queue.analysis.queue_url,
            "DeadLetterQueueUrl": self.queue.dead_letters.queue_url,
            "WebhooksQueueUrl": self.webhook_queues.events.queue_url,
        }
        outputs = {
            "ApiUrl": self.api.url(self.config),
            "ApiId": self.api.rest_api.rest_api_id,
            "ExportsQueueUrl": self.exports.queue.queue_url,
            "ExportsFunctionName": self.exports.function.function_name,
            "JobsQueueUrl": self.jobs.queue.queue_url,
            "JobsFunctionName": self.jobs.function.function_name,
            "AdminFunctionName": self.workers.admin.function_name,
            "MigrateFunctionName": self.workers.migrate.function_name,
            "AnalyzeFunctionName": self.analysis.function.function_name,
            "ApiFunctionName": self.api.function.function_name,
            "LiftFunctionName": self.lift.function.function_name,
            "DeadLettersFunctionName": self.workers.dead_letters.function_name,
            "DispatchFunctionName": self.workers.dispatch.function_name,
            "SweepFunctionName": self.workers.sweep.function_name,
            "WebhooksFunctionName": self.webhooks.send.function_name,
            "WebhookResultsFunctionName": self.webhooks.results.function_name,
        }
        if isinstance(self.config, AwsConfig):
            outputs["FirstKey"] = f'adlens keys create "first" --stage aws --region {main.region}'
        for stack, values in ((data, of_data), (main, outputs)):
            for name, value in values.items():
                CfnOutput(stack, name, value=value)


def _database(stack: AdLensStack, config: AwsConfig) -> Database:
    from infra_cdk.database import Database

    return Database(stack, "Database", config=config)
