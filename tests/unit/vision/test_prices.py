"""Kopecks raised behind roubles, on rectangles that stand for figures."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from adlens.domain.analysis import BoundingBox
from adlens.vision.image import Pixels
from adlens.vision.text.crossed import crossed_out
from adlens.vision.text.prices import IS_NUMBER, is_rouble, raised_part

PAPER, INK, RED = (255, 230, 0), (40, 40, 40), (220, 0, 40)


def line(*signs: tuple[int, int, int, int]) -> Pixels:
    """x, y, width and height of each."""
    picture = np.full((120, 300, 3), PAPER, np.uint8)
    for x, y, width, height in signs:
        picture[y : y + height, x : x + width] = INK
    return picture


ROUBLES = (20, 20, 40, 80), (70, 20, 40, 80)


def test_small_raised_figures_are_the_kopecks() -> None:
    parts = raised_part(line(*ROUBLES, (125, 20, 20, 40), (150, 20, 20, 40)))
    assert parts
    assert 110 < parts.roubles_end * 300 < 125
    x1, y1, x2, y2 = parts.kopecks.as_tuple()
    assert (x1 * 300, y1 * 120) < (125, 20)
    assert x1 * 300 >= 110
    assert 170 < x2 * 300 < 190
    assert 60 < y2 * 120 < 80


def test_what_stands_lower_behind_them_is_no_part_of_them() -> None:
    with_sign = raised_part(line(*ROUBLES, (125, 20, 20, 40), (150, 20, 20, 40), (180, 65, 20, 35)))
    assert with_sign
    assert with_sign.kopecks.x2 * 300 < 180


@pytest.mark.parametrize(
    "rest",
    [
        ((120, 20, 40, 80),),  # as tall
        ((115, 85, 20, 30), (140, 20, 40, 80)),  # a comma
        ((120, 60, 20, 40), (145, 60, 20, 40)),  # small on the same foot
        ((115, 20, 20, 30), (140, 20, 15, 80), (160, 70, 20, 30)),  # a percent sign
        (),
    ],
    ids=["a figure", "a comma", "on the foot", "percent", "nothing"],
)
def test_other_signs_are_none(rest: tuple[tuple[int, int, int, int], ...]) -> None:
    assert raised_part(line(*ROUBLES, *rest)) is None


def test_an_empty_line_has_no_kopecks() -> None:
    assert raised_part(line()) is None


@pytest.mark.parametrize(
    ("text", "unit"),
    [("8999", None), ("8999 ₽", "₽"), ("8999₽/кг", "₽/кг"), ("19990 руб.", "руб."), ("1250 ₽/100 г", "₽/100 г")],
)
def test_a_number_may_have_its_unit_behind_it(text: str, unit: str | None) -> None:
    match = IS_NUMBER.fullmatch(text)
    assert match
    assert match["unit"] == unit


def test_a_letter_beside_a_number_is_a_rouble() -> None:
    number = BoundingBox(0.1, 0.2, 0.5, 0.6)
    assert is_rouble("D", BoundingBox(0.52, 0.5, 0.56, 0.6), [number], 1.5)
    assert is_rouble("Р/шт", BoundingBox(0.52, 0.5, 0.62, 0.6), [number], 1.5)
    assert not is_rouble("РЖД", BoundingBox(0.52, 0.5, 0.62, 0.6), [number], 1.5)
    assert not is_rouble("D", BoundingBox(0.9, 0.5, 0.94, 0.6), [number], 1.5)  # far away
    assert not is_rouble("D", BoundingBox(0.52, 0.1, 0.9, 0.9), [number], 1.5)  # larger than the number
    assert not is_rouble("A", BoundingBox(0.52, 0.5, 0.56, 0.6), [number], 1.5)
    assert not is_rouble("D", BoundingBox(0.52, 0.5, 0.56, 0.6), [], 1.5)


# --- prices under a cross -------------------------------------------------------------------------------------------


def price() -> Pixels:
    picture = np.full((300, 700, 3), 250, np.uint8)
    for x in range(100, 300, 20):
        picture[110:160, x : x + 8] = INK
    return picture


def crossed(*strokes: tuple[tuple[int, int], tuple[int, int]]) -> Pixels:
    picture = price()
    for start, end in strokes:
        cv2.line(picture, start, end, RED, 3)
    return picture


FALLING, RISING = ((90, 100), (300, 170)), ((90, 170), (300, 100))


def test_the_strokes_of_a_cross_are_taken_out() -> None:
    [(quad, cleaned)] = crossed_out(crossed(FALLING, RISING))
    (left, top), (right, bottom) = quad.min(axis=0).astype(int), quad.max(axis=0).astype(int)
    np.testing.assert_allclose((left, top, right, bottom), (90, 100, 300, 170), atol=8)
    under = price()[top:bottom, left:right].astype(int)
    spoilt = crossed(FALLING, RISING)[top:bottom, left:right].astype(int)
    assert np.abs(cleaned - under).mean() < np.abs(spoilt - under).mean() / 3


def test_one_stroke_or_none_is_no_cross() -> None:
    assert crossed_out(price()) == []
    assert crossed_out(crossed(FALLING)) == []
