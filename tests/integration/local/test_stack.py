"""The whole local stack in a state folder of its own: what lasts, what is restarted, what is left behind."""

import base64
import hashlib
import io
import json
import os
import signal
import socket
import stat
import tempfile
import time
import urllib.request
import uuid
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import psycopg2
import pytest

from adlens.domain.creative import CreativeId, NewCreative, object_key
from adlens.domain.events import ObjectCreated
from adlens.persistence.creatives.repository import PostgresCreatives
from adlens.persistence.session import make_engine
from adlens.persistence.workspaces.repository import PostgresWorkspaces
from local import stack
from local.deployment import Deployment, client, invoke
from local.lambda_executor import deployed as deployed_functions
from local.lambda_executor.deployed import DeployedFunction
from local.services.localstack import LocalStack, install
from local.services.postgres import Postgres
from local.state import HOST, LocalStackError, State, free_port, write_private

KEY = "workspace/group/creative Кружка?#"
PICTURE = b"\x89PNG\r\n" + bytes(range(256)) * 4096  # 1 MB: LocalStack moves it to a file of its own


@pytest.fixture(scope="module")
def root() -> Iterator[Path]:
    # not pytest's folder: every run closes that to other users, and root's PostgreSQL runs as one
    with tempfile.TemporaryDirectory(prefix="adlens-test-") as folder:
        yield Path(folder) / "state"
        stack.down(Path(folder) / "state")


@pytest.fixture(scope="module")
def deployed(root: Path) -> Deployment:
    return stack.up(root, durable=False)


def localstack(root: Path) -> LocalStack:
    return LocalStack(State.at(root))


def wait_until(condition: Callable[[], object], seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.1)


def processes(root: Path) -> set[int]:
    """Everything that runs for the stack: its servers, what they started, the Lambda environments."""
    found = {
        int(path.read_text()) for path in root.glob("environments/*/*/pid") if psutil.pid_exists(int(path.read_text()))
    }
    for part in stack.status(root):
        if part.pid:
            found |= {part.pid, *(child.pid for child in psutil.Process(part.pid).children(recursive=True))}
    return found


def put(root: Path, deployed: Deployment, key: str) -> str:
    answer = client(localstack(root), "s3").put_object(
        Bucket=deployed.uploads_bucket,
        Key=key,
        Body=PICTURE,
        ContentType="image/png",
        Metadata={"source": "test"},
    )
    return str(answer["ETag"])


def health(deployed: Deployment) -> int:
    with urllib.request.urlopen(f"{deployed.api_url}/health", timeout=60) as answer:  # noqa: S310 - http on loopback
        return int(answer.status)


def environments(root: Path, function: str) -> set[Path]:
    return set(root.glob(f"environments/{function}/*/pid"))


def calls(root: Path, function: str) -> int:
    """How often it was called."""
    return sum(line.startswith("START") for line in stack.logs(function, root=root))


def ask_for_nothing(root: Path, deployed: Deployment) -> None:
    """A message in the queue of the analysis, which S3 sends when it is set up."""
    sqs = client(localstack(root), "sqs")
    sqs.send_message(QueueUrl=deployed.analysis_queue_url, MessageBody=json.dumps({"Event": "s3:TestEvent"}))


def test_it_is_up(root: Path, deployed: Deployment) -> None:
    parts = {part.name: part for part in stack.status(root)}
    assert [part.name for part in parts.values() if not part.running] == []
    assert parts["api"].url == deployed.api_url
    assert parts["models"].detail
    assert health(deployed) == 200


def test_everything_listens_on_loopback_only(root: Path, deployed: Deployment) -> None:
    ours = processes(root)
    addresses = {
        connection.laddr.ip
        for connection in psutil.net_connections("inet")
        if connection.pid in ours and connection.status == psutil.CONN_LISTEN
    }
    assert addresses == {HOST}


def test_the_database_takes_a_password_that_others_cannot_read(root: Path, deployed: Deployment) -> None:
    port = Postgres(State.at(root)).port
    for password in (None, "guess"):
        with pytest.raises(psycopg2.OperationalError, match="password"):
            psycopg2.connect(
                host=HOST, port=port, user="adlens", dbname="adlens", password=password, passfile=os.devnull
            )
    secrets = [path for path in root.iterdir() if path.is_file() and "lock" not in path.name] + [root / "cdk.out"]
    assert [path.name for path in secrets if stat.S_IMODE(path.stat().st_mode) & 0o077] == []


