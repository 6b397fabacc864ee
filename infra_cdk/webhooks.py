"""Webhooks: a function outside of the network that delivers events, and one that records the outcomes."""

from __future__ import annotations

from dataclasses import replace

from constructs import Construct

from infra_cdk.config import AwsConfig
from infra_cdk.function import Surroundings, ZipCode, ZipFunction, allow
from infra_cdk.queue import feed

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
            description="Delivers events to webhooks.",
            memory_size=256,
        )
        self.send.add_environment("ADLENS_WEBHOOKS_QUEUE_URL", queues.events.queue_url)
        self.send.add_environment("ADLENS_WEBHOOK_RESULTS_QUEUE_URL", queues.results.queue_url)
        allow(self.send, ["sqs:SendMessage"], queues.results.queue_arn)
        concurrency = config.webhooks_concurrency if isinstance(config, AwsConfig) else LOCAL_CONCURRENCY
        feed(self.send, queues.events, "webhooks", concurrency)
        self.results = ZipFunction(
            self,
            "Results",
            name="webhook-results",
            surroundings=surroundings,
            zip_code=zip_code,
            description="Notes how deliveries of webhooks ended.",
        )
        feed(self.results, queues.results, "webhook-results")
