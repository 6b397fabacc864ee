"""The S3 and SQS adapters against botocore's stubs: what they send, and what its errors become."""

import json
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import boto3
import pytest
from botocore.response import StreamingBody
from botocore.stub import ANY, Stubber

from adlens.domain.creative import CreativeId
from adlens.domain.errors import ImageTooLarge, InvalidBundle, InvalidValue, ObjectGone, TransientError
from adlens.domain.events import AnalysisRequested, parse_message
from adlens.storage.bundles import BundleRegistry, fetch_bundle
from adlens.storage.clients import s3_client
from adlens.storage.objects import S3ObjectStore
from adlens.storage.queue import SqsAnalysisQueue

CREDENTIALS = {"region_name": "us-east-1", "aws_access_key_id": "test", "aws_secret_access_key": "test"}


@pytest.fixture
def s3():
    client = boto3.client("s3", **CREDENTIALS)
    with Stubber(client) as stubber:
        yield client, stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def sqs():
    client = boto3.client("sqs", **CREDENTIALS)
    with Stubber(client) as stubber:
        yield client, stubber
        stubber.assert_no_pending_responses()


def store(client) -> S3ObjectStore:
    return S3ObjectStore(client, client, "uploads", 900)


def body(data: bytes) -> StreamingBody:
    import io

    return StreamingBody(io.BytesIO(data), len(data))


def test_an_object_comes_with_its_etag(s3) -> None:
    client, stubber = s3
    stubber.add_response("get_object", {"Body": body(b"abc"), "ContentLength": 3, "ETag": '"e1"'})
    stored = store(client).get("k", 10)
    assert (stored.data, stored.etag) == (b"abc", "e1")


def test_an_object_that_is_too_large_is_not_read(s3) -> None:
    client, stubber = s3
    stubber.add_response("get_object", {"Body": body(b"abc"), "ContentLength": 3, "ETag": '"e1"'})
    with pytest.raises(ImageTooLarge):
        store(client).get("k", 2)


@pytest.mark.parametrize("code", ["NoSuchKey", "404"])
def test_a_missing_object_is_gone_for_good(s3, code: str) -> None:
    client, stubber = s3
    stubber.add_client_error("get_object", code)
    with pytest.raises(ObjectGone):
        store(client).get("k", 10)


@pytest.mark.parametrize("code", ["SlowDown", "InternalError", "AccessDenied", "NoSuchBucket"])
def test_any_other_trouble_may_pass(s3, code: str) -> None:
    client, stubber = s3
    stubber.add_client_error("get_object", code)
    with pytest.raises(TransientError):
        store(client).get("k", 10)


def test_whether_an_object_is_there(s3) -> None:
    client, stubber = s3
    stubber.add_response("head_object", {})
    stubber.add_client_error("head_object", "404")
    stubber.add_client_error("head_object", "503")
    objects = store(client)
    assert objects.exists("k")
    assert not objects.exists("k")
    with pytest.raises(TransientError):
        objects.exists("k")


def test_a_form_binds_key_type_and_size(monkeypatch: pytest.MonkeyPatch) -> None:
    import base64

    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    client = s3_client.__wrapped__("http://127.0.0.1:4566", "path")
    form = store(client).presigned_post("w/g/c", "image/png", 1000)
    policy = json.loads(base64.b64decode(form.fields["policy"]))
    assert form.url == "http://127.0.0.1:4566/uploads"
    assert ["content-length-range", 1, 1000] in policy["conditions"]
    assert {"key": "w/g/c"} in policy["conditions"]
    assert {"Content-Type": "image/png"} in policy["conditions"]
    assert form.fields["x-amz-algorithm"] == "AWS4-HMAC-SHA256"


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [("image/png", "inline"), (None, "attachment")],
)
def test_a_link_says_the_type_we_found_not_the_one_that_was_claimed(monkeypatch, content_type, expected) -> None:
    from urllib.parse import parse_qs, urlsplit

    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    client = s3_client.__wrapped__("http://127.0.0.1:4566", "path")
    query = parse_qs(urlsplit(store(client).presigned_url("k", 'чаш"ка.png', content_type)).query)
    assert query["response-content-type"] == [content_type or "application/octet-stream"]
    assert query["response-content-disposition"][0].startswith(f"{expected}; filename*=UTF-8''%D1%87")
    assert '"' not in query["response-content-disposition"][0]


