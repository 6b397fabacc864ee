"""When a message that failed becomes visible in its queue again."""

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


def change_visibility(record: SQSRecord, queue: Callable[[], Delays], after_seconds: int) -> None:
    """Makes a message visible again after `after_seconds`; after the queue's own timeout where the call fails."""
    with contextlib.suppress(TransientError):
        queue().delay(record.receipt_handle, after_seconds)


def retry_later(record: SQSRecord, queue: Callable[[], Delays]) -> None:
    """Doubles the delay with each attempt: a short outage costs seconds, a long one does not use up the retries."""
    failures = int(record.attributes.approximate_receive_count)
    change_visibility(record, queue, min(FIRST_DELAY_SECONDS * 2 ** (failures - 1), LONGEST_DELAY_SECONDS))
