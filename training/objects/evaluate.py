"""How right a detector is on photographs, for the classes that people labelled in them: boxes as COCO scores them at
an IoU of 0.5, and classes per picture, as `make eval` counts them, at the thresholds that are shipped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from ultralytics.utils.metrics import ap_per_class

from adlens.vision.image import Pixels
from adlens.vision.objects.yolo import Letterbox, groups_of, overlaps, postprocess
from adlens.vision.session import Floats, make_session
from training.objects.classes import CLASSES
from training.objects.lettering import Printer
from training.objects.photographs import Photograph
from training.objects.teacher import read_picture
from training.objects.thresholds import Found, counts, truth
from training.scenes.materials import Chance

WEAKEST = 0.05
PAGES, _PAGE_SIDE = 106, 1000


@dataclass(frozen=True, slots=True)
class Model:
    """A detector's file; `names` are its classes in order."""

    path: Path
    names: tuple[str, ...]
    side: int
    iou: float
    rivals: tuple[tuple[str, ...], ...]


Rescore = Callable[[Pixels, Floats], Floats]
"""From a picture and the detector's scores (classes, anchors) in it to better ones."""


def look(
    model: Model, photographs: Sequence[Photograph], threads: int = 1, rescore: Rescore | None = None
) -> list[Found]:
    """What the detector finds in the photographs of our classes, as its engine would, however weak."""
    return _look(model, (read_picture(photograph.path) for photograph in photographs), threads, rescore)


def _look(model: Model, pictures: Iterable[Pixels], threads: int, rescore: Rescore | None) -> list[Found]:
    session = make_session(model.path, threads)
    name = session.get_inputs()[0].name
    ours = np.array([CLASSES.index(one) if one in CLASSES else -1 for one in model.names])
    groups, found = groups_of(model.names, model.rivals), []
    for pixels in pictures:
        letterbox = Letterbox.of(pixels.shape[1], pixels.shape[0], model.side)
        prediction = session.run(None, {name: letterbox.apply(pixels, model.side)})[0][0]
        if rescore:
            prediction[4:] = rescore(pixels, prediction[4:])
        boxes, scores, labels = postprocess(prediction, WEAKEST, model.iou, groups)
        known = ours[labels] >= 0
        found.append(Found(letterbox.to_fractions(boxes)[known], scores[known], ours[labels][known]))
    return found


def pages_with_objects(
    model: Model,
    thresholds: Mapping[str, float],
    pages: int = PAGES,
    threads: int = 1,
    rescore: Rescore | None = None,
) -> int:
    """On how many of so many pages of nothing but print, in words and fonts never trained on, it shows an object."""
    printer, chance = Printer("test"), Chance(2, False)
    limits = np.array([thresholds[name] for name in CLASSES], np.float32)
    found = _look(model, (printer.page(chance, _PAGE_SIDE) for _ in range(pages)), threads, rescore)
    return sum(bool((one.strongest() >= limits).any()) for one in found)


def scores(
    photographs: Sequence[Photograph], found: Sequence[Found], thresholds: Mapping[str, float]
) -> dict[str, Any]:
    """AP at IoU 0.5, and precision, recall and F1 of classes per picture at `thresholds`; all of them per class too."""
    right, confidence, labels, true = [], [], [], []
    for photograph, seen in zip(photographs, found, strict=True):
        names = photograph.known | {thing.label for thing in photograph.things}
        known = np.isin(seen.labels, [CLASSES.index(name) for name in names])
        boxes = np.array([thing.box for thing in photograph.things], np.float32).reshape(-1, 4)
        classes = np.array([CLASSES.index(thing.label) for thing in photograph.things], np.intp)
        right.append(_matches(seen.boxes[known], seen.labels[known], boxes, classes))
        confidence.append(seen.scores[known])
        labels.append(seen.labels[known])
        true.append(classes)
    result = ap_per_class(
        np.concatenate(right)[:, None], np.concatenate(confidence), np.concatenate(labels), np.concatenate(true)
    )
    areas = dict(zip((int(k) for k in result[6]), result[5][:, 0], strict=True))
    there, known_classes = truth(photographs)
    limits = np.array([thresholds[name] for name in CLASSES], np.float32)
    seen = counts(there, known_classes, np.stack([one.strongest() for one in found]), limits)
    boxes_of = np.bincount(np.concatenate(true), minlength=len(CLASSES))
    return {
        "pictures": len(photographs),
        "AP50": round(float(np.mean(list(areas.values()))), 3) if areas else 0.0,
        **_ratios(seen.sum(0)),
        "classes": {
            name: {"AP50": round(float(areas[k]), 3) if k in areas else None, "boxes": int(boxes_of[k])}
            | {"threshold": thresholds[name]} | _ratios(seen[k])
            for k, name in enumerate(CLASSES)
        },
    }  # fmt: skip


def _ratios(counts: npt.NDArray[np.int64]) -> dict[str, Any]:
    right, wrong, missed = (int(v) for v in counts)
    return {
        "precision": round(right / (right + wrong), 3) if right + wrong else None,
        "recall": round(right / (right + missed), 3) if right + missed else None,
        "F1": round(2 * right / max(2 * right + wrong + missed, 1), 3),
        "right": right, "wrong": wrong, "missed": missed,
    }  # fmt: skip


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
