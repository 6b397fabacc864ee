"""How right detectors are on labelled photographs, which nothing here was trained or chosen on: classes per picture,
as `make eval` counts them, of those that our detector knows.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from adlens.domain.ports import ObjectDetector
from adlens.vision.image import PillowDecoder
from adlens.vision.objects.yolo import YoloDetector
from benchmarks.labels import read_labels
from benchmarks.scoring import Counts, score_sets
from training.objects.head import CLASSES
from training.paths import ROOT


def coco(model: Path) -> ObjectDetector:
    """YOLOv8n with COCO's weights, set as the bundle coco-dev has it."""
    stage = tomllib.loads((ROOT / "models" / "coco-dev" / "manifest.toml").read_text())["detection"]
    settings = {key: stage[key] for key in ("classes", "threshold", "iou", "side")}
    return YoloDetector(model, **settings, threads=1)


def compare(detectors: Mapping[str, ObjectDetector], folder: Path) -> dict[str, dict[str, Any]]:
    """Precision, recall, F1 and counts by name of the detector."""
    creatives, decoder = read_labels(folder), PillowDecoder()
    found = {}
    for name, detector in detectors.items():
        counts = Counts()
        for creative in creatives:
            seen = {one.class_name for one in detector.detect(decoder.decode(creative.path.read_bytes())).objects}
            counts += score_sets(seen & set(CLASSES), set(creative.objects) & set(CLASSES))
        ratios = {"precision": counts.precision, "recall": counts.recall, "F1": counts.f1}
        found[name] = {key: round(value or 0.0, 3) for key, value in ratios.items()}
        found[name] |= {"pictures": len(creatives), "right": counts.right, "wrong": counts.wrong}
        found[name] |= {"missed": counts.missed}
    return found
