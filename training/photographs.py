"""The folder of labelled photographs that models learn from: the setting ADLENS_PHOTOGRAPHS, or an argument.

It has labels.jsonl, a line per picture: {"file", "width", "height", "source", "licence", "topic": one of the taxonomy
or null, "boxes": [{"class", "x1", "y1", "x2", "y2" as fractions}], "labelled_classes": those whose every instance has
a box, "use": train|evaluate}. The cards of the models list where ours come from, so that others can gather them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from adlens.settings import CommandLineSettings
from training.paths import ROOT

VARIABLE = "ADLENS_PHOTOGRAPHS"
LABELS = "labels.jsonl"
FOLDS = (
    ("caltech101",),
    ("backpack_oi", "azure", "tableware", "vendure"),
    ("magento", "solidus", "gcp", "abo", "tailwind"),
    ("clothing", "grocery", "datacluster"),
    ("coco", "coco_hand", "coco_unlabelled"),
)
"""Sources that are held out together."""
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Photograph:
    """`boxes` are classes and corners as fractions; `labelled` are the classes whose every instance has a box."""

    path: Path
    source: str
    topic: str | None
    boxes: tuple[tuple[str, Box], ...]
    labelled: frozenset[str]

    @property
    def fold(self) -> int:
        """The part of the sources that it is held out with; sources not in FOLDS make one more."""
        return next((number for number, sources in enumerate(FOLDS) if self.source in sources), len(FOLDS))


def folder_of(argument: Path | None) -> Path:
    return argument or ROOT / CommandLineSettings().photographs


def read_photographs(folder: Path, use: str = "train") -> list[Photograph]:
    """Those of one use. Raises SystemExit, saying what is needed, when there are none."""
    try:
        lines = (folder / LABELS).read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise SystemExit(
            f"{folder} has no {LABELS}: set {VARIABLE} to a folder with {LABELS} as training/photographs.py describes "
            "it. models/compact/cards name the sources of ours."
        ) from error
    found = [_photograph(folder, label) for label in map(json.loads, lines) if label["use"] == use]
    if not found:
        raise SystemExit(f"{folder / LABELS} has no photographs for {use}.")
    return found


def _photograph(folder: Path, label: Mapping[str, object]) -> Photograph:
    boxes: list[Mapping[str, float]] = label["boxes"]  # type: ignore[assignment]
    return Photograph(
        folder / str(label["file"]),
        str(label["source"]),
        None if label["topic"] is None else str(label["topic"]),
        tuple((str(box["class"]), (box["x1"], box["y1"], box["x2"], box["y2"])) for box in boxes),
        frozenset(label["labelled_classes"]),  # type: ignore[call-overload]
    )
