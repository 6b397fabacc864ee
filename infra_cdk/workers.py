"""The functions behind the scenes: dead letters, the sweep and the migrations."""

from __future__ import annotations

from aws_cdk import Duration, triggers
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk.aws_lambda_event_sources import SqsEventSource
from constructs import Construct

from infra_cdk.exports import Exports
from infra_cdk.function import Surroundings, ZipCode, ZipFunction, allow


class Workers(Construct):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        surroundings: Surroundings,
        zip_code: ZipCode,
        exports: Exports,
    ) -> None:
        super().__init__(scope, construct_id)
        buckets, queue = surroundings.buckets, surroundings.queue

        def function(construct_id: str, name: str, timeout: Duration, description: str) -> ZipFunction:
            return ZipFunction(
                self,
                construct_id,
                name=name,
                surroundings=surroundings,
                zip_code=zip_code,
                timeout=timeout,
                description=description,
            )

        self.dead_letters = function(
            "DeadLetters", "dead-letters", Duration.minutes(1), "Marks what the queues gave up as ERROR or FAILED."
        )
        for given_up in (queue.dead_letters, exports.dead_letters):
            self.dead_letters.add_event_source(SqsEventSource(given_up, batch_size=10, report_batch_item_failures=True))

        self.sweep = function(
            "Sweep", "sweep", Duration.minutes(1), "Ends uploads that never arrived, forgets old exports."
        )
        self.sweep.add_environment("ADLENS_UPLOADS_BUCKET", buckets.uploads.bucket_name)
        self.sweep.add_environment("ADLENS_QUEUE_URL", queue.queue.queue_url)
        self.sweep.add_environment("ADLENS_WEBHOOKS_QUEUE_URL", surroundings.webhooks.events.queue_url)
        allow(self.sweep, ["s3:GetObject"], buckets.uploads.arn_for_objects("*"))
        allow(self.sweep, ["s3:ListBucket"], buckets.uploads.bucket_arn)  # a missing object answers 404, not 403
        allow(self.sweep, ["sqs:SendMessage"], queue.queue.queue_arn, surroundings.webhooks.events.queue_arn)
        events.Rule(
            self,
            "EveryFiveMinutes",
            schedule=events.Schedule.rate(Duration.minutes(5)),
            # A sweep that failed is made up for by the next one.
            targets=[targets.LambdaFunction(self.sweep, retry_attempts=0)],
        )

        self.migrate = function("Migrate", "migrate", Duration.minutes(10), "Brings the database's schema up to date.")
        if surroundings.database is not None:
            self.migrate.node.add_dependency(surroundings.database)

    def migrate_before(self, *constructs: Construct) -> None:
        """Runs the migrations on every deployment that changes them, before `constructs` are touched.

        Not locally: the trigger is a custom resource on node, which is no part of LocalStack here; there the
        deployer calls the function.
        """
        triggers.Trigger(
            self,
            "MigrateOnDeployment",
            handler=self.migrate,
            timeout=Duration.minutes(10),
            execute_before=list(constructs),
        )
