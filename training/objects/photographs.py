"""Photographs as the detector learns from them: which of its classes people boxed in each, and what is not known."""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from training import photographs
from training.objects.classes import CLASSES
from training.photographs import Box

PHOTOGRAPHS, WEIGHTS = "ADLENS_PHOTOGRAPHS", "ADLENS_WEIGHTS"
ALSO = {"watch": "clock", "bow tie": "tie"}
"""People's classes that the detector does not tell apart."""
OF_TOPIC = {
    "bags": ("backpack", "handbag", "suitcase"),
    "ties": ("tie",),
    "cups": ("cup",),
    "clocks": ("clock",),
    "cutlery": ("fork", "knife", "spoon"),
}
HELD_OUT = ("magento", "solidus", "gcp", "tableware", "abo", "coco_hand")
"""Sources on which detectors are compared and thresholds are chosen: none of those compared was trained on them."""


@dataclass(frozen=True, slots=True)
class Thing:
    """An object's class and corners, as fractions of the picture."""

    label: str
    box: Box


@dataclass(frozen=True, slots=True)
class Photograph:
    """`known` are the classes whose every instance is among `things`; `about` those that it may show besides."""

    path: Path
    source: str
    things: tuple[Thing, ...]
    known: frozenset[str]
    about: frozenset[str]


def folder_of(setting: str, given: Path | None, wanted: str) -> Path:
    """The folder given or in the environment. Raises SystemExit, which says what is needed, without one."""
    folder = given or (Path(os.environ[setting]) if os.environ.get(setting) else None)
    if folder is None:
        raise SystemExit(f"The detector learns from {wanted}: set {setting} to the folder, or give it as an argument.")
    return folder


def read_photographs(folder: Path, use: str = "train", sources: Collection[str] = ()) -> list[Photograph]:
    """The photographs for `use`, of all sources or of those named. Raises SystemExit without any."""
    found = []
    for one in photographs.read_photographs(folder, use):
        if sources and one.source not in sources:
            continue
        things = tuple(Thing(label, box) for name, box in one.boxes if (label := ALSO.get(name, name)) in CLASSES)
        known = one.labelled & set(CLASSES)
        about = frozenset(OF_TOPIC.get(one.topic or "", ())) - known
        found.append(Photograph(one.path, one.source, things, known, about))
    return found
