"""What counts as a word."""

from __future__ import annotations

import pytest

from adlens.domain.words import (
    LONGEST,
    compounds,
    distinct_words,
    fold,
    in_one_piece,
    on_the_other_keyboard,
    readings,
    search_words,
)


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ((), ()),
        (("",), ()),
        (("Кружка, КРУЖКА!", "кружка"), ("кружка",)),
        (("Ёлка елка",), ("елка",)),
        (("Е\u0308лка", "чаи\u0306ник"), ("елка", "чайник")),
        (("350мл wi-fi men's 3D-печать шт. 24k",), ("men", "печать")),
        (("a²bc x_yz½",), ()),
        (("Скидка² на 45 м³",), ("скидка",)),
        (("two", "lines"), ("lines", "two")),
        (("Straße",), ("straße",)),
        (("д" * LONGEST, "ж" * (LONGEST + 1)), ("д" * LONGEST,)),
    ],
)
def test_words_are_runs_of_letters(lines: tuple[str, ...], words: tuple[str, ...]) -> None:
    assert distinct_words(lines) == words


def test_a_word_is_asked_for_as_it_is_kept() -> None:
    assert fold("Ёлочка") == "елочка"


def test_what_nobody_sees_makes_no_other_word() -> None:
    assert fold("мяг\u00adкий за\u0301мок\u200b") == "мягкий замок"
    assert fold("йод ёж café") == "йод еж café"


def test_raised_figures_are_asked_for_as_they_are_typed() -> None:
    assert search_words(["45 м²"]) == search_words(["45 м2"])


@pytest.mark.parametrize(
    ("text", "in_pieces"),
    [
        ("1 990 ₽", ["1990"]),
        ("1\u00a0990 или 2 990", ["1990", "2990"]),
        ("12,500.00", ["12500"]),
        ("1'234'567", ["1234567", "1234567"]),
        ("8 (800) 555-35-35", ["88005553535", "5553535"]),
        ("+7 495 123 45 67", ["74951234567", "7495123"]),
        ("Wi‑Fi и T-shirt", ["wifi", "tshirt"]),
        ("Rock'n'Roll, L’Oreal", ["rocknroll", "loreal"]),
        ("с 10 до 20, 5 шт, 1 99", []),
        ("2.5 - 3 кг", []),
        (f"{'а' * 30}-{'б' * 30}", []),
    ],
)
def test_compounds_are_in_one_piece_as_well(text: str, in_pieces: list[str]) -> None:
    assert [in_one_piece(compound.word) for compound in compounds(fold(text))] == in_pieces


def test_parts_of_compounds_stay_words() -> None:
    assert search_words(["Wi-Fi за 1 990"]) == ["1", "1 990", "990", "fi", "wi", "wi-fi", "за"]


@pytest.mark.parametrize(
    ("word", "others"),
    [
        ("comet", ("сомет",)),
        ("сомет", ("comet",)),
        ("скидка", ()),
        ("cкидкa", ("скидка",)),
        ("sale", ()),
        ("he", ()),
        ("1990", ()),
    ],
)
def test_a_word_is_read_in_the_other_alphabet(word: str, others: tuple[str, ...]) -> None:
    assert readings(word) == others


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("crblrf", "скидка"), ("rhe;rf", "кружка"), ("[kt,", "хлеб"), ("ыфду", "sale"), ("cкид", None), ("1990", None)],
)
def test_the_same_keys_of_the_other_keyboard(typed: str, meant: str | None) -> None:
    assert on_the_other_keyboard(typed) == meant
