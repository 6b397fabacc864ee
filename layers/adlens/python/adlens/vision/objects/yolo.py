"""YOLOv8 on ONNX Runtime: the pre- and post-processing of its reference implementation, without torch.

Parity is with ultralytics' `predict` at `imgsz=side, rect=False, iou=0.7, max_det=300` and class-wise NMS.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from adlens.domain.analysis import BoundingBox, DetectedObject, Detections
from adlens.domain.ports import DecodedImage
from adlens.vision.image import Pixels, pixels_of
from adlens.vision.session import make_session

Floats = npt.NDArray[np.float32]

_SIDE = 640
_GREY = 114
_MAX_DETECTIONS = 300
_CLASS_OFFSET = np.float32(7680)
_WEAKEST = 0.01


@dataclass(frozen=True, slots=True)
class Letterbox:
    """Where a picture lies inside the square the model sees: resized to `width` x `height`, at (`left`, `top`)."""

    width: int
    height: int
    left: int
    top: int

    @classmethod
    def of(cls, width: int, height: int, side: int = _SIDE) -> Letterbox:
        scale = min(side / height, side / width)
        new_width, new_height = max(round(width * scale), 1), max(round(height * scale), 1)
        # The odd pixel goes to the right and to the bottom.
        return cls(new_width, new_height, round((side - new_width) / 2 - 0.1), round((side - new_height) / 2 - 0.1))

    def apply(self, pixels: Pixels, side: int = _SIDE) -> Floats:
        """The (1, 3, side, side) input in [0, 1]."""
        square = np.full((side, side, 3), _GREY, dtype=np.uint8)
        square[self.top : self.top + self.height, self.left : self.left + self.width] = cv2.resize(
            pixels, (self.width, self.height), interpolation=cv2.INTER_LINEAR
        )
        return np.ascontiguousarray(square.transpose(2, 0, 1)[None], dtype=np.float32) / np.float32(255)

    def to_fractions(self, boxes: Floats) -> Floats:
        """Corners in the square, shape (n, 4), as fractions of the picture, clipped to it."""
        origin = np.array([self.left, self.top] * 2, dtype=np.float32)
        extent = np.array([self.width, self.height] * 2, dtype=np.float32)
        fractions: Floats = np.clip((boxes - origin) / extent, 0, 1)
        return fractions


class YoloDetector:
    """`classes` names the model's outputs in order; what is at least `threshold` sure is shown.

    The model takes `images` (1, 3, side, side) in [0, 1]. Its first output is (1, 4 + classes, anchors); its second,
    where it has one, is (1, D): the pooled backbone features that become `Detections.visual`.
    """

    def __init__(
        self, model: Path, classes: Sequence[str], threshold: float, iou: float, side: int, threads: int
    ) -> None:
        self._session = make_session(model, threads)
        self._classes = tuple(classes)
        self._threshold = threshold
        self._iou = iou
        self._side = side

    def detect(self, image: DecodedImage) -> Detections:
        pixels = pixels_of(image)
        letterbox = Letterbox.of(pixels.shape[1], pixels.shape[0], self._side)
        images = letterbox.apply(pixels, self._side)
        output, *visual = self._session.run(None, {self._session.get_inputs()[0].name: images})
        prediction = output[0]
        boxes, scores, labels = postprocess(prediction, self._threshold, self._iou)
        objects = tuple(
            DetectedObject(self._classes[label], float(score), BoundingBox(*map(float, box)))
            for box, score, label in zip(letterbox.to_fractions(boxes), scores, labels, strict=True)
        )
        strongest = prediction[4:].max(axis=1)
        evidence = {
            self._classes[label]: float(strongest[label])
            for label in np.argsort(-strongest)
            if strongest[label] >= _WEAKEST
        }
        return Detections(objects, evidence, tuple(map(float, visual[0].ravel())) if visual else ())


def postprocess(prediction: Floats, threshold: float, iou: float) -> tuple[Floats, Floats, npt.NDArray[np.intp]]:
    """Boxes (n, 4) as corners in the square, scores (n,) and labels (n,), most confident first.

    `prediction` is (4 + classes, anchors): centre x, centre y, width, height, then one score per class.
    """
    best = prediction[4:].max(axis=0)
    chosen = np.flatnonzero(best >= threshold)
    centre, half = prediction[:2, chosen].T, prediction[2:4, chosen].T / 2
    boxes = np.concatenate([centre - half, centre + half], axis=1)
    scores, labels = best[chosen], prediction[4:, chosen].argmax(axis=0)
    # Far apart per class, boxes of different classes never overlap. In float32, as the reference does it.
    kept = suppress(boxes + labels[:, None].astype(np.float32) * _CLASS_OFFSET, scores, iou)[:_MAX_DETECTIONS]
    return boxes[kept], scores[kept], labels[kept]


def suppress(boxes: Floats, scores: Floats, iou: float) -> npt.NDArray[np.intp]:
    """Greedy non-maximum suppression: indices of the boxes kept, most confident first."""
    order = np.argsort(-scores, kind="stable")
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    kept = []
    while order.size:
        best, rest = order[0], order[1:]
        kept.append(best)
        top_left = np.maximum(boxes[best, :2], boxes[rest, :2])
        bottom_right = np.minimum(boxes[best, 2:], boxes[rest, 2:])
        overlap = np.prod(np.clip(bottom_right - top_left, 0, None), axis=1)
        union = areas[best] + areas[rest] - overlap
        ratio = np.divide(overlap, union, out=np.zeros_like(union), where=union > 0)
        order = rest[ratio <= np.float64(iou)]  # in double precision, as torchvision compares
    return np.array(kept, dtype=np.intp)
