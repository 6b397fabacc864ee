"""What people are told about, by mail through one encrypted topic."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infra_cdk.analysis import Analysis
from infra_cdk.api import Api
from infra_cdk.config import AwsConfig
from infra_cdk.exports import Exports
from infra_cdk.function import METRICS
from infra_cdk.lift import LiftStatistics
from infra_cdk.queue import UploadsQueue, WebhookQueues
from infra_cdk.web import Web
from infra_cdk.webhooks import Webhooks
from infra_cdk.workers import Workers

FIVE_MINUTES = Duration.minutes(5)


class Alarms(Construct):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: AwsConfig,
        queue: UploadsQueue,
        analysis: Analysis,
        exports: Exports,
        api: Api,
        lift: LiftStatistics,
        workers: Workers,
        webhooks: Webhooks,
        webhook_queues: WebhookQueues,
        web: Web | None,
    ) -> None:
        super().__init__(scope, construct_id)
        # A key of our own: alarms cannot publish to a topic under the key that AWS manages for SNS.
        key = kms.Key(self, "Key", description="Alarms of AdLens", enable_key_rotation=True)
        self.topic = sns.Topic(self, "Topic", master_key=key, enforce_ssl=True)
        key.grant(iam.ServicePrincipal("cloudwatch.amazonaws.com"), "kms:Decrypt", "kms:GenerateDataKey")
        self.topic.grant_publish(iam.ServicePrincipal("cloudwatch.amazonaws.com"))
        if config.alarm_email:
            self.topic.add_subscription(subscriptions.EmailSubscription(config.alarm_email))

        self._alarm(
            "DeadLetters",
            queue.dead_letters.metric_approximate_number_of_messages_visible(period=FIVE_MINUTES, statistic="max"),
            0,
            "Analyses were given up after all attempts, and dead_letters does not take them.",
        )
        self._alarm(
            "DeadExports",
            exports.dead_letters.metric_approximate_number_of_messages_visible(period=FIVE_MINUTES, statistic="max"),
            0,
            "Exports were given up after all attempts, and dead_letters does not take them.",
        )
        self._alarm(
            "GivenUp",
            cloudwatch.Metric(
                namespace=METRICS,
                metric_name="DeadLetters",
                dimensions_map={"service": "dead_letters"},
                period=FIVE_MINUTES,
                statistic="sum",
            ),
            0,
            "Analyses or exports were given up after all attempts and are marked so: see the log of dead_letters.",
        )
        self._alarm(
            "OldestMessage",
            queue.queue.metric_approximate_age_of_oldest_message(period=FIVE_MINUTES, statistic="max"),
            15 * 60,
            "Uploads wait for more than 15 minutes: raise MaximumConcurrency, or look for what fails.",
            periods=3,
        )
        self._alarm(
            "WebhookResults",
            webhook_queues.results.metric_approximate_age_of_oldest_message(period=FIVE_MINUTES, statistic="max"),
            15 * 60,
            "What came of deliveries of webhooks, or what was given up, is not taken by webhook_results: see its log.",
        )
        functions = {
            "Analyze": analysis.function,
            "Exports": exports.function,
            "Api": api.function,
            "Lift": lift.function,
            "DeadLetters": workers.dead_letters,
            "Sweep": workers.sweep,
            "Migrate": workers.migrate,
            "Webhooks": webhooks.send,
            "WebhookResults": webhooks.results,
        }
        for name, function in functions.items():
            self._alarm(f"{name}Errors", function.metric_errors(period=FIVE_MINUTES), 0, f"{name} failed: see its log.")
            self._alarm(
                f"{name}Throttles",
                function.metric_throttles(period=FIVE_MINUTES),
                0,
                f"{name} was throttled: the account's concurrency is used up.",
                periods=3,
            )
        self._alarm(
            "ApiServerErrors",
            api.rest_api.metric_server_error(period=FIVE_MINUTES, statistic="sum"),
            0,
            "The API answered 5xx: see the access log and the function's log.",
        )
        if web:
            metrics = web.server.targets.metrics
            self._alarm(
                "WebUnhealthy",
                metrics.unhealthy_host_count(period=FIVE_MINUTES, statistic="max"),
                0,
                "A backend of the web app does not answer: see its log.",
                periods=3,
            )
            self._alarm(
                "WebServerErrors",
                metrics.http_code_target(elbv2.HttpCodeTarget.TARGET_5XX_COUNT, period=FIVE_MINUTES, statistic="sum"),
                0,
                "A backend of the web app answered 5xx: see its log.",
            )

    def _alarm(
        self, construct_id: str, metric: cloudwatch.Metric, threshold: float, description: str, periods: int = 1
    ) -> None:
        """Goes off when `metric` is above `threshold` for `periods` of five minutes in a row."""
        alarm = cloudwatch.Alarm(
            self,
            construct_id,
            metric=metric,
            threshold=threshold,
            evaluation_periods=periods,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            alarm_description=description,
        )
        alarm.add_alarm_action(actions.SnsAction(self.topic))
        alarm.add_ok_action(actions.SnsAction(self.topic))
