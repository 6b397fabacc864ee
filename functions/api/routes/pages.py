"""Pages of long lists: the answer stays the plain list that clients know, its headers lead to the next page."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from fastapi import Response
from pydantic import BaseModel

PAGE_HEADERS: dict[str, Any] = {
    "X-Next-Cursor": {"description": "`cursor` of the next page; absent on the last.", "schema": {"type": "string"}},
    "Link": {"description": 'The next page, rel="next", relative to this address.', "schema": {"type": "string"}},
}


def written(answer: BaseModel) -> Response:
    """An answer as JSON, for long ones: pydantic writes it at once, where FastAPI makes dictionaries of it first."""
    return Response(answer.model_dump_json(), media_type="application/json")


def lead_on(response: Response, limit: int, next_cursor: str | None, **more: str | None) -> None:
    """`more` are the other parameters of the request, which the next page needs again."""
    if next_cursor is not None:
        response.headers["X-Next-Cursor"] = next_cursor
        given = {name: value for name, value in more.items() if value is not None}
        query = urlencode({"limit": limit, "cursor": next_cursor, **given})
        response.headers["Link"] = f'<?{query}>; rel="next"'
