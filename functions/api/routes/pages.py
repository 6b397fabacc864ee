"""Pages of long lists: the answer stays the plain list that clients know, its headers lead to the next page."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from fastapi import Response

PAGE_HEADERS: dict[str, Any] = {
    "X-Next-Cursor": {"description": "`cursor` of the next page; absent on the last.", "schema": {"type": "string"}},
    "Link": {"description": 'The next page, rel="next", relative to this address.', "schema": {"type": "string"}},
}


def lead_on(response: Response, limit: int, next_cursor: str | None) -> None:
    if next_cursor is not None:
        response.headers["X-Next-Cursor"] = next_cursor
        response.headers["Link"] = f'<?{urlencode({"limit": limit, "cursor": next_cursor})}>; rel="next"'
