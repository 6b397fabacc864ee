"""Alarms, by mail through one encrypted topic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_budgets as budgets
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_codedeploy as codedeploy
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra_cdk.config import AwsConfig
from infra_cdk.function import METRICS

if TYPE_CHECKING:
    from infra_cdk.stacks import AdLens
    from infra_cdk.web_server import WebServer

FIVE_MINUTES = Duration.minutes(5)
CONNECTIONS_OF_AN_ACU = 225
"""Of Aurora's default of a connection per 9.5 MB, of 2 GiB."""


class Alarms(Construct):
    def __init__(self, scope: Construct, construct_id: str, *, config: AwsConfig, parts: AdLens) -> None:
        super().__init__(scope, construct_id)
        # A key of our own: alarms cannot publish to a topic under the key that AWS manages for SNS.
        key = kms.Key(
            self,
            "Key",
            description="Alarms of AdLens",
            enable_key_rotation=True,
            removal_policy=RemovalPolicy.DESTROY,  # nothing that it encrypts outlives the topic
            pending_window=Duration.days(7),
        )
        self.topic = sns.Topic(self, "Topic", master_key=key, enforce_ssl=True)
        key.grant(iam.ServicePrincipal("cloudwatch.amazonaws.com"), "kms:Decrypt", "kms:GenerateDataKey")
        self.topic.grant_publish(iam.ServicePrincipal("cloudwatch.amazonaws.com"))
        if config.alarm_email:
            self.topic.add_subscription(subscriptions.EmailSubscription(config.alarm_email))

        self._left(
            "DeadLetters",
            parts.queue.dead_letters,
            "Analyses were given up after all attempts, and dead_letters does not take them: see its log.",
        )
        self._left(
            "DeadExports",
            parts.exports.dead_letters,
            "Exports were given up after all attempts, and dead_letters does not take them: see its log.",
        )
        self._left(
            "DeadJobs",
            parts.jobs.dead_letters,
            "Jobs were given up after all attempts, and dead_letters does not take them: see its log.",
        )
        self._left(
            "DeadWebhookResults",
            parts.webhook_queues.dead_letters,
            "Results of deliveries were given up after all attempts: see the log of webhook_results.",
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
            "Analyses, exports or jobs were given up and are marked so: see the log of dead_letters.",
        )
        for name, found in (
            ("ObjectsWithoutRows", "Objects without a row are in a bucket"),
            ("RowsWithoutObjects", "Rows lack their object in a bucket"),
        ):
            self._alarm(
                name,
                cloudwatch.Metric(
                    namespace=METRICS,
                    metric_name=name,
                    dimensions_map={"service": "sweep"},
                    period=FIVE_MINUTES,
                    statistic="max",
                ),
                0,
                f"{found}: `adlens storage check --stage aws` lists them, --repair settles it.",
            )
        self._heartbeat(config)
        if config.canary:
            self._alarm(
                "CanaryFailed",
                cloudwatch.Metric(
                    namespace=METRICS,
                    metric_name="CanaryFailed",
                    dimensions_map={"service": "sweep"},
                    period=Duration.hours(1),
                    statistic="max",
                ),
                0,
                "The creative of our own of the last hour did not end well: see the logs of dispatch and analyze.",
            )
        self._waits(
            "OldestMessage",
            parts.queue.analysis,
            15,
            "Creatives wait for more than 15 minutes: raise MaximumConcurrency, or look for what fails.",
            periods=3,
        )
        self._waits(
            "OldestUpload",
            parts.queue.queue,
            5,
            "Objects that have arrived are not dispatched for 5 minutes: see the log of dispatch.",
        )
        self._waits(
            "WebhookResults",
            parts.webhook_queues.results,
            15,
            "What came of deliveries of webhooks, or what was given up, is not taken by webhook_results: see its log.",
        )
        self._waits(
            "OldestExport",
            parts.exports.queue,
            60,
            "An export waits for more than an hour: see the log of exports.",
        )
        self._waits(
            "OldestJob",
            parts.jobs.queue,
            60,
            "A job waits for more than an hour: see the log of jobs.",
        )
        self._waits(
            "OldestEvent",
            parts.webhook_queues.events,
            6 * 60,
            "Deliveries of webhooks are six hours old: a receiver does not answer, or see the log of webhooks.",
        )
        self._database(config, parts)
        functions = {
            "Analyze": parts.analysis.function,
            "Exports": parts.exports.function,
            "Jobs": parts.jobs.function,
            "Api": parts.api.function,
            "Lift": parts.lift.function,
            "Dispatch": parts.workers.dispatch,
            "DeadLetters": parts.workers.dead_letters,
            "Sweep": parts.workers.sweep,
            "Migrate": parts.workers.migrate,
            "Admin": parts.workers.admin,
            "Webhooks": parts.webhooks.send,
            "WebhookResults": parts.webhooks.results,
        }
        for name, function in functions.items():
            self._alarm(f"{name}Errors", function.metric_errors(period=FIVE_MINUTES), 0, f"{name} failed: see its log.")
        self._alarm(
            "Throttles",
            lambda_.Function.metric_all_throttles(period=FIVE_MINUTES),
            0,
            "Functions were throttled: the account's concurrency is used up; ask AWS for more.",
            periods=3,
        )
        server_errors = self._alarm(
            "ApiServerErrors",
            parts.api.rest_api.metric_server_error(period=FIVE_MINUTES, statistic="sum"),
            0,
            "The API answered 5xx: see the access log and the function's log.",
        )
        self._canary(parts, server_errors)
        if config.budget_dollars:
            self._budget(config)

    def _heartbeat(self, config: AwsConfig) -> None:
        """An alarm when the sweep has not come to its end for 20 minutes, or four times."""
        alarm = cloudwatch.Alarm(
            self,
            "SweepSilent",
            metric=cloudwatch.Metric(
                namespace=METRICS,
                metric_name="Sweeps",
                dimensions_map={"service": "sweep"},
                period=Duration.minutes(max(20, 4 * config.sweep_minutes)),
                statistic="sum",
            ),
            threshold=1,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.BREACHING,
            alarm_description="The sweep has not run for 20 minutes: see its log, and its schedule in EventBridge.",
        )
        alarm.add_alarm_action(actions.SnsAction(self.topic))
        alarm.add_ok_action(actions.SnsAction(self.topic))

    def _canary(self, parts: AdLens, server_errors: cloudwatch.Alarm) -> None:
        """A tenth of the requests goes to a new version of the API for five minutes; with errors, all go back."""
        alias = parts.api.alias
        errors = make_alarm(
            self,
            "ApiCanary",
            self.topic,
            alias.metric_errors(period=Duration.minutes(1)),
            0,
            "The version of the API that is being deployed failed: the deployment is rolled back.",
        )
        codedeploy.LambdaDeploymentGroup(
            self,
            "Canary",
            alias=alias,
            deployment_config=codedeploy.LambdaDeploymentConfig.CANARY_10_PERCENT_5_MINUTES,
            alarms=[errors, server_errors],
        )

    def _budget(self, config: AwsConfig) -> None:
        """Of all that has the stacks' tag, once it is activated for cost allocation; until then of nothing."""
        subscriber = budgets.CfnBudget.SubscriberProperty(address=config.alarm_email, subscription_type="EMAIL")
        budgets.CfnBudget(
            self,
            "Budget",
            budget=budgets.CfnBudget.BudgetDataProperty(
                budget_type="COST",
                time_unit="MONTHLY",
                budget_limit=budgets.CfnBudget.SpendProperty(amount=config.budget_dollars, unit="USD"),
                cost_filters={"TagKeyValue": ["user:application$adlens"]},
            ),
            notifications_with_subscribers=[
                budgets.CfnBudget.NotificationWithSubscribersProperty(
                    notification=budgets.CfnBudget.NotificationProperty(
                        comparison_operator="GREATER_THAN", notification_type=kind, threshold=threshold
                    ),
                    subscribers=[subscriber],
                )
                for kind, threshold in (("ACTUAL", 80), ("FORECASTED", 100))
            ],
        )

    def _database(self, config: AwsConfig, parts: AdLens) -> None:
        database = parts.database
        assert database is not None  # noqa: S101 - made for this stage
        self._alarm(
            "DatabaseCapacity",
            database.cluster.metric("ServerlessDatabaseCapacity", period=FIVE_MINUTES, statistic="max"),
            0.9 * config.database_max_acu,
            "The database is at its ceiling: raise ADLENS_AWS_DATABASE_MAX_ACU, or look for what asks so much.",
            periods=3,
        )
        self._alarm(
            "DatabaseConnections",
            database.cluster.metric_database_connections(period=FIVE_MINUTES, statistic="max"),
            0.8 * CONNECTIONS_OF_AN_ACU * config.database_max_acu,
            "Four fifths of the connections are taken: lower ADLENS_AWS_MAX_CONCURRENCY, or raise the ACUs.",
        )
        if database.proxy:
            self._alarm(
                "PinnedConnections",
                cloudwatch.Metric(
                    namespace="AWS/RDS",
                    metric_name="DatabaseConnectionsCurrentlySessionPinned",
                    dimensions_map={"ProxyName": database.proxy.db_proxy_name},
                    period=FIVE_MINUTES,
                    statistic="average",
                ),
                5,
                "Sessions are pinned to connections of the proxy: something SETs values; the proxy's log names it.",
                periods=3,
            )
        self._alarm(
            "ApiLatency",
            parts.api.rest_api.metric_latency(period=FIVE_MINUTES, statistic="p95"),
            25_000 if config.lean else 3_000,
            "A twentieth of the answers of the API takes too long: look at the dashboard, then at slow statements.",
            periods=3,
        )

    def _left(self, construct_id: str, queue: sqs.IQueue, description: str) -> None:
        """An alarm when a message is in a queue that should be empty."""
        messages = queue.metric_approximate_number_of_messages_visible(period=FIVE_MINUTES, statistic="max")
        self._alarm(construct_id, messages, 0, description)

    def _waits(self, construct_id: str, queue: sqs.IQueue, minutes: int, description: str, periods: int = 1) -> None:
        """An alarm when a message waits for more than `minutes`."""
        age = queue.metric_approximate_age_of_oldest_message(period=FIVE_MINUTES, statistic="max")
        self._alarm(construct_id, age, 60 * minutes, description, periods)

    def _alarm(
        self, construct_id: str, metric: cloudwatch.Metric, threshold: float, description: str, periods: int = 1
    ) -> cloudwatch.Alarm:
        return make_alarm(self, construct_id, self.topic, metric, threshold, description, periods)


