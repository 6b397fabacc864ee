"""The buckets and their notification, with a stubbed MinIO that checks every request made of it."""

from collections.abc import Iterator

import boto3
import pytest
from botocore.stub import Stubber

from adlens.domain.exports import KEPT_FOR
from local.compose.prepare import prepare

NOTIFICATION = {
    "Bucket": "uploads",
    "NotificationConfiguration": {
        "QueueConfigurations": [
            {"Id": "uploads", "QueueArn": "arn:minio:sqs::_:webhook", "Events": ["s3:ObjectCreated:*"]}
        ]
    },
}

LIFECYCLE = {
    "Bucket": "exports",
    "LifecycleConfiguration": {
        "Rules": [
            {
                "ID": "leftovers",
                "Status": "Enabled",
                "Filter": {"Prefix": ""},
                "Expiration": {"Days": KEPT_FOR.days},
            }
        ]
    },
}


@pytest.fixture
def stub() -> Iterator[Stubber]:
    s3 = boto3.client("s3", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    with Stubber(s3) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def test_a_new_store_gets_its_buckets(stub: Stubber) -> None:
    stub.add_response("list_buckets", {"Buckets": []})
    stub.add_response("create_bucket", {}, {"Bucket": "uploads"})
    stub.add_response("create_bucket", {}, {"Bucket": "previews"})
    stub.add_response("create_bucket", {}, {"Bucket": "models"})
    stub.add_response("create_bucket", {}, {"Bucket": "exports"})
    stub.add_response("put_bucket_lifecycle_configuration", {}, LIFECYCLE)
    stub.add_response("put_bucket_notification_configuration", {}, NOTIFICATION)
    prepare(stub.client, "uploads", "previews", "models", "exports")


def test_a_store_that_has_them_keeps_them(stub: Stubber) -> None:
    there = [{"Name": name} for name in ("exports", "models", "other", "previews", "uploads")]
    stub.add_response("list_buckets", {"Buckets": there})
    stub.add_response("put_bucket_lifecycle_configuration", {}, LIFECYCLE)
    stub.add_response("put_bucket_notification_configuration", {}, NOTIFICATION)
    prepare(stub.client, "uploads", "previews", "models", "exports")
