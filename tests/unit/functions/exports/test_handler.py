"""The exports handler with Powertools as it is and a use case that answers as told: what becomes of each message."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest

from adlens.domain.errors import TransientError
from adlens.domain.exports import ExportId, export_request
from adlens.services.write_export import ExportOutcome
from functions.dead_letters import handler as dead_letters
from functions.exports import handler as module
from functions.exports import wiring

KEY = ExportId(uuid4(), uuid4())


@dataclass
class Context:
    function_name: str = "exports"
    memory_limit_in_mb: int = 1769
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:000000000000:function:exports"
    aws_request_id: str = "request"

    milliseconds: int = 900_000

    def get_remaining_time_in_millis(self) -> int:
        return self.milliseconds


@dataclass
class World:
    answer: ExportOutcome | Exception = ExportOutcome.WRITTEN
    seen: list[tuple[ExportId, str, float]] = field(default_factory=list)
    delays: list[int] = field(default_factory=list)
    ended: list[tuple[ExportId, str]] = field(default_factory=list)
    events_sent: int = 0
    queue_is_down: bool = False

    def write(self, key: ExportId, claimant: str, seconds: float) -> ExportOutcome:
        self.seen.append((key, claimant, seconds))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def send_events(self) -> int:
        if self.queue_is_down:
            raise TransientError("queue")
        self.events_sent += 1
        return 1

    def delay(self, receipt_handle: str, seconds: int) -> None:
        self.delays.append(seconds)

    def end(self, key: ExportId, claimant: str) -> bool:
        self.ended.append((key, claimant))
        return True


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    made = World()
    monkeypatch.setattr(wiring, "write_export", lambda: made.write)
    monkeypatch.setattr(wiring, "queue", lambda: made)
    monkeypatch.setattr(wiring, "send_events", lambda: made.send_events)
    monkeypatch.setattr(dead_letters, "end_dead_export", lambda: made.end)
    monkeypatch.setenv("POWERTOOLS_TRACE_DISABLED", "true")
    return made


def event(body: str, receives: int = 1) -> dict[str, Any]:
    attributes = {"ApproximateReceiveCount": str(receives), "SentTimestamp": "1775986216214"}
    record = {"messageId": "m0", "receiptHandle": "r0", "body": body, "attributes": attributes}
    return {"Records": [{**record, "messageAttributes": {}, "eventSource": "aws:sqs", "eventSourceARN": "arn:q"}]}


def failures(answer: dict[str, Any]) -> list[str]:
    return [item["itemIdentifier"] for item in answer["batchItemFailures"]]


def test_a_message_is_one_export(world: World) -> None:
    assert failures(module.handler(event(export_request(KEY)), Context())) == []
    assert world.seen == [(KEY, "m0", 900)]


def test_should_the_worker_die_its_message_comes_back_soon_after_its_time(world: World) -> None:
    module.handler(event(export_request(KEY)), Context())
    assert world.delays == [960]


def test_what_fails_comes_back_later_each_time(world: World) -> None:
    world.answer = TransientError("The database is away.")
    for receives in (1, 2):
        assert failures(module.handler(event(export_request(KEY), receives), Context())) == ["m0"]
    assert world.delays == [960, 15, 960, 30]


def test_what_webhooks_are_told_is_sent_after_an_export_and_never_fails_it(world: World) -> None:
    assert failures(module.handler(event(export_request(KEY)), Context())) == []
    assert world.events_sent == 1
    world.queue_is_down = True
    assert failures(module.handler(event(export_request(KEY)), Context())) == []
    world.queue_is_down = False
    assert failures(module.handler(event(export_request(KEY)), Context(milliseconds=9_000))) == []
    assert world.events_sent == 1


@pytest.mark.parametrize("body", ["no json", '{"adlens": "analyze"}', "{}"])
def test_a_message_that_is_none_of_ours_fails_at_once(world: World, body: str) -> None:
    assert failures(module.handler(event(body), Context())) == ["m0"]
    assert (world.seen, world.delays) == ([], [0])


def test_a_dead_request_ends_its_export(world: World) -> None:
    assert failures(dead_letters.handler(event(export_request(KEY)), Context())) == []
    assert world.ended == [(KEY, "m0")]


def test_a_dead_request_that_cannot_be_read_is_logged_and_gone(world: World) -> None:
    assert failures(dead_letters.handler(event('{"adlens": "export"}'), Context())) == []
    assert world.ended == []


def test_arrow_is_loaded_with_the_first_file_that_needs_it() -> None:
    code = "import sys, functions.exports.handler, functions.exports.wiring; sys.exit('pyarrow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
