"""The bridge against what MinIO posts, with a stubbed SQS that checks every request made of it."""

import json
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.stub import Stubber
from fastapi.testclient import TestClient
from pydantic import ValidationError

from adlens.domain.events import ObjectCreated, parse_message
from local.compose.minio_bridge import MAX_BODY_BYTES, BridgeSettings, create_app

EVENTS = Path(__file__).with_name("minio_events")
QUEUE = "http://localstack:4566/000000000000/uploads"
KEY = "0d9f1f7e-2c53-4a6e-8a4b-0f6a4c1b7d10/grp_20260412_093015_a1b2c3/3f1c0c5e-5b0e-4b7e-9b1a-7a1d2c3e4f50"
TOKEN = "a-token-of-many-letters"
MINIO = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}  # as MinIO's webhook target sends it


@pytest.fixture
def stub() -> Iterator[Stubber]:
    sqs = boto3.client("sqs", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    with Stubber(sqs) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def bridge(stub: Stubber) -> TestClient:
    return TestClient(create_app(BridgeSettings(bridge_token=TOKEN, adlens_uploads_queue_url=QUEUE), stub.client))


def expect(stub: Stubber, body: bytes) -> str:
    """Expects the records of `body` to be sent, and returns the message."""
    message = json.dumps({"Records": json.loads(body)["Records"]})
    stub.add_response("send_message", {"MessageId": "m-1"}, {"QueueUrl": QUEUE, "MessageBody": message})
    return message


@pytest.mark.parametrize(
    ("name", "key", "size", "etag"),
    [
        ("post", KEY, 70478, "9b2cf535f27731c974343645a3985328"),
        ("put", KEY, 70478, "9b2cf535f27731c974343645a3985328"),
        ("multipart", KEY, 12582912, "1f1b2c3d4e5f60718293a4b5c6d7e8f9-3"),
        ("odd_key", "папка/чашка + ложка 50%.png", 181, "d41d8cd98f00b204e9800998ecf8427e"),
    ],
)
def test_a_new_object_reaches_the_queue_as_s3_would_say_it(
    bridge: TestClient, stub: Stubber, name: str, key: str, size: int, etag: str
) -> None:
    body = (EVENTS / f"{name}.json").read_bytes()
    message = expect(stub, body)

    answer = bridge.post("/events", content=body, headers=MINIO)

    assert answer.status_code == 204
    assert json.loads(message).keys() == {"Records"}
    (event,) = parse_message(message)
    sequencer = json.loads(body)["Records"][0]["s3"]["object"]["sequencer"]
    assert event == ObjectCreated("adlens-uploads", key, size, etag, sequencer)


def test_other_events_are_not_dropped_and_mean_nothing_to_the_analysis(bridge: TestClient, stub: Stubber) -> None:
    body = (EVENTS / "removed.json").read_bytes()
    message = expect(stub, body)
    assert bridge.post("/events", content=body, headers=MINIO).status_code == 204
    assert parse_message(message) == []


@pytest.mark.parametrize(
    "authorization",
    [None, "", TOKEN, "Bearer", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", f"Basic {TOKEN}", "Bearer \xfc\xe4"],
)
def test_only_minio_may_send(bridge: TestClient, authorization: str | None) -> None:
    headers = {} if authorization is None else {"Authorization": authorization.encode("latin-1")}
    answer = bridge.post("/events", content=(EVENTS / "put.json").read_bytes(), headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b"{}",
        b'"Records"',
        b"[" * 200_000,
        b'{"Records": []}',
        b'{"Records": {}}',
        b'{"Records": [{"eventName": "s3:ObjectCreated:Put"}]}',
        b'{"Records": [{"eventName": "s3:ObjectCreated:Put", "s3": {"object": {"key": 1}, "bucket": {"name": "b"}}}]}',
        b'{"adlens": "analyze", "workspace_id": "0d9f1f7e-2c53-4a6e-8a4b-0f6a4c1b7d10",'
        b' "creative_id": "3f1c0c5e-5b0e-4b7e-9b1a-7a1d2c3e4f50", "revision": 1}',
    ],
)
def test_what_is_no_event_is_refused_with_a_reason(bridge: TestClient, body: bytes) -> None:
    answer = bridge.post("/events", content=body, headers=MINIO)
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith("The message ")


def test_a_body_without_end_is_cut_off(bridge: TestClient) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(MAX_BODY_BYTES // 4096 + 1):
            yield b" " * 4096

    assert bridge.post("/events", content=endless(), headers=MINIO).status_code == 413


def test_the_largest_body_is_taken(bridge: TestClient, stub: Stubber) -> None:
    body = (EVENTS / "put.json").read_bytes().ljust(MAX_BODY_BYTES)
    expect(stub, body)
    assert bridge.post("/events", content=body, headers=MINIO).status_code == 204


def test_minio_keeps_an_event_that_the_queue_does_not_take(bridge: TestClient, stub: Stubber) -> None:
    body = (EVENTS / "put.json").read_bytes()
    stub.add_client_error("send_message", "ServiceUnavailable", http_status_code=503)
    expect(stub, body)
    first, again = (bridge.post("/events", content=body, headers=MINIO) for _ in range(2))
    assert (first.status_code, again.status_code) == (503, 204)


def test_minio_keeps_an_event_while_nothing_listens(
    bridge: TestClient, stub: Stubber, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: object) -> None:
        raise EndpointConnectionError(endpoint_url=QUEUE)

    monkeypatch.setattr(stub.client, "send_message", refuse)
    answer = bridge.post("/events", content=(EVENTS / "put.json").read_bytes(), headers=MINIO)
    assert answer.status_code == 503
    assert "localstack" not in answer.text


def test_minio_finds_it_present(bridge: TestClient) -> None:
    assert bridge.head("/events", headers=MINIO).status_code == 204


def test_it_is_healthy_with_its_queue(bridge: TestClient, stub: Stubber) -> None:
    asked = {"QueueUrl": QUEUE, "AttributeNames": ["QueueArn"]}
    stub.add_response("get_queue_attributes", {"Attributes": {"QueueArn": "arn"}}, asked)
    stub.add_client_error("get_queue_attributes", "AWS.SimpleQueueService.NonExistentQueue", expected_params=asked)
    assert [bridge.get("/health").status_code for _ in range(2)] == [200, 503]


def test_it_does_not_start_without_a_token_worth_the_name() -> None:
    with pytest.raises(ValidationError):
        BridgeSettings(bridge_token="short", adlens_uploads_queue_url=QUEUE)
