"""What goes with a trained detector: its model card, its metrics, and its section of the bundle's manifest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from training.objects.features import SIDE
from training.objects.head import CLASSES

_TEMPLATE = Path(__file__).with_name("card.md")
COMMAND = "make train-objects"
IOU = 0.6
"""Above which two boxes of one class are one object."""


def write_card(metrics: dict[str, Any], path: Path) -> None:
    """Fills the text beside this module with the figures of one training."""
    test = metrics["test"]
    classes = "\n".join(
        f"| {name} | {test['AP50 by class'].get(name, '-')} | {f1} |" for name, f1 in test["F1 by class"].items()
    )
    split = "| {split} | {pictures} | {AP50} | {precision} | {recall} | {F1} |"
    photographs = "\n".join(
        "| {} | {precision} | {recall} | {F1} | {right} | {wrong} | {missed} |".format(name, **found)
        for name, found in metrics.get("photographs", {}).items()
    )
    told = {
        "classes": classes,
        "splits": "\n".join(split.format(split=name, **metrics[name]) for name in ("val", "test")),
        "photographs": photographs or "| not measured | | | | | | |",
        "scratch": _scratch(metrics.get("scratch")),
        "minutes": round(metrics["processor_seconds"] / 60),
        "done": len(metrics["log"]),
        "side": SIDE,
        "nc": len(CLASSES),
        "command": COMMAND,
    }
    path.write_text(_TEMPLATE.read_text(encoding="utf-8").format(**metrics | told), encoding="utf-8")


def _scratch(found: dict[str, Any] | None) -> str:
    if found is None:
        return "It was not compared with a network trained from scratch in this run."
    return (
        f"The alternative, YOLOv8n from scratch on the same scenes at {found['side']} pixels, was given "
        f"{found['processor_minutes']} minutes of one core\n({found['pictures_seen']:,} pictures; "
        f"`python -m training.objects.scratch`): AP50 {found['test']['AP50']} and F1 {found['test']['F1']} on the test "
        "split."
    )


def write_metrics(metrics: dict[str, Any], path: Path) -> None:
    """The rows that `make eval` shows beside those on labelled creatives."""
    test = metrics["test"]
    rows = [
        {
            "stage": "detection", "dataset": "rendered scenes, test split", "pictures": test["pictures"],
            "metric": metric, "value": test[metric], "command": COMMAND,
        }
        for metric in ("precision", "recall", "F1", "AP50")
    ]  # fmt: skip
    path.write_text(json.dumps({"rows": rows}, indent=1) + "\n")


def write_section(metrics: dict[str, Any], path: Path) -> None:
    """The manifest's [detection], to be taken over by hand; `training.seal` fills in the checksum."""
    test, photographs = metrics["test"], metrics.get("photographs", {})
    quality = f"Rendered scenes, test split: AP50 {test['AP50']}, F1 of classes per picture {test['F1']}"
    if photographs:
        quality += f". {next(iter(photographs.values()))['pictures']} development creatives: " + ", ".join(
            f"F1 {found['F1']} ({name})" for name, found in photographs.items()
        )
    path.write_text(
        f"""[detection]
engine = "yolov8-onnx"
licence = "AGPL-3.0-or-later; backbone Apache-2.0 (NOTICE)"
source = "A head trained by this project on rendered scenes, on PP-OCRv6's text detector: cards/objects.md"
quality = "{quality}"
limits = "Knows {len(CLASSES)} classes, from rendered products alone: on photographs it is weaker than COCO weights"
classes = {json.dumps(CLASSES)}
threshold = {metrics["threshold"]}
iou = {IOU}
side = {SIDE}

[detection.files.model]
path = "objects.onnx"
sha256 = ""
""",
        encoding="utf-8",
    )
