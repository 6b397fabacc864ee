"""`adlens reanalyze` against an API that answers over real HTTP, as told."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from typer.testing import CliRunner

from adlens_cli.main import app


class Api(ThreadingHTTPServer):
    """Answers a request with `answer` and asks about a job with `jobs` one after the other; None is a failure."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[tuple[str, dict[str, list[str]]]] = []
        self.answer: dict[str, Any] | None = None
        self.jobs: list[dict[str, Any]] = []


class Handler(BaseHTTPRequestHandler):
    server: Api

    def do_POST(self) -> None:
        self._answer(202, self.server.jobs.pop(0) if self.path.endswith("/cancel") else self.server.answer)

    def do_GET(self) -> None:
        jobs = self.server.jobs
        self._answer(200, jobs if self.path.startswith("/jobs?") else jobs.pop(0))

    def _answer(self, status: int, found: Any) -> None:
        address = urlsplit(self.path)
        assert self.headers["x-api-key"] == "adl_key"
        self.server.asked.append((address.path, parse_qs(address.query)))
        data = json.dumps(found or {"detail": "The queue did not answer."}).encode()
        self.send_response(status if found else 503)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    server = Api()
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    monkeypatch.setenv("ADLENS_API_URL", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("ADLENS_API_KEY", "adl_key")
    yield server
    server.shutdown()
    server.server_close()


def begun(count: int) -> dict[str, Any]:
    return {"count": count, "next_cursor": None, "job_id": "j1" if count else None}


def job(state: str, done: int, total: int = 507, reason: str = "") -> dict[str, Any]:
    return {
        "job_id": "j1",
        "kind": "reanalysis",
        "state": state,
        "progress": {"done": done, "total": total},
        "asked_by": None,
        "created_at": "2026-03-01T10:15:02Z",
        "failure": {"code": "job_failed", "reason": reason} if reason else None,
    }


def test_a_job_is_asked_for_and_waited_for(api: Api) -> None:
    api.answer, api.jobs = begun(507), [job("RUNNING", 100), job("DONE", 506)]
    result = CliRunner().invoke(app, ["reanalyze", "--group", "a", "--group", "b", "--where", "topic=cups"])
    assert (result.exit_code, "506 creatives" in result.output) == (0, True)
    asked = {"group_id": ["a", "b"], "topic": ["cups"], "outdated": ["true"]}
    assert api.asked == [("/creatives/reanalyze", asked), ("/jobs/j1", {}), ("/jobs/j1", {})]


def test_who_does_not_wait_is_told_how_many_there_will_be(api: Api) -> None:
    api.answer = begun(507)
    result = CliRunner().invoke(app, ["reanalyze", "--no-wait"])
    assert (result.exit_code, "507 creatives" in result.output) == (0, True)


def test_without_options_all_outdated_ones_are_asked_for_and_none_is_said(api: Api) -> None:
    api.answer = begun(0)
    result = CliRunner().invoke(app, ["reanalyze"])
    assert (result.exit_code, "Nothing to do" in result.output) == (0, True)
    assert api.asked == [("/creatives/reanalyze", {"outdated": ["true"]})]


def test_all_means_those_of_the_bundle_in_use_too(api: Api) -> None:
    api.answer, api.jobs = begun(3), [job("DONE", 3)]
    result = CliRunner().invoke(app, ["reanalyze", "--all", "--topic-decision", "unsure"])
    assert (result.exit_code, "3 creatives" in result.output) == (0, True)
    assert api.asked[0] == ("/creatives/reanalyze", {"outdated": ["false"], "topic_decision": ["unsure"]})


@pytest.mark.parametrize(
    ("end", "told"),
    [(job("FAILED", 1, reason="It failed. Start it again."), "Start it again."), (job("CANCELLED", 7), "after 7")],
)
def test_a_job_that_is_not_done_says_why(api: Api, end: dict[str, Any], told: str) -> None:
    api.answer, api.jobs = begun(507), [end]
    result = CliRunner().invoke(app, ["reanalyze"])
    assert (result.exit_code, told in result.output) == (1, True)


def test_a_failure_of_the_api_is_said(api: Api) -> None:
    result = CliRunner().invoke(app, ["reanalyze"])
    assert result.exit_code == 1
    assert "The queue did not answer." in result.output


def test_a_condition_without_a_value_is_refused(api: Api) -> None:
    assert CliRunner().invoke(app, ["reanalyze", "--where", "topic"]).exit_code == 2
    assert api.asked == []


def test_jobs_are_listed_cancelled_and_waited_for(api: Api) -> None:
    api.jobs = [job("RUNNING", 4)]
    result = CliRunner().invoke(app, ["jobs", "list", "--state", "RUNNING"])
    assert (result.exit_code, "4 of 507" in result.output) == (0, True)
    api.jobs = [job("CANCELLED", 4), job("DONE", 507)]
    assert "CANCELLED" in CliRunner().invoke(app, ["jobs", "cancel", "j1"]).output
    assert "DONE" in CliRunner().invoke(app, ["jobs", "wait", "j1"]).output
    assert [path for path, _ in api.asked] == ["/jobs", "/jobs/j1/cancel", "/jobs/j1"]
