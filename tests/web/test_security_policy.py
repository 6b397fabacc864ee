"""Pages work under the content security policy that CloudFront sends with them (infra_cdk/web.py)."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Route, expect

from adlens_cli.client import Client
from adlens_cli.places import CHECKOUT
from infra_cdk.web import content_security_policy

from .browser import PATIENCE_MS, person, upload
from .chromium import ARGUMENTS, chromium
from .conftest import WebStack

SAMPLES = sorted((CHECKOUT / "samples").glob("*_card.*"))[:2]
REPORT = "addEventListener('securitypolicyviolation', e => console.error('refused', e.violatedDirective, e.blockedURI))"

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def unguarded(browser: Browser) -> Iterator[Browser]:
    """A page that a test answers for comes from no address, and Chromium would keep it from this machine's."""
    arguments = [*ARGUMENTS, "--disable-features=LocalNetworkAccessChecks"]
    made = browser.browser_type.launch(executable_path=chromium(), args=arguments)
    yield made
    made.close()


def test_no_page_does_more_than_it_may(unguarded: Browser, web: WebStack) -> None:
    store, key = web.deployment.endpoint_url, web.person("policy")
    policy = content_security_policy(uploads=store, previews=store)
    refused: list[str] = []
    documents = 0

    def under_the_policy(route: Route) -> None:
        nonlocal documents
        if route.request.resource_type != "document":
            return route.continue_()
        documents += 1
        answer = route.fetch()
        return route.fulfill(response=answer, headers={**answer.headers, "content-security-policy": policy})

    with person(unguarded, web.url, key=key) as page:
        page.add_init_script(REPORT)
        page.on("console", lambda message: refused.append(message.text) if message.text.startswith("refused") else None)
        page.route(f"{web.url}/**", under_the_policy)
        group = upload(page, SAMPLES, "Под защитой")
        creative = Client(web.deployment.api_url, key).get("/creatives", group_id=group)["items"][0]["creative_id"]
        addresses = ("/groups", f"/analytics?group={group}", "/creatives", f"/creative/{creative}", "/settings")
        for address in addresses:
            page.goto(address)
            expect(page.locator("h1")).to_be_visible(timeout=PATIENCE_MS)
            expect(page.locator(".skeleton")).to_have_count(0, timeout=PATIENCE_MS)
            page.wait_for_load_state("networkidle")
    assert documents == 1 + len(addresses)
    assert refused == []


def test_what_comes_from_elsewhere_is_refused(unguarded: Browser, web: WebStack) -> None:
    """The test above sees what the policy forbids."""
    page = unguarded.new_page()
    policy = content_security_policy(uploads=web.deployment.endpoint_url, previews=web.deployment.endpoint_url)
    html = f"<script>{REPORT}</script><img src='http://127.0.0.1:9/a.png'>"
    page.route("**/policy", lambda route: route.fulfill(body=html, headers={"content-security-policy": policy}))
    with page.expect_console_message(lambda message: message.text.startswith("refused img-src")):
        page.goto(f"{web.url}/policy")
    page.close()
