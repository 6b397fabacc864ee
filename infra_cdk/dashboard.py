"""One page of CloudWatch: what waits, what runs, what fails, and what the database bears."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

if TYPE_CHECKING:
    from infra_cdk.stacks import AdLens

PERIOD = Duration.minutes(5)


class Dashboard(Construct):
    def __init__(self, scope: Construct, construct_id: str, *, parts: AdLens) -> None:
        super().__init__(scope, construct_id)
        database = parts.database
        assert database is not None  # noqa: S101 - made for the stage that has dashboards
        api, cluster = parts.api.rest_api, database.cluster
        queues = {
            "uploads": parts.queue.queue,
            "analysis": parts.queue.analysis,
            "exports": parts.exports.queue,
            "jobs": parts.jobs.queue,
            "webhooks": parts.webhook_queues.events,
            "results": parts.webhook_queues.results,
        }
        functions: dict[str, lambda_.Function] = {
            "analyze": parts.analysis.function,
            "api": parts.api.function,
            "dispatch": parts.workers.dispatch,
            "exports": parts.exports.function,
            "jobs": parts.jobs.function,
            "lift": parts.lift.function,
        }
        p95: dict[str, Any] = {"period": PERIOD, "statistic": "p95"}
        rows = (
            (
                _graph(
                    "Age of the oldest message, s",
                    [
                        queue.metric_approximate_age_of_oldest_message(period=PERIOD, statistic="max", label=name)
                        for name, queue in queues.items()
                    ],
                ),
                _graph(
                    "Messages that wait",
                    [
                        queue.metric_approximate_number_of_messages_visible(period=PERIOD, statistic="max", label=name)
                        for name, queue in queues.items()
                    ],
                ),
            ),
            (
                _graph(
                    "95th percentile of functions, ms",
                    [function.metric_duration(label=name, **p95) for name, function in functions.items()],
                ),
                _graph(
                    "Errors of functions",
                    [function.metric_errors(period=PERIOD, label=name) for name, function in functions.items()],
                ),
            ),
            (
                _graph(
                    "API: requests and 5xx",
                    [
                        api.metric_count(period=PERIOD, label="requests"),
                        api.metric_server_error(period=PERIOD, statistic="sum", label="5xx"),
                    ],
                ),
                _graph(
                    "API: latency, ms",
                    [
                        api.metric_latency(label="p95", **p95),
                        api.metric_latency(period=PERIOD, statistic="p50", label="median"),
                    ],
                ),
            ),
            (
                _graph(
                    "Database: ACU",
                    [cluster.metric("ServerlessDatabaseCapacity", period=PERIOD, statistic="max", label="ACU")],
                ),
                _graph(
                    "Database: connections",
                    [cluster.metric_database_connections(period=PERIOD, statistic="max", label="connections")],
                ),
            ),
        )
        cloudwatch.Dashboard(self, "Page", dashboard_name=parts.config.stack_name, widgets=[list(row) for row in rows])


def _graph(title: str, metrics: list[cloudwatch.Metric]) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=metrics, width=12)
