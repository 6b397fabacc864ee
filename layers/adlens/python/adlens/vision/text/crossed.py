"""Old prices under a cross of two strokes, which hide them from the line finder."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import cv2
import numpy as np

from adlens.vision.image import Pixels
from adlens.vision.session import Floats

_SIDE = 640
_LEAST = 40
"""Pixels of the picture at that side: strokes that are shorter cross nothing out."""
_STEEPEST = 0.7
_SIMILAR = 0.2
_MOST = 3
_MOST_EDGES = 0.02
_MOST_STROKES = 60
_THICK, _REPAIR = 40, 3


def crossed_out(rgb: Pixels) -> list[tuple[Floats, Pixels]]:
    """What stands under each cross: its corners (4, 2), and the part of the picture without the strokes."""
    return [part for first, second in _crosses(rgb) if (part := _cleaned(rgb, first, second)) is not None]


def _crosses(rgb: Pixels) -> Iterator[tuple[Floats, Floats]]:
    """Pairs of strokes (2, 2) from the left to the right end, one falling and one rising."""
    scale = min(1.0, _SIDE / max(rgb.shape[:2]))
    if scale * min(rgb.shape[:2]) < 2:
        return  # a line of pixels, which nothing crosses
    small = cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else rgb
    edges = cv2.Canny(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), 60, 150)
    if np.count_nonzero(edges) > _MOST_EDGES * edges.size:
        return  # a photograph: no flat ground to print a price on, and slow to look through
    found = cv2.HoughLinesP(edges, 1, np.pi / 270, 50, minLineLength=_LEAST, maxLineGap=24)
    strokes = [] if found is None else [_from_left(stroke.reshape(2, 2) / scale) for stroke in found]
    strokes = [stroke for stroke in strokes if 0.05 < abs(_slope(stroke)) < _STEEPEST]
    strokes.sort(key=lambda stroke: float(stroke[0, 0] - stroke[1, 0]))
    taken: list[Floats] = []
    for first, second in combinations(strokes[:_MOST_STROKES], 2):
        if _slope(first) * _slope(second) > 0 or len(taken) == _MOST:
            continue
        width = float(max(first[1, 0] - first[0, 0], second[1, 0] - second[0, 0]))
        ends_meet = np.abs(first[:, 0] - second[:, 0]).max() < _SIMILAR * width
        crosses = abs(first[:, 1].mean() - second[:, 1].mean()) < _SIMILAR * abs(first[1, 1] - first[0, 1])
        middle = (first.mean(axis=0) + second.mean(axis=0)) / 2
        if ends_meet and crosses and all(np.abs(middle - other).max() > width / 4 for other in taken):
            taken.append(middle)
            yield first, second


def _from_left(stroke: Floats) -> Floats:
    return np.asarray(stroke if stroke[0, 0] <= stroke[1, 0] else stroke[::-1], np.float32)


def _slope(stroke: Floats) -> float:
    across, down = stroke[1] - stroke[0]
    return float(down / across) if across else float("inf")


def _cleaned(rgb: Pixels, first: Floats, second: Floats) -> tuple[Floats, Pixels] | None:
    ends = np.concatenate([first, second])
    left, top = np.floor(ends.min(axis=0)).astype(int).clip(0)
    right, bottom = np.ceil(ends.max(axis=0)).astype(int)
    part = np.ascontiguousarray(rgb[top:bottom, left:right])
    height, width = part.shape[:2]
    if height < _LEAST // 4 or width < 2 * height:
        return None
    near = np.zeros((height, width), np.uint8)
    for stroke in first, second:
        start, end = ((stroke - (left, top)).round().astype(int)).tolist()
        cv2.line(near, start, end, 255, max(3, height // 6))
    # The strokes' own colour: that of the pixels along them which the rest of the part has least.
    colors = part[near > 0].astype(np.int16)
    paper = np.median(part.reshape(-1, 3), axis=0)
    vivid = np.abs(colors - paper).max(axis=1) > _THICK
    if not vivid.any():
        return None
    stroke_color = np.median(colors[vivid], axis=0)
    strokes = ((np.abs(part.astype(np.int16) - stroke_color).max(axis=2) < 2 * _THICK) & (near > 0)).astype(np.uint8)
    strokes = cv2.dilate(strokes, np.ones((3, 3), np.uint8))
    cleaned = cv2.inpaint(part, strokes, _REPAIR, cv2.INPAINT_TELEA)
    quad = np.array([(left, top), (right, top), (right, bottom), (left, bottom)], np.float32)
    return quad, np.asarray(cleaned, np.uint8)
