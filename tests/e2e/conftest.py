"""One real local stack for all end-to-end tests, in a folder of its own: PostgreSQL, LocalStack, the CDK's template."""

from __future__ import annotations

import io
import shutil
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import psutil
import pytest

from adlens.persistence.session import make_engine
from adlens.persistence.workspaces.repository import PostgresWorkspaces
from adlens_cli.bundles import choose_bundle, weights_folder
from adlens_cli.client import Client
from benchmarks import pipeline
from local import stack
from local.deployment import Deployment, client, invoke
from local.services.localstack import LocalStack
from local.services.postgres import Postgres
from local.state import State, free_port

ENDED = ("SUCCESS", "ERROR")
LONG_POLL_SECONDS = 20


@dataclass
class Workspace:
    """A user of the API: a key, and the calls people make."""

    id: UUID
    api: httpx.Client
    client: Client

    def get(self, path: str, **params: Any) -> Any:
        answer = self.api.get(path, params=params)
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text}"
        return answer.json()

    def upload(self, files: Mapping[str, bytes], folder: Path) -> tuple[str, dict[str, str]]:
        """Sends files through presigned forms; the group, and the creative ids by file name."""
        paths = []
        for name, data in files.items():
            (folder / name).write_bytes(data)
            paths.append(folder / name)
        group_id, sent, refusals = self.client.upload(paths, lambda path: None)
        assert not refusals
        return group_id, {path.name: creative_id for creative_id, path in sent.items()}

    def progress(self, group_id: str) -> dict[str, dict[str, Any]]:
        return {row["original_filename"]: row for row in self.client.group_progress(group_id)}

    def settled(self, group_id: str, seconds: float = 200) -> dict[str, dict[str, Any]]:
        """The group's creatives by file name, once each has ended."""
        rows = wait_until(
            lambda: (rows := self.progress(group_id)) and all(row["status"] in ENDED for row in rows.values()) and rows,
            seconds,
            lambda: {name: row["status"] for name, row in self.progress(group_id).items()},
        )
        return {name: self.get(f"/creatives/{row['creative_id']}") for name, row in rows.items()}


