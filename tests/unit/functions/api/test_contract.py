"""Paths, fields and texts that clients of the service before this one rely on."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from adlens.domain.analysis import Stage, StageRun, StageState
from adlens.domain.creative import Failure, Status


def test_groups(client, world, analysed) -> None:
    world.add(group_id="grp_2")
    newest, oldest = client.get("/groups").json()
    assert newest["group_id"] == "grp_2"
    assert {key: oldest[key] for key in ("group_id", "count", "created_at")} == {
        "group_id": "grp_1",
        "count": 1,
        "created_at": "2026-03-01T10:15:02Z",
    }


def test_creatives_of_a_group(client, world, analysed) -> None:
    waiting = world.add(filename="b.png", size=None)
    first, second = client.get("/groups/grp_1/creatives").json()
    assert first == {
        "creative_id": str(analysed.key.id),
        "original_filename": "mug.jpg",
        "file_path": f"https://store.test/{analysed.object_key}?name=mug.jpg&type=image/jpeg",
        "file_size": 70478,
        "file_format": "JPEG",
        "image_width": 900,
        "image_height": 1200,
        "upload_timestamp": "2026-03-01T10:15:02Z",
        "analysis": True,
        "overall_status": "SUCCESS",
    }
    assert second["creative_id"] == str(waiting.key.id)
    assert (second["analysis"], second["file_size"], second["file_format"], second["image_width"]) == (
        False,
        None,
        None,
        None,
    )


def test_a_creative(client, analysed) -> None:
    found = client.get(f"/creatives/{analysed.key.id}").json()
    assert {
        key: found[key]
        for key in (
            "creative_id",
            "group_id",
            "original_filename",
            "file_path",
            "file_size",
            "file_format",
            "image_width",
            "image_height",
            "upload_timestamp",
            "overall_status",
            "ocr_text",
            "main_topic",
            "topic_confidence",
        )
    } == {
        "creative_id": str(analysed.key.id),
        "group_id": "grp_1",
        "original_filename": "mug.jpg",
        "file_path": f"https://store.test/{analysed.object_key}?name=mug.jpg&type=image/jpeg",
        "file_size": 70478,
        "file_format": "JPEG",
        "image_width": 900,
        "image_height": 1200,
        "upload_timestamp": "2026-03-01T10:15:02Z",
        "overall_status": "SUCCESS",
        "ocr_text": "Кружка\n350 ml",
        "main_topic": "cups",
        "topic_confidence": 0.75,
    }
    first, second = found["ocr_blocks"]
    assert {key: first[key] for key in ("text", "bbox", "confidence")} == {
        "text": "Кружка",
        "bbox": [0.1, 0.1, 0.5, 0.2],
        "confidence": 0.75,
    }
    assert second["text"] == "350 ml"
    assert found["detected_objects"] == [{"class": "cup", "confidence": 0.5, "bbox": [0.2, 0.25, 0.75, 1.0]}]
    assert found["weak_objects"] == [{"class": "spoon", "confidence": 0.25, "bbox": [0.0, 0.0, 0.25, 0.5]}]
    red, white = found["dominant_colors"]
    assert (red["rgb"], red["hex"], red["percent"]) == ([255, 0, 0], "#ff0000", 50.0)
    assert white["hex"] == "#ffffff"
    assert [color["hex"] for color in found["secondary_colors"]] == ["#800000"]
    assert list(found["palette_colors"]) == ["Красный", "Белый"]
    assert found["palette_colors"]["Красный"] == {"percent": 70.0, "hex": "#bc0e0e", "class_en": "red"}


def test_a_creative_says_beside_what_is_new(client, analysed) -> None:
    found = client.get(f"/creatives/{analysed.key.id}").json()
    assert found["main_topic_title"] == {"ru": "Кружки", "en": "Cups"}
    assert found["topic_decision"] == "sure"
    assert found["topic_scores"] == {"cups": 0.75, "other": 0.25}
    assert found["topic_evidence"] == ["кружка", "cup"]
    assert found["topic_explanation"] == [
        {"kind": "word", "what": "кружка", "weight": 3.125},
        {"kind": "object", "what": "cup", "weight": 1.25},
        {"kind": "looks", "what": "coffee mug", "weight": 0.75},
        {"kind": "picture", "what": "picture", "weight": -0.5},
    ]
    assert found["preview_url"].startswith(f"https://previews.test/{analysed.object_key}.webp?")
    assert found["models"] == {
        "name": "compact",
        "version": "1",
        "checksum": "c" * 64,
        "engines": {"ocr": "rapidocr"},
    }
    assert found["stages"]["ocr"] == {
        "status": "SUCCESS",
        "started_at": "2026-03-01T10:15:02Z",
        "seconds": 1.34,
        "reason": None,
    }


def test_a_failed_creative_is_answered_with_its_reason(client, world) -> None:
    failed = world.add(status=Status.ERROR, failure=Failure("invalid_image", "The file is broken."))
    answer = client.get(f"/creatives/{failed.key.id}")
    assert answer.status_code == 200
    found = answer.json()
    assert found["overall_status"] == "ERROR"
    assert found["failure"] == {"code": "invalid_image", "reason": "The file is broken."}
    assert (found["ocr_text"], found["ocr_blocks"], found["main_topic"], found["palette_colors"]) == (
        None,
        [],
        None,
        {},
    )
    assert (found["topic_decision"], found["weak_objects"]) == (None, [])


def test_a_file_that_was_never_decoded_is_not_served_as_a_picture(client, world) -> None:
    row = world.add()
    assert client.get(f"/creatives/{row.key.id}").json()["file_path"].endswith("&type=None")


def test_status_of_an_analysed_creative(client, analysed) -> None:
    found = client.get(f"/status/{analysed.key.id}").json()
    assert found.pop("stages")["color"]["seconds"] == 0.25
    assert found == {
        "creative_id": str(analysed.key.id),
        "original_filename": "mug.jpg",
        "file_size": "70478 байт",
        "image_size": "900x1200",
        "upload_timestamp": "2026-03-01T10:15:02Z",
        "main_topic": "cups",
        "topic_confidence": 0.75,
        "topic_decision": "sure",
        "ocr_status": "1.3 sec",
        "detection_status": "0.5 sec",
        "classification_status": "0.0 sec",
        "color_status": "0.2 sec",
        "overall_status": "2.1 sec",
        "status": "SUCCESS",
        "failure": None,
    }


FIELDS = ("ocr_status", "detection_status", "classification_status", "color_status", "overall_status")


def texts(client, row) -> list[str]:
    found = client.get(f"/status/{row.key.id}").json()
    return [found[field] for field in FIELDS]


def test_status_before_the_start(client, world) -> None:
    assert texts(client, world.add()) == ["—", "—", "—", "—", "—"]


def test_status_while_running_ends_with_a_space(client, world, now: datetime) -> None:
    stages = (
        StageRun(Stage.OCR, StageState.SUCCESS, now - timedelta(seconds=3), 1.5),
        StageRun(Stage.DETECTION, StageState.PROCESSING, now - timedelta(seconds=1.3)),
    )
    assert texts(client, world.add(status=Status.PROCESSING, stages=stages)) == [
        "1.5 sec",
        "1.3 sec ",
        "—",
        "—",
        "2.8 sec ",
    ]


def test_status_right_after_the_start(client, world) -> None:
    assert texts(client, world.add(status=Status.PROCESSING))[-1] == "0.0 sec "


def test_a_clock_that_runs_ahead_shows_no_negative_time(client, world, now: datetime) -> None:
    stages = (StageRun(Stage.OCR, StageState.PROCESSING, now + timedelta(seconds=2)),)
    assert texts(client, world.add(status=Status.PROCESSING, stages=stages))[0] == "0.0 sec "


def test_status_on_error(client, world, now: datetime) -> None:
    stages = (
        StageRun(Stage.OCR, StageState.ERROR, now, 0.5, "The text cannot be read."),
        StageRun(Stage.DETECTION, StageState.NOT_AVAILABLE, reason="No model."),
        StageRun(Stage.CLASSIFICATION, StageState.SUCCESS, now, 0.5),
        StageRun(Stage.COLOR, StageState.SUCCESS, now, 0.1),
    )
    row = world.add(status=Status.ERROR, stages=stages, failure=Failure("stage_failed", "The text cannot be read."))
    assert texts(client, row) == ["X", "—", "0.5 sec", "0.1 sec", "X"]
    found = client.get(f"/status/{row.key.id}").json()
    assert found["stages"]["ocr"]["reason"] == "The text cannot be read."
    assert found["stages"]["detection"]["status"] == "NOT_AVAILABLE"


def test_what_ran_when_the_worker_died_is_an_error(client, world, now: datetime) -> None:
    stages = (StageRun(Stage.OCR, StageState.PROCESSING, now - timedelta(hours=1)),)
    row = world.add(status=Status.ERROR, stages=stages, failure=Failure("analysis_failed", "Gave up."))
    assert texts(client, row) == ["X", "—", "—", "—", "X"]


def test_status_without_a_size(client, world) -> None:
    found = client.get(f"/status/{world.add(size=None).key.id}").json()
    assert (found["file_size"], found["image_size"]) == ("—", "—")


@pytest.mark.parametrize("path", ["/analytics/all", "/analytics/group/grp_1"])
def test_analytics(client, world, analysed, figures, path: str) -> None:
    world.creatives.figures = figures
    assert client.get(path).json() == {
        "summary": {
            "total_creatives": 5,
            "analysed_creatives": 4,
            "avg_ocr_confidence": 0.5,
            "avg_object_confidence": None,
            "avg_topic_confidence": 0.75,
        },
        "topics": [
            {"topic": "cups", "count": 3, "unsure": 2, "title": {"ru": "Кружки", "en": "Cups"}},
            {"topic": "other", "count": 1, "unsure": 0, "title": {"ru": "Другое", "en": "Other"}},
        ],
        "dominant_colors": [{"hex": "#ff0000", "count": 3}, {"hex": "#ffffff", "count": 1}],
        "topics_table": [
            {
                "Тематики": "cups",
                "Кол-во": 3,
                "Ср. уверенность (OCR)": 0.5,
                "Ср. уверенность (объекты)": 0.25,
                "\u0043р. уверенность (топики)": 0.75,
                "avg_seconds": 1.2346,
                "title": {"ru": "Кружки", "en": "Cups"},
            },
            {
                "Тематики": "other",
                "Кол-во": 1,
                "Ср. уверенность (OCR)": None,
                "Ср. уверенность (объекты)": None,
                "\u0043р. уверенность (топики)": 0.5,
                "avg_seconds": 6.0,
                "title": {"ru": "Другое", "en": "Other"},
            },
        ],
        "total_processing_time": 10.0,
        "total_creatives_in_group": 5,
        "avg_time_per_creative": 2.5,
        "color_class_distribution": {"Красный": 300.0, "Белый": 100.0},
        "topic_color_distribution": {
            "cups": [
                {"class": "Красный", "hex": "#bc0e0e", "percent": 40.4, "class_en": "red"},
                {"class": "Белый", "hex": "#f7f7f7", "percent": 30.3, "class_en": "white"},
                {"class": "Черный", "hex": "#000000", "percent": 20.2, "class_en": "black"},
                {"class": "Синий", "hex": "#0a4bcc", "percent": 5.05, "class_en": "blue"},
                {"class": "Зеленый", "hex": "#009900", "percent": 4.04, "class_en": "green"},
            ],
            "other": [{"class": "Серый", "hex": "#808080", "percent": 100.0, "class_en": "grey"}],
        },
        "objects": [{"class": "cup", "count": 3}],
        "words": [{"word": "кружка", "count": 2}, {"word": "sale", "count": 1}],
        "color_classes": [
            {"class": "Красный", "hex": "#bc0e0e", "percent": 75.0, "class_en": "red", "count": 4},
            {"class": "Белый", "hex": "#f7f7f7", "percent": 25.0, "class_en": "white", "count": 2},
        ],
        "updated_at": "2026-03-01T10:15:02Z",
    }


def test_analytics_of_nothing_claim_nothing(client) -> None:
    found = client.get("/analytics/all").json()
    assert found["summary"]["avg_topic_confidence"] is None
    assert found["avg_time_per_creative"] is None
    assert (found["objects"], found["words"], found["color_classes"]) == ([], [], [])
    assert (found["total_processing_time"], found["topics"], found["topic_color_distribution"]) == (0.0, [], {})


@pytest.mark.parametrize("path", ["/settings/", "/settings"])
def test_settings(client, path: str) -> None:
    assert client.get(path).json() == {"DOMINANT_COLORS_COUNT": 3, "SECONDARY_COLORS_COUNT": 3}
    assert client.put(path, json={"SECONDARY_COLORS_COUNT": 0, "DOMINANT_COLORS_COUNT": "5"}).json() == {
        "DOMINANT_COLORS_COUNT": 5,
        "SECONDARY_COLORS_COUNT": 0,
    }


def test_one_setting(client) -> None:
    found = client.get("/settings/DOMINANT_COLORS_COUNT").json()
    assert found.keys() == {"key", "value", "description"}
    assert (found["key"], found["value"]) == ("DOMINANT_COLORS_COUNT", 3)
    assert client.put("/settings/DOMINANT_COLORS_COUNT?value=7").json()["value"] == 7
    assert client.get("/settings/DOMINANT_COLORS_COUNT").json()["value"] == 7


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"/creatives/{UUID(int=1)}"),
        ("GET", f"/status/{UUID(int=1)}"),
        ("GET", "/analytics/group/grp_none"),
        ("GET", "/groups/grp_none/creatives"),
        ("GET", "/settings/COLORS"),
        ("PUT", "/settings/COLORS?value=3"),
    ],
)
def test_what_is_unknown_is_404(client, method: str, path: str) -> None:
    answer = client.request(method, path)
    assert answer.status_code == 404
    assert answer.json()["detail"]
