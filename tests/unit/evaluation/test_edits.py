from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.edits import distance


@pytest.mark.parametrize(
    ("a", "b", "edits"), [("", "", 0), ("кот", "", 3), ("кот", "кит", 1), ("скидка", "скдика", 2), ("абв", "бвг", 2)]
)
def test_edits_by_hand(a: str, b: str, edits: int) -> None:
    assert distance(a, b) == distance(b, a) == edits


@given(st.text("абв", max_size=8), st.text("абв", max_size=8), st.text("абв", max_size=8))
def test_it_is_a_metric(a: str, b: str, c: str) -> None:
    assert (distance(a, b) == 0) == (a == b)
    assert distance(a, c) <= distance(a, b) + distance(b, c)