class WebAlarms(Construct):
    def __init__(self, scope: Construct, construct_id: str, *, topic: sns.ITopic, server: WebServer) -> None:
        super().__init__(scope, construct_id)
        metrics = server.targets.metrics
        make_alarm(
            self,
            "Unhealthy",
            topic,
            metrics.unhealthy_host_count(period=FIVE_MINUTES, statistic="max"),
            0,
            "A backend of the web app does not answer: see its log.",
            periods=3,
        )
        make_alarm(
            self,
            "ServerErrors",
            topic,
            metrics.http_code_target(elbv2.HttpCodeTarget.TARGET_5XX_COUNT, period=FIVE_MINUTES, statistic="sum"),
            0,
            "A backend of the web app answered 5xx: see its log.",
        )
        make_alarm(
            self,
            "NoTasks",
            topic,
            cloudwatch.MathExpression(
                expression="1 - FILL(healthy, 0)",
                using_metrics={"healthy": metrics.healthy_host_count(period=FIVE_MINUTES, statistic="min")},
                period=FIVE_MINUTES,
            ),
            0,
            "No task of the web app's backend runs: see the events of its service in ECS.",
            periods=3,
        )


def make_alarm(
    scope: Construct,
    construct_id: str,
    topic: sns.ITopic,
    metric: cloudwatch.IMetric,
    threshold: float,
    description: str,
    periods: int = 1,
) -> cloudwatch.Alarm:
    """Tells `topic` when `metric` is above `threshold` for `periods` in a row, and when it no longer is."""
    alarm = cloudwatch.Alarm(
        scope,
        construct_id,
        metric=metric,
        threshold=threshold,
        evaluation_periods=periods,
        comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
        treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        alarm_description=description,
    )
    alarm.add_alarm_action(actions.SnsAction(topic))
    alarm.add_ok_action(actions.SnsAction(topic))
    return alarm
