"""Reads single lines with a CTC model of our own alphabet: a frozen PP-OCR backbone, a head trained for two scripts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from adlens.vision.image import Pixels
from adlens.vision.session import Floats, batch_of_one
from adlens.vision.text.network import open_network
from adlens.vision.text.reading import Reading
from adlens.vision.text.scripts import is_known, unify
from adlens.vision.text.signs import Character, with_signs

_HEIGHT = 48
_STEP = 16
_MAX_WIDTH = 16_384
_LONGEST, _PIECE, _AROUND = 960, 640, 96
_PER_STEP = 8
_WIDER = 1.25
_CLEARLY = 0.05
"""Lines on their head are rare: one has to be read this much more surely to be taken for one."""
_LIKELY = 0.5
_DOUBTFUL = 0.9
"""Nine tenths of the lines on their head are read less surely than this as they stand."""


class CtcRecogniser:
    """`alphabet` names the model's outputs from 1 on, 0 is CTC's blank.

    A line that the model is less than `sure` of is read again, wider: a step every 8 pixels is too few for narrow
    letters. One that is doubtful even so is read on its head, and where one stands so, all that are not sure are. The
    reading it is surest of counts. As many lines as there are `threads` are read beside each other: a line is too small
    a job for more than one.
    """

    def __init__(self, model: Path, alphabet: str, sure: float, threads: int) -> None:
        self._network = open_network(model, threads, calls=threads)
        self._alphabet = alphabet
        self._sure = sure
        self._readers = ThreadPoolExecutor(threads, thread_name_prefix="line")

    def read(self, crops: Sequence[Pixels]) -> list[Reading]:
        """Each on its own: filling a batch up to one width would shift what the model sees."""
        readings = dict(enumerate(self._each(self._upright, crops)))
        # A word of look-alike letters is read with doubt, whichever way it stands.
        doubtful = [
            line for line, reading in readings.items() if reading.confidence < _DOUBTFUL and not is_known(reading.text)
        ]
        if self._turn(doubtful, crops, readings):
            unsure = [line for line, reading in readings.items() if reading.confidence < self._sure]
            self._turn([line for line in unsure if line not in doubtful], crops, readings)
        creative = "\n".join(reading.text for reading in readings.values() if reading.confidence >= _LIKELY)
        return [replace(reading, text=unify(reading.text, creative)) for reading in readings.values()]

    def _turn(self, lines: Sequence[int], crops: Sequence[Pixels], readings: dict[int, Reading]) -> bool:
        """Reads those lines on their head; whether one stands so."""
        on_their_head = self._each(self._decoded, [crops[line][::-1, ::-1] for line in lines])
        turned = {
            line: replace(reading, turned=True)
            for line, reading in zip(lines, on_their_head, strict=True)
            if reading.confidence > readings[line].confidence + _CLEARLY
        }
        readings |= turned
        return bool(turned)

    def _each(self, read: Callable[[Pixels], Reading], crops: Sequence[Pixels]) -> list[Reading]:
        """The longest first, so that the readers end together."""
        longest_first = sorted(range(len(crops)), key=lambda index: -crops[index].shape[1] / crops[index].shape[0])
        found = dict(zip(longest_first, self._readers.map(read, [crops[i] for i in longest_first]), strict=True))
        return [found[index] for index in range(len(crops))]

    def _upright(self, crop: Pixels) -> Reading:
        reading = self._decoded(crop)
        if reading.confidence >= self._sure:
            return reading
        return max(reading, self._decoded(crop, _WIDER), key=lambda reading: reading.confidence)

    def _decoded(self, crop: Pixels, stretch: float = 1.0) -> Reading:
        probabilities = self._probabilities(model_input(crop, stretch))
        text, confidence = decode(probabilities, self._alphabet)
        step = crop.shape[1] / len(probabilities)
        read = [Character(one, (at + 0.5) * step) for one, at in zip(text, _starts(probabilities), strict=True)]
        return Reading(with_signs(crop, read, step, self._figure), confidence)

    def _figure(self, crop: Pixels) -> Reading:
        return Reading(*decode(self._run(model_input(crop, 1.0)), self._alphabet))

    def _probabilities(self, line: Floats) -> Floats:
        """(steps, 1 + characters). A long line is read in pieces, each with what is around it: the model has learned
        from lines of a few words.
        """
        width = line.shape[3]
        if width <= _LONGEST:
            return self._run(line)
        found = []
        for start in range(0, width, _PIECE):
            end = min(start + _PIECE, width)
            left, right = max(0, start - _AROUND), min(width, end + _AROUND)
            probabilities = self._run(line[:, :, :, left:right])
            found.append(probabilities[(start - left) // _PER_STEP : (end - left) // _PER_STEP])
        return np.concatenate(found)

    def _run(self, line: Floats) -> Floats:
        return np.asarray(self._network(np.ascontiguousarray(line))[0])


def model_input(crop: Pixels, stretch: float) -> Floats:
    """(1, 3, 48, width), BGR in [-1, 1], width a multiple of 16 between 16 and 16,384."""
    height, width = crop.shape[:2]
    columns = min(max(_STEP, int(np.ceil(width * _HEIGHT / height * stretch / _STEP)) * _STEP), _MAX_WIDTH)
    interpolation = cv2.INTER_AREA if height > _HEIGHT else cv2.INTER_LINEAR
    line = cv2.resize(crop, (columns, _HEIGHT), interpolation=interpolation)
    return batch_of_one(np.asarray(line, np.uint8), mean=127.5, scale=1 / 127.5, bgr=True)


def decode(probabilities: Floats, alphabet: str) -> tuple[str, float]:
    """The best path's text and the mean probability of its characters; ("", 0) when all is blank.

    `probabilities` is (steps, 1 + characters).
    """
    best, starts = probabilities.argmax(axis=1), _starts(probabilities)
    if not len(starts):
        return "", 0.0
    text = "".join(alphabet[best[start] - 1] for start in starts)
    return text, float(probabilities[starts, best[starts]].mean())


def _starts(probabilities: Floats) -> npt.NDArray[np.intp]:
    """The steps at which a character of the best path begins."""
    best = probabilities.argmax(axis=1)
    return np.flatnonzero((best != 0) & (best != np.concatenate([[0], best[:-1]])))
