"""Search on a real database: slips, other forms, parts of words, colours, and where they are."""

from __future__ import annotations

import random
import tomllib
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from adlens.domain.analysis import Analysis, BoundingBox, DetectedObject, Detections, Swatch, SwatchRole, TextBlock
from adlens.domain.color_distance import NEAR, ciede2000, shades_of, to_lab
from adlens.domain.colors import COLOR_CLASSES, from_hex
from adlens.domain.creative import NewCreative
from adlens.domain.gallery import CreativeFilter, CreativeOrder
from adlens.domain.search import SearchResult
from adlens.persistence.search.search import PostgresSearch

Findings = Callable[..., Analysis]
WORDS = tomllib.loads((Path(__file__).parents[4] / "training/text/words.toml").read_text())
COLORS = 120


def box(n: int) -> BoundingBox:
    return BoundingBox(0.1, n / 100, 0.9, (n + 1) / 100)


@pytest.fixture(scope="module")
def shop(new_tenant: Callable[[], Any], findings: Findings) -> Any:
    """Lines of advertising words, three a picture; colours from everywhere."""
    tenant, chance = new_tenant(), random.Random(3)
    words = [*WORDS["ru"], *WORDS["en"]]
    tenant.said, tenant.painted = {}, {}
    for number in range(COLORS):
        id_ = uuid.uuid4()
        lines = [" ".join(chance.sample(words, 4)).upper() for _ in range(3)]
        shades = [tuple(chance.randrange(256) for _ in range(3)) for _ in range(4)]
        shares = [50.0, 30.0, 15.5, 4.5]
        tenant.repository.register(tenant.workspace_id, "grp", [NewCreative(id_, f"{number}.png")])
        tenant.analysed(
            tenant.add("grp", id_),
            findings(
                number,
                text=tuple(TextBlock(line, box(n), 0.9) for n, line in enumerate(lines)),
                detections=Detections((DetectedObject("cup", 0.5, box(5)),) * (number % 3)),
                palette=tuple(
                    Swatch(rgb, share, SwatchRole.DOMINANT, COLOR_CLASSES[0].name)
                    for rgb, share in zip(shades, shares, strict=True)
                ),
            ),
        )
        tenant.said[id_], tenant.painted[id_] = lines, list(zip(shades, shares, strict=True))
    return tenant


@pytest.fixture
def find(engine: Engine, shop: Any) -> Callable[..., SearchResult]:
    def ask(**chosen: Any) -> SearchResult:
        return PostgresSearch(engine).search(
            shop.workspace_id, CreativeFilter(**chosen), CreativeOrder.NEWEST, COLORS + 1
        )

    return ask


def slips(word: str, chance: random.Random) -> Iterator[str]:
    """A letter put in, left out, changed, swapped: one of each."""
    letters = "абвгдежзиклмнопрст" if word[0] > "z" else "abcdefghijklmnoprst"
    at = chance.randrange(1, len(word) - 1)
    yield word[:at] + chance.choice(letters) + word[at:]
    yield word[:at] + word[at + 1 :]
    yield word[:at] + chance.choice(letters.replace(word[at], "")) + word[at + 1 :]
    yield word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def test_a_letter_wrong_finds_what_the_word_would(find: Any, shop: Any) -> None:
    chance = random.Random(11)
    known = sorted({word.lower() for lines in shop.said.values() for line in lines for word in line.split()})
    known = [word for word in known if len(word) >= 5]
    found = wanted = 0
    for _ in range(100):
        word = chance.choice(known)
        slip = chance.choice([slip for slip in slips(word, chance) if slip != word])
        should = {id_ for id_, lines in shop.said.items() if word.replace("ё", "е") in _words(lines)}
        wanted += len(should)
        found += len(should & {card.id for card in find(phrase=slip).gallery.cards})
    assert found / wanted >= 0.95


def _words(lines: list[str]) -> set[str]:
    return {word for line in lines for word in line.lower().replace("ё", "е").split()}


