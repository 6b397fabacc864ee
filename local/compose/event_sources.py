"""From queues and the clock to functions, as Lambda's event source mappings and EventBridge's schedules do.

`python -m local.compose.event_sources` runs until SIGTERM; with `--check` it exits with 0 if all of it is at work.
"""

from __future__ import annotations

import json
import logging
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from adlens.storage.clients import sqs_client
from local.compose.functions import EmulatedFunction, Function, FunctionError, ProcessFunction, Unavailable
from local.compose.settings import FunctionAddresses
from local.compose.topology import topology

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import DeleteMessageBatchRequestEntryTypeDef, MessageTypeDef

logger = logging.getLogger(__name__)

POLL_SECONDS = 5  # also how long a stop may have to wait for a poll
PAUSE_SECONDS = 3  # while a neighbour is away
MARGIN_SECONDS = 60
# Queue of topology.toml that each source takes messages from, and the field of FunctionAddresses with its address.
QUEUES = {
    "dispatch": ("uploads", "adlens_uploads_queue_url"),
    "analyze": ("analysis", "adlens_queue_url"),
    "exports": ("exports", "adlens_exports_queue_url"),
    "dead_letters": ("uploads-dead-letters", "dead_letter_queue_url"),
    "dead_exports": ("exports-dead-letters", "exports_dead_letter_queue_url"),
    "jobs": ("jobs", "adlens_jobs_queue_url"),
    "dead_jobs": ("jobs-dead-letters", "jobs_dead_letter_queue_url"),
    "webhooks": ("webhooks", "adlens_webhooks_queue_url"),
    "webhook_results": ("webhook-results", "adlens_webhook_results_queue_url"),
}
IMAGES = {"analyze": "analyze_url", "exports": "exports_url"}
"""Functions in containers of their own, and the field with the address of each."""
SWEEP = "sweep"
BEATS = Path(tempfile.gettempdir()) / "event-sources"


def consumer(source: str) -> str:
    """The function that a source calls, as topology.toml names it."""
    return source if source == SWEEP else str(topology()["queues"][QUEUES[source][0]]["consumer"])


def stale_seconds() -> dict[str, int]:
    """After how long without a step each source is taken for stuck."""
    timeouts = topology()["timeout_seconds"]
    return {name: timeouts[consumer(name)] + MARGIN_SECONDS for name in (*QUEUES, SWEEP)}


def _function(source: str, addresses: FunctionAddresses) -> EmulatedFunction | ProcessFunction:
    name = consumer(source)
    timeout = topology()["timeout_seconds"][name]
    if source in IMAGES:
        return EmulatedFunction(getattr(addresses, IMAGES[source]), timeout)
    return ProcessFunction(f"functions.{name.replace('-', '_')}.handler.handler", timeout)


class Source(Protocol):
    @property
    def name(self) -> str: ...

    def step(self, stop: threading.Event) -> None:
        """Does what is due, within stale_seconds(). Trouble of neighbours may be raised: the step is done again."""


