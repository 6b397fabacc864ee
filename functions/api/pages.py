"""Pages of long lists, no larger than an answer can be.

Some answers stay the plain list that clients know; their headers lead to the next page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from fastapi import Response
from pydantic import BaseModel

MAX_ANSWER_BYTES = 5_500_000
"""Lambda returns 6 MB with the body as JSON text and the headers around it; a larger answer would be a 500."""

PAGE_HEADERS: dict[str, Any] = {
    "X-Next-Cursor": {"description": "`cursor` of the next page; absent on the last.", "schema": {"type": "string"}},
    "Link": {"description": 'The next page, rel="next", relative to this address.', "schema": {"type": "string"}},
}


def fitting(limit: int, answer: Callable[[int], Response]) -> Response:
    """`answer` about as many rows as one can carry: `limit`, or fewer where they are large."""
    while True:
        response = answer(limit)
        size = carried_bytes(response.body)
        if size <= MAX_ANSWER_BYTES or limit == 1:
            return response
        # A tenth less than would fit if all rows were of one size.
        limit = max(1, min(limit - 1, limit * MAX_ANSWER_BYTES * 9 // (size * 10)))


def carried_bytes(body: bytes | memoryview) -> int:
    """The size of a body as Lambda carries it: as text within JSON."""
    data = bytes(body)
    return len(data) + data.count(b'"') + data.count(b"\\")


def written(answer: BaseModel) -> Response:
    """An answer as JSON, for long ones: pydantic writes it at once, where FastAPI makes dictionaries of it first."""
    return Response(answer.model_dump_json(), media_type="application/json")


def written_list(
    items: Sequence[BaseModel], limit: int, next_cursor: str | None, more: Mapping[str, str | None] | None = None
) -> Response:
    """A plain list; `more` are the other parameters of the request, which the next page needs again."""
    response = Response(f"[{','.join(item.model_dump_json() for item in items)}]", media_type="application/json")
    if next_cursor is not None:
        given = {name: value for name, value in (more or {}).items() if value is not None}
        query = urlencode({"limit": limit, "cursor": next_cursor, **given})
        response.headers["X-Next-Cursor"] = next_cursor
        response.headers["Link"] = f'<?{query}>; rel="next"'
    return response