def test_what_up_started_is_warm(root: Path, deployed: Deployment) -> None:
    assert len(environments(root, deployed.api_function)) == 4
    wait_until(lambda: len(environments(root, deployed.analyze_function)) == 2)


def test_calls_beyond_the_environments_of_the_api_wait(root: Path, deployed: Deployment) -> None:
    before = environments(root, deployed.api_function)
    with ThreadPoolExecutor(40) as pool:
        assert set(pool.map(lambda _: health(deployed), range(80))) == {200}
    assert environments(root, deployed.api_function) == before


def test_up_again_changes_nothing(root: Path, deployed: Deployment) -> None:
    before = localstack(root).process, Postgres(State.at(root)).pid
    assert stack.up(root, durable=False) == deployed
    assert (localstack(root).process, Postgres(State.at(root)).pid) == before


def test_an_upload_is_dispatched_and_a_request_analysed(root: Path, deployed: Deployment) -> None:
    before = calls(root, "dispatch"), calls(root, "analyze")
    put(root, deployed, "workspace/group/one")
    wait_until(lambda: calls(root, "dispatch") > before[0])
    ask_for_nothing(root, deployed)
    wait_until(lambda: calls(root, "analyze") > before[1])


def test_calls_run_in_as_many_environments_as_the_mapping_allows(root: Path, deployed: Deployment) -> None:
    functions = client(localstack(root), "lambda")
    (mapping,) = functions.list_event_source_mappings(FunctionName=deployed.analyze_function)["EventSourceMappings"]
    assert mapping["ScalingConfig"]["MaximumConcurrency"] == 2
    for _ in range(12):
        ask_for_nothing(root, deployed)
    wait_until(lambda: _messages(root, deployed) == 0)
    assert 1 <= len(environments(root, deployed.analyze_function)) <= 2


def _messages(root: Path, deployed: Deployment) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    sqs = client(localstack(root), "sqs")
    told: dict[str, Any] = sqs.get_queue_attributes(QueueUrl=deployed.analysis_queue_url, AttributeNames=names)[
        "Attributes"
    ]
    return sum(map(int, told.values()))


def test_a_function_that_fails_says_why(root: Path, deployed: Deployment) -> None:
    with pytest.raises(LocalStackError, match=r"(?s)adlens-local-analyze failed: .*its log: "):
        invoke(localstack(root), deployed.analyze_function, {"Records": "not a list"})


def allow(root: Path, name: str, function: DeployedFunction) -> None:
    """As the deployer does."""
    file = localstack(root).functions
    write_private(file, deployed_functions.dump({**deployed_functions.read(file), name: function}))


def sha256_of(data: bytes) -> str:
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


HANDLERS = """
import os, time

def answer(event, context):
    version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
    return {"data": event["data"], "version": version, "arn": context.invoked_function_arn}

def sleep(event, context):
    time.sleep(event["seconds"])

def kill(event, context):
    os.kill(os.getpid(), 9)
"""


