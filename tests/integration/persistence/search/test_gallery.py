"""Browsing on a real database: every filter, every order, from one creative to the next, by likeness."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine

from adlens.domain.analysis import (
    Analysis,
    BoundingBox,
    Decision,
    DetectedObject,
    Detections,
    Swatch,
    SwatchRole,
    TextBlock,
    TopicPrediction,
)
from adlens.domain.creative import CreativeId, Failure, NewCreative, Status
from adlens.domain.errors import InvalidValue, UnknownCreative, UnknownGroup
from adlens.domain.gallery import CreativeFilter, CreativeOrder, Total
from adlens.persistence.creatives.queries import PostgresQueries
from adlens.persistence.search.gallery import PostgresGallery

Findings = Callable[..., Analysis]
BOX = BoundingBox(0, 0, 1, 1)
BROKEN = "broken.gif"
FILES = {"mug.jpg", "Tie.PNG", "scarf.webp", "waits.jpg", BROKEN}


@pytest.fixture(scope="module")
def gallery(engine: Engine) -> PostgresGallery:
    return PostgresGallery(engine)


def topic(name: str, confidence: float, sure: bool = True) -> TopicPrediction:
    return TopicPrediction(name, confidence, {name: confidence}, sure=sure)


def lines(*texts: str) -> tuple[TextBlock, ...]:
    return tuple(TextBlock(line, BOX, 0.5) for line in texts)


def add(tenant: Any, filename: str, analysis: Analysis | None = None, group_id: str = "grp") -> UUID:
    id_ = uuid.uuid4()
    tenant.repository.register(tenant.workspace_id, group_id, [NewCreative(id_, filename)])
    if analysis is not None:
        tenant.analysed(tenant.add(group_id, id_), analysis, group_id)
    return id_


def found(gallery: PostgresGallery, tenant: Any, **chosen: Any) -> set[str]:
    result = gallery.browse(tenant.workspace_id, CreativeFilter(**chosen), CreativeOrder.NEWEST)
    assert result.total == Total(len(result.cards))
    return {card.filename for card in result.cards}


# --- filters --------------------------------------------------------------------------------------------------------


@pytest.fixture
def shop(tenant: Any, findings: Findings) -> Any:
    """A mug, a tie and a scarf; something broken and something that waits."""
    mug = findings(
        topic=topic("cups", 0.75),
        text=lines("Кружка ЁЛОЧКА для мамы", "скидка 50% и 3_D"),
        detections=Detections((DetectedObject("cup", 0.5, BOX), DetectedObject("cup", 0.4, BOX))),
        palette=(
            Swatch((255, 0, 0), 60.0, SwatchRole.DOMINANT, "red"),
            Swatch((64, 64, 64), 40.0, SwatchRole.SECONDARY, "dark grey"),
        ),
    )
    tie = findings(topic=topic("ties", 0.25, sure=False), text=lines("The silk tie"), detections=None, palette=())
    add(tenant, "mug.jpg", mug)
    add(tenant, "Tie.PNG", tie, "other")
    add(tenant, "scarf.webp", findings(topic=None, text=None, detections=Detections(), palette=()))
    add(tenant, "waits.jpg")
    # A name that is always the same: that of a file counts in `text`, and a random id has the word 50 now and then.
    broken = CreativeId(tenant.workspace_id, add(tenant, BROKEN))
    tenant.repository.fail(tenant.claimed(broken), Failure("invalid_image", "Cut off."), "a")
    return tenant


@pytest.mark.parametrize(
    ("chosen", "names"),
    [
        ({"group_ids": ("other",)}, {"Tie.PNG"}),
        ({"topics": ("cups",)}, {"mug.jpg"}),
        ({"topics": ("bags",)}, set()),
        ({"topic_decisions": (Decision.SURE,)}, {"mug.jpg"}),
        ({"topic_decisions": (Decision.UNSURE,)}, {"Tie.PNG"}),
        ({"topic_decisions": (Decision.PERSON,)}, set()),
        ({"topic_decisions": (Decision.SURE, Decision.PERSON)}, {"mug.jpg"}),
        ({"topic_decisions": tuple(Decision)}, {"mug.jpg", "Tie.PNG"}),
        ({"topic_decisions": (Decision.UNSURE,), "topics": ("ties",)}, {"Tie.PNG"}),
        ({"topic_decisions": (Decision.UNSURE,), "topics": ("cups",)}, set()),
        ({"topic_decisions": (Decision.SURE, Decision.PERSON), "topics": ("cups", "ties", "none")}, {"mug.jpg"}),
        ({"topic_decisions": (Decision.UNSURE,), "topics": ("none",)}, set()),
        ({"topic_decisions": (Decision.SURE,), "group_ids": ("other",)}, set()),
        ({"topic_decisions": (Decision.UNSURE,), "group_ids": ("other",)}, {"Tie.PNG"}),
        ({"rest_of": CreativeFilter(topic_decisions=(Decision.SURE,))}, FILES - {"mug.jpg"}),
        ({"color_class": "red"}, {"mug.jpg"}),
        ({"color_class": "dark grey"}, {"mug.jpg"}),
        ({"color_class": "grey"}, set()),
        ({"object_class": "cup"}, {"mug.jpg"}),
        ({"object_class": "cu"}, set()),
        ({"word": "кружка"}, {"mug.jpg"}),
        ({"word": "Ёлочка"}, {"mug.jpg"}),
        ({"word": "елочка"}, {"mug.jpg"}),
        ({"word": "круж"}, set()),
        ({"word": "для"}, {"mug.jpg"}),
        ({"word": "the"}, {"Tie.PNG"}),
        ({"word": "silk"}, {"Tie.PNG"}),
        ({"text": "ёлочка ДЛЯ"}, {"mug.jpg"}),
        ({"text": "tie"}, {"Tie.PNG"}),
        ({"text": "50%"}, {"mug.jpg"}),
        ({"phrase": "51"}, set()),
        ({"text": "для скидка"}, {"mug.jpg"}),
        ({"text": "скидки"}, {"mug.jpg"}),
        ({"text": "скдика"}, {"mug.jpg"}),
        ({"text": "ёлоч"}, {"mug.jpg"}),
        ({"text": "лочк"}, {"mug.jpg"}),
        ({"text": "scarf"}, {"scarf.webp"}),
        ({"phrase": "scarf"}, set()),
        ({"phrase": "silks"}, {"Tie.PNG"}),
        ({"hex": "#f50505"}, {"mug.jpg"}),
        ({"hex": "#f50505", "min_share": 60.0}, {"mug.jpg"}),
        ({"hex": "#f50505", "min_share": 60.5}, set()),
        ({"hex": "#00ff00"}, set()),
        ({"object_class": "cup", "min_objects": 2}, {"mug.jpg"}),
        ({"object_class": "cup", "min_objects": 3}, set()),
        ({"min_objects": 1}, {"mug.jpg"}),
        ({"max_objects": 0}, {"Tie.PNG", "scarf.webp"}),
        ({"min_width": 900, "max_aspect": 0.75}, {"mug.jpg", "Tie.PNG", "scarf.webp"}),
        ({"max_height": 1199}, set()),
        ({"max_text_share": 0.5}, {"scarf.webp"}),
        ({"topics": ("none", "ties")}, {"Tie.PNG", "scarf.webp", "waits.jpg", BROKEN}),
        ({"uploaded_before": datetime(2020, 1, 1, tzinfo=UTC)}, set()),
        ({"phrase": "3_d"}, {"mug.jpg"}),
        ({"text": "waits"}, {"waits.jpg"}),
        ({"status": Status.PENDING}, {"waits.jpg"}),
        ({"min_confidence": 0.25}, {"mug.jpg", "Tie.PNG"}),
        ({"min_confidence": 0.251}, {"mug.jpg"}),
        ({"max_confidence": 0.25}, {"Tie.PNG"}),
        ({"min_confidence": 0.5, "max_confidence": 0.4}, set()),
        ({"group_ids": ("grp",), "topics": ("ties",)}, set()),
        ({"topics": ("cups",), "color_class": "red", "object_class": "cup", "word": "кружка"}, {"mug.jpg"}),
        ({"text": "x\x00\udc80", "word": "x\x00\udc80", "object_class": "\x00", "topics": ("\x00",)}, set()),
    ],
)
def test_filters(shop: Any, gallery: PostgresGallery, chosen: dict[str, Any], names: set[str]) -> None:
    assert found(gallery, shop, **chosen) == names


def test_a_word_of_a_file_name_counts_whatever_is_beside_it(shop: Any, gallery: PostgresGallery) -> None:
    add(shop, "ab50-4c.png")
    assert found(gallery, shop, text="50%") == {"mug.jpg", "ab50-4c.png"}
    assert found(gallery, shop, phrase="50%") == {"mug.jpg"}


@pytest.mark.parametrize("text", ["%", "_ \\", " ".join("abcdefghijk")])
def test_a_search_for_no_word_or_too_many_is_refused(shop: Any, gallery: PostgresGallery, text: str) -> None:
    with pytest.raises(InvalidValue):
        found(gallery, shop, text=text)


def test_of_an_unknown_group_nothing_is_told(shop: Any, gallery: PostgresGallery) -> None:
    with pytest.raises(UnknownGroup):
        found(gallery, shop, group_ids=("nowhere",))


def test_a_card(shop: Any, gallery: PostgresGallery) -> None:
    cards = {
        card.filename: card for card in gallery.browse(shop.workspace_id, CreativeFilter(), CreativeOrder.NEWEST).cards
    }
    mug, waits = cards["mug.jpg"], cards["waits.jpg"]
    assert (mug.group_id, mug.status, mug.topic, mug.topic_confidence) == ("grp", Status.SUCCESS, "cups", 0.75)
    assert [cards[name].topic_decision for name in ("mug.jpg", "Tie.PNG", "scarf.webp")] == ["sure", "unsure", None]
    assert [(swatch.hex, swatch.percent) for swatch in mug.dominant] == [("#ff0000", 60.0)]
    assert mug.facts is not None
    assert (waits.status, waits.facts, waits.topic, waits.dominant) == (Status.PENDING, None, None, ())
    assert [card.failure for card in cards.values() if card.failure] == [Failure("invalid_image", "Cut off.")]


def test_a_page_takes_the_same_statements_whatever_its_length(
    tenant: Any, gallery: PostgresGallery, findings: Findings, statements: Any
) -> None:
    for number in range(20):
        add(tenant, f"{number}.png", findings(number))
    counts = []
    for limit in (1, 20):
        with statements(gallery.engine) as seen:
            gallery.browse(tenant.workspace_id, CreativeFilter(group_ids=("grp",)), CreativeOrder.NEWEST, limit)
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 5


# --- order ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def shelf(tenant: Any, findings: Findings) -> Any:
    """Names and confidences that repeat, and creatives without a topic."""
    for number in range(12):
        confidence = [None, 0.25, 0.123456, 0.25, 1.0, 0.0][number % 6]
        found = findings(number, topic=None if confidence is None else topic("cups", confidence))
        add(tenant, f"{number % 3}.png", found if number % 4 else None)
    return tenant


@dataclass
class Key:
    """What a creative is sorted by, in Python."""

    card: Any
    order: CreativeOrder
    value: Any = field(init=False)

    def __post_init__(self) -> None:
        if self.order.column == "topic_confidence":
            last = -1 if self.order.descending else 2
            self.value = last if self.card.topic_confidence is None else self.card.topic_confidence
        else:
            self.value = getattr(self.card, self.order.column)


@pytest.mark.parametrize("order", CreativeOrder)
def test_every_order_is_whole_in_pages_and_from_one_to_the_next(
    shelf: Any, gallery: PostgresGallery, order: CreativeOrder
) -> None:
    everything = gallery.browse(shelf.workspace_id, CreativeFilter(), order)
    keys = [(Key(card, order).value, card.id) for card in everything.cards]
    assert keys == sorted(keys, reverse=order.descending)
    assert (len(keys), everything.total) == (12, Total(12))

    paged, cursor = [], None
    for _ in range(3):
        page = gallery.browse(shelf.workspace_id, CreativeFilter(), order, 5, cursor)
        paged += page.cards
        cursor = page.next_cursor
        assert page.total == Total(12)
    assert (tuple(paged), cursor) == (everything.cards, None)

    ids = [card.id for card in everything.cards]
    for place, id_ in enumerate(ids):
        around = gallery.neighbours(shelf.workspace_id, id_, CreativeFilter(), order)
        assert around.previous == (ids[place - 1] if place else None)
        assert around.next == (ids[place + 1] if place + 1 < len(ids) else None)
        assert (around.position, around.total) == (place + 1, Total(12))


def test_a_cursor_is_for_its_order_only(shelf: Any, gallery: PostgresGallery) -> None:
    cursors = {
        order: gallery.browse(shelf.workspace_id, CreativeFilter(), order, 1).next_cursor for order in CreativeOrder
    }
    for order in CreativeOrder:
        for of, cursor in cursors.items():
            if of is order:
                assert gallery.browse(shelf.workspace_id, CreativeFilter(), order, 1, cursor).cards
            else:
                with pytest.raises(InvalidValue) as refused:
                    gallery.browse(shelf.workspace_id, CreativeFilter(), order, 1, cursor)
                assert refused.value.field == "cursor"


def test_neighbours_within_a_filter(shop: Any, gallery: PostgresGallery) -> None:
    ids = {
        card.filename: card.id
        for card in gallery.browse(shop.workspace_id, CreativeFilter(), CreativeOrder.NEWEST).cards
    }
    topics = CreativeFilter(min_confidence=0)
    around = gallery.neighbours(shop.workspace_id, ids["mug.jpg"], topics, CreativeOrder.MOST_CONFIDENT)
    assert (around.previous, around.next, around.position, around.total) == (None, ids["Tie.PNG"], 1, Total(2))
    left_out = gallery.neighbours(shop.workspace_id, ids["waits.jpg"], topics, CreativeOrder.MOST_CONFIDENT)
    assert (left_out.previous, left_out.next, left_out.position, left_out.total) == (ids["Tie.PNG"], None, 3, Total(2))
    with pytest.raises(UnknownCreative):
        gallery.neighbours(shop.workspace_id, uuid.uuid4(), topics, CreativeOrder.NEWEST)
    with pytest.raises(UnknownGroup):
        gallery.neighbours(shop.workspace_id, ids["mug.jpg"], CreativeFilter(group_ids=("x",)), CreativeOrder.NEWEST)


# --- ways to a page -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "chosen",
    [
        {"word": "скидка"},
        {"phrase": "скидка"},
        {"phrase": "скид", "topics": ("cups",)},
        {"phrase": "скидка sale"},
        {"text": "sale"},
        {"phrase": "скидка", "hex": "#ff0000"},
        {"hex": "#ff0000", "min_share": 25.0},
        {"color_class": "red", "topics": ("cups",)},
    ],
)
def test_a_page_and_its_total_are_the_same_on_every_way(
    tenant: Any, gallery: PostgresGallery, findings: Findings, monkeypatch: pytest.MonkeyPatch, chosen: dict[str, Any]
) -> None:
    red = Swatch((255, 0, 0), 60.0, SwatchRole.DOMINANT, "red")
    for number in range(16):
        text = lines("скидка", "sale") if number % 4 else lines("Скидки")
        found = findings(number, text=text, topic=topic("cups", 0.5), palette=(red,) if number % 3 else ())
        add(tenant, f"{number}.png", found)
    asked = CreativeFilter(**chosen)

    def pages() -> list[Any]:
        first = gallery.browse(tenant.workspace_id, asked, CreativeOrder.NEWEST, 3)
        return [first, gallery.browse(tenant.workspace_id, asked, CreativeOrder.NEWEST, 3, first.next_cursor)]

    known = pages()
    assert (known[0].total.count > 6, known[0].total.more) == (True, False)
    ways = {"GATHERED": (5, 7, 1000), "COLORED": (5, 1000), "ORDERED": (0, 1000), "PROBED": (4, 1000)}
    monkeypatch.setattr("adlens.persistence.search.gallery.MOST_COUNTED", 5)
    for values in itertools.product(*ways.values()):
        for name, value in zip(ways, values, strict=True):
            monkeypatch.setattr(f"adlens.persistence.search.gallery.{name}", value)
        found_pages = pages()
        assert [page.cards for page in found_pages] == [page.cards for page in known]
        assert [page.next_cursor for page in found_pages] == [page.next_cursor for page in known]
        if asked.hex is None or asked.phrase is not None:
            assert {page.total for page in found_pages} == {Total(5, True)}


# --- words ----------------------------------------------------------------------------------------------------------


def test_words_follow_the_findings(tenant: Any, findings: Findings) -> None:
    def words() -> list[str]:
        (row,) = tenant.rows("SELECT words FROM analyses WHERE workspace_id = :workspace_id")
        return row["words"]

    key = tenant.add()
    tenant.analysed(key, findings(text=lines("Новая КРУЖКА, кружка!", "и она не the tie's x" + "y" * 3000)))
    assert words() == ["tie", "кружка", "новая"]
    claim = tenant.repository.claim(tenant.repository.request_analysis(key), "again", 60)
    assert tenant.repository.complete(claim, findings(text=None), "a")
    assert words() == []


# --- figures --------------------------------------------------------------------------------------------------------


def test_what_analytics_count_is_what_the_gallery_shows(
    tenant: Any, gallery: PostgresGallery, findings: Findings
) -> None:
    for seed in range(60):
        group_id = f"grp_{seed % 2}"
        tenant.analysed(tenant.add(group_id), findings(seed), group_id)
    queries = PostgresQueries(tenant.engine)

    def total(**chosen: Any) -> int:
        return gallery.browse(tenant.workspace_id, CreativeFilter(**chosen), CreativeOrder.NEWEST, 1).total.count

    for group_id, figures in (
        ("grp_0", queries.group_analytics(tenant.workspace_id, "grp_0")),
        ("grp_1", queries.group_analytics(tenant.workspace_id, "grp_1")),
        (None, queries.workspace_analytics(tenant.workspace_id)),
    ):
        group_ids = () if group_id is None else (group_id,)
        assert figures.creatives == total(group_ids=group_ids)
        counted = {
            "topics": {row.topic: row.count for row in figures.topics},
            "object_class": dict(figures.objects),
            "color_class": dict(figures.color_classes),
            "word": dict(figures.words),
        }
        assert counted["word"].keys() == {"елка", "кружка", "скидка", "sale"}
        for name, counts in counted.items():
            assert len(counts) >= 3
            for value, count in counts.items():
                asked = (value,) if name == "topics" else value
                assert count == total(group_ids=group_ids, **{name: asked}), (name, value)
