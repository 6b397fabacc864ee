"""Words as they are typed, against words as they are read: every form, alphabet and hyphen leads to the others."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from itertools import chain, permutations
from typing import Any

import pymorphy3
import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from adlens.domain.analysis import Analysis, BoundingBox, TextBlock
from adlens.domain.creative import NewCreative
from adlens.domain.gallery import CreativeFilter, CreativeOrder
from adlens.domain.words import fold
from adlens.persistence.schema import Vocabulary
from adlens.persistence.search.phrases import read_phrase
from adlens.persistence.search.reindex import reindex
from adlens.persistence.search.search import PostgresSearch
from adlens.persistence.search.tokens import Tokens
from adlens.persistence.search.vocabulary import add_words
from adlens.persistence.search.words import stems_of
from tests.integration.persistence.search.frequent_words import ENGLISH, RUSSIAN

LINES = (
    "ЦЕНА 1 990 ₽",
    "всего 1990 рублей",
    "1\u00a0990,50 р.",
    "звоните 8 800 555-35-35",
    "+7 (800) 555 35 35",
    "88005553535",
    "Wi-Fi в номере",
    "БЕСПЛАТНЫЙ WIFI",
    "wi‑fi рядом",
    "TOPT НА ЗАКАЗ",
    "ТОРТ за час",
    "СОМЕТ новинка",
    "COMET powder",
    "cкидкa дня",
    "СКИДКИ НЕДЕЛИ",
    "до 70 % скидок",
    "интернет-магазин",
    "интернет магазин",
    "L'OREAL Paris",
    "SUMMER SALE",
    "12 990 рублей",
    "рамка 13×18 см",
)

DICTIONARY = pymorphy3.MorphAnalyzer(lang="ru")


def russian_forms(lemma: str) -> set[str]:
    found = {
        fold(form.word)
        for parse in DICTIONARY.parse(lemma)
        if fold(parse.normal_form) == fold(lemma) and parse.tag.POS in ("NOUN", "ADJF")
        for form in parse.lexeme
        if form.tag.POS in ("NOUN", "ADJF") and "Supr" not in form.tag
    }
    return found or {fold(lemma)}


@pytest.fixture(scope="module")
def shop(new_tenant: Callable[[], Any], findings: Callable[..., Analysis]) -> Any:
    tenant = new_tenant()
    tenant.said = {}
    for number, line in enumerate(LINES):
        id_ = uuid.uuid4()
        tenant.repository.register(tenant.workspace_id, "grp", [NewCreative(id_, f"{number}.png")])
        block = TextBlock(line, BoundingBox(0.1, 0.1, 0.9, 0.2), 0.9)
        tenant.analysed(tenant.add("grp", id_), findings(number, text=(block,)))
        tenant.said[id_] = line
    return tenant


@pytest.fixture
def find(engine: Engine, shop: Any) -> Callable[[str], set[str]]:
    def ask(phrase: str) -> set[str]:
        found = PostgresSearch(engine).search(
            shop.workspace_id, CreativeFilter(phrase=phrase), CreativeOrder.NEWEST, len(LINES)
        )
        for hit, card in zip(found.hits, found.gallery.cards, strict=True):
            assert [block.text for block in hit.text] == [shop.said[card.id]]
        return {shop.said[card.id] for card in found.gallery.cards}

    return ask


PRICE = {"ЦЕНА 1 990 ₽", "всего 1990 рублей", "1\u00a0990,50 р."}
PHONE = {"звоните 8 800 555-35-35", "+7 (800) 555 35 35", "88005553535"}
WIFI = {"Wi-Fi в номере", "БЕСПЛАТНЫЙ WIFI", "wi‑fi рядом"}
CAKE = {"TOPT НА ЗАКАЗ", "ТОРТ за час"}
COMET = {"СОМЕТ новинка", "COMET powder"}
SALE = {"cкидкa дня", "СКИДКИ НЕДЕЛИ", "до 70 % скидок"}


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        *((typed, PRICE) for typed in ("1990", "1 990", "1\u00a0990", "1.990", "1,990", "1 990 ₽")),
        *((typed, PHONE) for typed in ("88005553535", "8 800 555-35-35", "+7 800 555-35-35", "8(800)5553535")),
        ("555-35-35", PHONE),
        *((typed, WIFI) for typed in ("wifi", "Wi-Fi", "WI–FI", "wi\u00adfi", "wi fi")),
        *((typed, CAKE) for typed in ("торт", "торты", "тортов", "ТОРТ", "topt")),
        *((typed, COMET) for typed in ("comet", "сомет", "COMET", "cомeт")),
        *(
            (typed, SALE)
            for typed in ("скидка", "скидок", "скидками", "cкидка", "скдика", "скидкка", "crblrf", "crblrb")
        ),
        ("ыфду", {"SUMMER SALE"}),
        ("loreal", {"L'OREAL Paris"}),
        ("L’Oréal", {"L'OREAL Paris"}),
        ("интернетмагазин", {"интернет-магазин"}),
        ("интернет-магазин", {"интернет-магазин", "интернет магазин"}),
        ("12990", {"12 990 рублей"}),
        ("13x18", {"рамка 13×18 см"}),
        ("13×18", {"рамка 13×18 см"}),
        ("скидка недели", {"СКИДКИ НЕДЕЛИ"}),
    ],
)
def test_one_way_to_write_it_finds_the_others(find: Any, typed: str, found: set[str]) -> None:
    if typed == "wi fi":  # two words, which are in one piece nowhere but with a hyphen
        assert find(typed) == {"Wi-Fi в номере", "wi‑fi рядом"}
    else:
        assert found <= find(typed) <= found | ({"12 990 рублей"} if found == PRICE else set())


def test_a_guess_is_told_as_one(engine: Engine, shop: Any) -> None:
    with Session(engine) as session:
        (slip,) = read_phrase(session, shop.workspace_id, "скдика")
        (keys,) = read_phrase(session, shop.workspace_id, "crblrf")
    assert set(slip.words) - slip.exact >= {"скидки", "скидок"}
    assert keys.typed == "crblrf"
    assert {"скидки", "скидок"} <= set(keys.words)
    assert not keys.exact


def test_a_part_of_a_compound_is_counted(engine: Engine, shop: Any) -> None:
    with Session(engine) as session:
        (term,) = read_phrase(session, shop.workspace_id, "магазин")
    assert (term.words, term.most) == (("магазин",), 2)


def test_every_form_of_frequent_words_finds_the_same(engine: Engine, new_tenant: Callable[[], Any]) -> None:
    lexemes = [*map(russian_forms, RUSSIAN), *map(set, ENGLISH)]
    assert len(lexemes) >= 200
    workspace = new_tenant().workspace_id
    with Session(engine) as session, session.begin():
        add_words(session, workspace, [form for forms in lexemes for form in forms])
    with Session(engine) as session:
        rows = session.execute(select(Vocabulary.word, Vocabulary.keys).filter_by(workspace_id=workspace))
        keys = {word: set(found) for word, found in rows}
        stems = stems_of(session, sorted(keys))
        tokens = Tokens(workspace)
        lead = {form: {tokens.stem(stem) for stem in (form, *chain(*stems[form]))} for form in keys}
        apart = [
            (typed, read)
            for forms in lexemes
            for typed, read in permutations(sorted(forms), 2)
            if lead[typed].isdisjoint(keys[read])
        ]
        assert apart == []
        for forms in lexemes:  # and the search reads them so
            (term,) = read_phrase(session, workspace, max(forms))
            assert forms <= set(term.words) & term.exact


def test_a_file_name_is_found_by_other_forms_once_its_creative_is_analysed(
    engine: Engine, new_tenant: Callable[[], Any], findings: Callable[..., Analysis]
) -> None:
    """The API that registers it has no dictionary."""
    tenant, id_ = new_tenant(), uuid.uuid4()
    tenant.repository.register(tenant.workspace_id, "grp", [NewCreative(id_, "дети 1 990.png")])

    def found(name: str) -> bool:
        search = PostgresSearch(engine)
        return bool(
            search.search(tenant.workspace_id, CreativeFilter(text=name), CreativeOrder.NEWEST, 9).gallery.cards
        )

    assert [found(name) for name in ("дети", "1990", "ребенок")] == [True, True, False]
    tenant.analysed(tenant.add("grp", id_), findings(1, text=()))
    assert [found(name) for name in ("дети", "1990", "ребенок")] == [True, True, True]


def test_words_of_before_are_brought_up_to_date_while_others_write(engine: Engine, shop: Any, find: Any) -> None:
    words = "SELECT token, keys FROM vocabulary WHERE workspace_id = :workspace_id ORDER BY token"
    facts = "SELECT creative_id, words, marks FROM creative_facts WHERE workspace_id = :workspace_id ORDER BY 1"
    before = shop.rows(words), shop.rows(facts)
    with engine.begin() as connection:
        for statement in (
            "DELETE FROM vocabulary WHERE workspace_id = :w AND word ~ '[ -]'",
            "UPDATE vocabulary SET keys = '{}' WHERE workspace_id = :w",
            "UPDATE creative_facts SET words = '{}' WHERE workspace_id = :w",
        ):
            connection.execute(text(statement), {"w": shop.workspace_id})
    assert find("wifi") == set()

    changed = list(reindex(engine, batch=4))

    assert sum(changed) >= len(LINES)
    assert (shop.rows(words), shop.rows(facts)) == before
    assert sum(reindex(engine, batch=1000)) == 0
