"""Groups and the gallery: found, renamed, filtered, paged and deleted."""

from __future__ import annotations

import re
import uuid

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import text as sql

from adlens.domain.jobs import DeletionOrder, JobId, JobState
from adlens.persistence.jobs.repository import PostgresJobs
from adlens.persistence.session import make_engine
from adlens_cli.places import CHECKOUT

from .browser import PATIENCE_MS, drop, person, text, upload
from .conftest import WebStack

pytestmark = pytest.mark.timeout(600)

SAMPLES = CHECKOUT / "samples"
MANY, PAGE = 10_000, 48

KEPT = """async count => {
  const known = await indexedDB.databases();
  return known.some(one => one.name === "adlens-uploads") && new Promise(resolve => {
  const opened = indexedDB.open("adlens-uploads");
  opened.onsuccess = () => {
    const database = opened.result;
    if (!database.objectStoreNames.contains("files")) { database.close(); resolve(false); return; }
    const counted = database.transaction("files").objectStore("files").count();
    counted.onsuccess = () => { database.close(); resolve(counted.result === count); };
  };
  });
}"""
"""Whether the browser has kept so many files."""


def names(page: Page) -> list[str]:
    return page.locator("[data-creative] .cut.strong").all_inner_texts()


def test_a_group_is_found_renamed_and_deleted(browser: Browser, web: WebStack) -> None:
    key = web.person("groups")
    with person(browser, web.url, key=key) as page:
        kept = upload(page, [SAMPLES / "ties_01_card.jpg"], "Зима")
        gone = upload(page, [SAMPLES / "ties_02_square.jpg"], "Осень")
        page.goto("/groups")
        expect(page.locator("[data-group]")).to_have_count(2)
        page.locator("#search").fill("зим")
        expect(page.locator("[data-group]")).to_have_count(1)
        expect(page).to_have_url(re.compile("search="))
        group = page.locator(f"[data-group={kept}]")
        group.get_by_role("button", name=text("groups.rename")).click()
        group.get_by_role("textbox").fill("Зима 2027")
        group.get_by_role("textbox").press("Enter")
        expect(group.locator("h2")).to_have_text("Зима 2027")
        page.goto("/groups")
        group = page.locator(f"[data-group={gone}]")
        group.get_by_role("button", name=text("action.delete")).click()
        dialog = page.locator("dialog[open]")
        expect(dialog).to_contain_text("Осень")
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)
        group.get_by_role("button", name=text("action.delete")).click()
        dialog.get_by_role("button", name=text("action.cancel")).click()
        expect(dialog).to_have_count(0)
        group.get_by_role("button", name=text("action.delete")).click()
        dialog.get_by_role("button", name=text("groups.delete"), exact=True).click()
        expect(dialog).to_have_count(0)
        expect(page.locator("[data-group]")).to_have_count(1)
        page.reload()
        expect(page.locator("[data-group] h2")).to_have_text("Зима 2027")


def test_what_is_deleted_is_restored_or_deleted_for_good(browser: Browser, web: WebStack) -> None:
    with person(browser, web.url, key=web.person("trash")) as page:
        group_id = upload(page, [SAMPLES / "ties_01_card.jpg", SAMPLES / "ties_02_square.jpg"], "Осень")
        page.goto("/groups")
        page.locator(f"[data-group={group_id}]").get_by_role("button", name=text("action.delete")).click()
        page.locator("dialog[open]").get_by_role("button", name=text("groups.delete"), exact=True).click()
        expect(page.locator("[data-group]")).to_have_count(0)
        page.locator("#trash").click()
        expect(page.locator(".trashed h2")).to_have_text("Осень")
        expect(page.locator(".trashed-creative")).to_have_count(2)
        first = page.locator(".trashed-creative").first
        first.get_by_role("button", name=text("trash.delete")).click()
        page.locator("dialog[open]").get_by_role("button", name=text("trash.delete"), exact=True).click()
        expect(page.locator(".trashed-creative")).to_have_count(1)
        page.locator(".restore-group").click()
        expect(page.locator(".trashed")).to_have_count(0)
        page.goto("/groups")
        expect(page.locator("[data-group] h2")).to_have_text("Осень")
        page.goto("/creatives")
        expect(page.locator("[data-creative]")).to_have_count(1)


def test_filters_live_in_the_address_and_can_be_taken_away(browser: Browser, web: WebStack) -> None:
    with person(browser, web.url, key=web.person("filters")) as page:
        upload(page, [SAMPLES / "bags_02_card.jpg", SAMPLES / "clocks_01_card.jpg"], "two")
        page.goto("/creatives")
        expect(page.locator("[data-creative]")).to_have_count(2)
        page.locator("#topic").select_option("bags")
        expect(page.locator("[data-creative]")).to_have_count(1)
        assert names(page) == ["bags_02_card.jpg"]
        page.locator("#text").fill("городской")
        expect(page).to_have_url(re.compile("text="))
        page.reload()
        expect(page.locator("[data-creative]")).to_have_count(1)
        page.locator("#text").fill("чего нет")
        expect(page.get_by_text(text("creatives.none_title"))).to_be_visible()
        page.locator("#clear").click()
        expect(page.locator("[data-creative]")).to_have_count(2)


