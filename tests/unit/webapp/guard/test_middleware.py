"""What comes in and goes out: headers, cookies, and WebSockets of known browsers."""

import asyncio
from contextlib import suppress
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from adlens_web.guard.browsers import COOKIE, SECURE_COOKIE, Browser
from adlens_web.guard.middleware import COOKIE_PATH, BrowserMiddleware

HEADERS = {"Content-Security-Policy": "default-src 'self'"}
SECURE, PLAIN = "https://ads.example", "http://127.0.0.1:3000"


async def page(request: Request) -> JSONResponse:
    return JSONResponse(dict(request.headers))


async def socket(connection: WebSocket) -> None:
    await connection.accept()
    await connection.send_json({"query": dict(connection.query_params), "headers": dict(connection.headers)})
    with suppress(WebSocketDisconnect):
        await connection.receive_text()


@pytest.fixture
def app() -> BrowserMiddleware:
    routes = [Route("/", page), Route(COOKIE_PATH, page), WebSocketRoute("/_event", socket)]
    return BrowserMiddleware(Starlette(routes=routes), HEADERS, [SECURE, PLAIN])


def client(app: BrowserMiddleware, origin: str) -> TestClient:
    return TestClient(app, base_url=origin)


def address(browser: TestClient) -> str:
    return f"ws{str(browser.base_url).removeprefix('http')}/_event?token=abc&EIO=4"


def connected(browser: TestClient) -> Any:
    with browser.websocket_connect(address(browser)) as connection:
        return connection.receive_json()


def test_every_answer_has_the_headers(app: BrowserMiddleware) -> None:
    for path in ("/", "/missing", COOKIE_PATH):
        assert client(app, PLAIN).get(path).headers["content-security-policy"] == "default-src 'self'"


@pytest.mark.parametrize(("origin", "name", "secure"), [(SECURE, SECURE_COOKIE, True), (PLAIN, COOKIE, False)])
def test_the_cookie_is_secure_where_pages_are(app: BrowserMiddleware, origin: str, name: str, secure: bool) -> None:
    browser = client(app, origin)
    assert "set-cookie" not in browser.get("/").headers
    cookie = browser.get(COOKIE_PATH).headers["set-cookie"]
    assert cookie.startswith(f"{name}=")
    assert ("; Secure" in cookie) is secure


def test_a_browser_keeps_its_cookie(app: BrowserMiddleware) -> None:
    browser = client(app, SECURE)
    first, second = (browser.get(COOKIE_PATH).headers["set-cookie"] for _ in range(2))
    assert first == second


def test_the_app_behind_gets_no_cookie_and_no_token(app: BrowserMiddleware) -> None:
    browser = client(app, SECURE)
    browser.get(COOKIE_PATH)
    assert "cookie" not in browser.get("/").json()
    first, second = connected(browser), connected(browser)
    assert "cookie" not in first["headers"]
    assert first["query"] == second["query"]
    assert first["query"]["EIO"] == "4"
    assert first["query"]["token"] != "abc"


def test_the_same_token_of_another_browser_is_another_state(app: BrowserMiddleware) -> None:
    one, other = client(app, SECURE), client(app, SECURE)
    for browser in (one, other):
        browser.get(COOKIE_PATH)
    assert connected(one)["query"]["token"] != connected(other)["query"]["token"]


@pytest.mark.parametrize("cookie", ["", f"{SECURE_COOKIE}=guessed", f"{COOKIE}={'a' * 44}"])
def test_without_a_cookie_there_is_no_connection(app: BrowserMiddleware, cookie: str) -> None:
    browser = client(app, SECURE)
    with pytest.raises(WebSocketDisconnect):
        browser.websocket_connect(address(browser), headers={"cookie": cookie}).__enter__()


def test_bytes_end_a_connection() -> None:
    seen: list[Any] = []

    async def receive() -> Any:
        return {"type": "websocket.receive", "bytes": b"451-"} if seen else {"type": "websocket.connect"}

    browser = Browser.new()
    cookie = browser.cookie(secure=True).partition(";")[0].encode()
    scope = {"type": "websocket", "path": "/_event", "query_string": b"", "headers": [(b"cookie", cookie)]}

    async def inner(scope: Any, receive: Any, send: Any) -> None:
        seen.append(await receive())
        seen.append(await receive())

    asyncio.run(BrowserMiddleware(inner, HEADERS, [])(scope, receive, None))  # type: ignore[arg-type]
    assert [message["type"] for message in seen] == ["websocket.connect", "websocket.disconnect"]


def test_other_kinds_of_scopes_pass() -> None:
    seen: list[str] = []

    async def inner(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["type"])

    asyncio.run(BrowserMiddleware(inner, HEADERS, [])({"type": "lifespan"}, None, None))  # type: ignore[arg-type]
    assert seen == ["lifespan"]
