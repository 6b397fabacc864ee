"""What goes wrong around the pages: the API goes away, many files come at once, two people must not meet."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
from PIL import Image
from playwright.sync_api import Browser, expect

from adlens_cli.places import CHECKOUT

from .browser import PATIENCE_MS, drop, person, text, upload
from .conftest import WebStack
from .relay import Relay

pytestmark = pytest.mark.timeout(900)

SAMPLES = CHECKOUT / "samples"
MANY = 200
MOST_GROWTH = 50 * 2**20


@pytest.fixture
def relay(web: WebStack) -> Iterator[Relay]:
    """Stands between the web app and the API."""
    address = urlsplit(web.deployment.api_url)
    relay = Relay(address.hostname or "", address.port or 80)
    web.server.serve(web.build, f"http://127.0.0.1:{relay.port}{address.path}", web.key, web.deployment.endpoint_url)
    yield relay
    web.serve()
    relay.cut()


def test_the_api_stops_and_comes_back(browser: Browser, web: WebStack, relay: Relay) -> None:
    with person(browser, web.url) as page:
        page.goto("/settings")
        expect(page.locator("#DOMINANT_COLORS_COUNT")).to_be_visible()
        relay.cut()
        page.goto("/groups")
        expect(page.locator("#problem")).to_contain_text(text("problem.unreachable"))
        relay.mend()
        expect(page.locator("#problem")).to_have_count(0, timeout=60_000)  # by itself


def test_an_upload_outlives_an_api_that_stops(browser: Browser, web: WebStack, relay: Relay) -> None:
    with person(browser, web.url) as page:
        page.goto("/")
        drop(page, sorted(SAMPLES.glob("cups_*")))
        page.locator("#group-name").fill("interrupted")
        relay.cut()
        page.locator("#start").click()
        expect(page.locator("#upload-progress")).to_be_visible()
        relay.mend()
        expect(page.locator("#analyse-more")).to_be_visible(timeout=PATIENCE_MS)
        expect(page.locator("#live tbody tr")).to_have_count(4)


def test_two_people_do_not_meet(browser: Browser, web: WebStack) -> None:
    keys = {name: web.person(name) for name in ("anna", "boris")}
    shown: dict[str, str] = {}
    with person(browser, web.url, key=keys["anna"]) as anna, person(browser, web.url) as boris:
        boris.goto("/settings")
        boris.get_by_text(text("settings.other_key")).click()
        boris.locator("#key").fill("adl_wrong_key")
        boris.get_by_role("button", name=text("sign_in.go")).click()
        expect(boris.get_by_text(text("problem.unauthorized"))).to_be_visible()
        boris.locator("#key").fill(keys["boris"])
        with boris.expect_navigation():
            boris.get_by_role("button", name=text("sign_in.go")).click()
        expect(boris.get_by_text(text("settings.workspace", name="boris"))).to_be_visible()
        for name, page, files in (("anna", anna, "ties_*"), ("boris", boris, "clocks_*")):
            shown[name] = upload(page, sorted(SAMPLES.glob(files))[:2], f"of {name}")
        for name, other, page in (("anna", "boris", anna), ("boris", "anna", boris)):
            page.goto("/groups")
            expect(page.locator(f"[data-group={shown[name]}]")).to_be_visible()
            expect(page.locator("[data-group]")).to_have_count(1)
            page.goto(f"/creatives?group={shown[other]}")
            expect(page.locator("#problem")).to_contain_text(text("problem.unknown_group"))
            expect(page.locator("[data-creative]")).to_have_count(0)


def test_two_hundred_files_at_once(browser: Browser, web: WebStack, tmp_path: Path) -> None:
    """All arrive, and their bytes never pass through the web app: its memory stays what it was."""
    with Image.open(SAMPLES / "other_01_strip.jpg") as strip:
        small = strip.convert("RGB").resize((160, 40))
    for number in range(MANY):
        small.putpixel((number % 160, 0), (number, 255 - number, 0))
        small.save(tmp_path / f"strip_{number:03}.png")
    process = web.server.process
    assert process

    def memory() -> int:
        server = psutil.Process(process.pid)
        return sum(one.memory_info().rss for one in (server, *server.children(recursive=True)))

    with person(browser, web.url) as page:
        page.goto("/")
        expect(page.locator(".drop")).to_be_visible()
        before = memory()
        drop(page, sorted(tmp_path.glob("*.png")))
        expect(page.locator("#start")).to_contain_text(str(MANY))
        page.locator("#group-name").fill("many")
        page.locator("#start").click()
        expect(page).to_have_url(re.compile(r"group=grp_"))
        group = page.url.rpartition("group=")[2]
        expect(page.locator("#upload-progress")).to_have_count(0, timeout=PATIENCE_MS)
        assert memory() - before < MOST_GROWTH
        assert web.client.get(f"/groups/{group}")["count"] == MANY
        # Other pages answer while they are analysed.
        page.goto("/settings")
        expect(page.locator("#DOMINANT_COLORS_COUNT")).to_be_visible()
