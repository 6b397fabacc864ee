"""When a message that failed comes back to its queue."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Protocol

from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from adlens.domain.errors import TransientError

FIRST_DELAY_SECONDS = 5
LONGEST_DELAY_SECONDS = 300


class Delays(Protocol):
    def delay(self, receipt_handle: str, seconds: int) -> None: ...


def come_back(record: SQSRecord, queue: Callable[[], Delays], after_seconds: int) -> None:
    """Lets a message come back after `after_seconds`; where the queue cannot be told, after its visibility timeout."""
    with contextlib.suppress(TransientError):
        queue().delay(record.receipt_handle, after_seconds)


def come_back_later(record: SQSRecord, queue: Callable[[], Delays]) -> None:
    """Twice as late each time: an outage of seconds costs seconds, and a longer one does not eat the retries."""
    failures = int(record.attributes.approximate_receive_count)
    come_back(record, queue, min(FIRST_DELAY_SECONDS * 2 ** (failures - 1), LONGEST_DELAY_SECONDS))
