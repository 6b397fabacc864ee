"""The committed samples are what their labels say, and show the whole service."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageOps

from adlens.domain.colors import COLOR_CLASSES
from adlens.domain.topics import taxonomy
from adlens.vision.image import PillowDecoder
from adlens.vision.palette import KMeansPalette
from samples.generate import CREATIVES

FOLDER = Path(__file__).resolve().parents[3] / "samples"
LABELS: list[dict[str, Any]] = json.loads((FOLDER / "labels.json").read_text("utf-8"))
FORMATS = {".jpg": "JPEG", ".png": "PNG", ".webp": "WEBP"}

every_label = pytest.mark.parametrize("label", LABELS, ids=lambda label: label["file"])


def test_labels_pictures_and_drawings_are_the_same_set() -> None:
    labelled = [label["file"] for label in LABELS]
    assert labelled == sorted(path.name for path in FOLDER.iterdir() if path.suffix in FORMATS)
    assert labelled == sorted(creative.file for creative in CREATIVES)


@every_label
def test_a_picture_is_what_its_label_says(label: dict[str, Any]) -> None:
    with Image.open(FOLDER / label["file"]) as picture:
        picture.load()
        assert picture.format == FORMATS[Path(label["file"]).suffix]
        assert ImageOps.exif_transpose(picture).size == (label["width"], label["height"])


@every_label
def test_a_label_is_complete(label: dict[str, Any]) -> None:
    assert label["topic"] in set(taxonomy().topics)
    assert all(line.strip() for line in label["text"].split("\n"))
    cyrillic = any("а" <= letter <= "я" for letter in label["text"].lower())
    assert label["language"] == ("ru" if cyrillic else "en")
    if label["object"]:
        x1, y1, x2, y2 = label["box"]
        assert 0 <= x1 < x2 <= 1
        assert 0 <= y1 < y2 <= 1


def test_the_set_is_varied_and_small() -> None:
    assert Counter(label["topic"] for label in LABELS) == dict.fromkeys(taxonomy().topics, 4)
    assert {label["language"] for label in LABELS} == {"ru", "en"}
    assert {Path(label["file"]).suffix for label in LABELS} == set(FORMATS)
    pictures = {label["file"]: Image.open(FOLDER / label["file"]) for label in LABELS}
    assert [name for name, picture in pictures.items() if picture.mode == "RGBA"] == ["cutlery_04_sticker.png"]
    assert [name for name, picture in pictures.items() if picture.getexif().get(0x0112)] == ["ties_03_square.jpg"]
    assert sum((FOLDER / name).stat().st_size for name in pictures) < 5_000_000


def test_every_colour_class_leads_or_supports_some_palette() -> None:
    palette, decoder = KMeansPalette(), PillowDecoder()
    found = {
        swatch.color_class
        for label in LABELS
        for swatch in palette.extract(decoder.decode((FOLDER / label["file"]).read_bytes()), 3, 3)
    }
    assert found == {color_class.name for color_class in COLOR_CLASSES}
