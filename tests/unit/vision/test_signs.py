"""Fractions and raised figures, drawn of strokes; what reads figures is told what each is."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from adlens.vision.image import Pixels
from adlens.vision.text.reading import Reading
from adlens.vision.text.signs import Character, with_signs

STEP = 6.0
Box = tuple[int, int, int, int]
"""x, y, width and height."""
UPPER, STROKE, LOWER = (60, 14, 12, 24), (66, 12, 24, 46), (86, 34, 14, 24)
LETTERS = (10, 28, 20, 30), (34, 28, 20, 30)
RAISED = (57, 12, 12, 20)


def line(*blocks: Box, rings: tuple[Box, ...] = (), stroke: Box | None = None) -> Pixels:
    picture = np.full((72, 200, 3), 250, np.uint8)
    for x, y, width, height in (*blocks, *rings):
        picture[y : y + height, x : x + width] = 30
    for x, y, width, height in rings:
        picture[y + 5 : y + height - 5, x + 4 : x + width - 4] = 250
    if stroke:
        x, y, width, height = stroke
        cv2.line(picture, (x, y + height - 1), (x + width - 1, y), (30, 30, 30), 3)
    return picture


def read(picture: Pixels, text: str, places: list[int], *figures: str, sure: float = 0.9) -> str:
    """`figures` are those that are looked at, from left to right."""
    told = iter(figures)
    characters = [Character(character, x) for character, x in zip(text, places, strict=True)]
    found = with_signs(picture, characters, STEP, lambda _: Reading(next(told), sure))
    assert not list(told)
    return found


@pytest.mark.parametrize(
    ("figures", "sign"), [(("1", "2"), "½"), (("1", "4"), "¼"), (("3", "4"), "¾"), (("2", "3"), "⅔"), (("7", "9"), "")]
)
@pytest.mark.parametrize(("text", "places"), [("а%", [20, 80]), ("а1%", [20, 64, 82]), ("а1/2", [20, 64, 76, 94])])
def test_a_fraction_stands_for_what_was_read_in_its_place(
    figures: tuple[str, str], sign: str, text: str, places: list[int]
) -> None:
    picture = line(LETTERS[0], UPPER, LOWER, stroke=STROKE)
    assert read(picture, text, places, *figures) == f"а{sign}"


def test_a_percent_sign_has_rings_and_stays() -> None:
    assert read(line(LETTERS[0], rings=(UPPER, LOWER), stroke=STROKE), "5%", [20, 80]) == "5%"


def test_what_is_not_surely_a_figure_stays() -> None:
    picture = line(LETTERS[0], UPPER, LOWER, stroke=STROKE)
    assert read(picture, "а%", [20, 80], "1", "2", sure=0.3) == "а%"
    assert read(picture, "а%", [20, 80], "l", "2") == "а%"


@pytest.mark.parametrize(("text", "places"), [("км", [20, 44]), ("кмз", [20, 44, 63]), ("км?.", [20, 44, 62, 68])])
def test_a_raised_figure_behind_a_letter(text: str, places: list[int]) -> None:
    assert read(line(*LETTERS, RAISED), text, places, "3") == "км³" + text[3:]


def test_behind_a_figure_it_may_be_kopecks() -> None:
    assert read(line(*LETTERS, RAISED), "89*", [20, 44, 63]) == "89*"


def test_other_raised_signs_stay() -> None:
    assert read(line(*LETTERS, RAISED), "км°", [20, 44, 63], "о") == "км°"


def test_a_letter_behind_one_that_goes_below_the_line_is_not_raised() -> None:
    descending, small = (34, 28, 20, 40), (57, 28, 16, 30)
    assert read(line(LETTERS[0], descending, small, (80, 28, 20, 30)), "орзи", [20, 44, 65, 90]) == "орзи"


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (20, 60)])
def test_lines_of_any_size_without_ink(shape: tuple[int, int]) -> None:
    assert with_signs(np.zeros((*shape, 3), np.uint8), [Character("а", 0)], STEP, lambda _: Reading("", 0)) == "а"


def test_small_lines_are_looked_at_enlarged() -> None:
    picture = cv2.resize(line(*LETTERS, RAISED), None, fx=0.4, fy=0.4, interpolation=cv2.INTER_AREA)
    assert read(np.asarray(picture, np.uint8), "км", [8, 18], "2") == "км²"
