"""Whether two detectors find the same, and how long each of them takes."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from adlens.domain.analysis import BoundingBox, DetectedObject, Looks
from adlens.domain.ports.vision import DecodedImage, ObjectDetector
from adlens.vision.image import PillowDecoder

_PICTURES = (".jpg", ".jpeg", ".png", ".webp")


def read_pictures(folder: Path) -> list[DecodedImage]:
    decoder = PillowDecoder()
    return [decoder.decode(path.read_bytes()) for path in sorted(folder.iterdir()) if path.suffix in _PICTURES]


@dataclass(frozen=True, slots=True)
class Agreement:
    """Over some pictures: objects of the reference, those the other lacks or has beyond it, and the largest differences
    of matched boxes (pixels) and of scores."""

    objects: int
    lost: int
    new: int
    pixels: float
    scores: float

    @property
    def exact(self) -> bool:
        return not (self.lost or self.new) and self.pixels <= 1 and self.scores <= 1e-3


def compare(reference: ObjectDetector, other: ObjectDetector, pictures: Iterable[DecodedImage]) -> Agreement:
    """Objects match when class and place do (IoU of at least 0.5)."""
    objects = lost = new = 0
    pixels, scores = [0.0], [0.0]
    for picture in pictures:
        expected, found = reference.detect(picture, Looks()), other.detect(picture, Looks())
        left = list(found.objects)
        objects += len(expected.objects)
        for thing in expected.objects:
            twin = max(left, key=lambda candidate: _likeness(thing, candidate), default=None)
            if twin is None or _likeness(thing, twin) < 0.5:
                lost += 1
                continue
            left.remove(twin)
            extent = (picture.facts.width, picture.facts.height) * 2
            corners = zip(thing.bbox.as_tuple(), twin.bbox.as_tuple(), extent, strict=True)
            pixels += [abs(a - b) * side for a, b, side in corners]
            scores.append(abs(thing.confidence - twin.confidence))
        new += len(left)
    return Agreement(objects, lost, new, max(pixels), max(scores))


def _likeness(one: DetectedObject, other: DetectedObject) -> float:
    return _iou(one.bbox, other.bbox) if one.class_name == other.class_name else 0.0


def _iou(a: BoundingBox, b: BoundingBox) -> float:
    width, height = min(a.x2, b.x2) - max(a.x1, b.x1), min(a.y2, b.y2) - max(a.y1, b.y1)
    shared = max(width, 0.0) * max(height, 0.0)
    union = sum((box.x2 - box.x1) * (box.y2 - box.y1) for box in (a, b)) - shared
    return shared / union if union else 0.0


def medians_in_turn(detectors: Sequence[ObjectDetector], pictures: Sequence[DecodedImage]) -> list[float]:
    """Median seconds of each, one after the other on every picture: what else the machine does slows all of them."""
    spent: list[list[float]] = [[] for _ in detectors]
    for picture in pictures:
        for detector, seconds in zip(detectors, spent, strict=True):
            started = time.perf_counter()
            detector.detect(picture, Looks())
            seconds.append(time.perf_counter() - started)
    return [statistics.median(seconds) for seconds in spent]
