"""One creative: where things are, what spoke for the topic, how far each stage got."""

from typing import Any

import pytest

from adlens_web.api.answers import STAGES
from adlens_web.pages.creative import findings

STAGE = {"status": "SUCCESS", "started_at": None, "seconds": 0.5, "reason": None}
BLOCK: dict[str, Any] = {
    "text": "490 ₽",
    "bbox": [0.1, 0.5, 0.6, 0.75],
    "confidence": 0.97,
    "polygon": [[0.1, 0.5], [0.6, 0.52], [0.6, 0.75], [0.1, 0.73]],
    "language": "ru",
}


def test_a_line_has_its_polygon_and_its_place_in_percent_and_pixels() -> None:
    line = findings.line_of(BLOCK, (900, 1200))
    assert (line.text, line.ru, line.en) == ("490 ₽", "490 ₽", "490 ₽")
    assert line.points == BLOCK["polygon"]
    assert line.percents == pytest.approx([10, 50, 60, 75])
    assert line.pixels == [90, 600, 540, 900]


def test_a_line_without_a_polygon_is_an_upright_box() -> None:
    assert findings.line_of({**BLOCK, "polygon": []}, None).points == [[0.1, 0.5], [0.6, 0.75]]
    assert findings.line_of(BLOCK, None).pixels == []


def test_an_object_goes_by_its_title() -> None:
    found = findings.object_of({"class": "wine glass", "confidence": 0.5, "bbox": [0, 0, 1, 1]}, (10, 20))
    assert (found.ru, found.en, found.percent) == ("Бокал", "Wine glass", 50)
    assert found.pixels == [0, 0, 10, 20]


def test_scores_are_sorted_and_named() -> None:
    scores = findings.scores_of({"topic_scores": {"cups": 0.1, "ties": 0.9}}, {"ties": ("Галстуки", "Ties")})
    assert [(score.topic, score.ru, score.percent) for score in scores] == [
        ("ties", "Галстуки", 90),
        ("cups", "cups", 10),
    ]


def test_reasons_are_measured_against_the_strongest_and_what_was_not_measured_is_left_out() -> None:
    told = [
        {"kind": "object", "what": "cup", "weight": 2.0},
        {"kind": "looks", "what": "coffee mug", "weight": 1.5},
        {"kind": "picture", "what": "picture", "weight": -1.0},
        {"kind": "word", "what": "кружка", "weight": 0.0},
    ]
    reasons = findings.reasons_of({"topic_explanation": told})
    assert [(reason.kind, reason.ru, reason.weight, reason.share) for reason in reasons] == [
        ("object", "Кружка", 2.0, 100),
        ("looks", "кофейная кружка", 1.5, 75),
        ("picture", "picture", -1.0, 50),
    ]
    assert reasons[1].en == "coffee mug"
    assert findings.reasons_of({"topic_explanation": []}) == []


def stages(overall: str, **told: Any) -> list[findings.StageFact]:
    every = {stage: told.get(stage, STAGE) for stage in STAGES}
    return findings.stages_of({"overall_status": overall, "stages": every})


def test_stages_say_when_there_is_no_model() -> None:
    missing = {"status": "NOT_AVAILABLE", "started_at": None, "seconds": None, "reason": "No model."}
    assert [(stage.stage, stage.status, stage.seconds) for stage in stages("SUCCESS", detection=missing)][:2] == [
        ("ocr", "SUCCESS", 0.5),
        ("detection", "NOT_AVAILABLE", -1.0),
    ]


def test_a_stage_that_waits_when_the_analysis_has_ended_was_skipped() -> None:
    waiting = {"status": "PENDING", "started_at": None, "seconds": None, "reason": None}
    assert stages("PROCESSING", color=waiting)[-1].status == "PENDING"
    assert stages("ERROR", color=waiting)[-1].status == "SKIPPED"


def test_a_size_is_known_or_not() -> None:
    assert findings.size_of({"image_width": 900, "image_height": 1200}) == (900, 1200)
    assert findings.size_of({"image_width": None, "image_height": None}) is None
