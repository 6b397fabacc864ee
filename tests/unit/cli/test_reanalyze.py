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
    """Answers with `batches` one after the other; None is a failure."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[dict[str, list[str]]] = []
        self.batches: list[dict[str, Any] | None] = []


class Handler(BaseHTTPRequestHandler):
    server: Api

    def do_POST(self) -> None:
        address = urlsplit(self.path)
        assert (address.path, self.headers["x-api-key"]) == ("/creatives/reanalyze", "adl_key")
        self.server.asked.append(parse_qs(address.query))
        batch = self.server.batches.pop(0)
        data = json.dumps(batch or {"detail": "The queue did not answer."}).encode()
        self.send_response(202 if batch else 503)
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


def test_batches_are_asked_for_until_there_are_no_more(api: Api) -> None:
    api.batches = [{"count": 500, "next_cursor": "c1"}, {"count": 7, "next_cursor": None}]
    result = CliRunner().invoke(app, ["reanalyze", "--group", "a", "--group", "b", "--where", "topic=cups"])
    assert (result.exit_code, "507 creatives" in result.output) == (0, True)
    first = {"group_id": ["a", "b"], "topic": ["cups"], "outdated": ["true"]}
    assert api.asked == [first, {**first, "cursor": ["c1"]}]


def test_without_options_all_outdated_ones_are_asked_for_and_none_is_said(api: Api) -> None:
    api.batches = [{"count": 0, "next_cursor": None}]
    result = CliRunner().invoke(app, ["reanalyze"])
    assert (result.exit_code, "Nothing to do" in result.output) == (0, True)
    assert api.asked == [{"outdated": ["true"]}]


def test_all_means_those_of_the_bundle_in_use_too(api: Api) -> None:
    api.batches = [{"count": 3, "next_cursor": None}]
    result = CliRunner().invoke(app, ["reanalyze", "--all", "--topic-decision", "unsure"])
    assert (result.exit_code, "3 creatives" in result.output) == (0, True)
    assert api.asked == [{"outdated": ["false"], "topic_decision": ["unsure"]}]


def test_a_failure_says_how_far_it_came(api: Api) -> None:
    api.batches = [{"count": 500, "next_cursor": "c1"}, None]
    result = CliRunner().invoke(app, ["reanalyze"])
    assert result.exit_code == 1
    assert "The queue did not answer." in result.output
    assert "500 creatives are analysed again" in result.output


def test_a_condition_without_a_value_is_refused(api: Api) -> None:
    assert CliRunner().invoke(app, ["reanalyze", "--where", "topic"]).exit_code == 2
    assert api.asked == []
