"""Queues and schedules with a stubbed SQS that checks every request made of it."""

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from aws_lambda_powertools.utilities.data_classes import SQSEvent
from botocore.stub import Stubber

from local.compose.event_sources import QueueSource, Schedule, at_work, run
from local.compose.functions import FunctionError, Unavailable

QUEUE = "http://localstack:4566/000000000000/uploads"


class Recorded:
    """A function that answers, or raises, what it is given."""

    def __init__(self, answer: Any = None, ready: bool = True) -> None:
        self.answer = answer
        self.is_ready = ready
        self.payloads: list[str] = []

    def ready(self) -> bool:
        return self.is_ready

    def __call__(self, payload: str) -> bytes:
        self.payloads.append(payload)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer if isinstance(self.answer, bytes) else json.dumps(self.answer).encode()


@pytest.fixture
def stub() -> Iterator[Stubber]:
    sqs = boto3.client("sqs", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    with Stubber(sqs) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


Source = Callable[[Recorded], QueueSource]


@pytest.fixture
def source(stub: Stubber) -> Source:
    return lambda function: QueueSource("analyze", stub.client, QUEUE, function, batch_size=3, wait_seconds=0)


@pytest.fixture
def stop() -> threading.Event:
    return threading.Event()


def failures(*ids: str) -> dict[str, Any]:
    return {"batchItemFailures": [{"itemIdentifier": id_} for id_ in ids]}


def expect_messages(stub: Stubber, *ids: str) -> None:
    messages = [
        {
            "MessageId": id_,
            "ReceiptHandle": f"receipt of {id_}",
            "Body": f"body of {id_}",
            "MD5OfBody": "d41d8cd98f00b204e9800998ecf8427e",
            "Attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1775986216214"},
        }
        for id_ in ids
    ]
    stub.add_response(
        "receive_message",
        {"Messages": messages} if messages else {},
        {"QueueUrl": QUEUE, "MaxNumberOfMessages": 3, "WaitTimeSeconds": 0, "MessageSystemAttributeNames": ["All"]},
    )


def expect_deleted(stub: Stubber, *ids: str) -> None:
    entries = [{"Id": str(i), "ReceiptHandle": f"receipt of {id_}"} for i, id_ in enumerate(ids)]
    stub.add_response(
        "delete_message_batch",
        {"Successful": [{"Id": entry["Id"]} for entry in entries], "Failed": []},
        {"QueueUrl": QUEUE, "Entries": entries},
    )


def expect_given_back(stub: Stubber, seconds: int, *ids: str) -> None:
    for id_ in ids:
        stub.add_response(
            "change_message_visibility",
            {},
            {"QueueUrl": QUEUE, "ReceiptHandle": f"receipt of {id_}", "VisibilityTimeout": seconds},
        )


def test_what_the_function_did_is_deleted(stub: Stubber, source: Source, stop: threading.Event) -> None:
    expect_messages(stub, "a", "b")
    expect_deleted(stub, "a", "b")
    source(Recorded(failures())).step(stop)


def test_what_failed_stays_in_the_queue(stub: Stubber, source: Source, stop: threading.Event) -> None:
    expect_messages(stub, "a", "b", "c")
    expect_deleted(stub, "a", "c")
    source(Recorded(failures("b"))).step(stop)


def test_the_function_sees_an_event_of_sqs(stub: Stubber, source: Source, stop: threading.Event) -> None:
    expect_messages(stub, "a", "b")
    function = Recorded(failures("a", "b"))
    source(function).step(stop)

    (payload,) = function.payloads
    first, second = SQSEvent(json.loads(payload)).records
    assert (first.message_id, first.body, first.receipt_handle) == ("a", "body of a", "receipt of a")
    assert second.attributes.approximate_receive_count == "1"
    assert first.event_source == "aws:sqs"
    assert first.event_source_arn == "arn:aws:sqs:us-east-1:000000000000:uploads"
    assert first.aws_region == "us-east-1"


@pytest.mark.parametrize(
    "answer",
    [
        None,
        b"",
        b"Task timed out after 60.00 seconds",
        {},
        [],
        "done",
        {"batchItemFailures": None},
        {"batchItemFailures": ["a"]},
        {"batchItemFailures": [{}]},
        {"batchItemFailures": [{"itemIdentifier": []}]},
        failures(""),
        failures("somebody else's"),
        {"batchItemFailures": [{"itemIdentifier": None}]},
        FunctionError("it broke"),
    ],
)
def test_an_answer_that_says_nothing_deletes_nothing(
    stub: Stubber, source: Source, stop: threading.Event, answer: Any
) -> None:
    expect_messages(stub, "a", "b")
    source(Recorded(answer)).step(stop)


