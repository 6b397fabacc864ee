"""The only door out: the AdLens API over HTTP."""

from __future__ import annotations

from functools import cache
from typing import Any

import httpx

from rxconfig import API_KEY, API_URL

TIMEOUT = httpx.Timeout(20, connect=3)


class ApiProblem(Exception):
    """A call that did not succeed. `code` is the API's own, or `unreachable` when it gave no answer at all."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


@cache
def _client() -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=API_URL.rstrip("/"), timeout=TIMEOUT)


async def call(method: str, path: str, key: str, *, json: Any = None, **params: Any) -> Any:
    """The answer of one call, None where it has no body. Parameters that are None or empty are left out.

    `key` is the API key of whoever looks at the page; without one it is the key this process was given, if any.
    Raises ApiProblem.
    """
    answer = await _answer(method, path, key, json=json, **params)
    return answer.json() if answer.content else None


async def get(path: str, key: str, **params: Any) -> Any:
    return await call("GET", path, key, **params)


async def get_page(path: str, key: str, **params: Any) -> tuple[list[Any], str]:
    """A part of a list, and the cursor of what follows; it is empty at the end."""
    answer = await _answer("GET", path, key, **params)
    return answer.json(), answer.headers.get("X-Next-Cursor", "")


async def _answer(method: str, path: str, key: str, *, json: Any = None, **params: Any) -> httpx.Response:
    sent = {name: value for name, value in params.items() if value not in (None, "")}
    headers = {"x-api-key": key or API_KEY} if key or API_KEY else {}
    try:
        answer = await _client().request(method, path, params=sent, json=json, headers=headers)
    except httpx.TransportError as error:
        raise ApiProblem("unreachable", f"{type(error).__name__}: no answer") from error
    if answer.is_success:
        return answer
    try:
        told = answer.json()
        raise ApiProblem(told["code"], told["detail"])
    except (ValueError, KeyError, TypeError):
        # A gateway's own words: the API behind it is not there.
        code = "unreachable" if answer.status_code >= 500 else "unexpected"
        raise ApiProblem(code, f"HTTP {answer.status_code}") from None
