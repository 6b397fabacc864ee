"""Pages work under the headers that the web app sends with them, which CloudFront sends as well (infra_cdk/web.py)."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Response, expect

from adlens_cli.client import Client
from adlens_cli.places import CHECKOUT

from .browser import PATIENCE_MS, person, upload
from .conftest import WebStack

SAMPLES = sorted((CHECKOUT / "samples").glob("*_card.*"))[:2]
REPORT = "addEventListener('securitypolicyviolation', e => console.error('refused', e.violatedDirective, e.blockedURI))"

pytestmark = pytest.mark.timeout(600)


def test_no_page_does_more_than_it_may(browser: Browser, web: WebStack) -> None:
    key = web.person("policy")
    refused: list[str] = []
    documents: list[Response] = []
    with person(browser, web.url, key=key) as page:
        page.add_init_script(REPORT)
        page.on("console", lambda message: refused.append(message.text) if message.text.startswith("refused") else None)
        page.on("response", lambda one: documents.append(one) if one.request.resource_type == "document" else None)
        group = upload(page, SAMPLES, "Под защитой")
        creative = Client(web.deployment.api_url, key).get("/creatives", group_id=group)["items"][0]["creative_id"]
        addresses = ("/groups", f"/analytics?group={group}", "/creatives", f"/creative/{creative}", "/settings")
        for address in addresses:
            page.goto(address)
            expect(page.locator("h1")).to_be_visible(timeout=PATIENCE_MS)
            expect(page.locator(".skeleton")).to_have_count(0, timeout=PATIENCE_MS)
            page.wait_for_load_state("networkidle")
        headers = [document.all_headers() for document in documents]
    assert [document.status for document in documents].count(200) == 1 + len(addresses)  # others lead to an end with /
    for one in headers:
        assert web.deployment.endpoint_url in one["content-security-policy"]
        assert "frame-ancestors 'none'" in one["content-security-policy"]
        assert (one["x-content-type-options"], one["x-frame-options"]) == ("nosniff", "DENY")
        assert one["referrer-policy"] == "same-origin"
    assert refused == []


def test_what_comes_from_elsewhere_is_refused(browser: Browser, web: WebStack) -> None:
    """The test above sees what the policy forbids."""
    with person(browser, web.url) as page:
        page.add_init_script(REPORT)
        page.goto("/settings")
        with page.expect_console_message(lambda message: message.text.startswith("refused img-src")):
            page.evaluate("document.body.append(Object.assign(new Image(), {src: 'http://127.0.0.1:9/a.png'}))")


def test_no_other_page_frames_it(browser: Browser, web: WebStack) -> None:
    page = browser.new_page()
    page.route(
        "http://elsewhere.test/", lambda route: route.fulfill(body=f"<iframe src='{web.url}/settings'></iframe>")
    )
    page.goto("http://elsewhere.test/")
    page.wait_for_timeout(2000)
    assert [frame.url for frame in page.frames if frame.url.startswith(web.url)] == []
    page.close()
