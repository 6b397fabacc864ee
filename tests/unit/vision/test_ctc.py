from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from adlens.vision.text.ctc import CtcRecogniser, decode, model_input
from adlens.vision.text.reading import Reading

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
    ("size", "columns"), [((48, 320), 320), ((24, 100), 208), ((96, 320), 160), ((400, 3), 16), ((2, 900), 16_384)]
)
def test_lines_of_every_shape_become_48_rows_and_columns_in_sixteens(size: tuple[int, int], columns: int) -> None:
    line = model_input(np.full((*size, 3), 255, dtype=np.uint8), stretch=1.0)
    assert line.shape == (1, 3, 48, columns)
    assert line.dtype == np.float32
    assert line.max() == line.min() == 1


def test_stretching_widens() -> None:
    assert model_input(np.zeros((48, 320, 3), dtype=np.uint8), stretch=1.25).shape[3] == 400


class Lines(CtcRecogniser):
    """Reads what the first pixel of a line says it is: `upright` and `turned` are the readings by that number."""

    def __init__(self, upright: dict[int, Reading], turned: dict[int, Reading]) -> None:
        self._sure = 0.97
        self._readers = ThreadPoolExecutor(2)
        self._answers = {False: upright, True: turned}
        self.turned_lines: list[int] = []

    def _decoded(self, crop: np.ndarray, stretch: float = 1.0) -> Reading:
        on_its_head = crop[0, 0, 1] == 0
        number = int(crop.max()) - 1
        if on_its_head:
            self.turned_lines.append(number)
        return self._answers[bool(on_its_head)][number]


def line(number: int, width: int = 10) -> np.ndarray:
    crop = np.zeros((2, width, 3), np.uint8)
    crop[0] = number + 1
    return crop


def test_a_line_is_read_on_its_head_only_where_it_is_doubtful() -> None:
    reader = Lines({0: Reading("ab", 0.99), 1: Reading("bo", 0.92), 2: Reading("oc", 0.5)}, {2: Reading("Рo", 0.52)})
    found = reader.read([line(0), line(1, 40), line(2, 20)])
    assert [reading.text for reading in found] == ["ab", "bo", "oc"]
    assert reader.turned_lines == [2]


def test_where_one_line_stands_on_its_head_all_that_are_not_sure_are_read_so() -> None:
    upright = {0: Reading("ab", 0.99), 1: Reading("bo", 0.92), 2: Reading("oc", 0.5)}
    reader = Lines(upright, {1: Reading("og", 0.999), 2: Reading("co", 0.99)})
    found = reader.read([line(0), line(1), line(2)])
    assert [(reading.text, reading.turned) for reading in found] == [("ab", False), ("og", True), ("co", True)]
    assert reader.turned_lines == [2, 1]


def test_nothing_to_read_is_nothing_read() -> None:
    assert Lines({}, {}).read([]) == []
