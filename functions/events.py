"""What webhooks are told, sent at the end of an invocation that may have noted something."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from adlens.services.send_events import SendEvents

SECONDS_TO_TELL = 10


def send_what_waits(send_events: Callable[[], SendEvents], context: LambdaContext, logger: Logger) -> None:
    """Sends what is in the outbox if there is time for it.

    Never raises: the work of the invocation is done and its answer must get out, and what is not sent now the next
    invocation or the sweep sends.
    """
    if context.get_remaining_time_in_millis() / 1000 <= SECONDS_TO_TELL:
        return
    try:
        send_events()()
    except Exception:
        logger.warning("events wait for the next invocation or the sweep", exc_info=True)
