"""The function that sends, against receivers that are really there: on loopback, some of them ill-behaved."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import hmac
import json
import logging
import socket
import ssl
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from adlens.domain.creative import CreativeId, Failure, NewCreative, object_key
from adlens.domain.events import ObjectCreated
from adlens.domain.webhooks import (
    ATTEMPTS,
    DeliveryResult,
    DeliveryState,
    EventType,
    Outgoing,
    delivery_message,
    new_secret,
    result_message,
)
from adlens.persistence.creatives.repository import PostgresCreatives
from adlens.persistence.webhooks.repository import PostgresWebhooks
from adlens.persistence.workspaces.repository import PostgresWorkspaces
from adlens.settings import WebhookSettings
from functions.webhook_results import handler as results
from functions.webhooks import handler as sender
from functions.webhooks import post as posting
from functions.webhooks.post import AddressRefused, Unreachable, post


@dataclass
class Receiver:
    """Answers with `answers` one after the other, with 204 after these, and keeps what it was sent."""

    answers: list[int] = field(default_factory=list)
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    location: str = ""
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hooks?of=us"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    server = serve(receiver)
    yield receiver
    server.shutdown()
    server.server_close()


def serve(receiver: Receiver, context: ssl.SSLContext | None = None) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.requests.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(receiver.answers.pop(0) if receiver.answers else 204)
            if receiver.location:
                self.send_header("Location", receiver.location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    receiver.port = server.server_port
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    return server


@dataclass
class Queues:
    """What the functions see of SQS: a message becomes visible again when its time has come."""

    delays: list[int] = field(default_factory=list)
    results: list[DeliveryResult] = field(default_factory=list)
    private_hosts: bool = True

    def delay(self, receipt_handle: str, seconds: int) -> None:
        self.delays.append(seconds)

    def send(self, result: DeliveryResult) -> None:
        self.results.append(result)

    def run(self, body: str, attempts: int = ATTEMPTS) -> int:
        """Gives a message to the sender until it is done with it, as often as the queue would; how often that was."""
        for attempt in range(1, attempts + 1):
            answer = sender.handler(batch(body, attempt), Context())
            if not answer["batchItemFailures"]:
                return attempt
        return attempts


@dataclass
class Context:
    function_name: str = "webhooks"
    memory_limit_in_mb: int = 256
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:000000000000:function:webhooks"
    aws_request_id: str = "request"


def batch(body: str, receives: int = 1) -> dict[str, Any]:
    record = {
        "messageId": "m0",
        "receiptHandle": "r0",
        "body": body,
        "attributes": {"ApproximateReceiveCount": str(receives)},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:webhooks",
        "awsRegion": "us-east-1",
    }
    return {"Records": [record]}


@pytest.fixture
def queues(monkeypatch: pytest.MonkeyPatch) -> Queues:
    made = Queues()
    monkeypatch.setenv("POWERTOOLS_TRACE_DISABLED", "true")
    monkeypatch.setattr(sender, "queue", lambda: made)
    monkeypatch.setattr(sender, "results", lambda: made)
    monkeypatch.setattr(
        sender,
        "settings",
        lambda: WebhookSettings(
            webhooks_private_hosts=made.private_hosts, webhooks_queue_url="q", webhook_results_queue_url="r"
        ),
    )
    return made


def outgoing(url: str) -> Outgoing:
    return Outgoing(uuid.uuid4(), uuid.uuid4(), url, '{"type":"ping","data":{"name":"Кружка"}}', new_secret())


def signed(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """As a receiver checks it: https://www.standardwebhooks.com, without our code."""
    key = base64.b64decode(secret.split("_", 1)[1])
    content = b".".join([headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body])
    expected = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    return f"v1,{expected}" in headers["webhook-signature"].split(" ")