def test_an_empty_queue_calls_nobody(stub: Stubber, source: Source, stop: threading.Event) -> None:
    expect_messages(stub)
    function = Recorded(failures())
    source(function).step(stop)
    assert function.payloads == []


def test_nothing_is_received_for_a_function_that_is_away(source: Source, stop: threading.Event) -> None:
    with pytest.raises(Unavailable):
        source(Recorded(ready=False)).step(stop)


def test_messages_that_did_not_reach_the_function_come_back_soon(
    stub: Stubber, source: Source, stop: threading.Event
) -> None:
    expect_messages(stub, "a", "b")
    expect_given_back(stub, 3, "a", "b")
    with pytest.raises(Unavailable):
        source(Recorded(Unavailable("gone"))).step(stop)


def test_messages_received_while_stopping_go_back_at_once(stub: Stubber, source: Source, stop: threading.Event) -> None:
    expect_messages(stub, "a")
    expect_given_back(stub, 0, "a")
    stop.set()
    function = Recorded(failures())
    source(function).step(stop)
    assert function.payloads == []


def test_a_message_that_cannot_be_deleted_is_left_for_later(
    stub: Stubber, source: Source, stop: threading.Event, caplog: pytest.LogCaptureFixture
) -> None:
    expect_messages(stub, "a")
    failure = {"Id": "0", "Code": "ReceiptHandleIsInvalid", "SenderFault": True}
    stub.add_response("delete_message_batch", {"Successful": [], "Failed": [failure]})
    source(Recorded(failures())).step(stop)
    assert "ReceiptHandleIsInvalid" in caplog.text


def test_a_schedule_calls_at_once_and_then_when_it_is_due(stop: threading.Event) -> None:
    function = Recorded({"ended": 0})
    daily = Schedule("sweep", function, 86400)
    daily.step(stop)
    stop.set()  # so that waiting takes no time
    daily.step(stop)
    assert function.payloads == ["{}"]

    always = Schedule("sweep", function, 0)
    always.step(stop)
    always.step(stop)
    assert function.payloads == ["{}"] * 3


def test_a_schedule_goes_on_after_a_failure(stop: threading.Event, caplog: pytest.LogCaptureFixture) -> None:
    function = Recorded(FunctionError("no database"))
    source = Schedule("sweep", function, 0)
    source.step(stop)
    source.step(stop)
    assert len(function.payloads) == 2
    assert "no database" in caplog.text


class Steps:
    """A source that does what it is given, step by step, and then waits to be stopped."""

    def __init__(self, name: str, *steps: Callable[[], None]) -> None:
        self.name = name
        self.done = 0
        self._steps = steps

    def step(self, stop: threading.Event) -> None:
        if self.done == len(self._steps):
            stop.wait()
            return
        self.done += 1
        self._steps[self.done - 1]()


def test_all_sources_work_until_they_are_stopped(tmp_path: Path, stop: threading.Event) -> None:
    both = threading.Barrier(2)
    sources = [Steps("one", both.wait, stop.set), Steps("two", both.wait)]
    run(sources, stop, tmp_path / "beats")
    assert [source.done for source in sources] == [2, 1]


def test_trouble_of_a_neighbour_is_waited_out(
    tmp_path: Path, stop: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> None:
        raise Unavailable("not there yet")

    monkeypatch.setattr("local.compose.event_sources.PAUSE_SECONDS", 0)
    source = Steps("one", away, away, stop.set)
    run([source], stop, tmp_path / "beats")
    assert source.done == 3


def test_a_source_that_breaks_ends_them_all(tmp_path: Path, stop: threading.Event) -> None:
    def fail() -> None:
        raise RuntimeError("a bug")

    with pytest.raises(RuntimeError, match="a bug"):
        run([Steps("waits"), Steps("breaks", fail)], stop, tmp_path / "beats")


def test_health_asks_for_a_sign_of_life_of_every_source(tmp_path: Path, stop: threading.Event) -> None:
    beats = tmp_path / "beats"
    assert not at_work({"one": 100}, beats)
    run([Steps("one", stop.set), Steps("two")], stop, beats)
    assert at_work({"one": 100}, beats)
    assert not at_work({"one": 100, "three": 100}, beats)

    long_ago = time.time() - 101
    os.utime(beats / "one", (long_ago, long_ago))
    assert not at_work({"one": 100}, beats)
    assert at_work({"one": 200}, beats)


def test_signs_of_a_life_before_do_not_count(tmp_path: Path, stop: threading.Event) -> None:
    beats = tmp_path / "beats"
    run([Steps("before", stop.set)], stop, beats)
    run([Steps("now")], stop, beats)
    assert not at_work({"before": 100}, beats)
