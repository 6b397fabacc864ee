"""Browsing creatives."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from adlens.domain.analysis import Decision
from adlens.domain.creative import Failure, Status
from adlens.domain.gallery import CreativeFilter, CreativeOrder
from functions.api.query import query_of


def test_a_card(client, world, analysed) -> None:
    failed = world.add(status=Status.ERROR, failure=Failure("invalid_image", "Broken."))
    found = client.get("/creatives").json()
    assert (found["total"], found["more_than_total"], found["next_cursor"]) == (2, False, None)
    url = f"https://store.test/{analysed.object_key}?name=mug.jpg&type=image/jpeg"
    assert found["items"][0] == {
        "creative_id": str(analysed.key.id),
        "group_id": "grp_1",
        "original_filename": "mug.jpg",
        "file_path": url,
        "preview_url": f"https://previews.test/{analysed.object_key}.webp?name=mug.jpg.webp&type=image/webp",
        "image_width": 900,
        "image_height": 1200,
        "upload_timestamp": "2026-03-01T10:15:02Z",
        "overall_status": "SUCCESS",
        "failure": None,
        "main_topic": "cups",
        "main_topic_title": {"ru": "Кружки", "en": "Cups"},
        "topic_confidence": 0.75,
        "topic_decision": "sure",
        "dominant_colors": [
            {"rgb": [255, 0, 0], "hex": "#ff0000", "percent": 50.0, "class": "Красный", "class_en": "red"},
            {"rgb": [255, 255, 255], "hex": "#ffffff", "percent": 30.0, "class": "Белый", "class_en": "white"},
        ],
    }
    second = found["items"][1]
    assert second["creative_id"] == str(failed.key.id)
    assert second["failure"] == {"code": "invalid_image", "reason": "Broken."}
    assert (second["main_topic"], second["main_topic_title"], second["dominant_colors"]) == (None, None, [])
    assert second["preview_url"] is None


def test_filters_and_sort(client, world, analysed) -> None:
    query = {
        "group_id": ["grp_1", "grp_2"],
        "topic": ["cups", "none"],
        "topic_decision": ["unsure", "person", "unsure"],
        "color": "dark grey",
        "hex": "#BC0E0E",
        "min_share": "12.5",
        "object": "cup",
        "min_objects": 2,
        "from": "2026-03-01",
        "before": "2026-03-02T11:30:00+03:00",
        "max_width": 900,
        "min_aspect": 0.5,
        "word": "Кружка",
        "text": "350 МЛ",
        "status": "SUCCESS",
        "min_confidence": 0.25,
        "max_confidence": 1,
        "sort": "-topic_confidence",
    }
    asked = (
        CreativeFilter(
            group_ids=("grp_1", "grp_2"),
            topics=("cups", "none"),
            topic_decisions=(Decision.UNSURE, Decision.PERSON),
            color_class="dark grey",
            hex="#bc0e0e",
            min_share=12.5,
            object_class="cup",
            min_objects=2,
            word="Кружка",
            text="350 МЛ",
            status=Status.SUCCESS,
            min_confidence=0.25,
            max_confidence=1.0,
            uploaded_from=datetime(2026, 3, 1, tzinfo=UTC),
            uploaded_before=datetime(2026, 3, 2, 8, 30, tzinfo=UTC),
            max_width=900,
            min_aspect=0.5,
        ),
        CreativeOrder.MOST_CONFIDENT,
    )
    assert client.get("/creatives", params=query).status_code == 200
    assert world.gallery.asked == asked
    world.gallery.asked = None
    assert client.get(f"/creatives/{analysed.key.id}/neighbours", params=query).status_code == 200
    assert world.gallery.asked == asked
    client.get("/creatives")
    assert world.gallery.asked == (CreativeFilter(), CreativeOrder.NEWEST)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("topic", "spaceships"),
        ("topic_decision", "maybe"),
        ("hex", "red"),
        ("min_share", "101"),
        ("min_objects", "-1"),
        ("from", "yesterday"),
        ("before", "2026-02-30"),
        ("min_width", "0"),
        ("max_aspect", "0"),
        ("min_text_share", "2"),
        ("topic", ""),
        ("color", "Красный"),
        ("status", "DONE"),
        ("sort", "size"),
        ("group_id", "a b"),
        ("text", "x" * 101),
        ("word", "x" * 101),
        ("object", "x" * 101),
        ("min_confidence", "1.5"),
        ("max_confidence", "nan"),
        ("limit", "0"),
    ],
)
def test_a_value_that_no_creative_can_have_is_refused_and_named(client, field: str, value: str) -> None:
    answer = client.get("/creatives", params={field: value})
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, "invalid_value", field)


def test_pages(client, world) -> None:
    names = [world.add(filename=f"{number}.png").filename for number in range(5)]
    seen, cursor = [], None
    for _ in range(3):
        page = client.get("/creatives", params={"limit": 2} | ({"cursor": cursor} if cursor else {})).json()
        assert page["total"] == 5
        seen += [card["original_filename"] for card in page["items"]]
        cursor = page["next_cursor"]
    assert (seen, cursor) == (names, None)


def test_neighbours(client, world) -> None:
    first, second, third = (world.add() for _ in range(3))
    assert client.get(f"/creatives/{second.key.id}/neighbours").json() == {
        "previous": str(first.key.id),
        "next": str(third.key.id),
        "position": 2,
        "total": 3,
        "more_than_total": False,
    }
    ends = client.get(f"/creatives/{first.key.id}/neighbours").json()
    assert (ends["previous"], ends["position"]) == (None, 1)


def test_a_filter_and_its_query_are_one(client, world) -> None:
    chosen = CreativeFilter(
        group_ids=("a", "b"),
        topic_decisions=(Decision.SURE, Decision.PERSON),
        hex="#00ff00",
        phrase="50% & чай",
        status=Status.ERROR,
    )
    query = query_of(chosen)
    assert query == (
        "group_id=a&group_id=b&topic_decision=sure&topic_decision=person&hex=%2300ff00"
        "&q=50%25%20%26%20%D1%87%D0%B0%D0%B9&status=ERROR"
    )
    assert client.get(f"/creatives?{query}").status_code == 200
    assert world.gallery.asked[0] == chosen


def test_a_search_tells_where_and_how(client, analysed) -> None:
    found = client.get("/search", params={"q": "cup"}).json()
    assert found["terms"] == [{"typed": "cup", "words": ["cup", "cups", "cap"], "guessed": ["cap"]}]
    assert [hit["bbox"] for hit in found["items"][0]["text_hits"]] == [[0.1, 0.1, 0.5, 0.2], [0.1, 0.3, 0.4, 0.4]]
    assert client.get("/search", params={"q": ""}).json()["field"] == "q"


def test_a_person_says_the_topic(client, world, analysed) -> None:
    path = f"/creatives/{analysed.key.id}/topic"
    said = client.put(path, json={"topic": "bags"}).json()
    assert (said["main_topic"], said["topic_confidence"], said["topic_corrected"]) == ("bags", 1.0, True)
    assert said["topic_decision"] == "person"
    refused = client.put(path, json={"topic": "spaceships"})
    assert (refused.status_code, refused.json()["field"]) == (422, "topic")
    assert client.put(f"/creatives/{world.add().key.id}/topic", json={"topic": "bags"}).status_code == 409
    assert client.put(f"/creatives/{uuid4()}/topic", json={"topic": "bags"}).status_code == 404


def test_a_correction_is_taken_back(client, world, analysed) -> None:
    path = f"/creatives/{analysed.key.id}/topic"
    client.put(path, json={"topic": "bags"})
    for _ in range(2):
        answer = client.delete(path).json()
        assert (answer["main_topic"], answer["topic_confidence"], answer["topic_corrected"]) == ("cups", 0.75, False)
        assert answer["topic_decision"] == "sure"
    assert client.delete(f"/creatives/{world.add().key.id}/topic").json()["main_topic"] is None
    assert client.delete(f"/creatives/{uuid4()}/topic").status_code == 404


def test_of_an_unknown_creative_there_are_no_neighbours(client) -> None:
    assert client.get(f"/creatives/{uuid4()}/neighbours").status_code == 404
