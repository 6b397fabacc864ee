"""The functions behind the scenes: dispatch, dead letters, the sweep, the migrations and the operators' own."""

from __future__ import annotations

from dataclasses import replace

from aws_cdk import CfnResource, Duration, Stack, triggers
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from constructs import Construct

from infra_cdk.buckets import CANARY_FILES, CANARY_WORKSPACE
from infra_cdk.exports import Exports
from infra_cdk.function import Surroundings, ZipCode, ZipFunction, allow
from infra_cdk.jobs import Jobs
from infra_cdk.log_groups import make_log_group
from infra_cdk.queue import feed
from infra_cdk.topology import topology


class Workers(Construct):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        surroundings: Surroundings,
        zip_code: ZipCode,
        exports: Exports,
        jobs: Jobs,
    ) -> None:
        super().__init__(scope, construct_id)
        config, buckets, queue = surroundings.config, surroundings.buckets, surroundings.queue
        self._config = config

        def function(construct_id: str, name: str, description: str, *, owner: bool = False) -> ZipFunction:
            return ZipFunction(
                self,
                construct_id,
                name=name,
                surroundings=replace(surroundings, as_owner=owner),
                zip_code=zip_code,
                description=description,
            )

        self.dispatch = function(
            "Dispatch",
            "dispatch",
            "Lets creatives whose files have arrived wait for their turns.",
        )
        self.dispatch.add_environment("ADLENS_QUEUE_URL", queue.analysis.queue_url)
        self.dispatch.add_environment("ADLENS_UPLOADS_QUEUE_URL", queue.queue.queue_url)
        feed(self.dispatch, queue.queue, "uploads", max_concurrency=2)
        allow(self.dispatch, ["sqs:SendMessage"], queue.analysis.queue_arn)

        self.dead_letters = function("DeadLetters", "dead-letters", "Marks what the queues gave up as ERROR or FAILED.")
        feed(self.dead_letters, queue.dead_letters, "uploads-dead-letters")
        feed(self.dead_letters, exports.dead_letters, "exports-dead-letters")
        feed(self.dead_letters, jobs.dead_letters, "jobs-dead-letters")

        self.sweep = function(
            "Sweep", "sweep", "Ends uploads that never arrived, removes deleted files, compares stores and rows."
        )
        self.sweep.add_environment("ADLENS_UPLOADS_BUCKET", buckets.uploads.bucket_name)
        self.sweep.add_environment("ADLENS_PREVIEWS_BUCKET", buckets.previews.bucket_name)
        self.sweep.add_environment("ADLENS_EXPORTS_BUCKET", buckets.exports.bucket_name)
        if config.canary:
            self.sweep.add_environment("ADLENS_CANARY_WORKSPACE", CANARY_WORKSPACE)
            allow(self.sweep, ["s3:PutObject"], buckets.uploads.arn_for_objects(CANARY_FILES))
        self.sweep.add_environment("ADLENS_TRASH_DAYS", str(config.trash_days))
        self.sweep.add_environment("ADLENS_QUEUE_URL", queue.analysis.queue_url)
        self.sweep.add_environment("ADLENS_EXPORTS_QUEUE_URL", exports.queue.queue_url)
        self.sweep.add_environment("ADLENS_JOBS_QUEUE_URL", jobs.queue.queue_url)
        self.sweep.add_environment("ADLENS_WEBHOOKS_QUEUE_URL", surroundings.webhooks.events.queue_url)
        allow(self.sweep, ["s3:GetObject"], buckets.uploads.arn_for_objects("*"))
        stores = buckets.uploads, buckets.previews, buckets.exports
        allow(self.sweep, ["s3:DeleteObject"], *(store.arn_for_objects("*") for store in stores))
        # Objects are compared with the rows; and a missing one answers 404, not 403.
        allow(self.sweep, ["s3:ListBucket"], *(store.bucket_arn for store in stores))
        queues = queue.analysis, exports.queue, jobs.queue, surroundings.webhooks.events
        allow(self.sweep, ["sqs:SendMessage"], *(one.queue_arn for one in queues))
        events.Rule(
            self,
            "SweepSchedule",
            schedule=events.Schedule.rate(Duration.minutes(config.sweep_minutes)),
            # A sweep that failed is made up for by the next one.
            targets=[targets.LambdaFunction(self.sweep, retry_attempts=0)],
        )

        self.migrate = function("Migrate", "migrate", "Brings the database's schema up to date.", owner=True)
        if surroundings.database is not None:
            self.migrate.node.add_dependency(surroundings.database)

        self.admin = function("Admin", "admin", "Workspaces, keys and BI readers, for operators.", owner=True)
        for name, bucket in (
            ("UPLOADS", buckets.uploads),
            ("PREVIEWS", buckets.previews),
            ("EXPORTS", buckets.exports),
        ):
            self.admin.add_environment(f"ADLENS_{name}_BUCKET", bucket.bucket_name)
            allow(self.admin, ["s3:ListBucket", "s3:ListBucketVersions"], bucket.bucket_arn)
            allow(self.admin, ["s3:DeleteObject", "s3:DeleteObjectVersion"], bucket.arn_for_objects("*"))
        if config.uploads_expire_days:
            for checking in (self.sweep, self.admin):
                checking.add_environment("ADLENS_UPLOADS_EXPIRE_DAYS", str(config.uploads_expire_days))

    def migrate_before(self, *constructs: Construct) -> None:
        """Runs the migrations on every deployment that changes them, before `constructs` are touched.

        Not locally: the trigger is a custom resource on node, which is no part of LocalStack here; there the
        deployer calls the function.
        """
        triggers.Trigger(
            self,
            "MigrateOnDeployment",
            handler=self.migrate,
            timeout=Duration.seconds(topology().timeout_seconds["migrate"]),
            execute_before=list(constructs),
        )
        # The CDK's function that calls it: without a group its log would be kept for ever.
        log_group = make_log_group(self, "TriggerLogs", f"/aws/lambda/{self._config.stack_name}-migrate-trigger")
        provider = Stack.of(self).node.find_child("AWSCDK.TriggerCustomResourceProviderCustomResourceProvider")
        handler = provider.node.find_child("Handler")
        assert isinstance(handler, CfnResource)  # noqa: S101 - what the CDK makes
        handler.add_property_override("LoggingConfig", {"LogGroup": log_group.log_group_name})
