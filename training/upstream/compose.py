"""The manifest of models/upstream: the committed bundles' stages as they are, with another detector."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit import TOMLDocument

from adlens.vision.bundle import MANIFEST
from training.paths import ROOT

MODELS = ROOT / "models"
OF_COMPACT = ("ocr", "color", "looks")
"""What does not depend on the detector comes from the bundle that ships; the rest was trained on COCO's classes."""
DOCUMENTS = (
    "compact/NOTICE",
    "compact/cards/text.md",
    "compact/cards/looks.md",
    "coco-dev/cards/context.md",
    "coco-dev/cards/topic.md",
)


def compose(folder: Path, model: Path, classes: tuple[str, ...], version: str, about: Mapping[str, str]) -> None:
    """Writes the manifest into `folder`, where `model` lies already, and copies the files that other stages need."""
    document, origin = _read("coco-dev"), MODELS / "coco-dev"
    sources = dict.fromkeys(document, origin)
    if (MODELS / "compact" / MANIFEST).is_file():
        compact = _read("compact")
        for section in OF_COMPACT:
            if section in compact:
                document[section], sources[section] = compact[section], MODELS / "compact"
    for document_path in DOCUMENTS:
        if (path := MODELS / document_path).is_file():
            target = folder / Path(*Path(document_path).parts[1:])
            target.parent.mkdir(exist_ok=True)
            shutil.copyfile(path, target)
    document["name"], document["version"] = "upstream", version
    detection: Any = document["detection"]
    detection.update(about)
    for gone in ("quality", "limits"):  # were measured of another file
        if gone not in about:
            detection.pop(gone, None)
    detection["classes"] = list(classes)
    detection["files"]["model"] = {"path": model.name, "sha256": _sha256(model)}
    _copy_file(detection["files"]["context"], origin, folder)
    for section, source in sources.items():
        table = document[section]
        if section != "detection" and isinstance(table, Mapping):
            for entry in table.get("files", {}).values():
                _copy_file(entry, source, folder)
    # A version never changes, so it names all that is in the bundle.
    document["version"] = f"{version}-{hashlib.sha256(tomlkit.dumps(document).encode()).hexdigest()[:8]}"
    dumped = tomlkit.dumps(document)
    text = re.sub(r"\A(#.*\n)*", "# Made by `make models`; its detector's card is CARD.md.\n", dumped)
    (folder / MANIFEST).write_text(text, encoding="utf-8")


def _read(bundle: str) -> TOMLDocument:
    return tomlkit.parse((MODELS / bundle / MANIFEST).read_text(encoding="utf-8"))


def _copy_file(entry: Mapping[str, str], source: Path, folder: Path) -> None:
    if "package" not in entry and not entry["path"].startswith("${"):
        (folder / entry["path"]).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / entry["path"], folder / entry["path"])


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
