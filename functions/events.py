"""Sends events to webhooks at the end of an invocation that may have recorded some."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from adlens.services.send_events import SendEvents

SECONDS_TO_SEND = 10


def flush_outbox(send_events: Callable[[], SendEvents], context: LambdaContext, logger: Logger) -> None:
    """Sends the events of the outbox if there is time.

    Never raises: the invocation has done its work. The next invocation or the sweep sends the rest.
    """
    if context.get_remaining_time_in_millis() / 1000 <= SECONDS_TO_SEND:
        return
    try:
        send_events()()
    except Exception:
        logger.warning("events wait for the next invocation or the sweep", exc_info=True)
