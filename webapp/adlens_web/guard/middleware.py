"""ASGI middleware: headers for all answers, a cookie for each browser, and a known browser for each WebSocket."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import parse_qs, urlencode

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from adlens_web.guard.browsers import Browser

COOKIE_PATH = "/ping"
"""Answers here set the cookie. On AWS it is one of the few paths that lead to this server."""
COOKIE_SCRIPT = f"fetch('{COOKIE_PATH}', {{cache: 'no-store'}})"
"""Runs on every page before it connects."""
Header = tuple[bytes, bytes]


class BrowserMiddleware:
    """The app behind it gets no cookies, no WebSocket without one, and the name of the page's state in the place of its
    token. `origins` are those that pages are opened at."""

    def __init__(self, app: ASGIApp, headers: Mapping[str, str], origins: Sequence[str]) -> None:
        self._app, self._origins = app, origins
        self._headers = [(name.lower().encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            return await self._app(scope, receive, send)
        # Browsers name the origin of a page that connects, and not that of one that reads.
        origin = _joined(scope, b"origin") or f"http://{_joined(scope, b'host')}"
        secure = not (origin.startswith("http://") and origin in self._origins)
        browser = Browser.of(_joined(scope, b"cookie"), secure=secure)
        inner = {**scope, "headers": [(name, value) for name, value in scope["headers"] if name != b"cookie"]}
        if scope["type"] == "http":
            headers = list(self._headers)
            if scope["path"] == COOKIE_PATH:
                headers.append((b"set-cookie", (browser or Browser.new()).cookie(secure=secure).encode()))
            return await self._app(inner, receive, _adding(send, headers))
        if browser is None:
            return await send({"type": "websocket.close", "code": 1008})
        inner |= {"query_string": _named(scope["query_string"], browser), "adlens.browser": browser}
        return await self._app(inner, _text_only(receive), send)


def _joined(scope: Scope, wanted: bytes) -> str:
    return "; ".join(value.decode("latin-1") for name, value in scope["headers"] if name == wanted)


def _named(query: bytes, browser: Browser) -> bytes:
    """The query with the name of the state instead of the token."""
    parameters = parse_qs(query.decode("latin-1"))
    if token := parameters.get("token"):
        parameters["token"] = [browser.state_of(token[0])]
    return urlencode(parameters, doseq=True).encode()


def _adding(send: Send, headers: Iterable[Header]) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), *headers]}
        await send(message)

    return sending


def _text_only(receive: Receive) -> Receive:
    """Pages send text. Anything else ends the connection, as its parts would be kept until the last one came."""

    async def receiving() -> Message:
        message = await receive()
        if message["type"] == "websocket.receive" and message.get("bytes") is not None:
            return {"type": "websocket.disconnect", "code": 1003}
        return message

    return receiving