@pytest.mark.parametrize(
    ("typed", "there"),
    [
        ("скидкой", "скидка"),
        ("новинками", "новинка"),
        ("shipped", "shipping"),
        ("кружки", "кружка"),
        ("галст", "галстук"),
    ],
)
def test_other_forms_and_parts_are_found(find: Any, shop: Any, typed: str, there: str) -> None:
    should = {id_ for id_, lines in shop.said.items() if there in _words(lines)}
    assert should
    assert should <= {card.id for card in find(phrase=typed).gallery.cards}


def test_a_hit_tells_where(find: Any, shop: Any) -> None:
    result = find(phrase="распродажа", object_class="cup")
    assert result.gallery.cards
    assert result.terms[0].words[0] == "распродажа"
    for card, hit in zip(result.gallery.cards, result.hits, strict=True):
        lines = shop.said[card.id]
        assert [block.text for block in hit.text] == [line for line in lines if "РАСПРОДАЖА" in line]
        assert [block.bbox for block in hit.text] == [box(n) for n, line in enumerate(lines) if "РАСПРОДАЖА" in line]
        assert [thing.class_name for thing in hit.objects] == ["cup"] * len(hit.objects)
        assert hit.objects


def test_all_words_must_be_there_and_nonsense_is_nowhere(find: Any, shop: Any) -> None:
    line = next(iter(shop.said.values()))[0]
    one, other, *_ = line.split()
    both = {id_ for id_, lines in shop.said.items() if {one.lower(), other.lower()} <= _words(lines)}
    assert both <= {card.id for card in find(phrase=f"{one} {other}").gallery.cards}
    nothing = find(phrase="щщжжжъъ")
    assert (nothing.gallery.cards, nothing.gallery.total.count) == ((), 0)
    assert [term.words for term in nothing.terms] == [("щщжжжъъ",)]


@pytest.mark.parametrize("share", [0.0, 10.0, 15.5, 33.0])
def test_a_colour_finds_exactly_what_is_near_and_covers_enough(find: Any, shop: Any, share: float) -> None:
    chance, hits = random.Random(7), 0
    for _ in range(40):
        rgb, _ = chance.choice(chance.choice(list(shop.painted.values())))
        asked = tuple(min(255, max(0, value + chance.randrange(-25, 26))) for value in rgb)
        near = {
            id_
            for id_, painted in shop.painted.items()
            if any(part >= share and ciede2000(to_lab(asked), to_lab(shade)) <= NEAR for shade, part in painted)
        }
        result = find(hex="#{:02x}{:02x}{:02x}".format(*asked), min_share=share)
        assert {card.id for card in result.gallery.cards} == near
        assert all(hit.colors for hit in result.hits)
        hits += len(near)
    assert hits > 20


def test_a_grey_that_no_cube_lies_wholly_around_is_searched_as_well(find: Any) -> None:
    grey = "#373e3b"
    assert not shades_of(from_hex(grey)).inside
    assert find(hex=grey).gallery.total.count >= 0


def test_a_frequent_colour_is_paged_without_the_index_of_colours(
    find: Any, shop: Any, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    rgb, _ = next(iter(shop.painted.values()))[0]
    chosen = CreativeFilter(hex="#{:02x}{:02x}{:02x}".format(*rgb))
    near = [card.id for card in find(hex=chosen.hex).gallery.cards]
    assert len(near) > 2
    monkeypatch.setattr("adlens.persistence.search.gallery.PROBED", 50)
    seen, cursor = [], None
    while True:
        found = PostgresSearch(engine).search(shop.workspace_id, chosen, CreativeOrder.NEWEST, 1, cursor)
        seen += [card.id for card in found.gallery.cards]
        assert all(hit.colors for hit in found.hits)
        if (cursor := found.gallery.next_cursor) is None:
            break
        assert found.gallery.total.count >= 1
    assert seen == near
