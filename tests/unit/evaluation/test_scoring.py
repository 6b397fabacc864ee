"""The scores that docs/figures.md publishes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adlens.domain.analysis import BoundingBox, DetectedObject
from evaluation.scoring import (
    Counts,
    average_precision,
    calibration_error,
    estimate,
    fold_script,
    line_is_right,
    match_boxes,
    mean_of,
    overlap,
    ratio,
    score_sets,
    score_words,
    script_of,
    words,
)

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


def test_an_interval_is_that_of_pictures_drawn_again_and_always_the_same():
    right = [1] * 60 + [0] * 40
    found = estimate(ratio(right, [1] * 100), 100)
    assert found == estimate(ratio(right, [1] * 100), 100)
    assert found.value == 0.6
    # The normal approximation: 0.6 -+ 1.96 * sqrt(0.6 * 0.4 / 100).
    assert (found.low, found.high) == (pytest.approx(0.504, abs=0.02), pytest.approx(0.696, abs=0.02))
    wider = estimate(ratio(right[50:70], [1] * 20), 20)
    assert wider.high - wider.low > found.high - found.low


def test_a_figure_of_nothing_is_none():
    assert estimate(ratio([0, 0], [0, 0]), 2) is None
    assert estimate(mean_of([ratio([0, 0], [0, 0])]), 2) is None
    assert estimate(mean_of([ratio([0, 0], [0, 0]), ratio([1, 0], [1, 1])]), 2).value == 0.5


@pytest.mark.parametrize(
    ("predictions", "error"),
    [
        ([(0.95, True), (0.95, False), (0.35, True)], (2 * 0.45 + 0.65) / 3),
        ([(1.0, True)], 0),
        ([(0.91, True), (0.99, False)], abs(0.91 + 0.99 - 1) / 2),
    ],
)
def test_calibration_is_the_gap_between_confidence_and_how_often_it_is_right(predictions, error):
    measure = calibration_error(*zip(*predictions, strict=True))
    assert measure(np.ones(len(predictions))) == pytest.approx(error)


def test_a_picture_that_counts_twice_is_as_if_it_were_there_twice():
    weights, doubled = np.array([2.0, 0.0, 1.0]), [0, 0, 2]
    confidences, right = [0.9, 0.4, 0.6], [True, True, False]
    once = calibration_error([confidences[i] for i in doubled], [right[i] for i in doubled])(np.ones(3))
    assert calibration_error(confidences, right)(weights) == pytest.approx(once)
    area = average_precision(confidences, right, [0, 1, 2], [1, 1, 1])(weights)
    assert area == pytest.approx(
        average_precision([0.9, 0.9, 0.6], [True, True, False], [0, 1, 2], [1, 1, 1])(np.ones(3))
    )


def found(name: str, confidence: float, x1: float, x2: float) -> DetectedObject:
    return DetectedObject(name, confidence, BoundingBox(x1, 0.0, x2, 1.0))


def test_boxes_overlap_by_what_they_share():
    assert overlap(BoundingBox(0, 0, 0.6, 1), BoundingBox(0.2, 0, 0.8, 1)) == pytest.approx(0.5)
    assert overlap(BoundingBox(0, 0, 0.4, 1), BoundingBox(0.4, 0, 0.8, 1)) == 0
    assert overlap(BoundingBox(0, 0, 0, 0), BoundingBox(0, 0, 0, 0)) == 0


def test_each_box_is_found_once_and_by_the_surest_of_its_class():
    truths = [("cup", BoundingBox(0, 0, 0.4, 1)), ("tie", BoundingBox(0.5, 0, 0.9, 1))]
    boxes = [
        found("cup", 0.5, 0, 0.4),
        found("cup", 0.9, 0, 0.41),
        found("clock", 0.8, 0.5, 0.9),
        found("tie", 0.1, 0, 1),
    ]
    assert match_boxes(boxes, truths) == [False, True, False, False]
    assert match_boxes([], truths) == []


def test_average_precision_by_hand():
    # Right, wrong, right of three boxes: precision 1 at a third, 2/3 at two thirds, and the last is never found.
    measure = average_precision([0.6, 0.9, 0.8], [True, True, False], [0, 0, 1], [2, 1])
    assert measure(np.ones(2)) == pytest.approx((1 + 2 / 3) / 3)
    assert np.isnan(average_precision([0.9], [False], [0], [0])(np.ones(1)))
    assert average_precision([], [], [], [1])(np.ones(1)) == 0
    # A wrong box between two right ones costs nothing when the later precision is higher.
    rising = average_precision([0.9, 0.8, 0.7], [False, True, True], [0, 0, 0], [2])
    assert rising(np.ones(1)) == pytest.approx(2 / 3)
