"""How right a detector is on scenes: boxes as COCO scores them at IoU 0.5, classes per picture as `make eval` does."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from ultralytics.utils.metrics import ap_per_class

from adlens.vision.objects.yolo import postprocess
from training.objects.card import IOU
from training.objects.features import Maps
from training.objects.head import CLASSES

WEAKEST = 0.05
Floats = npt.NDArray[np.float32]


def _truth(maps: Maps, row: int) -> tuple[Floats, npt.NDArray[np.intp]]:
    """Corners in the square (n, 4) and classes (n,)."""
    scene = maps.scenes[row]
    box, things = scene.letterbox, scene.label["objects"]
    boxes = np.array([thing["box"] for thing in things], np.float32).reshape(-1, 4)
    corners = boxes * ([box.width, box.height] * 2) + [box.left, box.top] * 2
    return corners.astype(np.float32), np.array([CLASSES.index(thing["class"]) for thing in things], np.intp)


def overlaps(a: Floats, b: Floats) -> Floats:
    """IoU (n, m) of corners (n, 4) and (m, 4)."""
    corner = np.minimum(a[:, None, 2:], b[None, :, 2:]) - np.maximum(a[:, None, :2], b[None, :, :2])
    shared = np.clip(corner, 0, None).prod(-1)
    area = [(x[:, 2] - x[:, 0]) * (x[:, 3] - x[:, 1]) for x in (a, b)]
    ratio: Floats = shared / np.maximum(area[0][:, None] + area[1][None] - shared, 1e-9)
    return ratio


def _matches(
    boxes: Floats, labels: npt.NDArray[np.intp], true: Floats, classes: npt.NDArray[np.intp]
) -> npt.NDArray[np.bool_]:
    """Which boxes, most confident first, find an object that none before them found."""
    right, taken = np.zeros(len(boxes), bool), np.zeros(len(true), bool)
    ratio = overlaps(boxes, true) * (labels[:, None] == classes[None])
    for k in range(len(boxes)):
        free = np.where(taken, 0.0, ratio[k])
        if len(free) and free.max() >= 0.5:
            right[k] = taken[free.argmax()] = True
    return right


def _counts(maps: Maps, rows: list[int], outputs: list[Floats], threshold: float) -> npt.NDArray[np.int64]:
    """Right, wrong and missed classes per picture, (classes, 3)."""
    counts = np.zeros((len(CLASSES), 3), np.int64)
    for row, output in zip(rows, outputs, strict=True):
        true = np.zeros(len(CLASSES), bool)
        true[_truth(maps, row)[1]] = True
        seen = output[4:].max(1) >= threshold
        counts += np.stack([true & seen, ~true & seen, true & ~seen], -1)
    return counts


def _f1(counts: npt.NDArray[np.int64]) -> float:
    right, wrong, missed = counts.sum(0) if counts.ndim == 2 else counts
    return float(2 * right / max(2 * right + wrong + missed, 1))


def best_threshold(maps: Maps, rows: list[int], outputs: list[Floats]) -> float:
    """The confidence at which F1 of classes per picture is best."""
    steps = np.round(np.arange(0.1, 0.9, 0.05), 2)
    return float(max(steps, key=lambda step: _f1(_counts(maps, rows, outputs, float(step)))))


def scores(maps: Maps, rows: list[int], outputs: list[Floats], threshold: float) -> dict[str, Any]:
    """AP at IoU 0.5, and precision, recall and F1 of classes per picture at `threshold`; both per class as well."""
    right, confidence, labels, true = [], [], [], []
    for row, output in zip(rows, outputs, strict=True):
        boxes, sure, kinds = postprocess(output, WEAKEST, IOU)
        corners, classes = _truth(maps, row)
        right.append(_matches(boxes, kinds, corners, classes))
        confidence.append(sure)
        labels.append(kinds)
        true.append(classes)
    result = ap_per_class(
        np.concatenate(right)[:, None], np.concatenate(confidence), np.concatenate(labels), np.concatenate(true)
    )
    precision_of_class = dict(zip((int(k) for k in result[6]), result[5][:, 0], strict=True))
    counts = _counts(maps, rows, outputs, threshold)
    total = counts.sum(0)
    return {
        "pictures": len(rows),
        "AP50": round(float(np.mean(list(precision_of_class.values()))), 3) if precision_of_class else 0.0,
        "precision": round(float(total[0] / max(total[0] + total[1], 1)), 3),
        "recall": round(float(total[0] / max(total[0] + total[2], 1)), 3),
        "F1": round(_f1(counts), 3),
        "AP50 by class": {CLASSES[k]: round(float(v), 3) for k, v in precision_of_class.items()},
        "F1 by class": {name: round(_f1(counts[k]), 3) for k, name in enumerate(CLASSES)},
    }
