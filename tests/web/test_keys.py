"""An administrator makes a key, rotates it and revokes it; the audit log has it all."""

from __future__ import annotations

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from .browser import faults_of, person
from .conftest import WebStack

pytestmark = pytest.mark.timeout(600)


def asked(web: WebStack, key: str) -> httpx.Response:
    return httpx.get(f"{web.deployment.api_url.rstrip('/')}/me", headers={"x-api-key": key}, timeout=60)


def shown_once(page: Page) -> str:
    """The new key of the dialog, which is closed then."""
    secret = page.locator("#new-key-secret")
    expect(secret).to_contain_text("adl_")
    key = secret.text_content()
    page.locator("#new-key-stored").click()
    expect(secret).to_have_text("")
    assert key
    return key


def test_a_key_is_made_rotated_and_revoked(browser: Browser, web: WebStack) -> None:
    frames: list[str] = []
    with person(browser, web.url, key=web.person("keys")) as page:
        page.on("websocket", lambda one: one.on("framereceived", lambda frame: frames.append(str(frame))))
        page.goto("/settings")
        page.locator("#keys-link").click()
        expect(page.locator("#keys tbody tr")).to_have_count(1)
        page.locator("#key-name").fill("отчёты")
        page.locator("#key-scope").select_option("read")
        page.locator("#key-days").select_option("90")
        page.locator("#make-key").click()
        first = shown_once(page)
        assert asked(web, first).json()["scope"] == "read"
        row = page.locator("[data-key='отчёты']")
        expect(row).to_have_count(1)
        assert faults_of(page) == []

        row.locator(".rotate").click()
        page.locator("#key-overlap").select_option("0")
        page.locator("#rotate-key-yes").click()
        second = shown_once(page)
        assert (asked(web, first).status_code, asked(web, second).status_code) == (401, 200)

        before = len(frames)
        page.reload()
        expect(page.locator("#audit")).to_be_visible()
        assert len(frames) > before
        assert [frame for frame in frames[before:] if first in frame or second in frame] == []
        page.locator("[data-key='отчёты'] .revoke").last.click()
        page.locator("#revoke-key-yes").click()
        expect(page.locator("[data-key='отчёты'] .revoke")).to_have_count(1)
        assert asked(web, second).status_code == 401
        page.locator("#audit-action").select_option("key.revoke")
        expect(page.locator("#audit tbody tr")).to_have_count(1)