def test_a_receiver_that_fails_twice_gets_it_the_third_time(receiver: Receiver, queues: Queues) -> None:
    receiver.answers = [500, 429]
    delivery = outgoing(receiver.url)

    assert queues.run(delivery_message(delivery)) == 3

    assert queues.delays == [5, 20]
    assert queues.results == [DeliveryResult(delivery.workspace_id, delivery.id, 3, 204)]
    assert len(receiver.requests) == 3
    for path, headers, body in receiver.requests:
        assert path == "/hooks?of=us"
        assert body == delivery.body.encode()
        assert headers["content-type"] == "application/json"
        assert headers["webhook-id"] == str(delivery.id)
        assert abs(int(headers["webhook-timestamp"]) - time.time()) < 60
        assert signed(delivery.secret, headers, body)
        assert not signed(new_secret(), headers, body)
        assert not signed(delivery.secret, headers, body + b" ")
        assert not signed(delivery.secret, {**headers, "webhook-timestamp": "1"}, body)


def test_a_receiver_that_never_gets_well_is_given_up_with_the_reason(receiver: Receiver, queues: Queues) -> None:
    receiver.answers = [503] * 100
    delivery = outgoing(receiver.url)
    assert queues.run(delivery_message(delivery), 20) == ATTEMPTS
    assert queues.results == [
        DeliveryResult(delivery.workspace_id, delivery.id, ATTEMPTS, 503, "It answered 503."),
    ]
    assert queues.delays == [5, 20, 80, 320, 1280, 5120, 20480]


def test_a_receiver_that_is_gone_gets_no_more(receiver: Receiver, queues: Queues) -> None:
    receiver.answers = [410]
    assert queues.run(delivery_message(outgoing(receiver.url))) == 1
    assert [result.error for result in queues.results] == ["It answered 410."]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(receiver: Receiver, status: int) -> None:
    inside = Receiver()
    server = serve(inside)
    receiver.answers, receiver.location = [status], inside.url
    assert post(outgoing(receiver.url), public_only=False) == status
    assert inside.requests == []
    server.shutdown()
    server.server_close()


@pytest.fixture
def listening() -> Iterator[Callable[[Callable[[socket.socket], None]], str]]:
    """The URL of a server that does the given thing with each connection, until the test ends."""
    sockets = []

    def start(behave: Callable[[socket.socket], None]) -> str:
        server = socket.create_server(("127.0.0.1", 0))
        sockets.append(server)

        def accept() -> None:
            try:
                while True:
                    connection, _ = server.accept()
                    sockets.append(connection)
                    threading.Thread(target=behave, args=(connection,), daemon=True).start()
            except OSError:
                return

        threading.Thread(target=accept, daemon=True).start()
        return f"127.0.0.1:{server.getsockname()[1]}/"

    yield start
    for opened in sockets:
        opened.close()


def drip(connection: socket.socket) -> None:
    """Sends a byte now and then: every read succeeds, and the answer never comes."""
    try:
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        while True:
            connection.sendall(b"X")
            time.sleep(0.05)
    except OSError:
        return


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("behave", [lambda _: None, drip])
def test_a_receiver_that_never_answers_is_left(listening: Any, scheme: str, behave: Any) -> None:
    url = f"{scheme}://{listening(behave)}"
    with pytest.raises(Unreachable, match=r"did not answer within 0\.5 seconds|connection failed"):
        post(outgoing(url), public_only=False, seconds=0.5)


def test_a_receiver_that_drips_is_left_in_time(listening: Any) -> None:
    with pytest.raises(Unreachable, match=r"did not answer within 0\.5 seconds"):
        post(outgoing(f"http://{listening(drip)}"), public_only=False, seconds=0.5)


def test_what_is_no_http_or_not_there_is_a_failure_that_may_pass(listening: Any) -> None:
    def talk(connection: socket.socket) -> None:
        connection.recv(1)
        connection.sendall(b"220 mail.example.com ESMTP\r\n")
        connection.close()

    with pytest.raises(Unreachable):
        post(outgoing(f"http://{listening(talk)}"), public_only=False)
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(Unreachable, match="Connection refused"):
        post(outgoing(f"http://127.0.0.1:{port}/"), public_only=False)
    with pytest.raises(Unreachable, match="unknown"):
        post(outgoing("http://no-such-host.invalid/"), public_only=False)


