"""The services of docker-compose.yml as processes, started by its commands, on a real LocalStack and PostgreSQL.

LocalStack's S3 stands in for MinIO, and this module tells the bridge what MinIO would; the analysis answers as the
runtime interface emulator does, around the same runtime client.
"""

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import quote_plus

import boto3
import httpx
import pytest
import yaml
from PIL import Image, ImageDraw

from adlens_cli.client import Client
from infra_cdk.config import ROOT
from infra_cdk.topology import topology
from local.compose.functions import FunctionError, ProcessFunction
from local.services import localstack
from local.services.localstack import LocalStack
from local.state import State, free_port

COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
POSTED = json.loads((ROOT / "tests/unit/local/compose/minio_events/post.json").read_text())
UPLOADS, QUEUE, DEAD_LETTERS = "adlens-local-uploads", "adlens-local-analysis", "adlens-local-uploads-dead-letters"
EXPORTS, DEAD_EXPORTS = "adlens-local-exports", "adlens-local-exports-dead-letters"
JOBS = "adlens-local-jobs"
WEBHOOKS, WEBHOOK_RESULTS = "adlens-local-webhooks", "adlens-local-webhook-results"
TOKEN = "a-token-of-many-letters"
PATIENCE_SECONDS = 120

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """LocalStack's URL."""
    localstack.install()
    server = LocalStack(State.at(tmp_path_factory.mktemp("localstack")), closed=False)
    with pytest.MonkeyPatch.context() as patch:  # not the port that a stack for work prefers
        patch.setenv("ADLENS_LOCALSTACK_PORT", str(free_port()))
        server.start()
    try:
        wait_until(server.healthy)
        yield server.url
    finally:
        server.stop()


def make_queues(aws: str) -> None:
    """As LocalStack's ready hook does: the file's text, in LocalStack's own interpreter."""
    code = "import sys; exec(open(sys.argv[1], 'rb').read(), {})"
    python = localstack.VENV / "bin/python"
    environment = {**os.environ, "AWS_ENDPOINT_URL": aws, "TOPOLOGY": str(ROOT / "topology.toml")}
    subprocess.run([python, "-c", code, ROOT / "local/compose/queues.py"], env=environment, check=True, timeout=60)


@pytest.fixture(scope="module")
def queues(aws: str) -> str:
    make_queues(aws)
    return f"{aws}/000000000000"


@pytest.fixture(scope="module")
def environment(aws: str, queues: str, databases: Any) -> Iterator[dict[str, str]]:
    """What docker-compose.yml gives the functions, with the addresses of this machine. The database is empty."""
    database = databases.create()
    theirs = {name: str(value) for name, value in COMPOSE["migrate"]["environment"].items() if "${" not in str(value)}
    yield {
        **{name: os.environ[name] for name in ("PATH", "HOME", "LD_LIBRARY_PATH") if name in os.environ},
        **theirs,
        "PYTHONPATH": f"{ROOT}:{ROOT / 'layers/adlens/python'}",
        "ADLENS_DATABASE_URL": database,
        "ADLENS_UPLOADS_QUEUE_URL": f"{queues}/{UPLOADS}",
        "ADLENS_QUEUE_URL": f"{queues}/{QUEUE}",
        "DEAD_LETTER_QUEUE_URL": f"{queues}/{DEAD_LETTERS}",
        "ADLENS_EXPORTS_QUEUE_URL": f"{queues}/{EXPORTS}",
        "EXPORTS_DEAD_LETTER_QUEUE_URL": f"{queues}/{DEAD_EXPORTS}",
        "ADLENS_JOBS_QUEUE_URL": f"{queues}/{JOBS}",
        "JOBS_DEAD_LETTER_QUEUE_URL": f"{queues}/{JOBS}-dead-letters",
        "ADLENS_WEBHOOKS_QUEUE_URL": f"{queues}/{WEBHOOKS}",
        "ADLENS_WEBHOOK_RESULTS_QUEUE_URL": f"{queues}/{WEBHOOK_RESULTS}",
        "ADLENS_S3_ENDPOINT_URL": aws,
        "ADLENS_S3_PUBLIC_ENDPOINT_URL": aws,
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_ENDPOINT_URL_SQS": aws,
        "ADLENS_BUNDLE": str(ROOT / "models/base"),
        "BRIDGE_TOKEN": TOKEN,
    }
    databases.drop(database)


@pytest.fixture(scope="module")
def sqs(aws: str) -> Any:
    return boto3.client("sqs", "us-east-1", endpoint_url=aws, aws_access_key_id="x", aws_secret_access_key="x")


