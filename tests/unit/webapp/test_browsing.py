"""What groups, cards and the filters in force are made of."""

from typing import Any

from adlens_web import filters
from adlens_web.cards import card_of, strip_of
from adlens_web.pages.creatives.options import chips_of, options_of
from adlens_web.pages.groups.summaries import group_of
from adlens_web.texts import OBJECTS, object_title

RED = {"hex": "#bc0e0e", "percent": 45.0, "class": "Красный", "class_en": "red", "rgb": [188, 14, 14]}
WHITE = {"hex": "#f7f7f7", "percent": 15.0, "class": "Белый", "class_en": "white", "rgb": [247, 247, 247]}
CARD: dict[str, Any] = {
    "creative_id": "c-1",
    "group_id": "g-1",
    "original_filename": "mug.jpg",
    "file_path": "https://store/original",
    "preview_url": "https://store/preview",
    "image_width": 900,
    "image_height": 1200,
    "upload_timestamp": "2026-03-01T10:15:02Z",
    "overall_status": "SUCCESS",
    "failure": None,
    "main_topic": "cups",
    "main_topic_title": {"ru": "Кружки", "en": "Cups"},
    "topic_confidence": 0.934,
    "topic_decision": "sure",
    "dominant_colors": [RED, WHITE],
}
TAXONOMY = {
    "topics": [{"topic": "cups", "title": {"ru": "Кружки", "en": "Cups"}}],
    "color_classes": [{"class": "Красный", "class_en": "red", "hex": "#bc0e0e"}],
}
ANALYTICS = {
    "objects": [{"class": "cup", "count": 3}],
    "words": [{"word": "кружка", "count": 3}],
    "topics": [{"topic": "cups", "count": 3, "unsure": 1}, {"topic": "ties", "count": 2, "unsure": 2}],
}
GROUPS = [{"group_id": "g-1", "name": "Весна"}, {"group_id": "g-2", "name": None}, {"group_id": "g-1", "name": "Весна"}]


def test_a_strip_is_filled_by_its_colours_and_says_their_true_shares() -> None:
    strip = strip_of([RED, WHITE])
    assert [(stripe.share, stripe.percent) for stripe in strip.stripes] == [(75.0, 45), (25.0, 15)]
    assert (strip.ru, strip.en) == ("Красный 45 %, Белый 15 %", "Red 45%, White 15%")
    assert strip_of([]).stripes == []


def test_a_card_leads_to_its_creative_and_keeps_the_gallery_in_its_address() -> None:
    card = card_of(CARD, {"topic": "cups", "color": "", "page": "2", "cursor": "abc"})
    assert card.address == "/creative/c-1?topic=cups&page=2&cursor=abc"
    assert (card.preview, card.topic_ru, card.percent, card.similarity) == ("https://store/preview", "Кружки", 93, 0)
    assert card.decision == "sure"


def test_a_card_shows_the_original_until_there_is_a_preview_and_nothing_that_was_never_decoded() -> None:
    assert card_of({**CARD, "preview_url": None}, {}).preview == "https://store/original"
    broken = {
        **CARD,
        "preview_url": None,
        "image_width": None,
        "overall_status": "ERROR",
        "failure": {"code": "invalid_image", "reason": "No picture."},
        "main_topic_title": None,
        "topic_confidence": None,
        "topic_decision": None,
        "dominant_colors": [],
    }
    card = card_of(broken, {})
    assert (card.preview, card.failure, card.topic_en, card.percent) == ("", "invalid_image", "", 0)
    assert card.decision == ""


def test_a_group_counts_what_is_under_way_and_goes_by_its_id_until_it_has_a_name() -> None:
    told = {
        "group_id": "g-1",
        "count": 10,
        "created_at": "2026-03-01T10:15:00Z",
        "by_status": {"PENDING": 3, "PROCESSING": 1, "SUCCESS": 5, "ERROR": 1},
        "name": None,
        "topics": [
            {"topic": "cups", "count": 4, "unsure": 3, "title": {"ru": "Кружки", "en": "Cups"}},
            {"topic": "ties", "count": 3, "unsure": 1, "title": {"ru": "Галстуки", "en": "Ties"}},
            {"topic": "bags", "count": 1, "unsure": 1, "title": {"ru": "Сумки", "en": "Bags"}},
        ],
        "colors": [RED],
    }
    group = group_of(told)
    assert (group.title, group.name, group.pending, group.done, group.failed) == ("g-1", "", 4, 5, 1)
    assert group_of({**told, "name": "Весна"}).title == "Весна"
    assert [(topic.topic, topic.count) for topic in group.topics] == [("ties", 2), ("cups", 1)], "no guesses"
    assert group.topics[0].address == "/creatives?group=g-1&topic=ties&topic_decision=sure%2Cperson"


def test_choices_are_listed_once_and_the_chosen_object_always() -> None:
    choices = options_of(TAXONOMY, GROUPS, ANALYTICS, "zebra")
    assert [(choice.value, choice.ru) for choice in choices.groups] == [("g-1", "Весна"), ("g-2", "g-2")]
    assert [(choice.value, choice.ru, choice.en) for choice in choices.objects] == [
        ("cup", "Кружка", "Cup"),
        ("zebra", "Зебра", "Zebra"),
    ]
    assert [choice.value for choice in options_of(TAXONOMY, GROUPS, ANALYTICS, "cup").objects] == ["cup"]
    assert choices.unsure == 3


def test_every_filter_in_force_has_a_chip_that_leads_to_the_gallery_without_it() -> None:
    asked = filters.from_address(
        {
            "group": "g-1",
            "topic": "cups",
            "topic_decision": "unsure,person",
            "color": "red",
            "object": "wine glass",
            "status": "ERROR",
            "min_confidence": "0.6",
            "sort": "filename",
        }
    )
    chips = {chip.name: chip for chip in chips_of(asked, options_of(TAXONOMY, GROUPS, ANALYTICS, ""))}
    assert {name: (chip.ru, chip.en) for name, chip in chips.items()} == {
        "group": ("Весна", "Весна"),
        "topic": ("Кружки", "Cups"),
        "topic_decision": ("Не уверены, Задано вручную", "Not sure, Set manually"),
        "color": ("Красный", "Red"),
        "object": ("Бокал", "Wine glass"),
        "status": ("Ошибка", "Failed"),
        "min_confidence": ("60 %", "60%"),
    }
    assert chips["group"].address == (
        "/creatives?topic=cups&topic_decision=unsure%2Cperson&color=red&object=wine%20glass&status=ERROR&min_confidence=0.6&sort=filename"
    )


def test_a_filter_that_is_not_known_says_its_value() -> None:
    chips = chips_of(
        filters.from_address({"topic": "trains", "status": "LOST"}), options_of(TAXONOMY, [], ANALYTICS, "")
    )
    assert [(chip.name, chip.ru) for chip in chips] == [("topic", "trains"), ("status", "LOST")]


def test_all_classes_of_coco_have_titles_in_both_languages() -> None:
    assert len(OBJECTS) == 80
    assert all(title["ru"] and title["en"] for title in OBJECTS.values())
    assert object_title("sports ball") == ("Мяч", "Ball")
    assert object_title("unheard of") == ("unheard of", "unheard of")
