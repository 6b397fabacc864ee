"""Tokens: one workspace's are nobody else's, and what should lead to a word does."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adlens.persistence.search.tokens import Tokens, one_edit_apart

OURS, THEIRS = Tokens(UUID(int=1)), Tokens(UUID(int=2))
words = st.text("абвгд", min_size=4, max_size=12)


def test_tokens_are_of_a_workspace_and_of_a_kind() -> None:
    assert OURS.word("чай") == OURS.word("чай") != THEIRS.word("чай")
    assert (
        len({OURS.word("чай"), OURS.name("чай"), OURS.stem("чай"), OURS.color_class("чай"), OURS.objects("чай")}) == 5
    )
    assert -(2**63) <= OURS.word("x") < 2**63


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        ("скидка", "скидка", False),
        ("скидка", "скидки", True),
        ("скидка", "скдика", True),
        ("скидка", "скида", True),
        ("скидка", "сскидка", True),
        ("скидка", "скдака", False),
        ("скидка", "скидочка", False),
        ("аб", "ба", True),
        ("", "а", True),
    ],
)
def test_one_edit(one: str, other: str, apart: bool) -> None:
    assert one_edit_apart(one, other) is one_edit_apart(other, one) is apart


@given(words, st.integers(0, 11), st.sampled_from("абвгд"), st.sampled_from(["in", "out", "other", "swap"]))
def test_words_one_edit_apart_share_a_spelling(word: str, at: int, letter: str, edit: str) -> None:
    at %= len(word) - 1
    other = {
        "in": word[:at] + letter + word[at:],
        "out": word[:at] + word[at + 1 :],
        "other": word[:at] + letter + word[at + 1 :],
        "swap": word[:at] + word[at + 1] + word[at] + word[at + 2 :],
    }[edit]
    assert other == word or one_edit_apart(word, other)
    if len(other) >= 4:
        assert OURS.spellings(word) & OURS.spellings(other)


@given(words, st.integers(0, 11), st.integers(3, 12))
def test_a_part_of_a_word_has_no_other_parts(word: str, at: int, length: int) -> None:
    assert OURS.parts(word[at : at + length]) <= OURS.parts(word)


def test_marks_tell_counts_and_shares() -> None:
    marks = OURS.marks("Spring_mug-2.png", ["cup", "cup"], [("#ff0000", 30.0, "red")])
    assert {OURS.name("mug"), OURS.name("2"), OURS.objects("cup"), OURS.objects("cup", 2)} <= set(marks)
    assert OURS.objects("cup", 3) not in marks
    red = 0xF00
    assert {OURS.color(red, 0), OURS.color(red, 10), OURS.color(red, 25)} <= set(marks)
    assert OURS.color(red, 50) not in marks