@pytest.fixture(scope="module")
def s3(aws: str) -> Any:
    return boto3.client("s3", "us-east-1", endpoint_url=aws, aws_access_key_id="x", aws_secret_access_key="x")


def command(name: str) -> list[str]:
    """What starts a service: docker-compose.yml's command, or the image's."""
    if (words := COMPOSE[name].get("command")) is None:
        image = (ROOT / "local/compose/Dockerfile").read_text()
        words = json.loads(image[image.rindex("CMD ") + 4 :])
    return [sys.executable, *words[1:]] if words[0] == "python" else [sys.executable, "-m", *words]


@pytest.fixture
def start(environment: dict[str, str], tmp_path: Path) -> Iterator[Start]:
    """Starts a service, on a port of this machine if it has one."""
    running = []

    def begin(name: str, port: int = 0, **variables: str) -> subprocess.Popen[str]:
        words = command(name)
        if port:
            words[words.index("--host") + 1] = "127.0.0.1"
            words[words.index("--port") + 1] = str(port)
        process = subprocess.Popen(
            words, env={**environment, "TMPDIR": str(tmp_path), **variables}, cwd=ROOT, text=True
        )
        running.append(process)
        return process

    yield begin
    for process in running:
        process.kill()
        process.wait()


def run_once(words: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, env=environment, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)


def wait_until(condition: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (result := condition()):
        assert time.monotonic() < deadline, f"still not so after {PATIENCE_SECONDS} s"
        time.sleep(0.3)
    return result


def is_healthy(name: str, port: int, environment: dict[str, str]) -> bool:
    """Asks as docker-compose.yml does."""
    words = COMPOSE[name]["healthcheck"]["test"][1:]
    url = f"http://127.0.0.1:{port}/health"
    return run_once([sys.executable, *words[1:-1], url], environment).returncode == 0


def stop(process: subprocess.Popen[str]) -> int:
    """The exit status after Docker's signal."""
    process.send_signal(signal.SIGTERM)
    return process.wait(timeout=60)


def minio_event(store: Any, bucket: str, key: str) -> bytes:
    """What MinIO posts when a form has put `key` into `bucket`."""
    head = store.head_object(Bucket=bucket, Key=key)
    event = json.loads(json.dumps(POSTED))
    event["Key"] = f"{bucket}/{key}"
    event["Records"][0]["s3"]["bucket"]["name"] = bucket
    event["Records"][0]["s3"]["object"] |= {
        "key": quote_plus(key),
        "size": head["ContentLength"],
        "eTag": head["ETag"].strip('"'),
    }
    return json.dumps(event).encode()


def receive(sqs: Any, url: str) -> list[Any]:
    answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1, VisibilityTimeout=0)
    return answer.get("Messages", [])


