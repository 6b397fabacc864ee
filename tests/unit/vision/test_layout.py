from __future__ import annotations

from math import cos, radians, sin

import numpy as np
import pytest

from adlens.domain.analysis import BoundingBox, TextBlock
from adlens.vision.text.layout import language_of, reading_order


def block(text: str, x1: float, y1: float, x2: float, y2: float) -> TextBlock:
    return TextBlock(text, BoundingBox(x1, y1, x2, y2), 1.0)


def order(*blocks: TextBlock) -> list[str]:
    return [found.text for found in reading_order(blocks)]


def test_rows_from_top_to_bottom_each_from_left_to_right() -> None:
    assert order(
        block("d", 0.6, 0.5, 0.9, 0.6),
        block("b", 0.5, 0.11, 0.9, 0.21),  # a little lower than its neighbour
        block("c", 0.1, 0.52, 0.4, 0.62),
        block("a", 0.1, 0.12, 0.4, 0.2),
    ) == ["a", "b", "c", "d"]


def test_two_columns_of_paragraphs_are_read_one_after_the_other() -> None:
    assert order(
        block("heading over both", 0.1, 0.05, 0.9, 0.15),
        block("left 1", 0.1, 0.3, 0.4, 0.36),
        block("right 1", 0.6, 0.33, 0.9, 0.39),
        block("left 2", 0.1, 0.38, 0.4, 0.44),
        block("right 2", 0.6, 0.41, 0.9, 0.47),
    ) == ["heading over both", "left 1", "left 2", "right 1", "right 2"]


def test_a_grid_of_facts_is_read_cell_by_cell() -> None:
    """Two rows of cells, each a number over its name."""
    assert order(
        block("1 м", 0.1, 0.30, 0.3, 0.36),
        block("2 А", 0.6, 0.30, 0.8, 0.36),
        block("длина", 0.1, 0.37, 0.3, 0.42),
        block("сила тока", 0.6, 0.37, 0.9, 0.42),
        block("20 Вт", 0.1, 0.70, 0.3, 0.76),
        block("1 год", 0.6, 0.70, 0.8, 0.76),
        block("мощность", 0.1, 0.77, 0.4, 0.82),
        block("гарантия", 0.6, 0.77, 0.9, 0.82),
    ) == ["1 м", "длина", "2 А", "сила тока", "20 Вт", "мощность", "1 год", "гарантия"]


def test_a_column_beside_one_line_is_a_column() -> None:
    assert order(
        block("badge", 0.7, 0.4, 0.9, 0.6),
        block("first", 0.1, 0.3, 0.5, 0.4),
        block("second", 0.1, 0.42, 0.5, 0.52),
        block("third", 0.1, 0.54, 0.5, 0.64),
    ) == ["first", "second", "third", "badge"]


def test_the_gap_between_columns_is_measured_in_pixels() -> None:
    """On a wide banner a small share of the width is many line heights."""
    lines = [
        block("left 1", 0.1, 0.1, 0.3, 0.4),
        block("left 2", 0.1, 0.5, 0.3, 0.8),
        block("right 1", 0.35, 0.2, 0.6, 0.5),
        block("right 2", 0.35, 0.6, 0.6, 0.9),
    ]
    assert [found.text for found in reading_order(lines, aspect=10)] == ["left 1", "left 2", "right 1", "right 2"]


def test_a_price_beside_two_lines_does_not_join_them() -> None:
    assert order(
        block("second", 0.1, 0.2, 0.4, 0.28),
        block("first", 0.1, 0.1, 0.4, 0.18),
        block("third", 0.1, 0.4, 0.4, 0.48),
    ) == ["first", "second", "third"]


def test_lines_that_touch_stay_two_rows() -> None:
    assert order(block("lower", 0.1, 0.19, 0.5, 0.3), block("upper", 0.3, 0.1, 0.9, 0.2)) == ["upper", "lower"]


def test_no_text_is_no_rows() -> None:
    assert order() == []


@pytest.mark.parametrize(
    ("text", "language"),
    [("Скидка 50%", "ru"), ("SALE 50%", "en"), ("iPhone чехол", "en"), ("104-164", None), ("50%", None), ("", None)],
)
def test_language_is_that_of_most_letters(text: str, language: str | None) -> None:
    assert language_of(text) == language


@pytest.mark.parametrize("angle", [-75, -45, -20, 10, 30, 60, 80, 90, -90])
@pytest.mark.parametrize("aspect", [0.6, 1.0, 1.9])
def test_turned_lines_are_read_as_they_would_be_upright(angle: float, aspect: float) -> None:
    """Two rows of two lines, turned round the middle of a picture that has a level line at its top and its foot."""
    across, down = (
        np.array([cos(radians(angle)), sin(radians(angle))]),
        np.array([-sin(radians(angle)), cos(radians(angle))]),
    )

    def turned(text: str, x: float, y: float) -> TextBlock:
        corners = [(x, y), (x + 0.16, y), (x + 0.16, y + 0.05), (x, y + 0.05)]
        placed = [(np.array([aspect / 2, 0.5]) + a * across + b * down) / (aspect, 1) for a, b in corners]
        xs, ys = [float(point[0]) for point in placed], [float(point[1]) for point in placed]
        box = BoundingBox(min(xs), min(ys), max(xs), max(ys))
        return TextBlock(text, box, 1.0, tuple(zip(xs, ys, strict=True)))

    def level(text: str, y: float) -> TextBlock:
        return TextBlock(text, BoundingBox(0.3, y, 0.7, y + 0.05), 1.0)

    lines = [turned("a", -0.17, -0.06), turned("b", 0.01, -0.06), turned("c", -0.17, 0.01), turned("d", 0.01, 0.01)]
    found = reading_order([level("foot", 0.93), *reversed(lines), level("head", 0.01)], aspect)
    assert [block.text for block in found] == ["head", "a", "b", "c", "d", "foot"]
