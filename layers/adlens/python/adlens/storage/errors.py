"""What the cloud's errors mean to us."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from adlens.domain.errors import TransientError

if TYPE_CHECKING:
    from botocore.exceptions import ClientError


@contextmanager
def as_transient(what: str) -> Iterator[None]:
    """Turns whatever boto3 raises into TransientError; `what` names the thing that did not answer."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise TransientError(f"The {what} did not answer as expected. Try again shortly.") from error


def error_code(error: ClientError) -> str:
    """AWS' name of what went wrong, such as NoSuchKey."""
    return str(error.response["Error"]["Code"])
