"""The analyze handler with Powertools as it is and a use case that answers as told: what becomes of each message."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from uuid import uuid4

import pytest

from adlens.domain.creative import CreativeId
from adlens.domain.errors import TransientError
from adlens.domain.events import AnalysisRequested, Event, analysis_request
from adlens.services.analyze_creative import AnalysisOutcome
from functions.analyze import handler as module
from functions.analyze import wiring


@dataclass
class Context:
    function_name: str = "analyze"
    memory_limit_in_mb: int = 3008
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:000000000000:function:analyze"
    aws_request_id: str = "request"
    milliseconds: int = 60_000

    def get_remaining_time_in_millis(self) -> int:
        return self.milliseconds


@dataclass
class World:
    """What the handler did: events it had analysed with claimant and lease, and messages it sent back with a delay."""

    answers: dict[Event, AnalysisOutcome | Exception] = field(default_factory=dict)
    seen: list[tuple[Event, str, float]] = field(default_factory=list)
    delayed: dict[str, int] = field(default_factory=dict)
    queue_is_down: bool = False
    events_sent: int = 0

    def send_events(self) -> int:
        if self.queue_is_down:
            raise TransientError("queue")
        self.events_sent += 1
        return 1

    def analyze(self, event: Event, claimant: str, lease_seconds: float) -> AnalysisOutcome:
        self.seen.append((event, claimant, lease_seconds))
        answer = self.answers.get(event, AnalysisOutcome.ANALYSED)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def delay(self, receipt_handle: str, seconds: int) -> None:
        if self.queue_is_down:
            raise TransientError("queue")
        self.delayed[receipt_handle] = seconds


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    made = World()
    monkeypatch.setattr(wiring, "analyze_creative", lambda: made.analyze)
    monkeypatch.setattr(wiring, "queue", lambda: made)
    monkeypatch.setattr(wiring, "send_events", lambda: made.send_events)
    monkeypatch.setenv("POWERTOOLS_TRACE_DISABLED", "true")
    return made


def request() -> AnalysisRequested:
    return AnalysisRequested(CreativeId(uuid4(), uuid4()), 1)


def batch(*bodies: str, receives: int = 1) -> dict[str, object]:
    return {
        "Records": [
            {
                "messageId": f"m{number}",
                "receiptHandle": f"r{number}",
                "body": body,
                "attributes": {"ApproximateReceiveCount": str(receives)},
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:uploads",
                "awsRegion": "us-east-1",
            }
            for number, body in enumerate(bodies)
        ]
    }


def failed(answer: dict[str, object]) -> list[str]:
    return [item["itemIdentifier"] for item in answer["batchItemFailures"]]


def test_each_message_is_analysed_under_its_own_name(world: World) -> None:
    first, second = request(), request()
    answer = module.handler(batch(analysis_request(first), analysis_request(second)), Context())
    assert failed(answer) == []
    assert world.seen == [(first, "m0", 60), (second, "m1", 60)]


def test_a_call_that_hangs_leaves_its_stack_in_the_log(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(*_: object) -> AnalysisOutcome:
        time.sleep(2)
        return AnalysisOutcome.ANALYSED

    monkeypatch.setattr(world, "analyze", hang)
    with tempfile.TemporaryFile() as log:
        monkeypatch.setattr(module, "LOG", log.fileno())
        module.handler(batch(analysis_request(request())), Context(milliseconds=12_000))
        log.seek(0)
        assert log.read() == b""
        monkeypatch.setattr(module, "SECONDS_TO_FINISH", 0)
        module.handler(batch(analysis_request(request())), Context(milliseconds=1_500))
        log.seek(0)
        assert b"in hang" in log.read()


@pytest.mark.parametrize("outcome", list(AnalysisOutcome))
def test_no_outcome_is_a_failure(world: World, outcome: AnalysisOutcome) -> None:
    event = request()
    world.answers[event] = outcome
    assert failed(module.handler(batch(analysis_request(event)), Context())) == []


@pytest.mark.parametrize("error", [TransientError("down"), RuntimeError("bug"), MemoryError()])
def test_only_what_failed_goes_back_and_later_each_time(world: World, error: Exception) -> None:
    good, bad = request(), request()
    world.answers[bad] = error
    bodies = [analysis_request(good), analysis_request(bad)]
    delays = []
    for receives in (1, 2, 3, 9):
        assert failed(module.handler(batch(*bodies, receives=receives), Context())) == ["m1"]
        delays.append(world.delayed.pop("r1"))
    assert delays == [5, 10, 20, 300]


def test_a_batch_that_fails_as_a_whole_is_answered_message_by_message(world: World) -> None:
    assert failed(module.handler(batch("not json", "{}"), Context())) == ["m0", "m1"]
    assert world.delayed == {"r0": 0, "r1": 0}, "waiting cannot mend them"


def test_the_test_message_of_s3_is_no_work_and_no_failure(world: World) -> None:
    body = json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent"})
    assert failed(module.handler(batch(body), Context())) == []
    assert world.seen == []


def test_what_cannot_be_finished_in_time_is_not_begun(world: World) -> None:
    answer = module.handler(batch(analysis_request(request())), Context(milliseconds=9_000))
    assert failed(answer) == ["m0"]
    assert world.seen == []


def test_a_queue_that_is_down_does_not_hide_the_failure(world: World) -> None:
    world.queue_is_down = True
    assert failed(module.handler(batch("not json"), Context())) == ["m0"]


def test_what_webhooks_are_told_is_sent_once_per_batch_and_never_fails_it(world: World) -> None:
    first, second = analysis_request(request()), analysis_request(request())
    assert failed(module.handler(batch(first, second), Context())) == []
    assert world.events_sent == 1
    world.queue_is_down = True
    assert failed(module.handler(batch(first, second), Context())) == []
    assert failed(module.handler(batch(first), Context(milliseconds=9_000))) == ["m0"]
    assert world.events_sent == 1


@pytest.mark.parametrize("envelope", [{}, {"hello": "world"}, {"Records": [{"s3": {}}]}, []])
def test_an_envelope_of_another_shape_is_never_a_success(world: World, envelope: object) -> None:
    try:
        answer = module.handler(envelope, Context())
    except Exception:  # Lambda then keeps the messages
        return
    assert answer["batchItemFailures"]


def test_importing_the_handler_loads_no_model_and_no_vision_library() -> None:
    heavy = {"onnxruntime", "rapidocr", "cv2", "sklearn", "skimage", "scipy", "torch", "sqlalchemy"}
    code = f"import functions.analyze.handler, sys; print(sorted({heavy!r} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize("error", [TransientError("database"), RuntimeError("no such table"), MemoryError()])
def test_events_that_cannot_be_sent_take_nothing_from_the_answer(
    world: World, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def fail() -> int:
        raise error

    monkeypatch.setattr(wiring, "send_events", lambda: fail)
    good, bad = request(), request()
    world.answers[bad] = RuntimeError("bug")
    assert failed(module.handler(batch(analysis_request(good), analysis_request(bad)), Context())) == ["m1"]
