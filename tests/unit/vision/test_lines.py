"""Boxes around the cores of lines, and what is cut out of the picture."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from rapidocr.ch_ppocr_det.utils import DBPostProcess

from adlens.vision.text.lines import boxes_around, cut_out, is_tall

SIZE = 400, 600


def cores(*rotated: tuple[tuple[float, float], tuple[float, float], float], sure: float = 0.9) -> np.ndarray:
    """A map with filled rectangles: (centre, sides, angle)."""
    marked = np.zeros(SIZE, np.float32)
    for rectangle in rotated:
        cv2.fillPoly(marked, [cv2.boxPoints(rectangle).astype(np.int32)], sure)
    return marked


def test_a_box_is_widened_on_all_sides_alike() -> None:
    [quad] = boxes_around(cores(((300, 200), (200, 20), 0)))
    (left, top), (right, bottom) = quad.min(axis=0), quad.max(axis=0)
    distance = 200 * 20 * 1.6 / (2 * 220)
    assert (300 - left, right - 300) == pytest.approx((100 + distance, 100 + distance), abs=2)
    assert (200 - top, bottom - 200) == pytest.approx((10 + distance, 10 + distance), abs=2)


def test_corners_go_clockwise_from_the_top_left() -> None:
    for angle in (-30, 0, 20):
        top_left, top_right, bottom_right, bottom_left = boxes_around(cores(((300, 200), (200, 20), angle)))[0]
        assert top_left[0] < top_right[0]
        assert bottom_left[0] < bottom_right[0]
        assert top_left[1] < bottom_left[1]
        assert top_right[1] < bottom_right[1]


def test_specks_and_faint_cores_are_no_lines() -> None:
    assert boxes_around(np.zeros(SIZE, np.float32)).shape == (0, 4, 2)
    assert len(boxes_around(cores(((300, 200), (1, 1), 0)))) == 0
    assert len(boxes_around(cores(((300, 200), (200, 20), 0), sure=0.4))) == 0


def test_boxes_stay_in_the_picture() -> None:
    quads = boxes_around(cores(((5, 5), (60, 12), 0), ((590, 390), (60, 12), 10)))
    assert len(quads) == 2
    assert quads.min() >= 0
    assert (quads.max(axis=(0, 1)) <= (SIZE[1] - 1, SIZE[0] - 1)).all()


def test_boxes_are_those_of_the_reference_implementation() -> None:
    """RapidOCR's, which rounds them to pixels on the way, twice."""
    random = np.random.default_rng(0)
    rectangles = [
        ((100 + 200 * column, 50 + 75 * row), (random.uniform(20, 150), random.uniform(6, 30)), random.uniform(-15, 15))
        for column in range(3)
        for row in range(5)
    ]
    marked = cv2.GaussianBlur(cores(*rectangles), (5, 5), 0)
    reference, _ = DBPostProcess(thresh=0.3, box_thresh=0.5, unclip_ratio=1.6, use_dilation=True)(
        marked[None, None], SIZE
    )
    ours = boxes_around(marked)
    assert len(ours) == len(reference) == len(rectangles)
    assert np.abs(ours - reference).max() <= 2


def test_a_slanted_line_is_straightened() -> None:
    picture = np.zeros((*SIZE, 3), np.uint8)
    corners = cv2.boxPoints(((300, 200), (200, 40), 20))
    cv2.fillPoly(picture, [corners.astype(np.int32)], (255, 128, 0))
    bottom_left, top_left, top_right, bottom_right = corners
    line = cut_out(picture, np.array([top_left, top_right, bottom_right, bottom_left], np.float32))
    assert line.shape == pytest.approx((40, 200, 3), abs=1)
    assert (line[5:-5, 5:-5] == (255, 128, 0)).all()


def test_a_tall_line_lies_on_its_side_with_its_right_edge_on_top() -> None:
    picture = np.zeros((*SIZE, 3), np.uint8)
    picture[50:350, 120:140] = 255  # the right half
    quad = np.array([(100, 50), (140, 50), (140, 350), (100, 350)], np.float32)
    assert is_tall(quad)
    line = cut_out(picture, quad)
    assert line.shape == (40, 300, 3)
    assert line[5].min() == 255
    assert line[-5].max() == 0
