"""What the cloud's errors mean to us."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from adlens.domain.errors import TransientError


@contextmanager
def as_transient(what: str) -> Iterator[None]:
    """Turns whatever boto3 raises into TransientError; `what` names the thing that did not answer."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise TransientError(f"The {what} did not answer as expected. Try again shortly.") from error