def test_ten_thousand_creatives_are_paged_without_jumps(browser: Browser, web: WebStack) -> None:
    key = web.person("many")
    engine = make_engine(web.deployment.database_url)
    with engine.begin() as connection:
        workspace = connection.scalar(sql("SELECT id FROM workspaces WHERE name = 'many'"))
        values = {"workspace": workspace, "many": MANY}
        connection.execute(sql("INSERT INTO groups (workspace_id, id) VALUES (:workspace, 'grp_many')"), values)
        connection.execute(
            sql(
                "INSERT INTO creatives (workspace_id, id, group_id, filename, object_key, status, failure_code,"
                " failure_reason, uploaded_at)"
                " SELECT :workspace, gen_random_uuid(), 'grp_many', 'creative_' || lpad(n::text, 5, '0') || '.jpg',"
                " 'none', 'ERROR', 'invalid_image', 'made up', now() - n * interval '1 second'"
                " FROM generate_series(1, :many) n"
            ),
            values,
        )
        connection.execute(
            sql("INSERT INTO group_rollup (workspace_id, group_id, creatives) VALUES (:workspace, 'grp_many', :many)"),
            values,
        )
    with person(browser, web.url, key=key) as page:
        page.goto("/creatives?sort=filename")
        expect(page.locator("#total")).to_have_text(re.compile(r"10\s?000"))
        seen: list[str] = []
        for number in range(3):
            expect(page.locator("[data-creative] .cut.strong").first).to_have_text(
                f"creative_{number * PAGE + 1:05}.jpg"
            )
            seen += names(page)
            page.locator("#next").click()
        assert seen == [f"creative_{number:05}.jpg" for number in range(1, 3 * PAGE + 1)]
        expect(page.locator("[data-creative] .cut.strong").first).to_have_text(f"creative_{3 * PAGE + 1:05}.jpg")
        page.locator("#previous").click()
        expect(page.locator("[data-creative] .cut.strong").first).to_have_text(f"creative_{2 * PAGE + 1:05}.jpg")
        page.locator("[data-creative] a").first.click()
        expect(page.locator("#position")).to_contain_text(re.compile(r"97\D+10\s?000"))


def test_what_the_store_does_not_take_is_sent_again(browser: Browser, web: WebStack) -> None:
    with person(browser, web.url, key=web.person("store")) as page:
        page.route("**/adlens-local-uploads**", lambda route: route.abort() if _sends(route) else route.continue_())
        page.goto("/")
        drop(page, sorted(SAMPLES.glob("cutlery_*"))[:3])
        page.locator("#group-name").fill("store")
        page.locator("#start").click()
        again = page.locator("#upload-progress").get_by_role("button", name=text("uploader.retry_failed", count=3))
        expect(again).to_be_visible(timeout=PATIENCE_MS)  # after it has tried by itself
        page.locator(".file").first.get_by_role("button", name=re.compile("^Убрать")).click()
        page.unroute("**/adlens-local-uploads**")
        page.locator("#upload-progress").get_by_role("button", name=text("uploader.retry_failed", count=2)).click()
        expect(page.locator("#analyse-more")).to_be_visible(timeout=PATIENCE_MS)
        expect(page.locator("#live tbody tr")).to_have_count(2)


def test_files_that_wait_survive_a_reload(browser: Browser, web: WebStack) -> None:
    with person(browser, web.url, key=web.person("reload")) as page:
        page.goto("/")
        drop(page, sorted(SAMPLES.glob("other_*"))[:2])
        expect(page.locator(".files .file")).to_have_count(2)
        page.wait_for_function(KEPT, arg=2)  # in the background
        page.reload()
        expect(page.locator(".files .file")).to_have_count(2)
        page.locator(".files .file .remove").first.click()
        expect(page.locator(".files .file")).to_have_count(1)
        page.locator("#start").click()
        expect(page.locator("#analyse-more")).to_be_visible(timeout=PATIENCE_MS)


def _sends(route: object) -> bool:
    return bool(route.request.method == "POST")  # type: ignore[attr-defined]


def test_jobs_show_how_far_they_are_and_are_cancelled(browser: Browser, web: WebStack) -> None:
    key = web.person("jobs")
    me = httpx.get(f"{web.deployment.api_url}/me", headers={"x-api-key": key}, timeout=60).json()
    jobs = PostgresJobs(make_engine(web.deployment.database_url))
    waiting = JobId(uuid.UUID(me["workspace"]["id"]), uuid.uuid4())
    jobs.record(waiting, DeletionOrder("grp_large"), 2000, "test")
    with person(browser, web.url, key=key) as page:
        page.goto("/groups")
        job = page.locator("[data-job]")
        expect(job).to_contain_text("grp_large")
        expect(job.locator("[role=progressbar]")).to_have_attribute("aria-valuenow", "0")
        job.get_by_role("button", name=text("jobs.cancel")).click()
        expect(job).to_have_count(0)
    assert jobs.get(waiting).state is JobState.CANCELLED
