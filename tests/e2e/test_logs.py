"""A walk, with what goes wrong on one, and then: no log of the stack holds anything that was uploaded or is secret."""

from __future__ import annotations

import io
import json
import re
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import httpx
import psycopg2
import pytest
from PIL import Image, ImageDraw

from local.deployment import DeploymentError

WORD = "HEXAGRAPH"
NAMES = ("zebrawood Осень.png", "quicksilver.jpg", "marmalade.png")
SEARCHED, GROUP_NAME, PATH = "wolfsbane", "grp_20261201_120000_abc123", "/hooks/tollkeeper?token=gatehouse"


@pytest.fixture
def receiver() -> Iterator[tuple[str, list[bytes]]]:
    """Where a receiver of webhooks is, and what it gets; it refuses the first delivery."""
    got: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(500 if len(got) == 1 else 204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}{PATH}", got
    server.shutdown()
    server.server_close()


def picture() -> bytes:
    image = Image.new("RGB", (500, 240), "white")
    ImageDraw.Draw(image).text((20, 90), WORD, fill="black", font_size=64)
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def test_no_log_holds_what_was_uploaded_or_is_secret(running, workspace, receiver, wait_until, tmp_path) -> None:
    url, got = receiver
    webhook = {"url": url, "events": ["creative.done", "creative.failed", "export.done"]}
    answer = workspace.api.post("/webhooks", json=webhook)
    assert answer.status_code == 201, answer.text
    secrets = [answer.json()["secret"], "tollkeeper", "gatehouse", workspace.api.headers["x-api-key"]]

    group_id, ids = workspace.upload({NAMES[0]: picture(), NAMES[1]: b"<html>no picture</html>"}, tmp_path)
    creatives = workspace.settled(group_id)
    assert WORD in creatives[NAMES[0]]["ocr_text"]
    assert creatives[NAMES[1]]["overall_status"] == "ERROR"
    multipart = {
        "data": {"group_id": GROUP_NAME, "creative_ids": [str(workspace.id)], "original_filenames": [NAMES[2]]},
        "files": [("files", (NAMES[2], picture(), "image/png"))],
    }
    assert workspace.api.post("/upload", **multipart).json()["uploaded"] == 1
    workspace.settled(GROUP_NAME)

    creative = ids[NAMES[0]]
    signed = workspace.get(f"/creatives/{creative}")["file_path"]
    assert httpx.get(signed).status_code == 200
    assert httpx.get(signed.replace(creative, ids[NAMES[1]])).status_code == 403
    announced = workspace.api.post("/uploads", json={"files": [{"filename": NAMES[2], "size": 9}]}).json()
    form = announced["uploads"][0]["form"]
    assert httpx.post(form["url"], data=form["fields"] | {"key": "x"}, files={"file": ("a", b"x")}).status_code == 403
    for query in (SEARCHED, WORD):
        workspace.get("/search", q=query)
    assert workspace.api.put(f"/creatives/{creative}/topic", json={"topic": "bags"}).status_code == 200
    assert workspace.api.put(f"/creatives/{creative}/topic", json={"topic": SEARCHED}).status_code == 422
    broken = {"content": f'{{"{SEARCHED}', "headers": {"content-type": "application/json"}}
    assert workspace.api.post("/uploads", **broken).status_code == 422
    export = workspace.api.post("/exports", json={"format": "csv", "filters": {"group_id": group_id}}).json()
    done = wait_until(lambda: (e := workspace.get(f"/exports/{export['export_id']}"))["state"] == "DONE" and e, 120)
    assert WORD.encode() in httpx.get(done["url"]).content
    wait_until(lambda: {json.loads(body)["type"] for body in got} >= {"creative.done", "export.done"}, 60)

    _go_wrong(running)

    secrets += [value for field, value in form["fields"].items() if field in ("policy", "x-amz-signature")]
    secrets += [re.search("X-Amz-Signature=([^&]+)", each)[1] for each in (signed, done["url"])]  # type: ignore[index]
    secrets += [running.localstack.key_pair.secret_key, urlsplit(running.deployment.database_url).password or ""]
    texts = [WORD, SEARCHED, *(word for name in NAMES for word in name.split("."))]
    logs = {path.name: path.read_text(errors="replace") for path in (running.root / "logs").iterdir()}
    assert {"localstack.log", "postgres.log", "adlens-local-api.log", "adlens-local-analyze.log"} <= logs.keys()
    found = [(name, what) for name, log in logs.items() for what in (*texts, *secrets) if _is_in(what, log)]
    assert found == []


def _is_in(what: str, log: str) -> bool:
    """As it is, or as JSON writes it."""
    return any(each.lower() in log.lower() for each in (what, json.dumps(what)[1:-1]) if len(each) > 3)


def _go_wrong(running: Any) -> None:
    """Messages, calls and statements that fail, with a customer's text in them."""
    deployed = running.deployment
    for url in (deployed.queue_url, deployed.analysis_queue_url, deployed.exports_queue_url):
        running.aws("sqs").send_message(QueueUrl=url, MessageBody=json.dumps({"text": SEARCHED}))
    for function in (deployed.admin_function, deployed.dead_letters_function, deployed.analyze_function):
        record = {"messageId": "m", "receiptHandle": "r", "body": SEARCHED, "eventSource": "aws:sqs"}
        record["attributes"] = {"ApproximateReceiveCount": "1"}  # type: ignore[assignment]
        for event in ({"Records": [record]}, {"Records": SEARCHED}, {"action": SEARCHED, "arguments": {"a": SEARCHED}}):
            with suppress(DeploymentError):
                running.invoke(function, event)
    connection = psycopg2.connect(deployed.database_url.replace("+psycopg2", ""))
    for statement in ("SELECT %s::text FROM nowhere", "SELECT length(%s) / 0", "SET statement_timeout = 1; SELECT %s"):
        with suppress(psycopg2.Error), connection.cursor() as cursor:
            cursor.execute(f"{statement}; SELECT pg_sleep(1)", (SEARCHED,))
        connection.rollback()
    connection.close()