def test_requests_go_out_in_tens_and_can_be_read_back(sqs) -> None:
    client, stubber = sqs
    requests = [AnalysisRequested(CreativeId(uuid4(), uuid4()), 1) for _ in range(12)]
    sent = []

    def remember(params, **_: object) -> None:
        sent.append([entry["MessageBody"] for entry in params["Entries"]])

    client.meta.events.register("before-parameter-build.sqs.SendMessageBatch", remember)
    answer = {"Successful": [], "Failed": []}
    for _ in range(2):
        stubber.add_response("send_message_batch", answer, {"QueueUrl": "q", "Entries": ANY})
    SqsAnalysisQueue(client, "q").send(requests)
    assert [len(batch) for batch in sent] == [10, 2]
    assert [event for batch in sent for text in batch for event in parse_message(text)] == requests


def test_a_request_that_was_not_taken_is_an_error(sqs) -> None:
    client, stubber = sqs
    failed = {"Id": "0", "SenderFault": False, "Code": "InternalError"}
    stubber.add_response("send_message_batch", {"Successful": [], "Failed": [failed]})
    with pytest.raises(TransientError):
        SqsAnalysisQueue(client, "q").send([AnalysisRequested(CreativeId(uuid4(), uuid4()), 1)])


def test_files_that_the_store_does_not_remove_are_not_taken_for_gone(s3) -> None:
    client, stubber = s3
    stubber.add_response("delete_objects", {})
    store(client).delete(["a"])
    stubber.add_response("delete_objects", {"Errors": [{"Key": "b", "Code": "SlowDown"}]})
    with pytest.raises(TransientError, match=r"1 files.*SlowDown"):
        store(client).delete(["a", "b"])


def test_no_bundle_at_an_address_is_an_error(s3, tmp_path: Path) -> None:
    client, stubber = s3
    stubber.add_response("list_objects_v2", {"IsTruncated": False}, {"Bucket": "models", "Prefix": "none/"})
    with pytest.raises(InvalidBundle, match="s3://models/none"):
        fetch_bundle(client, "s3://models/none", tmp_path)


@pytest.mark.parametrize("key", ["../../x", "/etc/x", "a/../../../x"])
def test_a_bundle_cannot_write_outside_its_folder(s3, tmp_path: Path, key: str) -> None:
    client, stubber = s3
    listing = {"IsTruncated": False, "Contents": [{"Key": f"b/{key}", "ETag": '"1"', "Size": 1}]}
    stubber.add_response("list_objects_v2", listing)
    with pytest.raises(InvalidBundle, match="leave"):
        fetch_bundle(client, "s3://models/b", tmp_path)


@pytest.mark.parametrize(
    ("name", "version"), [("..", "1"), ("a", ".."), ("a/b", "1"), ("A", "1"), ("", "1"), ("a", "1\n"), ("a", "x" * 65)]
)
def test_names_that_would_be_paths_are_none_of_bundles(s3, name: str, version: str) -> None:
    client, _ = s3
    with pytest.raises(InvalidValue, match="of a published bundle"):
        BundleRegistry(client, "models").uri(name, version)


def test_a_version_is_there_once_its_manifest_is(s3) -> None:
    client, stubber = s3
    now = datetime.now(UTC)
    keys = [
        "promoted.json",
        "b/1/manifest.toml",
        "b/1/x/y.onnx",
        "b/2/model.onnx",
        "b/manifest.toml",
        "B/1/manifest.toml",
    ]
    listing = {"IsTruncated": False, "Contents": [{"Key": key, "Size": 5, "LastModified": now} for key in keys]}
    stubber.add_response("list_objects_v2", listing)
    (found,) = BundleRegistry(client, "models").versions()
    assert (found.name, found.version, found.bytes) == ("b", "1", 10)
