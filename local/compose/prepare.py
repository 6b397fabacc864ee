"""Makes the buckets in MinIO and tells it which events go to the bridge. Run again, it changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adlens.storage.clients import s3_client
from local.compose.settings import BucketSettings
from local.compose.topology import topology

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# MinIO's name of the webhook target that MINIO_NOTIFY_WEBHOOK_* sets up when they end in no name of their own.
BRIDGE = "arn:minio:sqs::_:webhook"


def prepare(client: S3Client, uploads: str, previews: str, models: str, exports: str) -> None:
    existing = {bucket["Name"] for bucket in client.list_buckets()["Buckets"]}
    for bucket in (uploads, previews, models, exports):
        if bucket not in existing:
            client.create_bucket(Bucket=bucket)  # private: MinIO opens a bucket by policy only
            print(f"made the bucket {bucket}")
    days = topology()["retention_days"]["exports"]
    client.put_bucket_lifecycle_configuration(
        Bucket=exports,
        LifecycleConfiguration={
            "Rules": [{"ID": "leftovers", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": days}}]
        },
    )
    client.put_bucket_notification_configuration(
        Bucket=uploads,
        NotificationConfiguration={
            "QueueConfigurations": [{"Id": "uploads", "QueueArn": BRIDGE, "Events": ["s3:ObjectCreated:*"]}]
        },
    )
    print(f"objects of {uploads} are announced to {BRIDGE}")


if __name__ == "__main__":
    buckets = BucketSettings()
    prepare(
        s3_client(buckets.s3_endpoint_url, "path"),
        buckets.uploads_bucket,
        buckets.previews_bucket,
        buckets.models_bucket,
        buckets.exports_bucket,
    )