# --- requests that were to reach inside -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "0.0.0.0",  # noqa: S104
        "2130706433",
        "0x7f000001",
        "127.1",
        "0177.0.0.1",
        "169.254.169.254",
        "10.0.0.1",
        "192.168.0.1",
        "[fd00:ec2::254]",
    ],
)
def test_addresses_inside_are_refused_before_a_connection(
    receiver: Receiver, queues: Queues, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_connection(*_: object, **__: object) -> socket.socket:
        raise AssertionError("connected")

    monkeypatch.setattr(posting.socket, "create_connection", no_connection)
    queues.private_hosts = False
    delivery = outgoing(f"http://{host}:{receiver.port}/")
    assert queues.run(delivery_message(delivery)) == 1
    (result,) = queues.results
    assert (result.status, result.error) == (None, "The host of the URL is not reachable from the internet.")
    assert receiver.requests == []


def test_the_setting_is_for_the_local_stage() -> None:
    def made(stage: str) -> WebhookSettings:
        return WebhookSettings(
            stage=stage, webhooks_private_hosts=True, webhooks_queue_url="q", webhook_results_queue_url="r"
        )

    assert made("local").webhooks_private_hosts
    with pytest.raises(ValueError, match="ADLENS_WEBHOOKS_PRIVATE_HOSTS is for the local stage only"):
        made("aws")


def test_a_name_counts_by_all_its_addresses(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(*_: object, **__: object) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, receiver.port)) for ip in ("8.8.8.8", "127.0.0.1")]

    monkeypatch.setattr(posting.socket, "getaddrinfo", resolve)
    with pytest.raises(AddressRefused):
        post(outgoing(f"http://hooks.example.com:{receiver.port}/"), public_only=True)


def test_a_name_that_changes_its_meaning_after_the_check_leads_nowhere(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, connected = [], []

    def resolve(host: str, port: int, *_: object, **__: object) -> list[Any]:
        asked.append(host)
        ip = "93.184.215.14" if len(asked) == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port))]

    def connect(address: tuple[str, int], **_: object) -> socket.socket:
        connected.append(address[0])
        raise OSError(101, "Network is unreachable")

    monkeypatch.setattr(posting.socket, "getaddrinfo", resolve)
    monkeypatch.setattr(posting.socket, "create_connection", connect)
    with pytest.raises(Unreachable):
        post(outgoing(f"http://hooks.example.com:{receiver.port}/"), public_only=True)
    assert (asked, connected) == (["hooks.example.com"], ["93.184.215.14"])
    assert receiver.requests == []


def test_the_host_is_named_while_its_address_is_called(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posting, "_resolve", lambda host, port: ["127.0.0.1"])
    assert post(outgoing(f"http://hooks.example.com:{receiver.port}/x"), public_only=False) == 204
    ((_, headers, _),) = receiver.requests
    assert headers["host"] == f"hooks.example.com:{receiver.port}"


# --- TLS ------------------------------------------------------------------------------------------------------------


# Self-signed, for a hundred years, made by: openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes
# -days 36500 -subj /CN=hooks.example.com -addext subjectAltName=DNS:hooks.example.com
CERTIFICATE = Path(__file__).with_name("hooks.example.com.pem")


def test_a_certificate_must_be_trusted_and_the_hosts_own(monkeypatch: pytest.MonkeyPatch) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    receiver = Receiver()
    server = serve(receiver, context)
    monkeypatch.setattr(posting, "_resolve", lambda host, port: ["127.0.0.1"])
    url = "https://{}:" + str(receiver.port) + "/"
    with pytest.raises(Unreachable, match="certificate"):
        post(outgoing(url.format("hooks.example.com")), public_only=False)
    trusting = ssl.create_default_context(cafile=str(CERTIFICATE))
    monkeypatch.setattr(posting, "_tls", lambda: trusting)
    with pytest.raises(Unreachable, match="certificate"):
        post(outgoing(url.format("other.example.com")), public_only=False)
    assert receiver.requests == []
    assert post(outgoing(url.format("hooks.example.com")), public_only=False) == 204
    server.shutdown()
    server.server_close()


