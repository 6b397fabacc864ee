"""Browsing creatives."""

from __future__ import annotations

from uuid import uuid4

import pytest

from adlens.domain.creative import Failure, Status
from adlens.domain.gallery import CreativeFilter, CreativeOrder


def test_a_card(client, world, analysed) -> None:
    failed = world.add(status=Status.ERROR, failure=Failure("invalid_image", "Broken."))
    found = client.get("/creatives").json()
    assert (found["total"], found["next_cursor"]) == (2, None)
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
        "group_id": "grp_1",
        "topic": "cups",
        "color": "dark grey",
        "object": "cup",
        "word": "Кружка",
        "text": "350 МЛ",
        "status": "SUCCESS",
        "min_confidence": 0.25,
        "max_confidence": 1,
        "sort": "-topic_confidence",
    }
    asked = (
        CreativeFilter("grp_1", "cups", "dark grey", "cup", "Кружка", "350 МЛ", Status.SUCCESS, 0.25, 1.0),
        CreativeOrder.MOST_CONFIDENT,
    )
    assert client.get("/creatives", params=query).status_code == 200
    assert world.asked == asked
    world.asked = None
    assert client.get(f"/creatives/{analysed.key.id}/neighbours", params=query).status_code == 200
    assert world.asked == asked
    client.get("/creatives")
    assert world.asked == (CreativeFilter(), CreativeOrder.NEWEST)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("topic", "spaceships"),
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
    }
    ends = client.get(f"/creatives/{first.key.id}/neighbours").json()
    assert (ends["previous"], ends["position"]) == (None, 1)


def test_similar(client, world, analysed) -> None:
    world.add()
    world.add()
    found = client.get(f"/creatives/{analysed.key.id}/similar?limit=1").json()
    assert [card.pop("similarity") for card in found] == [0.75]
    assert found == [client.get("/creatives").json()["items"][1]]


@pytest.mark.parametrize("path", ["neighbours", "similar"])
def test_of_an_unknown_creative_there_are_none(client, path: str) -> None:
    assert client.get(f"/creatives/{uuid4()}/{path}").status_code == 404
