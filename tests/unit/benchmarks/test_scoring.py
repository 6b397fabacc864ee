"""The scores that docs/models.md publishes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.scoring import Counts, fold_script, line_is_right, score_sets, score_words, script_of, words

TEXTS = st.text(alphabet="abcAB жЖёЁ12 .,-%\n", max_size=40)


def test_words_are_runs_of_letters_and_digits_whatever_their_case():
    assert words("USB-C • 2.4 А\nВЁДРО_50%") == ["usb", "c", "2", "4", "а", "ведро", "50"]


def test_a_letter_that_looks_the_same_in_two_scripts_is_right_in_either():
    assert score_words(words("POCA HAБOP"), words("роса набор")) == Counts(right=2)
    assert score_words(words("CAЛE 3"), words("SALE З")) == Counts(wrong=2, missed=2)
    assert score_words(words("BOX"), [], optional="вох") == Counts()


@given(st.text(alphabet="abcehkmoptxyijs АВСЕНКМОРТХУІЈЅ"))
def test_folding_leaves_one_script_and_nothing_more_to_fold(text: str):
    folded = [fold_script(word) for word in words(text)]
    assert all(script_of(word) in {"latin", "digits"} for word in folded)
    assert [fold_script(word) for word in folded] == folded


def test_a_repeated_word_counts_as_often_as_it_is_there():
    assert score_words(["sale", "sale", "sale"], ["sale", "sale", "now"]) == Counts(right=2, wrong=1, missed=1)


def test_small_print_is_neither_right_nor_wrong_and_remarks_in_brackets_are_not_part_of_it():
    assert score_words(["bag", "12", "dial"], ["bag"], optional="12 3 6 9 (dial)") == Counts(right=1, wrong=1)


def test_ratios_by_hand():
    counts = score_words(["a", "b", "c", "x"], ["a", "b", "c", "d", "e", "f"])
    assert (counts.precision, counts.recall, counts.f1) == (0.75, 0.5, pytest.approx(0.6))


def test_nothing_to_be_right_about_has_no_ratio():
    assert (Counts().precision, Counts().recall, Counts().f1) == (None, None, None)
    assert Counts(wrong=3).precision == 0


def test_sets_count_each_class_once():
    assert score_sets(["cup", "cup", "person"], ["cup", "clock"]) == Counts(right=1, wrong=1, missed=1)


@given(TEXTS, TEXTS)
def test_every_word_is_counted_once(found: str, expected: str):
    counts = score_words(words(found), words(expected))
    assert counts.right + counts.wrong == len(words(found))
    assert counts.right + counts.missed == len(words(expected))


@given(TEXTS, TEXTS, TEXTS)
def test_counts_add_up_to_the_counts_of_the_sum(first: str, second: str, third: str):
    a, b = score_words(words(first), words(second)), score_words(words(second), words(third))
    assert a + b == Counts(a.right + b.right, a.wrong + b.wrong, a.missed + b.missed)


@pytest.mark.parametrize(
    ("text", "script"),
    [("Shop now", "latin"), ("СКИДКА", "cyrillic"), ("PASMEPSŁ", "latin"), ("25г kg", "mixed"), ("37%", "digits")],
)
def test_script(text: str, script: str):
    assert script_of(text) == script


@pytest.mark.parametrize(
    ("line", "found", "right", "right_without_spaces"),
    [
        ("JOKER & WITCH", ["Joker &", "witch"], True, True),
        ("JOKER & WITCH", ["JOKERWITCH"], False, True),
        ("Shop now!", ["big", "Shopnow!", "29"], False, True),
        ("HAMPTON", ["HAMP", "TON"], False, True),
        ("HAMPTON", ["HAMPTONS"], False, False),
        ("Shop now!", ["now", "Shop"], False, False),
        ("anything", [], False, False),
    ],
)
def test_a_line_is_right_when_its_words_follow_one_another(
    line: str, found: list[str], right: bool, right_without_spaces: bool
):
    assert line_is_right(line, found) is right
    assert line_is_right(line, found, spaces=False) is right_without_spaces