@pytest.mark.parametrize(
    ("handler", "event", "error"),
    [
        ("handlers.answer", {"data": "x" * 5_000_000}, None),
        ("handlers.answer", {}, "KeyError"),
        ("handlers.sleep", {"seconds": 600}, "Sandbox.Timedout"),
        ("handlers.kill", {}, "Runtime.ExitError"),
        ("handlers.missing", {}, "Runtime.HandlerNotFound"),
        ("absent.handler", {}, "Runtime.ImportModuleError"),
    ],
)
def test_calls_of_zip_functions(
    root: Path, deployed: Deployment, handler: str, event: dict[str, Any], error: str | None
) -> None:
    """LocalStack passes on what the executor reports, and goes on to call."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as target:
        target.writestr("handlers.py", HANDLERS)
    functions, name = client(localstack(root), "lambda"), f"probe-{uuid.uuid4().hex}"
    allow(root, name, DeployedFunction(handler, sha256_of(archive.getvalue())))
    functions.create_function(
        FunctionName=name,
        Runtime="python3.12",
        Handler=handler,
        Role="arn:aws:iam::000000000000:role/probe",
        Code={"ZipFile": archive.getvalue()},
        Timeout=2 if "seconds" in event else 60,
    )
    functions.get_waiter("function_active_v2").wait(FunctionName=name)
    try:
        for _ in range(2):
            answer = functions.invoke(FunctionName=name, Payload=json.dumps(event).encode())
            body = json.loads(answer["Payload"].read())
            if error:
                assert "FunctionError" in answer
                assert body["errorType"] == error
            else:
                assert body["data"] == event["data"]
                assert body["version"] == "$LATEST"
                assert body["arn"].endswith(f":function:{name}")
    finally:
        functions.delete_function(FunctionName=name)
    wait_until(lambda: not list(root.glob(f"environments/{name}/*/pid")))


@pytest.mark.parametrize("changed", ["unknown", "handler", "code", "interpreter"])
def test_what_was_not_deployed_does_not_run(root: Path, deployed: Deployment, changed: str) -> None:
    """Not even for whoever holds the stack's key: LocalStack runs functions as the operator."""
    archive, name, witness = io.BytesIO(), f"probe-{uuid.uuid4().hex}", root / "witness"
    with zipfile.ZipFile(archive, "w") as target:
        target.writestr("probe.py", f"open({str(witness)!r}, 'w').close()\ndef handler(event, context): ...")
    code = {"ZipFile": archive.getvalue()}
    declared: dict[str, Any] = {"Runtime": "python3.12", "Handler": "probe.handler"}
    if changed == "handler":
        allow(root, name, DeployedFunction("functions.api.handler.handler", sha256_of(archive.getvalue())))
    elif changed == "code":
        allow(root, name, DeployedFunction("probe.handler", sha256_of(b"")))
    elif changed == "interpreter":
        allow(root, name, DeployedFunction("functions.analyze.handler.handler"))
        (program := root / "program").write_text(f"#!/bin/sh\ntouch {witness}\n")
        program.chmod(0o755)
        code = {"ImageUri": "none"}
        image = {"Command": ["functions.analyze.handler.handler"], "EntryPoint": [str(program)]}
        declared = {"PackageType": "Image", "ImageConfig": image}
    functions = client(localstack(root), "lambda")
    role = "arn:aws:iam::000000000000:role/probe"
    functions.create_function(FunctionName=name, Role=role, Code=code, **declared)
    functions.get_waiter("function_active_v2").wait(FunctionName=name)
    try:
        answer = functions.invoke(FunctionName=name, Payload=b"{}")
        assert "FunctionError" in answer
        assert json.loads(answer["Payload"].read())["errorType"] == "AdLens.NotDeployed"
        assert not witness.exists()
    finally:
        functions.delete_function(FunctionName=name)


def test_logs_by_name(root: Path, deployed: Deployment) -> None:
    assert any(line.startswith("adlens-local-analyze | START") for line in stack.logs(root=root))
    assert any(line.startswith("START") for line in stack.logs("migrate", root=root))
    assert any("database system is ready" in line for line in stack.logs("postgres", root=root))
    with pytest.raises(LocalStackError, match=r"no log of 'analyse'.*adlens-local-analyze"):
        next(stack.logs("analyse", root=root))
    following = stack.logs("api", follow=True, root=root)
    seen = [next(following)]
    health(deployed)
    while not seen[-1].startswith("REPORT"):
        seen.append(next(following))


