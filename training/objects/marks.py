"""Pictures to learn from, with marks: where products are, and where nobody knows."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from adlens.vision.image import Pixels
from adlens.vision.objects.yolo import overlaps
from training.objects.classes import CLASSES
from training.objects.photographs import Photograph
from training.objects.teacher import SURE, Seen

Floats = npt.NDArray[np.float32]
GREY = 114
_WHOLE = (0.0, 0.0, 1.0, 1.0)
_LEFT, _SEEN = 0.25, 0.5
"""Of a box that is cut: below which share it is gone, and from which it still counts; between them nobody knows."""


@dataclass(frozen=True, slots=True)
class Marked:
    """`pixels` (h, w, 3) RGB, and `marks` (n, 6): class, corners in pixels, 1 for a product and 0 where that class may
    or may not be: a place that teaches nothing of it.
    """

    pixels: Pixels
    marks: Floats

    @property
    def products(self) -> Floats:
        return self.marks[self.marks[:, 5] == 1]

    def moved(self, matrix: Floats, size: tuple[int, int], ground: Pixels | None = None) -> Marked:
        """Through the affine (2, 3) `matrix` into a picture of `size` (width, height), on `ground` or on grey."""
        width, height = size
        under = np.full((height, width, 3), GREY, np.uint8) if ground is None else ground.copy()
        shrinks = float(np.sqrt(abs(np.linalg.det(matrix[:, :2])))) < 0.6
        source = cv2.GaussianBlur(self.pixels, (0, 0), 0.7) if shrinks else self.pixels
        pixels = cv2.warpAffine(source, matrix, size, under, cv2.INTER_LINEAR, borderMode=cv2.BORDER_TRANSPARENT)
        corners = self.marks[:, [1, 2, 3, 2, 1, 4, 3, 4]].reshape(-1, 4, 2)
        moved = corners @ matrix[:, :2].T + matrix[:, 2]
        return Marked(np.asarray(pixels, np.uint8), cut(self.marks, moved.min(1), moved.max(1), size))


def cut(marks: Floats, low: Floats, high: Floats, size: tuple[int, int]) -> Floats:
    """The marks with other corners, clipped to a picture of `size`; of what is cut too far nothing is known."""
    area = np.maximum((high - low).prod(1), 1e-6)
    low, high = np.clip(low, 0, size), np.clip(high, 0, size)
    left = (high - low).prod(1) / area
    found = np.concatenate([marks[:, :1], low, high, marks[:, 5:]], axis=1)
    found[left < _SEEN, 5] = 0
    return np.asarray(found[left >= _LEFT], np.float32)


def marked(photograph: Photograph, seen: list[Seen], pixels: Pixels) -> Marked:
    """A photograph with people's boxes, and the teacher's where people drew none.

    Of a class that people labelled, their boxes are all there are, but where the teacher is sure of one more. Of
    another, what the teacher is sure of is there, and what it is not sure of may be.
    """
    rows = [(CLASSES.index(thing.label), *thing.box, 1.0) for thing in photograph.things]
    drawn = np.array(rows, np.float32).reshape(-1, 6)
    for one in seen:
        row = (CLASSES.index(one.label), *one.box)
        same = drawn[drawn[:, 0] == row[0]]
        if len(same) and overlaps(np.array([one.box], np.float32), same[:, 1:5]).max() > 0.4:
            continue
        if one.label not in photograph.known:
            rows.append((*row, float(one.score >= SURE)))
        elif one.score >= SURE:
            rows.append((*row, 0.0))
    there = {int(row[0]) for row in rows if row[5]}
    rows += [(k, *_WHOLE, 0.0) for k, name in enumerate(CLASSES) if name in photograph.about and k not in there]
    marks = np.array(rows, np.float32).reshape(-1, 6)
    height, width = pixels.shape[:2]
    marks[:, 1:5] *= [width, height, width, height]
    return Marked(pixels, marks)
