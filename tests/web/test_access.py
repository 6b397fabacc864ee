"""Everybody can use it: axe finds nothing serious, the keyboard reaches everything, and a phone is wide enough."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from adlens_cli.places import CHECKOUT

from .browser import PHONE, WIDE, faults_of, person, upload
from .conftest import WebStack

pytestmark = pytest.mark.timeout(600)

TITLES = {
    "/": "Загрузка",
    "/groups": "Группы",
    "/analytics": "Аналитика",
    "/analytics/compare": "В чём разница",
    "/creatives": "Креативы",
    "/settings": "Настройки",
}


@pytest.fixture(scope="module")
def filled(browser: Browser, web: WebStack) -> str:
    """A group with pictures; the address of one of them."""
    files = sorted((CHECKOUT / "samples").glob("bags_*"))
    with person(browser, web.url) as page:
        group = upload(page, files, "axe")
    (creative, *_) = web.client.get("/creatives", group_id=group)["items"]
    return f"/creative/{creative['creative_id']}"


def settled(page: Page, path: str) -> None:
    """Goes there and waits until nothing is pale because it still loads."""
    page.goto(path)
    expect(page.locator("h1")).not_to_be_empty()
    expect(page.locator(".skeleton, .stale")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_no_page_has_a_serious_fault(
    browser: Browser, web: WebStack, filled: str, size: tuple[int, int], scheme: str
) -> None:
    faults: dict[str, list[str]] = {}
    with person(browser, web.url, size=size, color_scheme=scheme, reduced_motion="reduce") as page:
        for path in (*TITLES, filled):
            settled(page, path)
            if told := faults_of(page):
                faults[path] = told
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{path} is too wide"
    assert faults == {}


def test_the_keyboard_reaches_everything_in_order(browser: Browser, web: WebStack, filled: str) -> None:
    with person(browser, web.url) as page:
        settled(page, "/groups")
        stations = []
        for _ in range(9):
            page.keyboard.press("Tab")
            stations.append(
                page.evaluate(
                    "() => { const e = document.activeElement, s = getComputedStyle(e);"
                    "return [e.getAttribute('href') || e.id, e.matches(':focus-visible') && s.outlineWidth !== '0px'] }"
                )
            )
        assert [where.removeprefix("/groups/") for where, _ in stations] == [
            "#main", "/", "/", "/groups", "/analytics", "/creatives", "/settings", "language", "theme",
        ]  # fmt: skip
        assert all(visible for _, visible in stations)
        page.locator(".skip").focus()
        page.keyboard.press("Enter")
        expect(page.locator("#main")).to_be_focused()


def test_a_creative_is_walked_with_the_arrow_keys(browser: Browser, web: WebStack, filled: str) -> None:
    with person(browser, web.url) as page:
        settled(page, filled)
        expect(page.locator("#picture")).to_be_visible()
        first = page.url
        page.keyboard.press("ArrowRight")
        expect(page).not_to_have_url(first)
        expect(page.locator("#previous")).to_have_attribute("href", first.removeprefix(web.url))
        page.keyboard.press("ArrowLeft")
        expect(page).to_have_url(first)
