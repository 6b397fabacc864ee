"""The ink of a line and the parts of it that hang together."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from adlens.vision.image import Pixels

Labels = npt.NDArray[np.int32]


def parts_of(line: Pixels) -> tuple[Labels, npt.NDArray[np.int32]]:
    """A map (height, width) with the number of the part at each pixel, 0 on paper, and by part from 1 on: left, top,
    width, height, area. `line` is (height, width, 3); its edge is paper.
    """
    edge = np.concatenate([line[0], line[-1], line[:, 0], line[:, -1]])
    paper = np.median(edge, axis=0).astype(np.uint8)
    first, second, third = cv2.split(cv2.absdiff(line, np.array((*paper, 0), np.float64)))
    _, marked = cv2.threshold(cv2.max(cv2.max(first, second), third), 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    _, labels, parts, _ = cv2.connectedComponentsWithStats(marked)
    return np.asarray(labels, np.int32), np.asarray(parts, np.int32)
