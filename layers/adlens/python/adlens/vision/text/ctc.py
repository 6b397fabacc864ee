"""Reads single lines with a CTC model of our own alphabet: a frozen PP-OCR backbone, a head trained for two scripts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from adlens.vision.image import Pixels
from adlens.vision.session import make_session
from adlens.vision.text.reading import Reading
from adlens.vision.text.scripts import unify

_HEIGHT = 48
_STEP = 16
_MAX_WIDTH = 2048
_WIDER = 1.25
_CLEARLY = 0.05
"""Lines on their head are rare: one has to be read this much more surely to be taken for one."""


class CtcRecogniser:
    """`alphabet` names the model's outputs from 1 on, 0 is CTC's blank.

    A line that the model is less than `sure` of as it stands is read again, wider (a step every 8 pixels is too few for
    narrow letters) and on its head; the reading it is surest of counts.
    """

    def __init__(self, model: Path, alphabet: str, sure: float, threads: int) -> None:
        self._session = make_session(model, threads)
        self._input = self._session.get_inputs()[0].name
        self._alphabet = alphabet
        self._sure = sure

    def read(self, crops: Sequence[Pixels]) -> list[Reading]:
        """One at a time: filling a batch up to one width would shift what the model sees."""
        return [self._read(crop) for crop in crops]

    def _read(self, crop: Pixels) -> Reading:
        text, confidence = self._decoded(crop)
        turned = False
        if confidence < self._sure:
            text, confidence = max((text, confidence), self._decoded(crop, _WIDER), key=_confidence)
            on_its_head = self._decoded(crop[::-1, ::-1])
            if turned := on_its_head[1] > confidence + _CLEARLY:
                text, confidence = on_its_head
        return Reading(unify(text), confidence, turned)

    def _decoded(self, crop: Pixels, stretch: float = 1.0) -> tuple[str, float]:
        (probabilities,) = self._session.run(None, {self._input: model_input(crop, stretch)})
        return decode(probabilities[0], self._alphabet)


def _confidence(reading: tuple[str, float]) -> float:
    return reading[1]


def model_input(crop: Pixels, stretch: float) -> npt.NDArray[np.float32]:
    """(1, 3, 48, width) in [-1, 1], width a multiple of 16 between 16 and 2048."""
    height, width = crop.shape[:2]
    columns = min(max(_STEP, int(np.ceil(width * _HEIGHT / height * stretch / _STEP)) * _STEP), _MAX_WIDTH)
    interpolation = cv2.INTER_AREA if height > _HEIGHT else cv2.INTER_LINEAR
    line = cv2.resize(crop, (columns, _HEIGHT), interpolation=interpolation)
    return np.ascontiguousarray(line.transpose(2, 0, 1)[None], dtype=np.float32) / np.float32(127.5) - np.float32(1)


def decode(probabilities: npt.NDArray[np.float32], alphabet: str) -> tuple[str, float]:
    """The best path's text and the mean probability of its characters; ("", 0) when all is blank.

    `probabilities` is (steps, 1 + characters).
    """
    best = probabilities.argmax(axis=1)
    starts = np.flatnonzero((best != 0) & (best != np.concatenate([[0], best[:-1]])))
    if not len(starts):
        return "", 0.0
    text = "".join(alphabet[best[start] - 1] for start in starts)
    return text, float(probabilities[starts, best[starts]].mean())
