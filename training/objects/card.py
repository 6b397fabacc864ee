"""What goes with a trained detector: its model card, its metrics, and its section of the bundle's manifest."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

from training.objects.classes import CLASSES
from training.objects.features import SIDE
from training.objects.thresholds import LEAST, NEVER, PRECISION, WEAK

_HERE = Path(__file__).parent
COMMAND = "make train-objects"
IOU = 0.6
"""Above which two boxes of one class, or of rivals, are one object."""
RIVALS = (("backpack", "handbag", "suitcase"), ("bottle", "cup"))
"""Classes that are taken for each other."""
_NAMES = {
    "head": "the head on the frozen backbone",
    "together": "the same with the backbone's last blocks trained",
    "before": "the bundle before",
    "teacher": "YOLOv8n, COCO weights, 640 pixels",
}
_TRAINED = {
    "head": "The backbone is as published.",
    "together": "The backbone's blocks up to stride 16 are as published, those after them were trained on.",
}


def write_card(metrics: dict[str, Any], path: Path) -> None:
    """Fills the text beside this module with the figures of one training."""
    best, compared = metrics["best"], metrics["compared"]
    sources = tomllib.loads((_HERE / "sources.toml").read_text(encoding="utf-8"))
    rows = [
        f"| {_NAMES[name]} | {one['AP50']} | {_cell(one['precision'])} | {_cell(one['recall'])} | {one['F1']} | "
        f"{one['pages of print with objects']} |"
        for name, one in compared.items()
    ]
    classes = [
        f"| {name} | {one['boxes']} | {_cell(one['AP50'])} | {_shown(one['threshold'])} | {_cell(one['precision'])} | "
        f"{_cell(one['recall'])} |"
        for name, one in compared[best]["classes"].items()
    ]
    values = {
        "trained": _TRAINED[best],
        "shipped": _NAMES[best],
        "compared": "\n".join(rows),
        "classes": "\n".join(classes),
        "sources": "\n".join("| {where} | {licence} | {attribution} |".format(**one) for one in sources.values()),
        "parity": metrics[best]["parity"],
        "side": SIDE,
        "precision": PRECISION,
        "least": LEAST,
        "command": COMMAND,
    }
    template = (_HERE / "card.md").read_text(encoding="utf-8")
    path.write_text(template.format(**metrics | values), encoding="utf-8")


def _cell(value: float | None) -> str:
    return "-" if value is None else str(value)


def _shown(threshold: float) -> str:
    return "never" if threshold == NEVER else str(threshold)


def write_metrics(metrics: dict[str, Any], path: Path) -> None:
    """The rows that `make eval` shows beside those on labelled creatives."""
    found = metrics["compared"][metrics["best"]]
    rows = [
        {
            "stage": "detection", "dataset": "photographs of sources never trained on", "pictures": found["pictures"],
            "metric": metric, "value": found[metric], "command": COMMAND,
        }
        for metric in ("precision", "recall", "F1", "AP50")
    ]  # fmt: skip
    path.write_text(json.dumps({"rows": rows}, indent=1) + "\n")


def write_section(metrics: dict[str, Any], path: Path) -> None:
    """The manifest's [detection], to be taken over by hand; `training.seal` fills in the checksum."""
    found = metrics["compared"][metrics["best"]]
    thresholds = ", ".join(f"{name} = {value}" for name, value in found["thresholds"].items())
    quality = (
        f"{found['pictures']} photographs of sources never trained on: AP50 {found['AP50']}; classes per picture: "
        f"precision {_cell(found['precision'])}, recall {_cell(found['recall'])}, F1 {found['F1']}"
    )
    path.write_text(
        f"""[detection]
engine = "yolov8-onnx"
licence = "AGPL-3.0-or-later; backbone Apache-2.0 (NOTICE)"
source = "Trained by this project on photographs and rendered scenes, on EfficientNet-lite2: cards/objects.md"
quality = "{quality}"
limits = "Knows {len(CLASSES)} classes; learned from few photographs of ties, cutlery, suitcases and wall clocks"
classes = {json.dumps(CLASSES)}
threshold = {PRECISION}
thresholds = {{ {thresholds} }}
weak = {WEAK}
rivals = {json.dumps(RIVALS)}
iou = {IOU}
side = {SIDE}

[detection.files.model]
path = "objects.onnx"
sha256 = ""
""",
        encoding="utf-8",
    )
