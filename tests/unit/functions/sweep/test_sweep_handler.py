"""The sweep's duties: one that fails does not stop the others."""

from __future__ import annotations

from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest

from functions.sweep import handler as module

CONTEXT = SimpleNamespace(function_name="sweep", memory_limit_in_mb=512, invoked_function_arn="arn", aws_request_id="1")


@pytest.fixture(autouse=True)
def _untraced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POWERTOOLS_TRACE_DISABLED", "true")


def count(now: datetime) -> dict[str, int]:
    return {"Counted": 3}


def fail(now: datetime) -> dict[str, int]:
    raise RuntimeError("the store is down")


def sweep(**event: str) -> Any:
    return module.handler(event, CONTEXT)  # type: ignore[arg-type]


def test_what_was_done_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "DUTIES", (count,))
    assert sweep() == {"Counted": 3}


def test_claims_are_given_up_first_and_only_when_their_workers_are_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "DUTIES", (count,))
    monkeypatch.setattr(module, "WORKERS_GONE", (lambda now: {"ClaimsReleased": 1},))
    assert list(sweep(workers="gone")) == ["ClaimsReleased", "Counted"]
    assert list(sweep()) == ["Counted"]


def test_a_duty_that_fails_stops_no_other_and_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(module, "DUTIES", (fail, count))
    with pytest.raises(module.SweepIncomplete, match="fail"):
        sweep()
    written = capsys.readouterr().out
    assert '"Counted":[3' in written.replace(" ", ""), "its metric is sent all the same"
    assert '"Sweeps":[1' in written.replace(" ", "")
