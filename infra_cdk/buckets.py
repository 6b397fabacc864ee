"""Where originals, previews, exports and model bundles live: private, encrypted, reached with TLS only."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Aws, Duration, RemovalPolicy
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra_cdk.config import AwsConfig, Config
from infra_cdk.topology import topology

"""As `adlens.domain.exports.KEPT_FOR`: the sweep forgets an export when its file is gone."""

CANARY_WORKSPACE = "ca4a4000-0000-4000-8000-000000000000"
"""Of the creative that is analysed every hour. It has no key."""
CANARY_FILES = f"{CANARY_WORKSPACE}/*"
PERFORMANCE_FILES = "*/performance/*"
"""Keys of files to import in the bucket of the exports, as `adlens.domain.performance.performance_file_key`."""

OLD_UPLOADS_DAYS = 30
"""What a person deleted or overwrote by mistake can be had back for so long."""


def bucket_name(config: Config, name: str) -> str:
    """Named by hand: the queue's policy names the bucket, whose notifications wait for that policy."""
    return f"adlens-aws-{name}-{Aws.ACCOUNT_ID}-{Aws.REGION}" if _on_aws(config) else f"adlens-local-{name}"


class Buckets(Construct):
    """`uploads` takes what browsers send, and all of it is analysed; `previews` has a small picture of each; `models`
    keeps published model bundles, every version of them; `exports` has files of creatives for some days, and files
    of figures until they are imported.
    """

    def __init__(self, scope: Construct, construct_id: str, *, config: Config) -> None:
        super().__init__(scope, construct_id)
        self.access_logs = (
            private_bucket(self, "AccessLogs", config, "access-logs", expire_days=90) if _on_aws(config) else None
        )
        self.uploads = private_bucket(
            self,
            "Uploads",
            config,
            "uploads",
            expire_days=config.uploads_expire_days,
            versions_days=OLD_UPLOADS_DAYS if _on_aws(config) else None,
            logs=self.access_logs,
        )
        self.previews = private_bucket(
            self, "Previews", config, "previews", expire_days=config.uploads_expire_days, logs=self.access_logs
        )
        self.exports = private_bucket(
            self, "Exports", config, "exports", expire_days=topology().retention_days["exports"], logs=self.access_logs
        )
        self.models = private_bucket(self, "Models", config, "models", versions_days=90, logs=self.access_logs)

    def open_to(self, origins: Sequence[str]) -> None:
        """Lets pages of these origins send and read uploads."""
        self.uploads.add_cors_rule(
            allowed_methods=[s3.HttpMethods.POST, s3.HttpMethods.GET, s3.HttpMethods.HEAD],
            allowed_origins=list(origins),
            allowed_headers=["*"],
            exposed_headers=["ETag"],
            max_age=3600,
        )


def private_bucket(
    scope: Construct,
    construct_id: str,
    config: Config,
    name: str = "",
    *,
    expire_days: int | None = None,
    versions_days: int | None = None,
    logs: s3.IBucket | None = None,
    ownership: s3.ObjectOwnership = s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
) -> s3.Bucket:
    """A bucket as all of ours are; without a `name` CloudFormation makes one up. `logs` takes its accesses.

    Versions that were overwritten or deleted are kept for `versions_days`.
    """
    return s3.Bucket(
        scope,
        construct_id,
        bucket_name=bucket_name(config, name) if name else None,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        object_ownership=ownership,
        encryption=s3.BucketEncryption.S3_MANAGED,
        enforce_ssl=_on_aws(config),  # LocalStack listens on loopback without TLS
        minimum_tls_version=1.2 if _on_aws(config) else None,
        versioned=versions_days is not None,
        lifecycle_rules=[
            s3.LifecycleRule(
                id="leftovers",
                abort_incomplete_multipart_upload_after=Duration.days(1),
                expiration=Duration.days(expire_days) if expire_days else None,
                noncurrent_version_expiration=Duration.days(versions_days) if versions_days else None,
            )
        ],
        server_access_logs_bucket=logs,
        server_access_logs_prefix=f"{name or f'web-{construct_id.lower()}'}/" if logs else None,
        removal_policy=RemovalPolicy.RETAIN if keeps_data(config) else RemovalPolicy.DESTROY,
    )


def keeps_data(config: Config) -> bool:
    """Whether what a stack holds outlives it."""
    return isinstance(config, AwsConfig) and config.protect


def _on_aws(config: Config) -> bool:
    return config.stage == "aws"
