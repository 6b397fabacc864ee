"""Connections, states and browsers: what there is of each, and what goes."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest
import reflex as rx
from reflex.istate.manager.memory import StateManagerMemory

from adlens_web.adlens_web import app
from adlens_web.api.client import ApiProblem
from adlens_web.guard import pages as module
from adlens_web.guard.browsers import Browser
from adlens_web.guard.pages import Pages
from adlens_web.session import Session, _reset


@pytest.fixture
def manager(monkeypatch: pytest.MonkeyPatch) -> StateManagerMemory:
    made = StateManagerMemory(token_expiration=600)
    monkeypatch.setattr(app, "_state_manager", made)
    return made


@pytest.fixture
def pages(manager: StateManagerMemory, monkeypatch: pytest.MonkeyPatch) -> Pages:
    made = Pages("/_event", app)
    monkeypatch.setattr(app, "_event_namespace", made)
    return made


def run(story: Callable[[], Awaitable[None]]) -> None:
    async def whole() -> None:
        with app.set_contexts():
            await story()

    asyncio.run(whole())


async def connect(pages: Pages, sid: str, browser: Browser, token: str) -> None:
    scope = {"type": "websocket", "headers": [], "adlens.browser": browser}
    await pages.on_connect(sid, {"asgi.scope": scope, "QUERY_STRING": f"token={browser.state_of(token)}"})


async def leave(pages: Pages, sid: str) -> None:
    if ending := pages.on_disconnect(sid):
        await ending


async def session_of(manager: StateManagerMemory, browser: Browser, token: str) -> Session:
    root = await manager.get_state(rx.BaseStateToken(ident=browser.state_of(token), cls=rx.State))
    return cast(Session, await root.get_state(Session))


def test_the_key_can_be_read_while_the_page_is_connected(pages: Pages, manager: StateManagerMemory) -> None:
    async def story() -> None:
        browser = Browser.new()
        await connect(pages, "1", browser, "a")
        session = await session_of(manager, browser, "a")
        session.session = f"owner.{browser.seal('adl_key')}"
        assert session._api._headers == {"x-api-key": "adl_key"}
        await leave(pages, "1")
        with pytest.raises(ApiProblem, match="Sign in again"):
            session._api  # noqa: B018 - reading it is what fails
        await connect(pages, "2", browser, "a")
        assert session._api._headers == {"x-api-key": "adl_key"}

    run(story)


def test_a_key_of_another_browser_is_none(pages: Pages, manager: StateManagerMemory) -> None:
    """And never the key that this process has for those who have not signed in."""

    async def story() -> None:
        browser = Browser.new()
        await connect(pages, "1", browser, "a")
        session = await session_of(manager, browser, "a")
        for sealed in (f"owner.{Browser.new().seal('adl_key')}", "owner.", "adl_key"):
            session.session = sealed
            with pytest.raises(ApiProblem):
                session._api  # noqa: B018

    run(story)


def test_states_of_pages_that_were_left_make_room(
    pages: Pages, manager: StateManagerMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_PAGES", 3)

    async def story() -> None:
        browsers = [Browser.new() for _ in range(5)]
        for number, browser in enumerate(browsers[:3]):
            await connect(pages, str(number), browser, "a")
        await leave(pages, "1")
        await connect(pages, "3", browsers[3], "a")
        kept = {browser.state_of("a") for browser in (browsers[0], browsers[2], browsers[3])}
        assert manager.states.keys() == kept
        with pytest.raises(ConnectionRefusedError):
            await connect(pages, "4", browsers[4], "a")
        assert manager.states.keys() == kept

    run(story)


def test_a_browser_has_so_many_pages(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_OF_A_BROWSER", 2)

    async def story() -> None:
        browser = Browser.new()
        await connect(pages, "1", browser, "a")
        await connect(pages, "2", browser, "b")
        with pytest.raises(ConnectionRefusedError):
            await connect(pages, "3", browser, "c")
        await connect(pages, "4", Browser.new(), "a")
        await leave(pages, "1")
        await connect(pages, "5", browser, "c")

    run(story)


def test_states_stay_while_their_pages_are_connected(
    pages: Pages, manager: StateManagerMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "STATE_SECONDS", 0.4)
    monkeypatch.setattr(manager, "token_expiration", 0.4)

    async def story() -> None:
        browser = Browser.new()
        keeping = asyncio.create_task(pages.keep_open())
        await connect(pages, "1", browser, "open")
        await connect(pages, "2", browser, "left")
        await leave(pages, "2")
        await asyncio.sleep(1.5)
        assert manager.states.keys() == {browser.state_of("open")}
        keeping.cancel()

    run(story)


def test_emptying_reaches_all_pages_of_the_browser_and_no_other(pages: Pages, manager: StateManagerMemory) -> None:
    async def story() -> None:
        mine, other = Browser.new(), Browser.new()
        for sid, browser, token in (("1", mine, "a"), ("2", mine, "b"), ("3", mine, "left"), ("4", other, "a")):
            await connect(pages, sid, browser, token)
            (await session_of(manager, browser, token)).workspace = "secret"
        await leave(pages, "3")
        sent: list[Any] = []

        async def note(update: Any, token: str) -> None:
            sent.append((token, str(update.delta)))

        pages.emit_update = note  # type: ignore[method-assign]  # nobody listens at the other end

        (await session_of(manager, mine, "a")).session = "kept"
        await pages.empty(mine, _reset)
        assert {token for token, _ in sent} == {mine.state_of("a"), mine.state_of("b")}
        assert [delta for _, delta in sent if "workspace" not in delta or "'session_rx_state_'" in delta] == []
        assert (await session_of(manager, mine, "a")).session == "kept"
        assert (await session_of(manager, mine, "a")).workspace == ""
        assert mine.state_of("left") not in manager.states
        assert (await session_of(manager, other, "a")).workspace == "secret"

    run(story)
