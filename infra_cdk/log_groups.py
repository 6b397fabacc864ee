"""Log groups with a retention: AWS keeps all other logs for ever."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra_cdk.config import Config

THREE_MONTHS, ONE_MONTH, ONE_WEEK = (
    logs.RetentionDays.THREE_MONTHS,
    logs.RetentionDays.ONE_MONTH,
    logs.RetentionDays.ONE_WEEK,
)


def make_log_group(
    scope: Construct, construct_id: str, name: str | None = None, retention: logs.RetentionDays = THREE_MONTHS
) -> logs.LogGroup:
    """A log group that ends with its stack."""
    return logs.LogGroup(
        scope, construct_id, log_group_name=name, retention=retention, removal_policy=RemovalPolicy.DESTROY
    )


def retention_of(config: Config) -> logs.RetentionDays:
    """How long a stage keeps the logs of its functions."""
    return THREE_MONTHS if config.stage == "aws" else ONE_WEEK
