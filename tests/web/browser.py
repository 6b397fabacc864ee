"""People at a browser: pages in a context of their own, files dropped on them, and what they can see."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect

from adlens_web.texts import say

expect.set_options(timeout=30_000)
PATIENCE_MS = 180_000
"""For what waits for an analysis; on a busy machine that is much."""
READY = "() => Object.keys(document.querySelector('.drop') ?? {}).some(key => key.startsWith('__react'))"
"""Whether the drop zone answers: React has taken over what the server sent."""
WIDE, PHONE = (1280, 900), (390, 844)
SERIOUS = {"serious", "critical"}


@contextmanager
def person(
    browser: Browser, url: str, *, locale: str = "ru-RU", size: tuple[int, int] = WIDE, key: str = "", **context: Any
) -> Iterator[Page]:
    """A page of somebody new, who fails the test when a script of the page fails. `key` signs them in."""
    made = browser.new_context(
        base_url=url,
        locale=locale,
        viewport={"width": size[0], "height": size[1]},
        permissions=["clipboard-read", "clipboard-write"],
        **context,
    )
    made.set_default_timeout(30_000)
    page = made.new_page()
    failures: list[str] = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    try:
        if key:
            sign_in(page, key)
        yield page
        assert failures == []
    finally:
        made.close()


def sign_in(page: Page, key: str) -> None:
    page.goto("/settings")
    page.locator("details:has(#key) summary").click()
    page.locator("#key").fill(key)
    with page.expect_navigation():  # all pages of the browser load anew
        page.locator("#key").press("Enter")
    expect(page.locator("#sign-out")).to_be_visible()


def drop(page: Page, files: Iterable[Path]) -> None:
    """Drags files from outside the browser onto the drop zone and lets go, as the browser itself reports it."""
    page.wait_for_function(READY)
    box = page.locator(".drop").bounding_box()
    assert box
    place = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    data = {"items": [], "files": [str(file) for file in files], "dragOperationsMask": 1}
    session = page.context.new_cdp_session(page)
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": kind, "data": data, **place})


def upload(page: Page, files: Iterable[Path], name: str) -> str:
    """Drops files, starts, and waits until all are analysed; the group's id."""
    page.goto("/")
    drop(page, files)
    page.locator("#group-name").fill(name)
    page.locator("#start").click()
    expect(page.locator("#live h2")).to_have_text(name)
    expect(page.locator("#analyse-more")).to_be_visible(timeout=PATIENCE_MS)
    return page.url.rpartition("group=")[2]


def text(key: str, language: str = "ru", **values: object) -> str:
    return say(language, key, **values)


def faults_of(page: Page) -> list[str]:
    """What axe calls serious on a page, when nothing on it is faded, moves or waits for its server any more."""
    page.emulate_media(reduced_motion="reduce")
    expect(page.locator(".stale")).to_have_count(0)
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {node['html'][:160]}" for one in found if one["impact"] in SERIOUS for node in one["nodes"]]


def click_bar(page: Page, bar: Locator, address: str) -> None:
    """Leads to an address like that. A chart that is still being drawn misses a click: people click once more."""
    for _ in range(5):
        bar.scroll_into_view_if_needed()
        box = bar.bounding_box()
        assert box
        page.mouse.move(0, 0)
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=4)
        page.mouse.down()
        page.mouse.up()
        with contextlib.suppress(AssertionError):
            expect(page).to_have_url(re.compile(address), timeout=5_000)
            return
    expect(page).to_have_url(re.compile(address))
