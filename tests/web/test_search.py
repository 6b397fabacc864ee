"""Search, corrections, comparisons and exports, as people meet them on the pages."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from adlens_cli.client import Client
from adlens_cli.places import CHECKOUT

from .browser import PATIENCE_MS, PHONE, WIDE, faults_of, person, text, upload
from .conftest import WebStack

pytestmark = pytest.mark.timeout(600)

SAMPLES = CHECKOUT / "samples"
SLIP, WORD = "горадской", "городской"
FOUND = "bags_02_card.jpg"


class Filled:
    """A workspace with two groups, which is signed in with `key`."""

    def __init__(self, key: str, client: Client, bags: str, clocks: str) -> None:
        self.key, self.client, self.bags, self.clocks = key, client, bags, clocks


@pytest.fixture(scope="module")
def filled(browser: Browser, web: WebStack) -> Filled:
    key = web.person("search")
    with person(browser, web.url, key=key) as page:
        bags = upload(page, sorted(SAMPLES.glob("bags_*")), "Сумки")
        clocks = upload(page, sorted(SAMPLES.glob("clocks_*")), "Часы")
    return Filled(key, Client(web.deployment.api_url, key), bags, clocks)


def search(page: Page, words: str) -> None:
    page.locator("#q").fill(words)
    expect(page).to_have_url(re.compile("q="))


def test_a_word_with_a_slip_is_found_and_its_line_marked(browser: Browser, web: WebStack, filled: Filled) -> None:
    with person(browser, web.url, key=filled.key) as page:
        page.goto("/creatives")
        expect(page.locator("[data-creative]").first).to_be_visible()
        search(page, SLIP)
        expect(page.locator("#corrections")).to_contain_text(WORD)
        card = page.locator("[data-creative]", has_text=FOUND)
        expect(card.locator("mark").first).to_have_text(re.compile(WORD, re.IGNORECASE))
        page.reload()
        card.locator("a").click()
        expect(page.locator(".finding mark").first).to_have_text(re.compile(WORD, re.IGNORECASE))
        expect(page.locator(".box[data-hit]").first).to_be_attached()
        page.go_back()
        search(page, "чегонет")
        expect(page.get_by_text(text("creatives.none_title"))).to_be_visible()


def test_a_colour_and_a_number_of_objects_are_filters(browser: Browser, web: WebStack, filled: Filled) -> None:
    (first, *_) = filled.client.get("/creatives", group_id=filled.bags, sort="filename")["items"]
    color = first["dominant_colors"][0]["hex"]
    with person(browser, web.url, key=filled.key) as page:
        page.goto("/creatives")
        expect(page.locator("[data-creative]").first).to_be_visible()
        expect(page.locator("#min_share")).to_be_disabled()
        page.locator("#hex").fill(color)
        expect(page).to_have_url(re.compile("hex=%23"))
        page.locator("#min_share").fill("5")
        expect(page).to_have_url(re.compile("min_share=5"))
        expect(page.locator("[data-creative]", has_text=first["original_filename"])).to_be_visible()
        found = filled.client.get("/creatives", hex=color, min_share=5)["total"]
        expect(page.locator("[data-creative]")).to_have_count(found)
        page.locator("#clear").click()
        page.locator("#min_objects").fill("1")
        expect(page).to_have_url(re.compile("min_objects=1"))
        expect(page.locator("[data-creative]")).to_have_count(filled.client.get("/creatives", min_objects=1)["total"])


def test_a_topic_is_corrected_by_hand_and_stays_so(browser: Browser, web: WebStack, filled: Filled) -> None:
    (creative, *_) = filled.client.get("/creatives", group_id=filled.clocks, sort="-filename")["items"]
    with person(browser, web.url, key=filled.key) as page:
        page.goto(f"/creative/{creative['creative_id']}")
        page.get_by_text(text("creative.correct")).click()
        page.locator("#right-topic").select_option("other")
        page.locator("#correct-topic").click()
        expect(page.locator("#corrected")).to_be_visible()
        page.reload()
        expect(page.locator("#corrected")).to_have_text(text("decision.person"))
    again = filled.client.get(f"/creatives/{creative['creative_id']}")
    assert (again["main_topic"], again["topic_corrected"]) == ("other", True)


def test_a_comparison_says_what_differs_and_leads_to_what_it_counts(
    browser: Browser, web: WebStack, filled: Filled
) -> None:
    with person(browser, web.url, key=filled.key) as page:
        page.goto(f"/analytics?group={filled.bags}")
        expect(page.locator("#differences")).to_have_attribute("href", re.compile(filled.bags))
        page.locator("#differences").click()
        expect(page.locator("#a-group")).to_have_value(filled.bags)
        expect(page.locator("#compare-sides li")).to_have_count(2)
        page.locator("#beside").select_option("other")
        expect(page.locator("#b-group")).to_be_visible()
        page.locator("#b-group").select_option(filled.clocks)
        row = page.locator("[data-section=topics] tbody tr").first
        expect(row).to_contain_text(text("compare.verdict.unknown"))  # so few prove nothing
        cell = page.locator("[data-section=topics] td", has=page.locator("a")).first
        count = int(cell.locator(".muted").inner_text().strip())
        cell.locator("a").click()
        expect(page).to_have_url(re.compile(r"/creatives\?"))
        expect(page.locator("[data-creative]")).to_have_count(count)


def test_what_a_gallery_shows_is_exported(browser: Browser, web: WebStack, filled: Filled) -> None:
    with person(browser, web.url, key=filled.key) as page:
        page.goto(f"/creatives?group={filled.bags}")
        page.locator("#export").click()
        expect(page.locator("dialog[open]")).to_contain_text("Сумки")
        page.locator("#export-format").select_option("parquet")
        expect(page.locator("#export-separator")).to_have_count(0)
        page.locator("#export-format").select_option("csv")
        page.locator("#export-separator").select_option("semicolon")
        page.locator("#export-order").click()
        done = page.locator("dialog[open] [data-export][data-state=DONE]")
        expect(done).to_have_count(1, timeout=PATIENCE_MS)
        expect(done).to_contain_text(text("exports.separators.semicolon"))
        with page.expect_download() as downloading:
            done.locator(".download").click()
        assert downloading.value.suggested_filename.endswith(".csv")
        with Path(downloading.value.path()).open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file, delimiter=";"))
        assert len(rows) == filled.client.get("/creatives", group_id=filled.bags)["total"]
        page.goto("/settings")
        expect(page.locator("#exports-latest [data-export]")).to_have_count(1)


def test_variants_of_one_picture_stand_together(browser: Browser, web: WebStack, tmp_path: Path) -> None:
    small = tmp_path / "small.jpg"
    with Image.open(SAMPLES / FOUND) as picture:
        picture.convert("RGB").resize((picture.width // 2, picture.height // 2)).save(small, quality=80)
    with person(browser, web.url, key=web.person("variants")) as page:
        group = upload(page, [small, SAMPLES / FOUND, SAMPLES / "bags_03_banner.jpg"], "Варианты")
        page.goto("/groups")
        page.locator(f"[data-group={group}]").get_by_role("link", name=text("duplicates.title")).click()
        family = page.locator(".family")
        expect(family).to_have_count(1)
        expect(family.locator("[data-creative] .cut.strong")).to_have_text([FOUND, small.name])


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_everybody_can_use_these_pages(
    browser: Browser, web: WebStack, filled: Filled, size: tuple[int, int], scheme: str
) -> None:
    side = f"group_id%3D{filled.bags}"
    ready = {
        f"/creatives?q={WORD}": "[data-creative] mark",
        f"/analytics/compare?a={side}": "#compare-sides",
        f"/duplicates?group={filled.bags}": ".lead",
    }
    with person(browser, web.url, key=filled.key, size=size, color_scheme=scheme) as page:
        faults: dict[str, list[str]] = {}
        for path, shown in ready.items():
            page.goto(path)
            expect(page.locator(shown).first).to_be_visible()
            expect(page.locator(".skeleton")).to_have_count(0)
            if path.startswith("/creatives"):
                page.locator("#export").click()
                expect(page.locator("dialog[open]")).to_be_visible()
            if told := faults_of(page):
                faults[path] = told
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{path} is too wide"
        assert faults == {}
