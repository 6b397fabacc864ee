import json
from urllib.parse import quote_plus
from uuid import uuid4

import pytest

from adlens.domain.creative import CreativeId
from adlens.domain.errors import MalformedEvent
from adlens.domain.events import AnalysisRequested, ObjectCreated, analysis_request, parse_message, sequencer_order


def notification(key: str = "a/b/c", event_name: str = "ObjectCreated:Post", **stored: object) -> str:
    record = {
        "eventName": event_name,
        "s3": {
            "bucket": {"name": "uploads"},
            "object": {"key": key, "size": 7, "eTag": "d41d8", "sequencer": "0055AED6DCD90281E5", **stored},
        },
    }
    return json.dumps({"Records": [record]})


def test_a_notification_names_bucket_key_size_etag_and_sequencer() -> None:
    assert parse_message(notification()) == [ObjectCreated("uploads", "a/b/c", 7, "d41d8", "0055AED6DCD90281E5")]


@pytest.mark.parametrize("key", ["a b/ü.png", "100%+1/x", "plain", "кружка.jpg", "a%2Fb"])
def test_keys_are_decoded_exactly_once(key: str) -> None:
    [event] = parse_message(notification(quote_plus(key)))
    assert isinstance(event, ObjectCreated)
    assert event.key == key


def test_minio_names_its_events_with_a_prefix_and_repeats_the_key_on_top() -> None:
    body = json.loads(notification("w%2Fg%2Fc", "s3:ObjectCreated:Put"))
    body |= {"EventName": "s3:ObjectCreated:Put", "Key": "uploads/w/g/c"}
    [event] = parse_message(json.dumps(body))
    assert isinstance(event, ObjectCreated)
    assert event.key == "w/g/c"


def test_the_test_message_of_a_new_notification_holds_no_events() -> None:
    assert parse_message(json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "uploads"})) == []


def test_removals_are_no_work() -> None:
    assert parse_message(notification(event_name="ObjectRemoved:Delete")) == []


def test_a_request_to_analyse_again_survives_the_queue() -> None:
    request = AnalysisRequested(CreativeId(uuid4(), uuid4()), 3)
    assert parse_message(analysis_request(request)) == [request]


@pytest.mark.parametrize(
    "body",
    [
        "",
        "not json",
        "[]",
        "{}",
        '{"Records": []}',
        '{"Records": null}',
        '{"Records": {}}',
        '{"Records": ["x"]}',
        '{"Records": [{"eventName": "ObjectCreated:Put"}]}',
        '{"Records": [{"eventName": "ObjectCreated:Put", "s3": {"bucket": null}}]}',
        '{"adlens": "analyze", "workspace_id": "x", "creative_id": "y", "revision": 1}',
        '{"adlens": "analyze"}',
    ],
)
def test_anything_else_is_malformed(body: str) -> None:
    with pytest.raises(MalformedEvent):
        parse_message(body)


def test_sequencers_are_compared_padded_on_the_right_and_regardless_of_case() -> None:
    assert sequencer_order("00A") < sequencer_order("00A1")
    assert sequencer_order("00a1") == sequencer_order("00A1")
    assert sequencer_order("01") > sequencer_order("00FFFF")
    assert sequencer_order("") < sequencer_order("0000000001")