# --- logs, other messages -------------------------------------------------------------------------------------------


def test_no_log_has_a_secret_or_an_address(receiver: Receiver, queues: Queues) -> None:
    stream = StringIO()
    listener = logging.StreamHandler(stream)
    listener.setFormatter(sender.logger.registered_formatter)
    sender.logger.addHandler(listener)
    receiver.answers = [500]
    delivery = outgoing(receiver.url)
    queues.run(delivery_message(delivery))
    broken = delivery_message(dataclasses.replace(delivery, url="")).replace('"body"', '"other"')
    assert sender.handler(batch(broken), Context())["batchItemFailures"]
    sender.logger._logger.removeHandler(listener)
    log = stream.getvalue()
    assert str(delivery.id) in log
    assert [part for part in (delivery.secret, delivery.secret[6:], "of=us", "Кружка") if part in log] == []


def test_a_message_that_is_none_of_ours_comes_back_at_once_until_it_is_given_up(queues: Queues) -> None:
    assert queues.run("{}") == ATTEMPTS
    assert set(queues.delays) == {0}
    assert queues.results == []


# --- all of it ------------------------------------------------------------------------------------------------------


def test_from_the_event_to_its_result(
    receiver: Receiver, queues: Queues, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = PostgresWorkspaces(engine).create("shop").id
    hooks, creatives = PostgresWebhooks(engine), PostgresCreatives(engine)
    monkeypatch.setattr(results, "webhooks", lambda: hooks)
    webhook, secret = hooks.create(workspace, receiver.url, [EventType.CREATIVE_FAILED], None)
    key = CreativeId(workspace, uuid.uuid4())
    creatives.register(workspace, "grp", [NewCreative(key.id, "mug.png", 9)])
    event = ObjectCreated("uploads", object_key(key, "grp"), 9, "etag", "01")
    assert creatives.fail_unfinished(event, "m", Failure("analysis_failed", "Gave up."))

    sent: list[Outgoing] = []
    assert hooks.hand_over(sent.extend) == 1
    queues.run(delivery_message(sent[0]))
    (result,) = queues.results
    assert results.handler(batch(result_message(result)), Context()) == {"batchItemFailures": []}

    ((_, headers, body),) = receiver.requests
    assert signed(secret, headers, body)
    assert json.loads(body)["data"]["creative_id"] == str(key.id)
    (delivery,) = hooks.deliveries(workspace, webhook.id, 10).items
    assert (delivery.state, delivery.status, delivery.attempts) == (DeliveryState.DELIVERED, 204, 1)
    assert headers["webhook-id"] == str(delivery.id)


def test_what_the_queue_gave_up_without_a_report_has_failed(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POWERTOOLS_TRACE_DISABLED", "true")
    workspace = PostgresWorkspaces(engine).create("shop").id
    hooks = PostgresWebhooks(engine)
    monkeypatch.setattr(results, "webhooks", lambda: hooks)
    webhook, _ = hooks.create(workspace, "https://hooks.example.com/", [EventType.EXPORT_DONE], None)
    hooks.note_ping(workspace, webhook.id)
    sent: list[Outgoing] = []
    hooks.hand_over(sent.extend)
    assert results.handler(batch(delivery_message(sent[0])), Context()) == {"batchItemFailures": []}
    (delivery,) = hooks.deliveries(workspace, webhook.id, 10).items
    assert (delivery.state, delivery.error) == (DeliveryState.FAILED, "It could not be sent.")
    assert results.handler(batch("not json"), Context()) == {"batchItemFailures": []}
