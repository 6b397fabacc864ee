"""What the web app costs a browser, measured on the running local stack (`make bench-web`; wants a Chromium).

The first page from a warm server: seconds until the drop zone answers, and the bytes of its scripts as sent. Then 200
files dropped at once: the longest task of the page's main thread, from the drop until the last byte is sent, and by how
much the memory of the server grows meanwhile.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

import psutil
from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from adlens_cli.places import CHECKOUT
from local import stack
from tests.web.browser import PATIENCE_MS, READY, drop, person
from tests.web.chromium import ADVICE, ARGUMENTS, chromium

ROUNDS, FILES = 5, 200
WATCH_TASKS = """
window.tasks = [];
new PerformanceObserver(list => list.getEntries().forEach(entry => tasks.push(entry.duration)))
  .observe({ type: "longtask", buffered: true });
"""
SCRIPTS = "performance.getEntriesByType('resource').filter(e => e.name.endsWith('.js')).map(e => e.encodedBodySize)"


def first_page(browser: Browser, url: str) -> tuple[float, int]:
    """Seconds until the page answers, and bytes of scripts, for somebody who was never here."""
    with person(browser, url) as page:
        page.goto("/")
        page.wait_for_function(READY)
        return page.evaluate("performance.now()") / 1000, sum(page.evaluate(SCRIPTS))


def many_files(page: Page, files: list[Path], server: psutil.Process) -> tuple[float, int]:
    """The longest task in milliseconds, and by how many bytes the server has grown at most."""
    before = most = _memory(server)
    page.evaluate(WATCH_TASKS)
    drop(page, files)
    expect(page.locator("#start")).to_contain_text(str(len(files)))
    page.locator("#group-name").fill("benchmark")
    page.locator("#start").click()
    page.locator("#upload-progress").wait_for()
    for _ in range(PATIENCE_MS // 500):
        most = max(most, _memory(server))
        if not page.locator("#upload-progress").count():
            break
        page.wait_for_timeout(500)
    return max(page.evaluate("tasks"), default=0.0), most - before


def _memory(server: psutil.Process) -> int:
    return sum(one.memory_info().rss for one in (server, *server.children(recursive=True)))


def measure(browser: Browser, web: Any) -> None:
    rounds = [first_page(browser, web.url) for _ in range(ROUNDS + 1)][1:]
    seconds, size = statistics.median(one for one, _ in rounds), rounds[-1][1]
    print(f"first page, warm server, {ROUNDS} rounds: {seconds:.2f} s until it answers (aim 3 s)")
    print(f"its scripts: {size / 1000:.0f} kB as sent")
    with tempfile.TemporaryDirectory() as folder, person(browser, web.url) as page:
        files = _variants(Path(folder))
        page.goto("/")
        page.wait_for_function(READY)
        longest, growth = many_files(page, files, psutil.Process(web.pid))
    print(f"{FILES} files dropped and sent: longest task {longest:.0f} ms (aim 500 ms)")
    print(f"the server's memory meanwhile: +{growth / 2**20:.1f} MB (aim 50 MB)")


def _variants(folder: Path) -> list[Path]:
    samples = sorted((CHECKOUT / "samples").glob("*_square.jpg"))
    for number in range(FILES):
        with Image.open(samples[number % len(samples)]) as sample:
            sample.resize((400 + number, 400 + number)).save(folder / f"{number:03}.jpg")
    return sorted(folder.iterdir())


def main() -> None:
    (web,) = (part for part in stack.status() if part.name == "web")
    path = chromium()
    if not (web.running and path):
        sys.exit(ADVICE if not path else "Start the local stack first: adlens up")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        measure(browser, web)
        browser.close()


if __name__ == "__main__":
    main()
