"""The jobs handler with Powertools as it is and a use case that answers as told: what becomes of each message."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest

from adlens.domain.errors import TransientError
from adlens.domain.jobs import JobId, job_request
from adlens.services.run_job import JobOutcome
from functions.dead_letters import handler as dead_letters
from functions.jobs import handler as module

KEY = JobId(uuid4(), uuid4())


@dataclass
class Context:
    function_name: str = "jobs"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:000000000000:function:jobs"
    aws_request_id: str = "request"
    milliseconds: int = 900_000

    def get_remaining_time_in_millis(self) -> int:
        return self.milliseconds


@dataclass
class World:
    answer: JobOutcome | Exception = JobOutcome.DONE
    seconds: float = 0
    seen: list[tuple[JobId, str, bool]] = field(default_factory=list)
    delays: list[int] = field(default_factory=list)
    ended: list[tuple[JobId, str]] = field(default_factory=list)

    def run(self, key: JobId, claimant: str, has_time: Callable[[], bool]) -> JobOutcome:
        self.seen.append((key, claimant, has_time()))
        time.sleep(self.seconds)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def delay(self, receipt_handle: str, seconds: int) -> None:
        self.delays.append(seconds)

    def end(self, key: JobId, claimant: str) -> bool:
        self.ended.append((key, claimant))
        return True


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    made = World()
    monkeypatch.setattr(module, "run_job", lambda: made.run)
    monkeypatch.setattr(module, "queue", lambda: made)
    monkeypatch.setattr(dead_letters, "end_dead_job", lambda: made.end)
    monkeypatch.setenv("POWERTOOLS_TRACE_DISABLED", "true")
    return made


def event(body: str, receives: int = 1) -> dict[str, Any]:
    attributes = {"ApproximateReceiveCount": str(receives), "SentTimestamp": "1775986216214"}
    record = {"messageId": "m0", "receiptHandle": "r0", "body": body, "attributes": attributes}
    return {"Records": [{**record, "messageAttributes": {}, "eventSource": "aws:sqs", "eventSourceARN": "arn:q"}]}


def failures(answer: dict[str, Any]) -> list[str]:
    return [item["itemIdentifier"] for item in answer["batchItemFailures"]]


def test_a_message_is_one_stretch_of_a_job(world: World) -> None:
    assert failures(module.handler(event(job_request(KEY)), Context())) == []
    assert world.seen == [(KEY, "m0", True)]
    assert world.delays == [module.HIDDEN_SECONDS]


def test_near_the_end_of_its_time_a_worker_hands_on(world: World) -> None:
    module.handler(event(job_request(KEY)), Context(milliseconds=1000 * module.SECONDS_FOR_A_PAGE))
    assert world.seen == [(KEY, "m0", False)]


def test_the_message_stays_hidden_while_the_worker_works(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RENEWED_AFTER_SECONDS", 0.01)
    world.seconds = 0.5
    module.handler(event(job_request(KEY)), Context())
    assert len(world.delays) > 2
    assert set(world.delays) == {module.HIDDEN_SECONDS}
    renewed = len(world.delays)
    time.sleep(0.1)
    assert len(world.delays) == renewed, "and no longer"


def test_what_fails_comes_back_later_each_time(world: World) -> None:
    world.answer = TransientError("The database is away.")
    for receives in (1, 2):
        assert failures(module.handler(event(job_request(KEY), receives), Context())) == ["m0"]
    assert world.delays == [module.HIDDEN_SECONDS, 5, module.HIDDEN_SECONDS, 10]


@pytest.mark.parametrize("body", ["no json", '{"adlens": "analyze"}', "{}"])
def test_a_message_in_an_unknown_format_fails_at_once(world: World, body: str) -> None:
    assert failures(module.handler(event(body), Context())) == ["m0"]
    assert (world.seen, world.delays) == ([], [0])


def test_a_dead_request_ends_its_job(world: World) -> None:
    assert failures(dead_letters.handler(event(job_request(KEY)), Context())) == []
    assert failures(dead_letters.handler(event('{"adlens": "job"}'), Context())) == []
    assert world.ended == [(KEY, "m0")]
