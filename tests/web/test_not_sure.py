"""Topics and objects that the models are not sure of: shown as guesses, found by a filter, counted apart."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Locator, expect

from adlens.domain.analysis import BoundingBox, DetectedObject, Evidence, EvidenceKind
from adlens.domain.creative import CreativeId
from adlens.persistence.creatives.queries import PostgresQueries
from adlens.persistence.creatives.repository import PostgresCreatives
from adlens.persistence.session import make_engine
from adlens_cli.client import Client
from adlens_cli.places import CHECKOUT

from .browser import PHONE, WIDE, click_bar, faults_of, person, text, upload
from .conftest import WebStack

pytestmark = pytest.mark.timeout(600)

SAMPLES = CHECKOUT / "samples"
GUESS = "clocks_01_card.jpg"
WEAK = (
    DetectedObject("cup", 0.28, BoundingBox(0.1, 0.1, 0.4, 0.4)),
    DetectedObject("spoon", 0.24, BoundingBox(0.5, 0.5, 0.7, 0.9)),
)


@dataclass
class Guessed:
    """A workspace that is signed in with `key`; in its `group` the topic of one creative, `guess`, is a guess."""

    key: str
    client: Client
    group: str
    guess: str

    @property
    def page(self) -> str:
        return f"/creative/{self.guess}?group={self.group}"


@pytest.fixture(scope="module")
def guessed(browser: Browser, web: WebStack) -> Guessed:
    key = web.person("guesses")
    with person(browser, web.url, key=key) as page:
        files = [SAMPLES / name for name in (GUESS, "clocks_02_square.png", "bags_02_card.jpg")]
        group = upload(page, files, "Догадки")
    client = Client(web.deployment.api_url, key)
    workspace = UUID(client.get("/me")["workspace"]["id"])
    for creative in client.get("/creatives", group_id=group)["items"]:
        one = CreativeId(workspace, UUID(creative["creative_id"]))
        is_guess = creative["original_filename"] == GUESS
        decide(web, one, sure=not is_guess)
        if is_guess:
            guess = creative["creative_id"]
    return Guessed(key, client, group, guess)


def decide(web: WebStack, key: CreativeId, *, sure: bool) -> None:
    """Stores the findings of a creative once more, as a model would that is sure of its topic, or not."""
    engine = make_engine(web.deployment.database_url)
    repository = PostgresCreatives(engine)
    before = PostgresQueries(engine).creative(key.workspace_id, key.id)
    assert before.analysis
    assert before.analysis.topic
    assert before.analysis.detections
    looks = Evidence(EvidenceKind.LOOKS, "coffee mug", 2.0)
    analysis = replace(
        before.analysis,
        topic=replace(before.analysis.topic, sure=sure, evidence=(looks,)),
        detections=replace(before.analysis.detections, weak=() if sure else WEAK),
    )
    claim = repository.claim(repository.request_analysis(key), "test", 600)
    assert claim
    for run in before.stages:
        repository.record_stages(claim, [run])
    assert repository.complete(claim, analysis, "decided")


def title_of(client: Client, creative: str) -> str:
    return str(client.get(f"/creatives/{creative}")["main_topic_title"]["ru"])


def is_grey(element: Locator) -> bool:
    """Whether its text has hardly any colour."""
    color = element.evaluate("e => getComputedStyle(e).color")
    red, green, blue = (int(part) for part in re.findall(r"\d+", color)[:3])
    return max(red, green, blue) - min(red, green, blue) < 16


def test_a_guess_is_grey_with_a_question_until_a_person_confirms_it(
    browser: Browser, web: WebStack, guessed: Guessed
) -> None:
    topic = title_of(guessed.client, guessed.guess)
    question = text("topic.unsure", topic=topic)
    with person(browser, web.url, key=guessed.key) as page:
        for path in (f"/?group={guessed.group}", f"/creatives?group={guessed.group}"):
            page.goto(path)
            chip = page.locator(".chip.unsure")
            expect(chip).to_have_count(1)
            expect(chip).to_have_attribute("title", question)
            expect(chip).to_contain_text(f"{topic}?")
            assert is_grey(chip)
            assert not is_grey(page.locator(".chip.accent[class='chip accent']").first)
        page.goto(guessed.page)
        name = page.locator("#topic-name")
        expect(name).to_have_text(question)
        assert is_grey(name)
        expect(page.locator(".reasons")).to_contain_text("похоже на: кофейная кружка")
        page.locator("#confirm-topic").click()
        expect(name).to_have_text(topic)
        expect(page.locator("#corrected")).to_have_text(text("decision.person"))
        assert guessed.client.get(f"/creatives/{guessed.guess}")["topic_decision"] == "person"
        page.locator("#take-back").click()
        expect(name).to_have_text(question)
    again = guessed.client.get(f"/creatives/{guessed.guess}")
    assert again["topic_decision"] == "unsure"


def test_guesses_are_found_by_a_filter_that_counts_them(browser: Browser, web: WebStack, guessed: Guessed) -> None:
    with person(browser, web.url, key=guessed.key) as page:
        page.goto(f"/creatives?group={guessed.group}")
        cards = page.locator("[data-creative]")
        expect(cards).to_have_count(3)
        expect(page.locator("#unsure-count")).to_have_text("1")
        page.locator("#decision-unsure").click()
        expect(page).to_have_url(re.compile("topic_decision=unsure"))
        expect(cards).to_have_count(1)
        expect(cards).to_contain_text(GUESS)
        page.reload()
        expect(page.locator("#decision-unsure")).to_be_checked()
        page.locator("#decision-sure").click()
        expect(page).to_have_url(re.compile("topic_decision=sure%2Cunsure"))
        expect(cards).to_have_count(3)
        page.locator("#decision-unsure").click()
        expect(cards).to_have_count(2)
        page.locator("#decision-person").click()
        expect(page).to_have_url(re.compile("topic_decision=sure%2Cperson"))
        page.locator("#decision-sure").click()
        expect(page.get_by_text(text("creatives.none_title"))).to_be_visible()
        page.locator("#clear").click()
        expect(cards).to_have_count(3)


def test_a_chart_counts_guesses_apart_and_leads_to_them(browser: Browser, web: WebStack, guessed: Guessed) -> None:
    with person(browser, web.url, key=guessed.key) as page:
        page.goto(f"/analytics?group={guessed.group}")
        topics = guessed.client.get(f"/analytics/group/{guessed.group}")["topics"]
        settled = [topic for topic in topics if topic["count"] > topic["unsure"]]
        bars = page.locator("#chart-topics .bars .point path")
        expect(bars).to_have_count(len(settled) + 1)
        expect(page.locator("#chart-topics .ytick text").last).to_have_text(text("decision.unsure"))
        expect(page.locator("#chart-words .bars .point path").first).to_be_attached()  # nothing moves any more
        click_bar(page, bars.last, "topic_decision=unsure")
        expect(page.locator("[data-creative]")).to_have_count(1)
        expect(page.locator("[data-creative]")).to_contain_text(GUESS)
        page.go_back()
        expect(page.locator("#chart-words .bars .point path").first).to_be_attached()
        click_bar(page, bars.first, "topic=.*topic_decision=sure%2Cperson")
        largest = max(topic["count"] - topic["unsure"] for topic in settled)
        expect(page.locator("[data-creative]")).to_have_count(largest)
        expect(page.locator(".chip.unsure")).to_have_count(0)


def test_a_comparison_names_what_nobody_is_sure_of(browser: Browser, web: WebStack, guessed: Guessed) -> None:
    with person(browser, web.url, key=guessed.key) as page:
        page.goto(f"/analytics/compare?a=group_id%3D{guessed.group}%26word%3Dчасы")
        rows = page.locator("[data-section=topics] tbody th")
        expect(rows.filter(has_text=text("decision.unsure"))).to_have_count(1)


def test_objects_that_may_be_there_are_off_at_first_and_dashed(
    browser: Browser, web: WebStack, guessed: Guessed
) -> None:
    shown = len(guessed.client.get(f"/creatives/{guessed.guess}")["detected_objects"])
    with person(browser, web.url, key=guessed.key) as page:
        page.goto(guessed.page)
        toggle = page.locator("#show-weak")
        expect(toggle).to_have_text(text("picture.show_weak", count=len(WEAK)))
        expect(toggle).to_have_attribute("aria-pressed", "false")
        boxes = page.locator("[data-kind=weak]")
        expect(boxes).to_have_count(0)
        expect(page.locator("[data-kind=object]")).to_have_count(shown)
        toggle.click()
        expect(boxes).to_have_count(len(WEAK))
        assert boxes.first.evaluate("e => getComputedStyle(e).strokeDasharray") != "none"
        expect(page.locator(".box-label.weak").first).to_have_text("Кружка?")
        expect(page.locator("[data-kind=object]")).to_have_count(shown)
        toggle.click()
        expect(boxes).to_have_count(0)

        # Their rows are folded; one that is pointed at shows where it lies.
        page.locator("#weak-objects summary").click()
        page.locator("[data-row='weak-1']").hover()
        expect(boxes).to_have_attribute("data-index", "1")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_everybody_can_use_what_is_not_sure(
    browser: Browser, web: WebStack, guessed: Guessed, size: tuple[int, int], scheme: str
) -> None:
    ready = {
        f"/?group={guessed.group}": ".chip.unsure",
        f"/creatives?group={guessed.group}&topic_decision=unsure": ".chip.unsure",
        f"/analytics?group={guessed.group}": "#chart-words .bars .point path",
        "/settings": "#bundle-quality",
        guessed.page: "#confirm-topic",
    }
    with person(browser, web.url, key=guessed.key, size=size, color_scheme=scheme) as page:
        faults: dict[str, list[str]] = {}
        for path, shown in ready.items():
            page.goto(path)
            expect(page.locator(shown).first).to_be_attached()
            expect(page.locator(".skeleton")).to_have_count(0)
            expect(page.locator("html")).to_have_class(scheme)
            page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
            if page.locator("#show-weak").count():
                page.locator("#show-weak").click()
            if told := faults_of(page):
                faults[path] = told
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{path} is too wide"
        assert faults == {}