@dataclass(frozen=True)
class QueueSource:
    """Feeds a function with batches of a queue and deletes what it has done; what failed returns to the queue.

    The function must report batchItemFailures. An answer without them is no success: as on AWS, a batch whose answer
    makes no sense is delivered again.
    """

    name: str
    sqs: SQSClient
    queue_url: str
    function: Function
    batch_size: int
    wait_seconds: int = POLL_SECONDS

    def step(self, stop: threading.Event) -> None:
        if not self.function.ready():  # receiving uses up a message's tries
            raise Unavailable(f"{self.name} is not there yet")
        messages = self.sqs.receive_message(
            QueueUrl=self.queue_url,
            MaxNumberOfMessages=self.batch_size,
            WaitTimeSeconds=self.wait_seconds,
            MessageSystemAttributeNames=["All"],
        ).get("Messages", [])
        if not messages:
            return
        if stop.is_set():
            self._give_back(messages)
            return
        try:
            failed = self._failed(self.function(self._event(messages)), {message["MessageId"] for message in messages})
        except Unavailable:
            self._give_back(messages, PAUSE_SECONDS)
            raise
        except FunctionError as error:
            logger.error("%s failed with %d messages, which return to the queue: %s", self.name, len(messages), error)
            return
        self._delete([message for message in messages if message["MessageId"] not in failed])

    def _event(self, messages: Iterable[MessageTypeDef]) -> str:
        account, queue = urlsplit(self.queue_url).path.strip("/").split("/")[-2:]
        region = self.sqs.meta.region_name
        return json.dumps(
            {
                "Records": [
                    {
                        "messageId": message["MessageId"],
                        "receiptHandle": message["ReceiptHandle"],
                        "body": message["Body"],
                        "attributes": message["Attributes"],
                        "messageAttributes": {},  # nobody sends any
                        "md5OfBody": message["MD5OfBody"],
                        "eventSource": "aws:sqs",
                        "eventSourceARN": f"arn:aws:sqs:{region}:{account}:{queue}",
                        "awsRegion": region,
                    }
                    for message in messages
                ]
            }
        )

    @staticmethod
    def _failed(answer: bytes, sent: set[str]) -> set[str]:
        """Ids of the messages that failed. Raises FunctionError for an answer that does not say."""
        try:
            failed = {item["itemIdentifier"] for item in json.loads(answer)["batchItemFailures"]}
        except (ValueError, TypeError, KeyError) as error:
            raise FunctionError(f"the answer names no batchItemFailures: {answer[:200]!r}") from error
        if not failed <= sent:
            raise FunctionError(f"the answer names messages that were not sent: {sorted(map(str, failed - sent))}")
        return failed

    def _delete(self, messages: Sequence[MessageTypeDef]) -> None:
        if messages:
            entries: list[DeleteMessageBatchRequestEntryTypeDef] = [
                {"Id": str(i), "ReceiptHandle": m["ReceiptHandle"]} for i, m in enumerate(messages)
            ]
            answer = self.sqs.delete_message_batch(QueueUrl=self.queue_url, Entries=entries)
            for failure in answer.get("Failed", []):  # it will be delivered again, which changes nothing
                logger.warning("%s: a message that was done could not be deleted: %s", self.name, failure)

    def _give_back(self, messages: Sequence[MessageTypeDef], seconds: int = 0) -> None:
        for message in messages:
            self.sqs.change_message_visibility(
                QueueUrl=self.queue_url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=seconds
            )


@dataclass
class Schedule:
    """Calls a function every so many seconds, and at once when it starts."""

    name: str
    function: Function
    seconds: float
    _due: float = field(default=0, init=False)

    def step(self, stop: threading.Event) -> None:
        now = time.monotonic()
        if now < self._due:
            stop.wait(min(self._due - now, POLL_SECONDS))
            return
        self._due = now + self.seconds
        try:
            logger.info("%s: %s", self.name, self.function("{}").decode())
        except FunctionError as error:  # the next call makes up for it
            logger.error("%s failed: %s", self.name, error)


def run(sources: Sequence[Source], stop: threading.Event, beats: Path = BEATS) -> None:
    """Keeps all sources at work until `stop` is set, or one breaks, whose error is raised."""
    beats.mkdir(exist_ok=True)
    for beat in beats.iterdir():
        beat.unlink()

    def work(source: Source) -> None:
        try:
            while not stop.is_set():
                (beats / source.name).touch()
                try:
                    source.step(stop)
                except (BotoCoreError, ClientError, Unavailable) as error:
                    logger.warning("%s waits: %s", source.name, error)
                    stop.wait(PAUSE_SECONDS)
        finally:
            stop.set()

    with ThreadPoolExecutor(len(sources)) as pool:
        futures = [pool.submit(work, source) for source in sources]
        for future in futures:
            future.result()


def at_work(stale_seconds: Mapping[str, float], beats: Path = BEATS) -> bool:
    """Whether every source has begun a step lately: less than so many seconds ago."""
    now = time.time()
    return all(
        (beats / name).exists() and (beats / name).stat().st_mtime > now - stale
        for name, stale in stale_seconds.items()
    )


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    addresses = FunctionAddresses()
    # Each source calls in a thread of its own, and an environment takes one call at a time.
    functions = {name: _function(name, addresses) for name in (*QUEUES, SWEEP)}
    sources: list[Source] = [
        QueueSource(
            name, sqs_client(), getattr(addresses, address), functions[name], topology()["queues"][queue]["batch_size"]
        )
        for name, (queue, address) in QUEUES.items()
    ]
    try:
        run([*sources, Schedule(SWEEP, functions[SWEEP], topology()["schedule_seconds"][SWEEP])], stop)
    finally:
        for function in functions.values():
            if isinstance(function, ProcessFunction):
                function.stop()


if __name__ == "__main__":
    if sys.argv[1:] == ["--check"]:
        sys.exit(not at_work(stale_seconds()))
    main()
