"""`adlens export` against an API and a store that answer over real HTTP, as told."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from adlens_cli.main import app

DATA = b"creative_id\r\n" * 50_000


class Api(ThreadingHTTPServer):
    """An export that is PENDING, then RUNNING, then as `end` says."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.asked: list[dict[str, Any]] = []
        self.looks = 0
        self.sha256 = hashlib.sha256(DATA).hexdigest()
        self.end: dict[str, Any] = {"state": "DONE", "failure": None}

    def told(self) -> dict[str, Any]:
        self.looks += 1
        common = {"export_id": "e1", "progress": {"done": 5, "total": 9}, "rows": 9, "bytes": len(DATA)}
        if self.looks < 3:
            return {**common, "state": ("PENDING", "RUNNING")[self.looks - 1], "failure": None}
        return {**common, "url": f"{self.url}/file", "sha256": self.sha256, **self.end}


class Handler(BaseHTTPRequestHandler):
    server: Api

    def do_POST(self) -> None:
        assert self.headers["x-api-key"] == "adl_key"
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.asked.append(body)
        if "spaceships" in str(body):
            self._answer(422, json.dumps({"detail": "There is no topic 'spaceships'."}).encode())
        else:
            self._answer(202, json.dumps(self.server.told()).encode())

    def do_GET(self) -> None:
        if self.path == "/file":
            assert "x-api-key" not in self.headers
            self._answer(200, DATA)
        else:
            self._answer(200, json.dumps(self.server.told()).encode())

    def _answer(self, status: int, data: bytes) -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    server = Api()
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    monkeypatch.setenv("ADLENS_API_URL", server.url)
    monkeypatch.setenv("ADLENS_API_KEY", "adl_key")
    monkeypatch.setattr("adlens_cli.exports.POLL_SECONDS", 0.01)
    yield server
    server.shutdown()
    server.server_close()


def test_a_file_is_asked_for_waited_for_and_downloaded(api: Api, tmp_path: Path) -> None:
    target = tmp_path / "creatives.csv"
    words = ["export", "-o", str(target), "--group", "grp_1", "--object", "cup", "--where", "min_width=900"]
    result = CliRunner().invoke(app, [*words, "--min-confidence", "0.5", "--embeddings"])
    assert result.exit_code == 0, result.output
    assert target.read_bytes() == DATA
    assert api.asked == [
        {
            "format": "csv",
            "filters": {"group_id": "grp_1", "object": "cup", "min_confidence": 0.5, "min_width": "900"},
            "include_embeddings": True,
        }
    ]
    assert list(tmp_path.iterdir()) == [target]


def test_several_groups_are_one_filter(api: Api, tmp_path: Path) -> None:
    CliRunner().invoke(app, ["export", "-o", str(tmp_path / "a"), "--group", "one", "--group", "two"])
    assert api.asked[0]["filters"] == {"group_id": ["one", "two"]}


def test_a_damaged_file_is_not_left_behind(api: Api, tmp_path: Path) -> None:
    api.sha256 = "0" * 64
    target = tmp_path / "creatives.csv"
    target.write_bytes(b"of yesterday")
    result = CliRunner().invoke(app, ["export", "-o", str(target)])
    assert result.exit_code == 1
    assert "sha256" in result.output
    assert target.read_bytes() == b"of yesterday"
    assert list(tmp_path.iterdir()) == [target]


def test_a_failed_export_says_why(api: Api, tmp_path: Path) -> None:
    api.end = {"state": "FAILED", "failure": {"code": "export_too_large", "reason": "There are too many creatives."}}
    result = CliRunner().invoke(app, ["export", "-o", str(tmp_path / "a")])
    assert (result.exit_code, list(tmp_path.iterdir())) == (1, [])
    assert "There are too many creatives." in result.output


def test_the_api_s_refusal_is_shown(api: Api, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["export", "-o", str(tmp_path / "a"), "--topic", "spaceships"])
    assert result.exit_code == 1
    assert "There is no topic 'spaceships'." in result.output


def test_an_address_without_a_key_is_not_enough(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ADLENS_API_URL", "http://127.0.0.1:1")
    monkeypatch.delenv("ADLENS_API_KEY", raising=False)
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["export", "-o", "a"])
    assert result.exit_code == 1
    assert "ADLENS_API_KEY" in result.output
