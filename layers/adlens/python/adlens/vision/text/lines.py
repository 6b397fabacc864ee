"""Where lines of text are: a segmentation model of the DB family, and the boxes around what it marks.

The model marks the core of each line (Liao et al., "Real-time Scene Text Detection with Differentiable Binarization",
2020); the box around a core is widened by as much as cores are made narrower in training (Vatti clipping).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, sqrt
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from adlens.vision.image import Pixels
from adlens.vision.session import Floats, batch_of_one
from adlens.vision.text.network import open_network

Quads = npt.NDArray[np.float32]
"""Corners (lines, 4, 2), clockwise from the top left."""

_MAX_ENLARGEMENT = 2.0
_STRIDE = 32
_MARKED = 0.3
_LEAST_MEAN = 0.5
_WIDENING = 1.6
_MOST = 1000
_LEAST_CORE, _LEAST_SIDE = 3, 5
"""Pixels of what the model sees: shorter sides of a core, and of the box around it, that are no line."""
_GROWTH = np.ones((2, 2), np.uint8)
_TALL = 1.5
_COARSE, _SMALL = 0.7, 16
"""Below this scale, lines less high than this in pixels of what the model sees are looked at closer."""
_CLOSER, _MOST_CLOSER = 1.2, 3.0
"""How much closer it has to get to be worth it, and the most pixels of it, in those of the first look."""
_LINES_BESIDE = 4


class LineFinder:
    """The model takes (1, 3, height, width) BGR in [-1, 1], sides multiples of 32, and gives (1, 1, height, width) in
    [0, 1]. It sees pictures at an area of `megapixels`, small ones at most twice as long as they are.
    """

    def __init__(self, model: Path, megapixels: float, threads: int) -> None:
        self._network = open_network(model, threads)
        self._area = megapixels * 1e6

    def find(self, rgb: Pixels) -> Quads:
        """In pixels of the picture. Where a picture that had to be made much smaller has small print, that part is
        looked at once more, closer.
        """
        height, width = rgb.shape[:2]
        scale = scale_of(rgb, self._area)
        quads = self._find(rgb, scale)
        small = _heights(quads) * scale < _SMALL
        if scale > _COARSE or not small.any():
            return quads
        top, bottom = _rows_around(quads[small], height)
        closer = min(1.0, sqrt(_MOST_CLOSER * self._area / (width * (bottom - top))))
        if closer < _CLOSER * scale:
            return quads
        found = self._find(rgb[top:bottom], closer) + np.array((0, top), np.float32)
        return _with_small(quads, small, found[_heights(found) * scale < _SMALL])

    def _find(self, rgb: Pixels, scale: float) -> Quads:
        found = self._network(model_input(rgb, scale))
        (height, width), (rows, columns) = rgb.shape[:2], found.shape[2:]
        return boxes_around(found[0, 0]) * np.array((width / columns, height / rows), np.float32)


def scale_of(rgb: Pixels, area: float) -> float:
    """What makes a picture as large as `area`, in pixels; small ones are made at most twice as long."""
    height, width = rgb.shape[:2]
    return min(_MAX_ENLARGEMENT, sqrt(area / (width * height)))


def model_input(rgb: Pixels, scale: float) -> Floats:
    """(1, 3, height, width), BGR in [-1, 1], sides multiples of 32 and about `scale` times those of the picture."""
    height, width = (max(_STRIDE, round(side * scale / _STRIDE) * _STRIDE) for side in rgb.shape[:2])
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    resized = cv2.resize(rgb, (width, height), interpolation=interpolation)
    return batch_of_one(np.asarray(resized, np.uint8), mean=127.5, scale=1 / 127.5, bgr=True)


def _heights(quads: Quads) -> Floats:
    """The shorter side of each."""
    sides = np.linalg.norm(quads - np.roll(quads, -1, axis=1), axis=2)
    return np.asarray(np.minimum(sides[:, 0], sides[:, 1]), np.float32)


def _rows_around(quads: Quads, height: int) -> tuple[int, int]:
    """The rows of the picture that these lines and a few beside them take."""
    room = _LINES_BESIDE * float(_heights(quads).max())
    return max(0, int(quads[:, :, 1].min() - room)), min(height, ceil(quads[:, :, 1].max() + room))


def _with_small(quads: Quads, small: npt.NDArray[np.bool_], found: Quads) -> Quads:
    """The small ones as they were found closer, and the others."""
    kept = quads[~small]
    centres = found.mean(axis=1)
    low, high = kept.min(axis=1), kept.max(axis=1)
    is_new = [not bool(((low <= centre) & (centre <= high)).all(axis=1).any()) for centre in centres]
    return np.concatenate([kept, found[is_new]]) if len(found) else quads


def boxes_around(marked: Floats) -> Quads:
    """Of the cores in a map (height, width) of how surely a pixel belongs to one; in its pixels."""
    cores = cv2.dilate((marked > _MARKED).astype(np.uint8), _GROWTH)
    contours, _ = cv2.findContours(cores, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    height, width = marked.shape
    limits = np.array((width - 1, height - 1), np.float32)
    quads = []
    for contour in contours[:_MOST]:
        centre, sides, angle = cv2.minAreaRect(contour)
        if min(sides) < _LEAST_CORE or _mean_inside(marked, _corners(centre, sides, angle)) < _LEAST_MEAN:
            continue
        widened = sides[0] * sides[1] * _WIDENING / sum(sides)  # twice the distance that Vatti clipping moves a side
        around = sides[0] + widened, sides[1] + widened
        if min(around) >= _LEAST_SIDE:
            quads.append(_clockwise(_corners(centre, around, angle)).clip(0, limits))
    return np.array(quads, np.float32).reshape(-1, 4, 2)


def _corners(centre: Sequence[float], sides: Sequence[float], angle: float) -> Floats:
    return np.asarray(cv2.boxPoints((centre, sides, angle)), np.float32)


def _mean_inside(marked: Floats, corners: Floats) -> float:
    height, width = marked.shape
    left, top = np.floor(corners.min(axis=0)).astype(int).clip(0, (width - 1, height - 1))
    right, bottom = np.ceil(corners.max(axis=0)).astype(int).clip(0, (width - 1, height - 1))
    inside = np.zeros((bottom - top + 1, right - left + 1), np.uint8)
    cv2.fillPoly(inside, [(corners - (left, top)).astype(np.int32)], 1)
    return float(cv2.mean(marked[top : bottom + 1, left : right + 1], inside)[0])


def _clockwise(corners: Floats) -> Floats:
    """From the upper one of the two on the left on."""
    by_x = corners[np.argsort(corners[:, 0], kind="stable")]
    top_left, bottom_left = by_x[:2][np.argsort(by_x[:2, 1], kind="stable")]
    top_right, bottom_right = by_x[2:][np.argsort(by_x[2:, 1], kind="stable")]
    return np.array([top_left, top_right, bottom_right, bottom_left], np.float32)


def cut_out(rgb: Pixels, quad: Floats) -> Pixels:
    """The line in `quad`, straightened; a tall one lies on its side, its right edge on top."""
    across, down = (max(1, int(length)) for length in _lengths(quad))
    target = np.array([(0, 0), (across, 0), (across, down), (0, down)], np.float32)
    warp = cv2.getPerspectiveTransform(quad, target)
    line = cv2.warpPerspective(rgb, warp, (across, down), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(np.rot90(line) if is_tall(quad) else line, np.uint8)


def is_tall(quad: Floats) -> bool:
    across, down = map(int, _lengths(quad))
    return down >= _TALL * across


def _lengths(quad: Floats) -> tuple[float, float]:
    """The longer one of its horizontal sides and of its vertical ones."""
    top, right, bottom, left = np.linalg.norm(quad - np.roll(quad, -1, axis=0), axis=1)
    return max(top, bottom), max(right, left)