def counts(sqs: Any, url: str) -> list[int]:
    """Messages that wait, and that somebody works on."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    return [int(n) for n in sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"].values()]


@pytest.mark.parametrize(
    ("name", "given_up", "consumer", "receives"),
    [
        (UPLOADS, DEAD_LETTERS, "dispatch", 5),
        (QUEUE, DEAD_LETTERS, "analyze", 5),
        (EXPORTS, DEAD_EXPORTS, "exports", 3),
        (JOBS, f"{JOBS}-dead-letters", "jobs", 5),
        (WEBHOOKS, WEBHOOK_RESULTS, "webhooks", 8),
        (WEBHOOK_RESULTS, f"{WEBHOOK_RESULTS}-dead-letters", "webhook-results", 5),
    ],
)
def test_the_queues_are_those_of_the_template(
    sqs: Any, queues: str, aws: str, name: str, given_up: str, consumer: str, receives: int
) -> None:
    make_queues(aws)  # a second start of LocalStack's hook
    queue, dead = (
        sqs.get_queue_attributes(QueueUrl=f"{queues}/{name}", AttributeNames=["All"])["Attributes"]
        for name in (name, given_up)
    )
    assert int(queue["VisibilityTimeout"]) == 6 * topology().timeout_seconds[consumer]
    policy = json.loads(queue["RedrivePolicy"])
    assert int(policy["maxReceiveCount"]) == receives
    assert policy["deadLetterTargetArn"] == dead["QueueArn"]
    assert int(dead["MessageRetentionPeriod"]) == 14 * 24 * 3600 >= int(queue["MessageRetentionPeriod"])


def test_localstack_is_healthy_when_the_queue_is_there(aws: str, queues: str) -> None:
    *words, code = COMPOSE["localstack"]["healthcheck"]["test"][1:]
    assert words == ["python3", "-c"]
    code = code.replace("http://127.0.0.1:4566", aws)
    assert run_once([sys.executable, "-c", code], {}).returncode == 0
    assert run_once([sys.executable, "-c", code.replace(WEBHOOKS, "no-such-queue")], {}).returncode != 0


def test_the_bridge_serves_minio_and_stops_cleanly(
    start: Start, environment: dict[str, str], sqs: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    mine = sqs.create_queue(QueueName="bridge-test")["QueueUrl"]
    port = free_port()
    bridge = start("bridge", port, ADLENS_UPLOADS_QUEUE_URL=mine)
    wait_until(lambda: is_healthy("bridge", port, environment))
    url, body = f"http://127.0.0.1:{port}/events", json.dumps(POSTED).encode()
    minio = {"Authorization": f"Bearer {TOKEN}"}

    assert httpx.head(url, headers=minio).status_code == 204
    assert httpx.post(url, content=body).status_code == 401
    assert receive(sqs, mine) == []
    assert httpx.post(url, content=body, headers=minio).status_code == 204
    assert [json.loads(message["Body"]) for message in receive(sqs, mine)] == [{"Records": POSTED["Records"]}]

    sqs.delete_queue(QueueUrl=mine)
    assert httpx.post(url, content=body, headers=minio, timeout=60).status_code == 503
    assert not is_healthy("bridge", port, environment)
    stop(bridge)  # uvicorn ends by the signal that it was sent, when all is done
    assert "Finished server process" in capfd.readouterr().err


@pytest.fixture
def emulated_analysis(environment: dict[str, str]) -> Iterator[str]:
    with emulated("functions.analyze.handler.handler", topology().timeout_seconds["analyze"], environment) as url:
        yield url


@pytest.fixture
def emulated_exports(environment: dict[str, str]) -> Iterator[str]:
    with emulated("functions.exports.handler.handler", topology().timeout_seconds["exports"], environment) as url:
        yield url


@contextmanager
def emulated(handler: str, timeout: float, environment: dict[str, str]) -> Iterator[str]:
    """A function behind the address of a runtime interface emulator: one call at a time, errors as answers."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        function = ProcessFunction(handler, timeout)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            payload = self.rfile.read(int(self.headers["Content-Length"])).decode()
            try:
                answer = function(payload)
            except FunctionError as error:
                answer = str(error).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, args=(0.1,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/2015-03-31/functions/function/invocations"
    server.shutdown()
    server.server_close()
    function.stop()


def picture() -> bytes:
    image = Image.new("RGB", (600, 400), "white")
    ImageDraw.Draw(image).text((40, 150), "SALE 50%", fill="black", font_size=90)
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


class Receiver(HTTPServer):
    """Of webhooks: refuses everything once, then accepts it."""

    def __init__(self) -> None:
        seen: set[str] = set()
        self.accepted: dict[str, str] = {}
        accepted = self.accepted

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                again = self.headers["webhook-id"] in seen
                seen.add(self.headers["webhook-id"])
                if again:
                    told = event["data"]
                    accepted[told.get("creative_id") or told["export_id"]] = event["type"]
                self.send_response(204 if again else 503)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_a_creative_walks_through_all_services(
    start: Start,
    environment: dict[str, str],
    emulated_analysis: str,
    emulated_exports: str,
    sqs: Any,
    s3: Any,
    queues: str,
    receiver: Receiver,
    tmp_path: Path,
) -> None:
    uploads = environment["ADLENS_UPLOADS_BUCKET"]
    for bucket in (uploads, environment["ADLENS_PREVIEWS_BUCKET"], environment["ADLENS_EXPORTS_BUCKET"]):
        s3.create_bucket(Bucket=bucket)
    for once in (command("migrate"), command("migrate")):
        migrated = run_once(once, environment)
        assert migrated.returncode == 0, migrated.stderr
        assert json.loads(migrated.stdout.splitlines()[-1])["revision"]
    key, another = (
        run_once([sys.executable, "-m", "local.compose.key", name], environment).stdout.strip()
        for name in ("one", "two")
    )

    api_port, bridge_port = free_port(), free_port()
    private = {"ADLENS_WEBHOOKS_PRIVATE_HOSTS": "true"}  # the receiver is on this machine
    start("api", api_port, **private)
    start("bridge", bridge_port)
    sources = start("event-sources", ANALYZE_URL=emulated_analysis, EXPORTS_URL=emulated_exports, **private)
    for name, port in (("api", api_port), ("bridge", bridge_port)):
        wait_until(lambda name=name, port=port: is_healthy(name, port, environment))

    (tmp_path / "sale.png").write_bytes(picture())
    (tmp_path / "page.jpg").write_bytes(b"<html>no picture</html>")
    (tmp_path / "lost.png").write_bytes(picture())
    client = Client(f"http://127.0.0.1:{api_port}", key)
    webhook = {"url": receiver.url, "events": ["creative.done", "creative.failed", "export.done"]}
    made = httpx.post(f"http://127.0.0.1:{api_port}/webhooks", json=webhook, headers={"x-api-key": key}).json()
    paths = [tmp_path / name for name in ("sale.png", "page.jpg", "lost.png")]
    group, sent, refusals = client.upload(paths, lambda path: None)
    assert not refusals
    assert [seen["group_id"] for seen in Client(f"http://127.0.0.1:{api_port}", another).get("/groups")] == [group]
    ids = {path.name: creative for creative, path in sent.items()}
    keys = {
        name: next(k for k in (o["Key"] for o in s3.list_objects_v2(Bucket=uploads)["Contents"]) if creative in k)
        for name, creative in ids.items()
    }
    minio = {"Authorization": f"Bearer {TOKEN}"}
    for name in ("sale.png", "page.jpg", "sale.png"):  # one of them twice: delivery is at least once
        body = minio_event(s3, uploads, keys[name])
        assert httpx.post(f"http://127.0.0.1:{bridge_port}/events", content=body, headers=minio).status_code == 204
    given_up = json.loads(minio_event(s3, uploads, keys["lost.png"]))
    sqs.send_message(QueueUrl=f"{queues}/{DEAD_LETTERS}", MessageBody=json.dumps({"Records": given_up["Records"]}))

    def ended() -> dict[str, Any]:
        rows = {row["original_filename"]: row["status"] for row in client.group_progress(group)}
        return rows if set(rows.values()) <= {"SUCCESS", "ERROR"} else {}

    assert wait_until(ended) == {"sale.png": "SUCCESS", "page.jpg": "ERROR", "lost.png": "ERROR"}
    found = client.get(f"/creatives/{ids['sale.png']}")
    assert "SALE" in found["ocr_text"]
    assert httpx.get(found["preview_url"]).headers["content-type"] == "image/webp"
    wait_until(lambda: all(counts(sqs, f"{queues}/{queue}") == [0, 0] for queue in (UPLOADS, QUEUE)))

    api = httpx.Client(base_url=f"http://127.0.0.1:{api_port}", headers={"x-api-key": key})
    wanted = api.post("/exports", json={"format": "jsonl", "filters": {"status": "SUCCESS"}}).json()["export_id"]
    done = wait_until(lambda: (told := client.get(f"/exports/{wanted}"))["state"] in ("DONE", "FAILED") and told)
    assert [json.loads(line)["filename"] for line in httpx.get(done["url"]).iter_lines()] == ["sale.png"]

    # The first attempt at each fails. The dead letter's event may wait for the sweep, which runs every five minutes.
    expected = {
        ids["sale.png"]: "creative.done",
        ids["page.jpg"]: "creative.failed",
        wanted: "export.done",
    }.items()
    wait_until(lambda: expected <= receiver.accepted.items())

    def delivered() -> list[dict[str, Any]]:
        rows = client.get(f"/webhooks/{made['webhook_id']}/deliveries")["items"]
        return [row for row in rows if row["state"] == "DELIVERED"]

    wait_until(lambda: len(delivered()) >= len(expected))
    assert {(row["attempts"], row["status"], row["error"]) for row in delivered()} == {(2, 204, None)}

    check = [sys.executable, *COMPOSE["event-sources"]["healthcheck"]["test"][2:]]
    assert run_once(check, {**environment, "TMPDIR": str(tmp_path)}).returncode == 0
    assert stop(sources) == 0


def test_a_function_that_fails_says_so(environment: dict[str, str]) -> None:
    broken = {**environment, "ADLENS_DATABASE_URL": "postgresql+psycopg2://adlens@127.0.0.1:1/adlens?nonsense=1"}
    result = run_once(command("migrate"), broken)
    assert result.returncode == 1
    assert "functions.migrate.handler.handler failed: ProgrammingError: " in result.stderr
    assert "stackTrace" not in result.stderr
