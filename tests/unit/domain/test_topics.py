from __future__ import annotations

import pytest

from adlens.domain.topics import parse, taxonomy

TOPIC = {
    "title": {"ru": "Зонты", "en": "Umbrellas"},
    "words": {},
    "clues": {},
    "objects": ["umbrella"],
    "looks": ["parasol"],
}


def test_the_taxonomy_is_whole() -> None:
    topics = taxonomy()
    assert topics.fallback in topics.topics
    for topic in topics.topics.values():
        assert topic.titles.keys() == topic.words.keys() == topic.clues.keys() == {"ru", "en"}
        assert bool(topic.objects) == bool(topic.looks) == (topic.id != topics.fallback)


def test_objects_belong_to_the_topic_they_show() -> None:
    assert taxonomy().topic_of_class("suitcase") == "bags"
    assert taxonomy().topic_of_class("person") is None


def test_a_topic_that_only_a_model_knows_goes_by_its_id() -> None:
    assert taxonomy().title("ties", "ru") == "Галстуки"
    assert taxonomy().title("hats", "ru") == "hats"


@pytest.mark.parametrize(
    ("fallback", "topics", "complaint"),
    [
        ("other", [TOPIC | {"id": "umbrellas"}], "fallback 'other'"),
        ("a", [TOPIC | {"id": "a"}, TOPIC | {"id": "a", "objects": [], "looks": []}], "twice"),
        ("a", [TOPIC | {"id": "a"}, TOPIC | {"id": "b", "looks": []}], "twice"),
        ("a", [TOPIC | {"id": "a"}, TOPIC | {"id": "b", "objects": []}], "twice"),
    ],
)
def test_what_contradicts_itself_is_refused(fallback: str, topics: list[dict[str, object]], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse({"fallback": fallback, "topics": topics})
