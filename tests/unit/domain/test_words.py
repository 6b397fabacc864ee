"""What counts as a word."""

from __future__ import annotations

import pytest

from adlens.domain.words import LONGEST, distinct_words, fold


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
        (("two", "lines"), ("lines", "two")),
        (("Straße",), ("straße",)),
        (("д" * LONGEST, "ж" * (LONGEST + 1)), ("д" * LONGEST,)),
    ],
)
def test_words_are_runs_of_letters(lines: tuple[str, ...], words: tuple[str, ...]) -> None:
    assert distinct_words(lines) == words


def test_a_word_is_asked_for_as_it_is_kept() -> None:
    assert fold("Ёлочка") == "елочка"
