"""Labelled creatives: a folder with labels.json beside the pictures or beside a folder images/ with them.

`samples/` and the development creatives are such folders. An entry has file, topic and text; text_small (print that
need not be read), objects or object (COCO classes clearly in the picture), lang or language, text_kind.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Labelled:
    """A creative with what a person saw in it. `language` is en, ru, mixed or - for none; `kind` ad, product or -."""

    path: Path
    topic: str
    objects: tuple[str, ...]
    text: str
    small_print: str
    language: str
    kind: str


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
    digest = hashlib.sha256((folder / "labels.json").read_bytes())
    for creative in creatives:
        digest.update(hashlib.sha256(creative.path.read_bytes()).digest())
    return DataSet(folder.name, creatives, digest.hexdigest())


def read_labels(folder: Path) -> list[Labelled]:
    """Raises SystemExit when the folder is not there or not labelled."""
    try:
        rows = json.loads((folder / "labels.json").read_text())
        pictures = folder / "images" if (folder / "images").is_dir() else folder
        return [_labelled(pictures, row) for row in rows]
    except OSError as error:
        raise SystemExit(
            f"No labelled creatives in {folder}: {error.strerror}. --creatives DIR names another folder."
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise SystemExit(f"{folder / 'labels.json'} is not in the shape of samples/labels.json: {error!r}.") from error


def _labelled(pictures: Path, row: Mapping[str, Any]) -> Labelled:
    language = row.get("lang") or row.get("language") or "-"
    text = row["text"] or ""
    return Labelled(
        path=pictures / row["file"],
        topic=row["topic"],
        objects=tuple(row["objects"] if "objects" in row else filter(None, [row.get("object")])),
        text=text,
        small_print=row.get("text_small") or "",
        language="-" if not text else "mixed" if "+" in language else language,
        kind=row.get("text_kind") or "-",
    )
