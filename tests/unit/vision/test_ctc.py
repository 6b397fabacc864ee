from __future__ import annotations

import numpy as np
import pytest

from adlens.vision.text.ctc import decode, model_input

ALPHABET = "абв "


def path(*steps: int, sure: float = 0.9) -> np.ndarray:
    probabilities = np.full((len(steps), 1 + len(ALPHABET)), (1 - sure) / len(ALPHABET), dtype=np.float32)
    probabilities[np.arange(len(steps)), steps] = sure
    return probabilities


@pytest.mark.parametrize(
    ("steps", "text"),
    [
        ((0, 1, 1, 0, 2), "аб"),
        ((1, 0, 1), "аа"),  # a blank tells doubled letters apart
        ((1, 1, 1), "а"),
        ((1, 2, 3), "абв"),
        ((1, 4, 2), "а б"),
    ],
)
def test_the_best_path(steps: tuple[int, ...], text: str) -> None:
    found, confidence = decode(path(*steps), ALPHABET)
    assert found == text
    assert confidence == pytest.approx(0.9)


def test_only_blanks_is_no_text() -> None:
    assert decode(path(0, 0, 0), ALPHABET) == ("", 0.0)


def test_confidence_is_that_of_the_characters_not_of_the_blanks() -> None:
    probabilities = np.concatenate([path(1, sure=0.5), path(0, sure=0.99), path(2, sure=0.7)])
    assert decode(probabilities, ALPHABET)[1] == pytest.approx(0.6)


@pytest.mark.parametrize(
    ("size", "columns"), [((48, 320), 320), ((24, 100), 208), ((96, 320), 160), ((400, 3), 16), ((2, 900), 2048)]
)
def test_lines_of_every_shape_become_48_rows_and_columns_in_sixteens(size: tuple[int, int], columns: int) -> None:
    line = model_input(np.full((*size, 3), 255, dtype=np.uint8), stretch=1.0)
    assert line.shape == (1, 3, 48, columns)
    assert line.dtype == np.float32
    assert line.max() == line.min() == 1


def test_stretching_widens() -> None:
    assert model_input(np.zeros((48, 320, 3), dtype=np.uint8), stretch=1.25).shape[3] == 400
