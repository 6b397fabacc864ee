"""What the upload page makes of the API's answers, and of what the browser tells it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from adlens_web.api.answers import STAGES
from adlens_web.pages.upload.rows import row_of
from adlens_web.polling import Polling
from adlens_web.signing import forms_of
from local import formats

TITLES = {"cups": ("Кружки", "Cups")}


def told(**changed: Any) -> dict[str, Any]:
    """A creative as `GET /groups/{id}/status` tells of it."""
    done = {"status": "SUCCESS", "started_at": None, "seconds": 0.5, "reason": None}
    return {
        "creative_id": "one",
        "original_filename": "mug.jpg",
        "status": "SUCCESS",
        "stages": dict.fromkeys(STAGES, done),
        "seconds": 2.0,
        "main_topic": "cups",
        "topic_confidence": 0.934,
        "topic_decision": "unsure",
        "failure": None,
        **changed,
    }


def stage(status: str, **more: Any) -> dict[str, Any]:
    return {"status": status, "started_at": None, "seconds": None, **more}


def test_the_web_app_knows_the_formats_and_the_limit_of_the_api() -> None:
    assert formats.TARGET.read_text() == formats.module(), "run `make formats`"


def test_a_creative_that_is_through() -> None:
    row = row_of(told(), TITLES, "https://example.com/small")
    assert (row.topic_ru, row.topic_en, row.decision, row.percent) == ("Кружки", "Cups", "unsure", 93)
    assert [(cell.stage, cell.status, cell.seconds) for cell in row.stages] == [
        (name, "SUCCESS", 0.5) for name in STAGES
    ]
    assert (row.failure, row.failed_stage, row.preview) == ("", "", "https://example.com/small")


def test_a_creative_that_waits_has_no_seconds_and_no_topic() -> None:
    row = row_of(
        told(
            status="PENDING",
            stages={name: stage("PENDING") for name in STAGES},
            main_topic=None,
            topic_confidence=None,
            topic_decision=None,
        ),
        TITLES,
        "",
    )
    assert {(cell.status, cell.seconds) for cell in row.stages} == {("PENDING", -1.0)}
    assert (row.topic_ru, row.topic_en, row.decision, row.percent) == ("", "", "", 0)


def test_stages_that_a_failed_creative_did_not_reach_are_not_waiting() -> None:
    stages = {"ocr": stage("ERROR", reason="The reader broke."), **{name: stage("PENDING") for name in STAGES[1:]}}
    failure = {"code": "stage_failed", "reason": "The reader broke."}
    row = row_of(told(status="ERROR", stages=stages, main_topic=None, failure=failure), TITLES, "")
    assert [cell.status for cell in row.stages] == ["ERROR", *["SKIPPED"] * 3]
    assert (row.failure, row.reason, row.failed_stage) == ("stage_failed", "The reader broke.", "ocr")
    assert row.stages[0].reason == "The reader broke."


def test_a_topic_without_a_title_is_called_by_its_id() -> None:
    row = row_of(told(main_topic="hats"), TITLES, "")
    assert (row.topic_ru, row.topic_en) == ("hats", "hats")


def test_a_page_asks_soon_while_things_change_then_later_and_stops() -> None:
    polling = Polling(soonest=700, latest=5000)
    assert polling.next_pause(0, changed=False, pending=True) == 700
    assert polling.next_pause(5000, changed=True, pending=True) == 700
    pauses = [700]
    while pauses[-1] < 5000:
        pauses.append(polling.next_pause(pauses[-1], changed=False, pending=True))
    assert pauses == sorted(set(pauses))
    assert polling.next_pause(5000, changed=False, pending=True) == 5000
    assert polling.next_pause(700, changed=True, pending=False) == 0


@pytest.mark.parametrize("uploads", [0, 2])
def test_forms_for_the_browser_are_valid_until_the_first_of_them_expires(uploads: int) -> None:
    answer = {
        "group_id": "grp",
        "uploads": [
            {
                "creative_id": str(number),
                "filename": "mug.jpg",
                "form": {
                    "url": "https://store",
                    "fields": {"key": "k"},
                    "expires_at": f"2026-03-01T10:15:0{number}Z",
                },
            }
            for number in range(uploads)
        ],
        "refused": [
            {"index": 2, "creative_id": "bad", "filename": "a.txt", "code": "unsupported_format", "reason": "No."}
        ],
    }
    forms = forms_of(answer, lambda refusal: refusal["code"], datetime(2026, 3, 1, 10, 0, tzinfo=UTC))
    assert forms["seconds"] == (900 if uploads else 0)
    assert forms["forms"] == [
        {"id": str(number), "url": "https://store", "fields": {"key": "k"}} for number in range(uploads)
    ]
    assert forms["refused"] == [{"id": "bad", "reason": "unsupported_format"}]
