"""`adlens performance` against the API on a real database, over HTTP."""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
import uvicorn
from sqlalchemy import text
from typer.testing import CliRunner

from adlens.domain.creative import NewCreative
from adlens.persistence.creatives.repository import PostgresCreatives
from adlens.persistence.workspaces.repository import PostgresWorkspaces
from adlens_cli import performance
from adlens_cli.main import app
from functions.api.app import create_app
from tests.settings import api_settings


@pytest.fixture
def api(database_url: str) -> Iterator[str]:
    settings = api_settings(database_url)
    server = uvicorn.Server(uvicorn.Config(create_app(settings), port=0, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


def test_a_file_in_many_parts_is_stored_whole(api, engine, monkeypatch, tmp_path: Path) -> None:
    workspaces = PostgresWorkspaces(engine)
    workspace = workspaces.create("test")
    _, key = workspaces.create_key(workspace.id, "test")
    names = [f"{n}.png" for n in range(20)]
    PostgresCreatives(engine).register(workspace.id, "grp", [NewCreative(uuid.uuid4(), name, 1) for name in names])
    monkeypatch.setenv("ADLENS_API_URL", api)
    monkeypatch.setenv("ADLENS_API_KEY", key)
    monkeypatch.setattr(performance, "LARGEST_TABLE", 20_000)
    monkeypatch.setattr(performance, "USUAL_PART", 8_000)
    file = tmp_path / "figures.csv"
    lines = ["filename;day;impressions;clicks;conversions;spend"]
    lines += [f"{name};2026-03-{n % 28 + 1:02d};10;1;0;0,25" for n in range(2000) for name in (names[n % 20],)]
    lines += ["nobody.png;2026-03-01;10;1;0;0,5", "0.png;1 March;10;1;0;0", "nobody.png;2026-03-02;10;1;0;0,5"]
    file.write_text("\n".join(lines))

    result = CliRunner().invoke(app, ["performance", "--json", str(file)])
    assert result.exit_code == 1, result.output
    report = json.loads(result.stdout)
    assert (report["rows"], report["matched"], report["unmatched"], report["malformed"]) == (2003, 2000, 2, 1)
    spend = report["totals"]["spend"]
    assert {side: Decimal(value) for side, value in spend.items()} == {"sent": 501, "matched": 500, "unmatched": 1}
    assert [(row["line"], row["rows"]) for row in report["not_matched"]] == [(2002, 2)]
    assert [row["line"] for row in report["malformed_rows"]] == [2003]
    with engine.connect() as connection:
        sums = connection.execute(
            text("SELECT sum(impressions), sum(spend) FROM performance WHERE workspace_id = :w"), {"w": workspace.id}
        ).one()
    assert (int(sums[0]), float(sums[1])) == (20_000, 500.0)

    shown = CliRunner().invoke(app, ["performance", str(file)])
    assert "0 of them new or changed" in shown.stdout
    assert "nobody.png" in shown.stdout
    (tmp_path / "bad.csv").write_text("filename,day\n")
    refused = CliRunner().invoke(app, ["performance", str(tmp_path / "bad.csv")])
    assert refused.exit_code == 2
    assert "lacks the columns impressions" in refused.output
