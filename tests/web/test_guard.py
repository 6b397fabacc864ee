"""The web app's server against programs that talk to it, and what it keeps of people who have gone."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import pytest
from playwright.sync_api import Browser, Page, expect
from simple_websocket import ConnectionError as Refused

from adlens_web.guard.browsers import COOKIE

from .browser import person, sign_in, text, upload
from .conftest import WebStack
from .socket_client import ROOT, SESSION, PageClient, cookie_of
from .test_trouble import SAMPLES

pytestmark = pytest.mark.timeout(600)

EVENTS = 30
LANGUAGE = f"{ROOT}.adlens_web___texts___language____language.set_language"
MOST_GROWTH = 8 * 2**20
STORED = "JSON.stringify([localStorage['adlens-session'], sessionStorage.token])"


def memory(web: WebStack) -> int:
    process = web.server.process
    assert process
    server = psutil.Process(process.pid)
    return sum(one.memory_info().rss for one in (server, *server.children(recursive=True)))


@contextmanager
def growth_below(web: WebStack, most: int) -> Iterator[None]:
    gc.collect()
    before = memory(web)
    yield
    assert memory(web) - before < most


def test_events_that_are_too_long_end_their_connection(web: WebStack) -> None:
    cookie = cookie_of(web.url)

    def attack(times: int) -> None:
        for _ in range(times):
            with PageClient(web.url, "attack", cookie) as page:
                page.open(seconds=0.3)
                page.send(LANGUAGE, language="a" * 900_000)
                assert page.ended

    attack(3)  # what a server takes once
    with growth_below(web, MOST_GROWTH):
        attack(EVENTS)
    with PageClient(web.url, "attack", cookie) as page:
        assert len(page.open()) < 20_000


def test_events_that_no_page_sends_change_nothing(web: WebStack) -> None:
    """Not even those that Reflex gives every state: its `setvar` sets any variable to any value."""
    cookie = cookie_of(web.url)
    with PageClient(web.url, "set", cookie) as page:
        page.open()
        with growth_below(web, MOST_GROWTH):
            for number in range(EVENTS):
                page.send(f"{SESSION}.setvar", var_name="workspace", value=f"{number}" + "a" * 60_000)
                page.send(LANGUAGE, language="a" * 60_000)
        page.send(LANGUAGE, language="en")
        assert '"language_rx_state_":"en"' in "".join(page.received(8))
    with PageClient(web.url, "set", cookie) as page:
        assert "aaaa" not in page.open()


def test_without_its_cookie_a_token_is_worth_nothing(browser: Browser, web: WebStack) -> None:
    with person(browser, web.url, key=web.person("token")) as page:
        upload(page, sorted(SAMPLES.glob("cups_*"))[:1], "тайная группа")
        page.goto("/groups")
        expect(page.get_by_text("тайная группа")).to_be_visible()
        session, token = json.loads(page.evaluate(STORED))
        cookie = cookie_in(page)
    assert "тайная группа" in shown(web, token, cookie, session)
    with pytest.raises(Refused):
        PageClient(web.url, token, "")
    stranger = shown(web, token, cookie_of(web.url), session)
    assert "тайная группа" not in stranger
    assert '"problem_rx_state_":"unauthorized"' in stranger  # nor does it open what the first browser has sealed


def cookie_in(page: Page) -> str:
    (found,) = (one for one in page.context.cookies() if one.get("name") == COOKIE)
    assert found.get("httpOnly")
    assert found.get("sameSite") == "Strict"
    return f"{COOKIE}={found.get('value')}"


def shown(web: WebStack, token: str, cookie: str, session: str) -> str:
    """What the server sends to a page that opens with these."""
    with PageClient(web.url, token, cookie) as page:
        return page.open({"session": session})


def test_the_key_is_nowhere_in_the_page(browser: Browser, web: WebStack) -> None:
    key = web.person("sealed")
    sent: list[str] = []
    with person(browser, web.url) as page:
        page.on("websocket", lambda one: one.on("framereceived", lambda frame: sent.append(str(frame))))
        sign_in(page, key)
        page.reload()
        expect(page.get_by_text(text("settings.workspace", name="sealed"))).to_be_visible()
        stored = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")
    assert sent
    assert [frame for frame in sent if key in frame] == []
    assert key not in stored


def test_signing_out_empties_all_pages(browser: Browser, web: WebStack) -> None:
    with person(browser, web.url, key=web.person("leaving")) as first:
        upload(first, sorted(SAMPLES.glob("cups_*"))[:1], "прощальная группа")
        second = first.context.new_page()
        for page in (first, second):
            page.goto("/groups")
            expect(page.get_by_text("прощальная группа")).to_be_visible()
        tokens = [json.loads(page.evaluate(STORED))[1] for page in (first, second)]
        cookie = cookie_in(first)
        with first.expect_navigation(), second.expect_navigation():
            first.locator("#sign-out").click()
        for page in (first, second):
            expect(page.get_by_text("прощальная группа")).to_have_count(0)
            expect(page.locator("#sign-out")).to_have_count(0)
            page.reload()
            expect(page.locator("h1")).to_be_visible()
            expect(page.get_by_text("прощальная группа")).to_have_count(0)
        second.close()
    assert [token for token in tokens if "прощальная группа" in shown(web, token, cookie, "")] == []


@pytest.mark.parametrize(("locale", "language"), [("ru-RU", "ru"), ("en-GB", "en")])
def test_a_key_in_other_letters_is_called_so(browser: Browser, web: WebStack, locale: str, language: str) -> None:
    with person(browser, web.url, locale=locale) as page:
        page.goto("/settings")
        page.locator("details:has(#key) summary").click()
        page.locator("#key").fill("ключ")
        page.locator("#key").press("Enter")
        expect(page.get_by_text(text("problem.key_characters", language))).to_be_visible()
