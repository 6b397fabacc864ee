"""The whole story, as a marketer lives it: pictures in, results, figures, one creative, once more in other colours."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import Browser, Locator, Page, expect

from adlens import __version__
from adlens_cli.places import CHECKOUT

from .browser import PATIENCE_MS, click_bar, drop, person, text, upload
from .conftest import WebStack

pytestmark = pytest.mark.timeout(600)

SAMPLES = sorted((CHECKOUT / "samples").glob("*_card.*"))[:6] + sorted((CHECKOUT / "samples").glob("*_banner.*"))[:4]
NEAR = 1.5
"""Pixels that a box may be off: strokes and rounding."""


def total_of(page: Page) -> int:
    told = page.locator("#total").inner_text()
    return int(re.sub(r"\D", "", told))


def figures_of(locator: Locator) -> list[str]:
    return [re.sub(r"\s", " ", one) for one in locator.all_inner_texts()]


def assert_boxes_fit(page: Page, findings: list[dict[str, object]], kind: str) -> None:
    """Every box on the page lies where the API says, measured against the picture as it is drawn."""
    picture = page.locator("#picture").bounding_box()
    assert picture
    for index, finding in enumerate(findings):
        box = page.locator(f"[data-kind={kind}][data-index='{index}']").evaluate(
            # the shape itself, without its stroke
            "e => { const b = e.getBBox(), m = e.getScreenCTM();"
            "return [m.a * b.x + m.e, m.d * b.y + m.f, m.a * (b.x + b.width) + m.e, m.d * (b.y + b.height) + m.f] }"
        )
        x1, y1, x2, y2 = finding["bbox"]  # type: ignore[misc]
        told = [
            picture["x"] + x1 * picture["width"],
            picture["y"] + y1 * picture["height"],
            picture["x"] + x2 * picture["width"],
            picture["y"] + y2 * picture["height"],
        ]
        assert box == pytest.approx(told, abs=NEAR), (kind, index)


def test_from_files_to_figures_and_back(browser: Browser, web: WebStack, tmp_path: Path) -> None:
    broken, notes = tmp_path / "broken.jpg", tmp_path / "notes.txt"
    broken.write_bytes(b"this is no picture")
    notes.write_text("nor is this")
    with person(browser, web.url, color_scheme="light") as page:
        page.goto("/")
        drop(page, [*SAMPLES, broken, notes])

        # What is no picture is refused at once, with the reason; the others wait to be sent.
        refusals = page.locator(".refusal")
        expect(refusals).to_have_count(2)
        assert {one.split("\n")[0] for one in refusals.all_inner_texts()} == {"broken.jpg", "notes.txt"}
        expect(page.locator(".files .file")).to_have_count(len(SAMPLES))
        page.locator("#group-name").fill("Весна")
        page.locator("#start").click()

        # The table lives, and the first results are there before the last.
        expect(page.locator("#live tbody tr")).to_have_count(len(SAMPLES), timeout=PATIENCE_MS)
        expect(page.locator("#live .live-result :is(.chip.accent, .chip.unsure)").first).to_be_visible(
            timeout=PATIENCE_MS
        )
        expect(page.locator("#analyse-more")).to_be_visible(timeout=PATIENCE_MS)
        expect(page.locator("#live .live-stage .good-ink")).to_have_count(4 * len(SAMPLES))
        group = page.url.rpartition("group=")[2]

        # The figures, and what is behind one bar.
        page.locator("#live").get_by_role("link", name=text("upload.analytics")).click()
        expect(page).to_have_url(re.compile("/analytics"))
        bars = page.locator("#chart-topics .bars .point path")
        expect(bars.first).to_be_visible()
        topics = web.client.get(f"/analytics/group/{group}")["topics"]
        sure = {one["topic"]: one["count"] - one["unsure"] for one in topics if one["count"] > one["unsure"]}
        assert sure
        expect(bars).to_have_count(len(sure) + any(one["unsure"] for one in topics))
        expect(page.locator("#chart-words .bars .point path").first).to_be_attached()  # nothing moves any more
        click_bar(page, bars.first, r"/creatives\?.*topic=")
        expect(page.locator("[data-creative]").first).to_be_visible()
        topic = re.search(r"topic=(\w+)", page.url)
        assert topic
        counted = sure[topic[1]]
        expect(page.locator("[data-creative]")).to_have_count(counted)
        assert total_of(page) == counted

        # One creative: its boxes lie on the picture at every size.
        page.locator("[data-creative] a").first.click()
        expect(page.locator("#picture")).to_be_visible()
        creative = web.client.get(f"/creatives/{page.url.partition('/creative/')[2].partition('?')[0]}")
        expect(page.locator("[data-kind=text]")).to_have_count(len(creative["ocr_blocks"]))
        for zoom in ("#zoom-fit", "#zoom-100"):
            page.locator(zoom).click()
            flat = [{"bbox": _hull(block)} for block in creative["ocr_blocks"]]
            assert_boxes_fit(page, flat, "text")
            assert_boxes_fit(page, creative["detected_objects"], "object")
        row = page.locator("[data-row='text-0']")
        row.hover()
        expect(page.locator("[data-kind=text][data-index='0']")).to_have_attribute("data-active", "true")

        # Other numbers of colours, and the same creative once more.
        address = page.url
        page.goto("/settings")
        expect(page.locator("#version")).to_have_text(f"AdLens {__version__}")
        page.locator("#DOMINANT_COLORS_COUNT").select_option("5")
        expect(page.get_by_text(text("state.saved"))).to_be_visible()
        page.locator("#SECONDARY_COLORS_COUNT").select_option("2")
        page.goto(address)
        page.locator("#reanalyse").click()
        expect(page.locator("#creative-palette .swatch.big")).to_have_count(7, timeout=PATIENCE_MS)
        again = web.client.get(f"/creatives/{creative['creative_id']}")
        assert (len(again["dominant_colors"]), len(again["secondary_colors"])) == (5, 2)

        # English, then dark; both stay.
        page.locator("#language").click()
        expect(page.locator("#reanalyse")).to_have_text(text("action.reanalyse", "en"))
        page.locator("#theme").click()
        expect(page.locator("html")).to_have_class(re.compile("dark"))
        page.reload()
        expect(page.locator("#reanalyse")).to_have_text(text("action.reanalyse", "en"))
        expect(page.locator("html")).to_have_class(re.compile("dark"))
        assert page.evaluate("document.documentElement.lang") == "en"


def _hull(block: dict[str, object]) -> list[float]:
    """The box around what is drawn: the polygon where there is one."""
    points: list[list[float]] = block["polygon"] or [block["bbox"][:2], block["bbox"][2:]]  # type: ignore[assignment,index]
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return [min(xs), min(ys), max(xs), max(ys)]


def test_boxes_lie_on_a_picture_that_is_stored_on_its_side(browser: Browser, web: WebStack, tmp_path: Path) -> None:
    upright = Image.new("RGB", (600, 900), "white")
    font = ImageFont.load_default(72)
    ImageDraw.Draw(upright).text((40, 60), "SALE -50%", fill="black", font=font)
    turned = upright.rotate(90, expand=True)  # as a camera stores it, with a note how to turn it back
    exif = Image.Exif()
    exif[0x0112] = 6
    turned.save(tmp_path / "turned.jpg", exif=exif, quality=95)
    with person(browser, web.url) as page:
        group = upload(page, [tmp_path / "turned.jpg"], "turned")
        (row,) = web.client.get("/creatives", group_id=group)["items"]
        page.goto(f"/creative/{row['creative_id']}")
        expect(page.locator("[data-kind=text]").first).to_be_visible()
        creative = web.client.get(f"/creatives/{row['creative_id']}")
        assert "SALE" in creative["ocr_text"]
        picture = page.locator("#picture").bounding_box()
        assert picture
        assert picture["width"] < picture["height"]
        assert_boxes_fit(page, [{"bbox": _hull(block)} for block in creative["ocr_blocks"]], "text")
        x1, y1, _, y2 = creative["ocr_blocks"][0]["bbox"]
        assert (x1, y1) < (0.15, 0.12)
        assert y2 < 0.25


def test_white_print_on_nothing_lies_on_the_ground_that_it_was_read_on(
    browser: Browser, web: WebStack, tmp_path: Path
) -> None:
    clear = Image.new("RGBA", (600, 200), (255, 255, 255, 0))
    font = ImageFont.load_default(72)
    ImageDraw.Draw(clear).text((40, 60), "SALE -50%", fill="white", font=font)
    clear.save(tmp_path / "clear.png")
    opaque = Image.new("RGB", clear.size, "white")
    opaque.save(tmp_path / "opaque.png")
    with person(browser, web.url) as page:
        group = upload(page, [tmp_path / "clear.png", tmp_path / "opaque.png"], "clear")
        rows = {row["original_filename"]: row for row in web.client.get("/creatives", group_id=group)["items"]}
        page.goto(f"/creative/{rows['clear.png']['creative_id']}")
        creative = web.client.get(f"/creatives/{rows['clear.png']['creative_id']}")
        assert "SALE" in creative["ocr_text"]
        expect(page.locator("#background")).to_have_text(creative["background"])
        red, green, blue = bytes.fromhex(creative["background"][1:])
        expect(page.locator("#picture")).to_have_css("background-color", f"rgb({red}, {green}, {blue})")
        page.goto(f"/creative/{rows['opaque.png']['creative_id']}")
        expect(page.locator("#picture")).to_be_visible()
        expect(page.locator("#background")).to_have_count(0)
