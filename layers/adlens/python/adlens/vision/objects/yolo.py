"""YOLOv8 on ONNX Runtime: the pre- and post-processing of its reference implementation, without torch.

Parity is with ultralytics' `predict` at `imgsz=side, rect=False, iou=0.7, max_det=300` and class-wise NMS.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, compress
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from adlens.domain.analysis import BoundingBox, DetectedObject, Detections, Looks
from adlens.domain.errors import InvalidBundle
from adlens.domain.ports.vision import DecodedImage
from adlens.vision.image import Pixels, pixels_of
from adlens.vision.objects.context import Context
from adlens.vision.session import Floats, batch_of_one, make_session

_SIDE = 640
_GREY = 114
_MAX_DETECTIONS = 300
_CLASS_OFFSET = np.float32(7680)
_WEAKEST = 0.01
_SAME_PLACE = 0.6
"""IoU from which a weak box repeats a shown one."""


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
        return batch_of_one(square, mean=0, scale=1 / 255)

    def to_fractions(self, boxes: Floats) -> Floats:
        """Corners in the square, shape (n, 4), as fractions of the picture, clipped to it."""
        origin = np.array([self.left, self.top] * 2, dtype=np.float32)
        extent = np.array([self.width, self.height] * 2, dtype=np.float32)
        fractions: Floats = np.clip((boxes - origin) / extent, 0, 1)
        return fractions


class YoloDetector:
    """`classes` names the model's outputs in order. What reaches its class's threshold is shown: the one in
    `thresholds`, else `threshold`; 1 shows nothing. What reaches only `weak` may be there (`Detections.weak`). `rivals`
    are groups of classes that are taken for each other: one thing is at most one of them. With a `context`
    scores are those in the light of the whole picture.

    The model takes `images` (1, 3, side, side) in [0, 1]; its first output is (1, 4 + classes, anchors). Raises
    InvalidBundle when `thresholds` or `rivals` name a class that is none of the model's.
    """

    def __init__(
        self,
        model: Path,
        classes: Sequence[str],
        threshold: float,
        thresholds: Mapping[str, float],
        weak: float,
        rivals: Sequence[Sequence[str]],
        iou: float,
        side: int,
        threads: int,
        context: Context | None = None,
    ) -> None:
        if unknown := {*thresholds, *chain.from_iterable(rivals)} - set(classes):
            raise InvalidBundle(f"its settings name classes that the detector does not know: {sorted(unknown)}")
        self._session = make_session(model, threads)
        self._context = context
        self._classes = tuple(classes)
        self._thresholds = np.array([thresholds.get(name, threshold) for name in classes], dtype=np.float32)
        self._weak = weak
        self._groups = groups_of(classes, rivals)
        self._iou = iou
        self._side = side

    def detect(self, image: DecodedImage, looks: Looks) -> Detections:
        pixels = pixels_of(image)
        letterbox = Letterbox.of(pixels.shape[1], pixels.shape[0], self._side)
        images = letterbox.apply(pixels, self._side)
        prediction = self._session.run(None, {self._session.get_inputs()[0].name: images})[0][0]
        strongest = prediction[4:].max(axis=1)
        if self._context:
            prediction[4:] = self._context.rescored(prediction[4:], looks)
        boxes, scores, labels = postprocess(
            prediction, min(self._weak, float(self._thresholds.min())), self._iou, self._groups
        )
        objects = [
            DetectedObject(self._classes[label], float(score), BoundingBox(*map(float, box)))
            for box, score, label in zip(letterbox.to_fractions(boxes), scores, labels, strict=True)
        ]
        limits = self._thresholds[labels]
        sure = (scores >= limits) & (limits < 1)
        covered = (overlaps(boxes, boxes[sure]) > _SAME_PLACE).any(axis=1)
        weak = (scores >= self._weak) & ~sure & ~covered
        evidence = {
            self._classes[label]: float(strongest[label])
            for label in np.argsort(-strongest)
            if strongest[label] >= _WEAKEST
        }
        return Detections(tuple(compress(objects, sure)), evidence, tuple(compress(objects, weak)))


def groups_of(classes: Sequence[str], rivals: Sequence[Sequence[str]]) -> npt.NDArray[np.intp]:
    """By class, the number of the first class that it excludes: its own but for rivals."""
    first = {name: classes.index(group[0]) for group in rivals for name in group}
    return np.array([first.get(name, number) for number, name in enumerate(classes)], dtype=np.intp)


def postprocess(
    prediction: Floats, threshold: float, iou: float, groups: npt.NDArray[np.intp]
) -> tuple[Floats, Floats, npt.NDArray[np.intp]]:
    """Boxes (n, 4) as corners in the square, scores (n,) and labels (n,), most confident first.

    `prediction` is (4 + classes, anchors): centre x, centre y, width, height, then one score per class. Of boxes that
    overlap by more than `iou`, whose classes are in one of the `groups` (by class), the most confident is kept.
    """
    best = prediction[4:].max(axis=0)
    chosen = np.flatnonzero(best >= threshold)
    centre, half = prediction[:2, chosen].T, prediction[2:4, chosen].T / 2
    boxes = np.concatenate([centre - half, centre + half], axis=1)
    scores, labels = best[chosen], prediction[4:, chosen].argmax(axis=0)
    # Far apart per group, boxes of different groups never overlap. In float32, as the reference does it.
    kept = suppress(boxes + groups[labels][:, None].astype(np.float32) * _CLASS_OFFSET, scores, iou)[:_MAX_DETECTIONS]
    return boxes[kept], scores[kept], labels[kept]


def overlaps(a: Floats, b: Floats) -> Floats:
    """IoU (n, m) of corners (n, 4) and (m, 4), 0 for boxes without area."""
    corner = np.minimum(a[:, None, 2:], b[None, :, 2:]) - np.maximum(a[:, None, :2], b[None, :, :2])
    shared = np.clip(corner, 0, None).prod(-1)
    areas = [(x[:, 2] - x[:, 0]) * (x[:, 3] - x[:, 1]) for x in (a, b)]
    union = areas[0][:, None] + areas[1][None] - shared
    ratio: Floats = np.divide(shared, union, out=np.zeros_like(union), where=union > 0)
    return ratio


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
