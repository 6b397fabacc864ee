"""The queues: of uploads, of the analysis, of exports, of jobs, of webhooks, and of what came of these."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TYPE_CHECKING

from adlens.domain.errors import TransientError
from adlens.domain.events import AnalysisRequested, analysis_request
from adlens.domain.exports import ExportId, export_request
from adlens.domain.jobs import JobId, job_request
from adlens.domain.webhooks import DeliveryResult, Outgoing, delivery_message, result_message
from adlens.storage.errors import as_transient

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

_BATCHES_AT_ONCE = 8
"""A page of a job is 50 batches of 10 messages, each a few milliseconds away."""


class _SqsQueue:
    def __init__(self, client: SQSClient, url: str) -> None:
        self._client = client
        self._url = url

    def delay(self, receipt_handle: str, seconds: int) -> None:
        """Makes a message that failed visible after `seconds` instead of the queue's visibility timeout."""
        with as_transient("queue"):
            self._client.change_message_visibility(
                QueueUrl=self._url, ReceiptHandle=receipt_handle, VisibilityTimeout=seconds
            )

    def ping(self) -> None:
        with as_transient("queue"):
            self._client.get_queue_attributes(QueueUrl=self._url, AttributeNames=["QueueArn"])

    def _send(self, messages: Iterable[str]) -> None:
        """Raises TransientError when a message could not be sent; others were."""
        remaining = iter(messages)
        batches = list(iter(lambda: list(islice(remaining, 10)), []))
        if len(batches) == 1:  # threads cost more than they save
            self._send_batch(batches[0])
        elif batches:
            with ThreadPoolExecutor(_BATCHES_AT_ONCE) as pool:
                list(pool.map(self._send_batch, batches))

    def _send_batch(self, messages: Sequence[str]) -> None:
        entries: list[SendMessageBatchRequestEntryTypeDef] = [
            {"Id": str(i), "MessageBody": message} for i, message in enumerate(messages)
        ]
        with as_transient("queue"):
            if self._client.send_message_batch(QueueUrl=self._url, Entries=entries).get("Failed"):
                raise TransientError("The queue did not take every request. Try again shortly.")


class SqsExportQueue(_SqsQueue):
    def send(self, key: ExportId) -> None:
        with as_transient("queue"):
            self._client.send_message(QueueUrl=self._url, MessageBody=export_request(key))


class SqsJobQueue(_SqsQueue):
    def send(self, keys: Iterable[JobId]) -> None:
        """Raises TransientError when a request could not be sent; others were."""
        self._send(map(job_request, keys))


class SqsAnalysisQueue(_SqsQueue):
    def send(self, requests: Iterable[AnalysisRequested]) -> None:
        """Raises TransientError when a request could not be sent; others were."""
        self._send(map(analysis_request, requests))


class SqsUploadsQueue(_SqsQueue):
    """Filled by the store."""


class SqsEventQueue(_SqsQueue):
    """Deliveries of webhooks."""

    def send(self, deliveries: Sequence[Outgoing]) -> None:
        """Raises TransientError when a delivery could not be sent; others were."""
        self._send(map(delivery_message, deliveries))


class SqsResultQueue(_SqsQueue):
    """What came of deliveries."""

    def send(self, result: DeliveryResult) -> None:
        """Raises TransientError."""
        self._send([result_message(result)])