@dataclass
class Stack:
    root: Path
    deployment: Deployment
    _clients: dict[str, Any] = field(default_factory=dict)

    @property
    def localstack(self) -> LocalStack:
        return LocalStack(State.at(self.root))

    @property
    def postgres(self) -> Postgres:
        return Postgres(State.at(self.root), durable=False)

    def aws(self, service: str) -> Any:
        return self._clients.setdefault(service, client(self.localstack, service))

    def invoke(self, function: str, event: dict[str, Any]) -> Any:
        return invoke(self.localstack, function, event)

    def workspace(self, name: str) -> Workspace:
        workspaces = PostgresWorkspaces(make_engine(self.deployment.database_url))
        made = workspaces.create(name)
        _, key = workspaces.create_key(made.id, "test")
        url = self.deployment.api_url
        return Workspace(made.id, httpx.Client(base_url=url, headers={"x-api-key": key}, timeout=60), Client(url, key))

    def environments(self, handler: str) -> list[psutil.Process]:
        """The running Lambda environments of a function: processes that LocalStack's executor started."""
        server = self.localstack.process
        assert server
        children = psutil.Process(server.pid).children(recursive=True)
        return [child for child in children if handler in command_of(child)]

    def let_messages_of_dead_workers_come_back_soon(self) -> None:
        """After 20 s rather than six function timeouts. Polls under way go by the old value until they end."""
        for url in (self.deployment.queue_url, self.deployment.analysis_queue_url):
            self.aws("sqs").set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "20"})
        time.sleep(LONG_POLL_SECONDS)

    def queues_are_empty(self) -> bool:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        told = self.deployment
        urls = (told.queue_url, told.analysis_queue_url, told.dead_letter_queue_url)
        answers = [self.aws("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names) for url in urls]
        return all(int(count) == 0 for answer in answers for count in answer["Attributes"].values())


def command_of(process: psutil.Process) -> list[str]:
    """The process's command line; empty when it has ended, also while its parent has not yet noticed."""
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:  # or a zombie, whose error is a kind of this one
        return []


def wait_until(condition: Callable[[], Any], seconds: float, describe: Callable[[], Any] = lambda: "") -> Any:
    """What `condition` answers as soon as it is true; fails the test when it does not become so."""
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        if time.monotonic() > deadline:
            pytest.fail(f"still not so after {seconds} s: {describe()}")
        time.sleep(0.3)
    return result


@contextmanager
def _started(variables: Mapping[str, str]) -> Iterator[Stack]:
    # PostgreSQL does not run as root: its folder must be within reach of another user, which pytest's are not.
    root = Path(tempfile.mkdtemp(prefix="adlens-e2e-"))
    try:
        with pytest.MonkeyPatch.context() as patch:  # not the port that a stack for work prefers
            patch.setenv("ADLENS_LOCALSTACK_PORT", str(free_port()))
            deployment = stack.up(root, durable=False, variables=variables)
        yield Stack(root, deployment)
    finally:
        stack.down(root)
        shutil.rmtree(root, ignore_errors=True)


@pytest.fixture(scope="session")
def started() -> Callable[[Mapping[str, str]], AbstractContextManager[Stack]]:
    """Starts a stack of its own with these settings of the template."""
    return _started


@pytest.fixture(scope="session")
def running() -> Iterator[Stack]:
    settings = {
        "ADLENS_LOCAL_BUNDLE": choose_bundle(None),
        "ADLENS_LOCAL_WEIGHTS": str(weights_folder()),
        "ADLENS_LOCAL_WEBHOOKS_PRIVATE_HOSTS": "1",  # receivers are on this machine
    }
    with _started(settings) as here:
        here.let_messages_of_dead_workers_come_back_soon()
        yield here


@pytest.fixture
def workspace(running: Stack) -> Workspace:
    return running.workspace("mine")


@pytest.fixture
def other_workspace(running: Stack) -> Workspace:
    return running.workspace("theirs")


def draw(seed: int, image_format: str = "JPEG", mode: str = "RGB", **options: Any) -> bytes:
    """A small picture with shapes and a word, different for each seed."""
    file = io.BytesIO()
    pipeline.draw(seed).convert(mode).save(file, image_format, **options)
    return file.getvalue()


@pytest.fixture(scope="session")
def picture() -> Callable[..., bytes]:
    return draw


@pytest.fixture
def fresh_id() -> Callable[[], str]:
    return lambda: str(uuid4())


@pytest.fixture(scope="session", name="wait_until")
def _wait_until() -> Callable[..., Any]:
    return wait_until


@pytest.fixture(scope="session")
def recount() -> Callable[[list[dict[str, Any]]], dict[str, Any]]:
    return recounted


def recounted(creatives: list[dict[str, Any]]) -> dict[str, Any]:
    """What analytics must say, counted from the creatives' own answers; means rounded as a reader compares them."""

    def mean(values: list[float]) -> float | None:
        return round(sum(values) / len(values), 4) if values else None

    analysed = [creative for creative in creatives if creative["models"]]
    topics = Counter(creative["main_topic"] for creative in analysed if creative["main_topic"])
    hexes: Counter[str] = Counter()
    classes: dict[str, float] = defaultdict(float)
    for creative in analysed:
        hexes.update({color["hex"] for color in creative["dominant_colors"]})
        for color in creative["dominant_colors"] + creative["secondary_colors"]:
            classes[color["class"]] += color["percent"]
    return {
        "creatives": len(creatives),
        "analysed": len(analysed),
        "ocr": mean([block["confidence"] for creative in analysed for block in creative["ocr_blocks"]]),
        "objects": mean([found["confidence"] for creative in analysed for found in creative["detected_objects"]]),
        "topic": mean([c["topic_confidence"] for c in analysed if c["topic_confidence"] is not None]),
        "topics": dict(topics),
        "colors": dict(hexes) if len(hexes) <= 100 else None,
        "classes": {name: round(percent, 2) for name, percent in sorted(classes.items())},
    }


@pytest.fixture(scope="session")
def told() -> Callable[[dict[str, Any]], dict[str, Any]]:
    def shorten(analytics: dict[str, Any]) -> dict[str, Any]:
        """The same figures from an analytics answer."""

        def rounded(value: float | None) -> float | None:
            return None if value is None else round(value, 4)

        summary, colors = analytics["summary"], {c["hex"]: c["count"] for c in analytics["dominant_colors"]}
        return {
            "creatives": summary["total_creatives"],
            "analysed": summary["analysed_creatives"],
            "ocr": rounded(summary["avg_ocr_confidence"]),
            "objects": rounded(summary["avg_object_confidence"]),
            "topic": rounded(summary["avg_topic_confidence"]),
            "topics": {topic["topic"]: topic["count"] for topic in analytics["topics"]},
            "colors": colors if len(colors) < 100 else None,
            "classes": {name: round(p, 2) for name, p in sorted(analytics["color_class_distribution"].items())},
        }

    return shorten
