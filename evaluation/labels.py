"""Labelled pictures: a folder with labels.json, or one of photographs with labels.jsonl.

`samples/` and the development creatives have labels.json, the pictures beside it or in a folder images/. An entry has
file and topic (null where none fits); text (null where there is none), text_small (print that need not be read),
objects or object (COCO classes clearly in the picture), lang or language, text_kind.

Photographs have labels.jsonl, a line each: file, topic (null for mixed scenes), boxes with class and corners, and
labelled_classes, of which every instance has a box. Figures are of the lines with `use: evaluate` only: the others are
for training.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adlens.domain.analysis import BoundingBox

LABELS, PHOTOGRAPHS = "labels.json", "labels.jsonl"
COCO_CLASS = {"watch": "clock", "bow tie": "tie"}
"""COCO's word for labels that are finer than COCO."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A picture with what a person saw in it. `language` is en, ru, mixed or - for none; `kind` ad, product or -.

    `topic` is None where no single topic fits, `text` where nobody transcribed it. `labelled_classes` are the classes
    whose every instance is in `boxes`, which hold a class and where it is; None where `objects` is all that is known.
    """

    path: Path
    topic: str | None
    objects: tuple[str, ...]
    text: str | None
    small_print: str
    language: str
    kind: str
    boxes: tuple[tuple[str, BoundingBox], ...] = ()
    labelled_classes: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class DataSet:
    """`digest` is over the labels and the pictures: figures of two bundles compare when it is the same."""

    name: str
    creatives: tuple[Labelled, ...]
    digest: str


def read_data_set(folder: Path) -> DataSet:
    """Raises SystemExit when the folder is not there or not labelled."""
    folder = folder.resolve()
    creatives = tuple(read_labels(folder))
    labels = _labels_of(folder)
    digest = hashlib.sha256(labels.read_bytes())
    for creative in creatives:
        digest.update(hashlib.sha256(creative.path.read_bytes()).digest())
    return DataSet("photographs" if labels.name == PHOTOGRAPHS else folder.name, creatives, digest.hexdigest())


def read_labels(folder: Path, use: str = "evaluate") -> list[Labelled]:
    """`use` chooses among photographs: `evaluate` or `train`. Raises SystemExit when the folder is not there or not
    labelled.
    """
    labels = _labels_of(folder)
    try:
        if labels.name == PHOTOGRAPHS:
            lines = map(json.loads, labels.read_text(encoding="utf-8").splitlines())
            return [_photograph(folder, row) for row in lines if row["use"] == use]
        pictures = folder / "images" if (folder / "images").is_dir() else folder
        return [_labelled(pictures, row) for row in json.loads(labels.read_text(encoding="utf-8"))]
    except OSError as error:
        raise SystemExit(
            f"No labelled creatives in {folder}: {error.strerror}. --creatives DIR names another folder."
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise SystemExit(f"{labels} is not in the shape that evaluation/labels.py describes: {error!r}.") from error


def _labels_of(folder: Path) -> Path:
    photographs = folder / PHOTOGRAPHS
    return photographs if photographs.is_file() else folder / LABELS


def _labelled(pictures: Path, row: Mapping[str, Any]) -> Labelled:
    language = row.get("lang") or row.get("language") or "-"
    text = (row["text"] or "") if "text" in row else None
    return Labelled(
        path=pictures / row["file"],
        topic=row["topic"],
        objects=tuple(row["objects"] if "objects" in row else filter(None, [row.get("object")])),
        text=text,
        small_print=row.get("text_small") or "",
        language="-" if not text else "mixed" if "+" in language else language,
        kind=row.get("text_kind") or "-",
    )


def _photograph(folder: Path, row: Mapping[str, Any]) -> Labelled:
    labelled = frozenset(COCO_CLASS.get(name, name) for name in row["labelled_classes"])
    named = ((COCO_CLASS.get(box["class"], box["class"]), box) for box in row["boxes"])
    boxes = tuple(
        (name, BoundingBox(*(box[side] for side in ("x1", "y1", "x2", "y2"))))
        for name, box in named
        if name in labelled
    )
    return Labelled(
        path=folder / row["file"],
        topic=row["topic"],
        objects=tuple(sorted({name for name, _ in boxes})),
        text=None,
        small_print="",
        language="-",
        kind="-",
        boxes=boxes,
        labelled_classes=labelled,
    )
