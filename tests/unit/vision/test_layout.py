from __future__ import annotations

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