def test_state_lasts_over_down_and_up(root: Path, deployed: Deployment) -> None:
    etag = put(root, deployed, KEY)
    client(localstack(root), "s3").delete_object(Bucket=deployed.uploads_bucket, Key="workspace/group/one")
    with psycopg2.connect(deployed.database_url.replace("+psycopg2", "")) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE kept (value int); INSERT INTO kept VALUES (42)")
    connection.close()
    engine = make_engine(deployed.database_url)
    creatives, key = PostgresCreatives(engine), CreativeId(PostgresWorkspaces(engine).create("ours").id, uuid.uuid4())
    creatives.register(key.workspace_id, "group", [NewCreative(key.id, "one.png", len(PICTURE))])
    path = object_key(key, "group")
    assert creatives.claim(ObjectCreated("uploads", path, len(PICTURE), "e", "00"), "a worker that will be gone", 3600)
    put(root, deployed, path)
    ours = processes(root)
    assert len(ours) > 3

    stack.down(root)

    assert [pid for pid in ours if psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie"] == []
    assert [part.name for part in stack.status(root) if part.running] == []

    again = stack.up(root, durable=False)
    assert (again.api_url, again.database_url) == (deployed.api_url, deployed.database_url)
    _same_object(root, again, etag)
    keys = [
        entry["Key"]
        for entry in client(localstack(root), "s3").list_objects_v2(Bucket=again.uploads_bucket)["Contents"]
    ]
    assert "workspace/group/one" not in keys
    with psycopg2.connect(again.database_url.replace("+psycopg2", "")) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT value FROM kept")
        assert cursor.fetchall() == [(42,)]
        wait_until(lambda: cursor.execute("SELECT status FROM creatives") or cursor.fetchall() == [("ERROR",)])
    connection.close()


def test_a_crash_loses_no_object_and_leaves_no_process(root: Path, deployed: Deployment) -> None:
    etag = put(root, deployed, KEY)
    process = localstack(root).process
    assert process is not None
    environments = [int(path.read_text()) for path in root.glob("environments/*/*/pid")]
    assert environments
    os.kill(process.pid, signal.SIGKILL)
    wait_until(lambda: not any(psutil.pid_exists(pid) for pid in environments))
    _same_object(root, stack.up(root, durable=False), etag)


def _same_object(root: Path, deployed: Deployment, etag: str) -> None:
    answer = client(localstack(root), "s3").get_object(Bucket=deployed.uploads_bucket, Key=KEY)
    assert answer["Body"].read() == PICTURE
    assert (answer["ETag"], answer["ContentType"], answer["Metadata"]) == (etag, "image/png", {"source": "test"})


def test_a_second_server_runs_beside_it(root: Path, deployed: Deployment) -> None:
    second = Postgres(State.at(root / "second"), durable=False)
    second.start()
    try:
        assert second.port != Postgres(State.at(root)).port
        with second.temporary_database() as url:
            connection = psycopg2.connect(url.replace("+psycopg2", ""))
            with connection.cursor() as cursor:
                cursor.execute("SELECT current_database()")
                assert cursor.fetchall() == [(url.rpartition("/")[2],)]
            connection.close()
        with pytest.raises(psycopg2.OperationalError, match="does not exist"):
            psycopg2.connect(url.replace("+psycopg2", ""))
    finally:
        second.stop()
    assert second.pid is None
    assert Postgres(State.at(root)).pid is not None


def test_a_port_taken_while_the_server_starts_is_left_to_its_owner(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server, others = Postgres(State.at(root / "third"), durable=False), socket.socket()
    run, wanted = Postgres._run, server.port

    def start(self: Postgres, program: str, *arguments: Any, check: bool = True) -> Any:
        if arguments[0] == "start" and server.port == wanted:
            others.bind((HOST, wanted))
            others.listen()
        return run(self, program, *arguments, check=check)

    monkeypatch.setattr(Postgres, "_run", start)
    with others:
        server.start()
        try:
            assert server.port != wanted
            with server.temporary_database() as url:
                psycopg2.connect(url.replace("+psycopg2", "")).close()
        finally:
            server.stop()


def test_status_of_what_never_ran(tmp_path: Path) -> None:
    folder = tmp_path / "nothing"
    assert not any(part.running for part in stack.status(folder))
    assert not folder.exists()


def test_a_localstack_that_was_not_started_is_not_waited_for(tmp_path: Path) -> None:
    local = LocalStack(State.at(tmp_path / "state"))
    with pytest.raises(LocalStackError, match="not started"):
        local.wait()
    assert local.process is None


def test_a_localstack_that_hangs_is_started_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install()
    monkeypatch.setenv("ADLENS_LOCALSTACK_PORT", str(free_port()))
    monkeypatch.setattr(LocalStack, "start_seconds", 45)
    local = LocalStack(State.at(tmp_path / "state"))
    local.start()
    try:
        hanging = local.process
        assert hanging
        os.kill(hanging.pid, signal.SIGSTOP)
        local.wait()
        assert not hanging.running
        assert local.healthy()
        assert local.first_log.is_file()
    finally:
        local.stop()
