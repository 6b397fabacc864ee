"""Makes the README's screenshots: the samples uploaded to the running local stack, in a real browser (`make screens`).

Wants `adlens up` and a Chromium. The group that it makes is deleted again.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from adlens_cli.places import CHECKOUT
from local import stack
from tests.web.browser import person, upload
from tests.web.chromium import ADVICE, ARGUMENTS, chromium

SAMPLES = CHECKOUT / "samples"
SIZE = (1280, 860)
SHOWN = "bags_02_card.jpg"


def keep(page: Page, name: str) -> None:
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(1500)  # charts and pictures settle
    with Image.open(io.BytesIO(page.screenshot())) as picture:
        picture.convert("RGB").save(Path(__file__).parent / f"{name}.jpg", quality=86)


def make(browser: Browser, url: str) -> None:
    with person(browser, url, size=SIZE, locale="ru-RU", device_scale_factor=1.5) as page:
        group = upload(page, sorted(path for path in SAMPLES.iterdir() if "_0" in path.name), "Осенняя кампания")
        keep(page, "upload")
        page.goto(f"/creatives?group={group}")
        card = page.locator("[data-creative] a", has_text=SHOWN)
        address = card.get_attribute("href")
        page.goto(address or "")
        keep(page, "creative")
    try:
        with person(browser, url, size=SIZE, locale="en-US", color_scheme="dark", device_scale_factor=1.5) as page:
            page.goto(f"/analytics?group={group}")
            page.locator("#chart-topics .bars .point").first.wait_for()
            keep(page, "analytics")
    finally:
        with person(browser, url) as page:
            page.goto("/groups")
            page.locator(f"[data-group={group}] .danger").first.click()
            page.locator("dialog[open] .danger").click()
            page.locator(f"[data-group={group}]").wait_for(state="detached")


def main() -> None:
    (web,) = (part for part in stack.status() if part.name == "web")
    path = chromium()
    if not (web.running and web.url and path):
        sys.exit(ADVICE if not path else "Start the local stack first: adlens up")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        make(browser, web.url)
        browser.close()


if __name__ == "__main__":
    main()
