"""The dispatch handler with a use case that answers as told: what becomes of each message."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import uuid4

import pytest

from adlens.domain.creative import CreativeId
from adlens.domain.errors import TransientError
from adlens.domain.events import AnalysisRequested, Event, ObjectCreated, analysis_request
from functions.dispatch import handler as module


@dataclass
class Context:
    function_name: str = "dispatch"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:000000000000:function:dispatch"
    aws_request_id: str = "request"


@dataclass
class World:
    """What was dispatched, and which messages were sent back with which delay."""

    error: Exception | None = None
    seen: list[Event] = field(default_factory=list)
    delayed: dict[str, int] = field(default_factory=dict)

    def dispatch(self, events: Sequence[Event]) -> int:
        if self.error:
            raise self.error
        self.seen += events
        return len(events)

    def delay(self, receipt_handle: str, seconds: int) -> None:
        self.delayed[receipt_handle] = seconds


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    made = World()
    monkeypatch.setattr(module, "dispatch_uploads", lambda: made.dispatch)
    monkeypatch.setattr(module, "uploads_queue", lambda: made)
    monkeypatch.setenv("POWERTOOLS_TRACE_DISABLED", "true")
    return made


def created(key: str) -> str:
    stored = {"key": key, "size": 1, "eTag": "e", "sequencer": "01"}
    return json.dumps(
        {"Records": [{"eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": "b"}, "object": stored}}]}
    )


def batch(*bodies: str, receives: int = 1) -> dict[str, object]:
    attributes = {"ApproximateReceiveCount": str(receives)}
    return {
        "Records": [
            {"messageId": f"m{number}", "receiptHandle": f"r{number}", "body": body, "attributes": attributes}
            for number, body in enumerate(bodies)
        ]
    }


def failed(answer: dict[str, list[dict[str, str]]]) -> list[str]:
    return [item["itemIdentifier"] for item in answer["batchItemFailures"]]


def test_a_batch_is_dispatched_together(world: World) -> None:
    request = AnalysisRequested(CreativeId(uuid4(), uuid4()), 2)
    bodies = created("a"), json.dumps({"Event": "s3:TestEvent"}), analysis_request(request), created("b")
    assert failed(module.handler(batch(*bodies), Context())) == []
    assert world.seen == [ObjectCreated("b", "a", 1, "e", "01"), request, ObjectCreated("b", "b", 1, "e", "01")]


def test_a_message_of_no_use_goes_to_the_dead_letters_alone(world: World) -> None:
    assert failed(module.handler(batch("not json", created("a"), "{}"), Context())) == ["m0", "m2"]
    assert world.delayed == {"r0": 0, "r2": 0}
    assert len(world.seen) == 1


@pytest.mark.parametrize("error", [TransientError("database"), RuntimeError("bug")])
def test_what_cannot_be_dispatched_comes_back_later_each_time(world: World, error: Exception) -> None:
    world.error = error
    for receives, delay in ((1, 5), (2, 10), (9, 300)):
        world.delayed.clear()
        assert failed(module.handler(batch(created("a"), "not json", receives=receives), Context())) == ["m0", "m1"]
        assert world.delayed == {"r0": delay, "r1": 0}


@pytest.mark.parametrize("envelope", [{}, {"hello": "world"}, {"Records": [{"s3": {}}]}])
def test_an_envelope_of_another_shape_is_never_a_success(world: World, envelope: dict[str, object]) -> None:
    with pytest.raises(KeyError):
        module.handler(envelope, Context())
