"""Exports through the deployed template: asked for over HTTP, written by the function, downloaded by their links."""

from __future__ import annotations

import contextlib
import csv
import hashlib
import io
import json
from collections.abc import Callable
from typing import Any

import httpx
import pyarrow.parquet as pq
import pytest
from pycocotools.coco import COCO
from sqlalchemy import text
from typer.testing import CliRunner

from adlens.persistence.session import make_engine
from adlens_cli.main import app

Exported = Callable[..., tuple[dict[str, Any], bytes]]


@pytest.fixture
def exported(workspace, wait_until) -> Exported:
    """Asks for an export and fetches its file."""

    def export(**body: Any) -> tuple[dict[str, Any], bytes]:
        answer = workspace.api.post("/exports", json=body)
        assert answer.status_code == 202, answer.text
        address = f"/exports/{answer.json()['export_id']}"
        export = wait_until(lambda: (t := workspace.get(address))["state"] in ("DONE", "FAILED") and t, 120)
        assert export["state"] == "DONE", export
        file = httpx.get(export["url"])
        assert file.status_code == 200
        assert (hashlib.sha256(file.content).hexdigest(), len(file.content)) == (export["sha256"], export["bytes"])
        return export, file.content

    return export


def test_creatives_are_exported_in_every_format(
    running, workspace, other_workspace, picture, exported: Exported, tmp_path, monkeypatch
) -> None:
    group_id, ids = workspace.upload({f"sale {n}.png": picture(n, "PNG") for n in range(3)}, tmp_path)
    creatives = workspace.settled(group_id)
    elsewhere, _ = workspace.upload({"other.png": picture(9, "PNG")}, tmp_path)
    workspace.settled(elsewhere)
    filters = {"group_id": group_id}

    export, data = exported(format="csv", filters=filters)
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert [row["creative_id"] for row in rows] == list(ids.values())
    assert (export["rows"], export["progress"]) == (3, {"done": 3, "total": 3})
    assert rows[0]["text"] == creatives[rows[0]["filename"]]["ocr_text"].replace("\n", " | ")

    _, data = exported(format="jsonl", filters=filters, include_embeddings=True)
    lines = {line["filename"]: line for line in map(json.loads, data.splitlines())}
    for name, creative in creatives.items():
        assert lines[name]["topic"] == creative["main_topic"]
        assert [block["text"] for block in lines[name]["text_blocks"]] == [b["text"] for b in creative["ocr_blocks"]]
        assert len(lines[name]["embedding"]) > 10
    assert exported(format="jsonl", filters=filters, include_embeddings=True)[1] == data

    _, data = exported(format="parquet", filters=filters)
    table = pq.read_table(io.BytesIO(data)).to_pylist(maps_as_pydicts="strict")
    assert [row["sha256"] for row in table] == [lines[row["filename"]]["sha256"] for row in table]
    assert [row["swatches"] for row in table] == [lines[row["filename"]]["swatches"] for row in table]

    _, data = exported(format="coco", filters=filters)
    (tmp_path / "coco.json").write_bytes(data)
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO(str(tmp_path / "coco.json"))
    assert len(coco.getImgIds()) == 3
    assert "text" in {category["name"] for category in coco.loadCats(coco.getCatIds())}

    _, everything = exported(format="csv")
    assert len(everything.splitlines()) == 1 + 4
    assert [row["format"] for row in workspace.get("/exports", group_id=group_id)] == ["coco", "parquet"] + 2 * [
        "jsonl"
    ] + ["csv"]

    gone = export["export_id"]
    assert other_workspace.api.delete(f"/exports/{gone}").status_code == 404
    assert workspace.api.delete(f"/exports/{gone}").status_code == 204
    assert httpx.get(export["url"]).status_code == 404

    monkeypatch.setenv("ADLENS_API_URL", running.deployment.api_url)
    monkeypatch.setenv("ADLENS_API_KEY", workspace.api.headers["x-api-key"])
    target = tmp_path / "creatives.parquet"
    words = ["export", "--format", "parquet", "--group", group_id, "--status", "SUCCESS", "-o", str(target)]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    assert pq.read_table(target).num_rows == 3
    refused = CliRunner().invoke(app, ["export", "--topic", "spaceships", "-o", str(target)])
    assert refused.exit_code == 1
    assert "spaceships" in refused.output


def test_what_the_queue_gives_up_fails_with_a_reason(running, workspace, wait_until) -> None:
    """A dead letter of the real queue, as SQS leaves it when every attempt has failed."""
    answer = workspace.api.post("/exports", json={"format": "csv"}).json()
    address = f"/exports/{answer['export_id']}"
    wait_until(lambda: workspace.get(address)["state"] == "DONE", 120)
    body = json.dumps({"adlens": "export", "workspace_id": str(workspace.id), "export_id": answer["export_id"]})
    queue = running.aws("sqs").get_queue_url(QueueName="adlens-local-exports-dead-letters")["QueueUrl"]
    with make_engine(running.deployment.database_url).begin() as connection:
        waiting = (
            "UPDATE exports SET state = 'PENDING', ended_at = NULL, object_key = NULL, rows = NULL, bytes = NULL, "
        )
        connection.execute(text(waiting + "sha256 = NULL WHERE id = :id"), {"id": answer["export_id"]})
    running.aws("sqs").send_message(QueueUrl=queue, MessageBody=body)
    export = wait_until(lambda: (t := workspace.get(address))["state"] == "FAILED" and t, 60)
    assert export["failure"]["code"] == "export_failed"
