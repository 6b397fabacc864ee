"""Pages of long lists, by keyset: a cursor holds the sort key of the last row, so that no page is counted through."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Select
from sqlalchemy.orm import Session

from adlens.domain.errors import InvalidValue

T = TypeVar("T")
K = TypeVar("K")


def fetch_page(session: Session, statement: Select[Any], limit: int | None) -> tuple[Sequence[Any], bool]:
    """At most `limit` rows, and whether there are more of them."""
    if limit is not None and limit < 1:
        raise InvalidValue("A page has at least one row.", "limit")
    result = session.execute(statement if limit is None else statement.limit(limit + 1))
    rows: Sequence[Any] = (result.scalars() if len(statement.column_descriptions) == 1 else result).all()
    return (rows, False) if limit is None else (rows[:limit], len(rows) > limit)


def cursor_of(key: object, id_: object, order: str = "") -> str:
    """A cursor that `read_cursor` reads back, for a list in the same order."""
    values = [key.isoformat() if isinstance(key, datetime) else key, str(id_), *([order] if order else [])]
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode()


def read_cursor(cursor: str, key_type: Callable[[Any], K], id_type: Callable[[Any], T], order: str = "") -> tuple[K, T]:
    """The sort key and id of the row before. Raises InvalidValue when the cursor is not one of a list in this order."""
    try:
        key, id_, *of = json.loads(base64.urlsafe_b64decode(cursor))
        if of != ([order] if order else []):
            raise ValueError("a cursor of another order")
        return key_type(key), id_type(id_)
    except (binascii.Error, ValueError, TypeError, OverflowError) as error:
        raise InvalidValue("This cursor does not belong to this list; start without one.", "cursor") from error


def like_part(text: str) -> str:
    """A LIKE pattern for what has `text` somewhere in it."""
    return "%" + re.sub(r"([\\%_])", r"\\\1", text) + "%"
