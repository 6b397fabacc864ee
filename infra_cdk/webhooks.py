"""Webhooks: a function outside of the network that sends what they are told, and one that notes what came of it."""

from __future__ import annotations

from dataclasses import replace

from aws_cdk import Duration
from aws_cdk.aws_lambda_event_sources import SqsEventSource
from constructs import Construct

from infra_cdk.config import AwsConfig
from infra_cdk.function import Surroundings, ZipCode, ZipFunction, allow
from infra_cdk.queue import WEBHOOK_RESULTS_TIMEOUT_SECONDS, WEBHOOK_TIMEOUT_SECONDS

LOCAL_CONCURRENCY = 10


class Webhooks(Construct):
    def __init__(self, scope: Construct, construct_id: str, *, surroundings: Surroundings, zip_code: ZipCode) -> None:
        super().__init__(scope, construct_id)
        queues, config = surroundings.webhooks, surroundings.config
        self.send = ZipFunction(
            self,
            "Send",
            name="webhooks",
            # Who talks to hosts of customers' choice reaches neither the network nor the database.
            surroundings=replace(surroundings, database=None, uses_database=False),
            zip_code=zip_code,
            timeout=Duration.seconds(WEBHOOK_TIMEOUT_SECONDS),
            description="Sends what webhooks are told.",
            memory_size=256,
        )
        self.send.add_environment("ADLENS_WEBHOOKS_QUEUE_URL", queues.events.queue_url)
        self.send.add_environment("ADLENS_WEBHOOK_RESULTS_QUEUE_URL", queues.results.queue_url)
        allow(self.send, ["sqs:SendMessage"], queues.results.queue_arn)
        self.send.add_event_source(
            SqsEventSource(
                queues.events,
                batch_size=1,  # a receiver that answers late holds up nobody else
                max_concurrency=config.webhooks_concurrency if isinstance(config, AwsConfig) else LOCAL_CONCURRENCY,
                report_batch_item_failures=True,
            )
        )
        self.results = ZipFunction(
            self,
            "Results",
            name="webhook-results",
            surroundings=surroundings,
            zip_code=zip_code,
            timeout=Duration.seconds(WEBHOOK_RESULTS_TIMEOUT_SECONDS),
            description="Notes how deliveries of webhooks ended.",
        )
        self.results.add_event_source(SqsEventSource(queues.results, batch_size=10, report_batch_item_failures=True))
