"""The bundle that is the default, on its real models: what it promises without a network."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image as Pillow

from adlens.domain.analysis import Analysis, TextBlock
from adlens.domain.ports import Engines
from adlens.services.analyze_image import analyze_image
from adlens.vision.bundle import load_bundle
from benchmarks.scoring import Counts, score_words, words

CHECKOUT = Path(__file__).parents[3]
COMPACT = CHECKOUT / "models/compact"
SAMPLES = CHECKOUT / "samples"
LABELS = json.loads((SAMPLES / "labels.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def engines() -> Engines:
    return load_bundle(COMPACT, threads=2)


@pytest.fixture(scope="module")
def analyses(engines: Engines) -> dict[str, Analysis]:
    return {label["file"]: analyze_image((SAMPLES / label["file"]).read_bytes(), engines, 3, 3) for label in LABELS}


def read(picture: Pillow.Image, engines: Engines) -> tuple[TextBlock, ...]:
    assert engines.text
    buffer = BytesIO()
    picture.save(buffer, "PNG")
    return engines.text.read(engines.decoder.decode(buffer.getvalue()))


@pytest.fixture(scope="module")
def heading() -> Pillow.Image:
    """'Сумка женская' of a sample, with some room around it."""
    with Pillow.open(SAMPLES / "bags_01_card.jpg") as card:
        return card.convert("RGB").crop((0, 0, 900, 200))


def test_it_is_small_and_says_whose_parts_it_has() -> None:
    assert sum(path.stat().st_size for path in COMPACT.rglob("*") if path.is_file()) <= 30e6
    assert "Apache License, Version 2.0" in (COMPACT / "NOTICE").read_text()
    assert {path.name for path in (COMPACT / "cards").iterdir()} >= {"text.md", "objects.md", "topic.md"}


def test_lines_carry_polygon_box_confidence_and_language(heading: Pillow.Image, engines: Engines) -> None:
    block = read(heading, engines)[0]
    assert block.text == "Сумка женская"
    assert block.language == "ru"
    assert block.confidence > 0.9
    assert len(block.polygon) == 4
    assert block.bbox.y1 < 0.5 < block.bbox.x2


def turned(picture: Pillow.Image) -> Pillow.Image:
    return picture.rotate(37, expand=True, fillcolor="white")


def bent(picture: Pillow.Image) -> Pillow.Image:
    """Round a circle."""
    polar = cv2.warpPolar(
        cv2.rotate(np.asarray(picture), cv2.ROTATE_90_CLOCKWISE), (900, 900), (450, 450), 440, cv2.WARP_INVERSE_MAP
    )
    return Pillow.fromarray(polar)


def tiny(picture: Pillow.Image) -> Pillow.Image:
    return picture.resize((130, 29), Pillow.Resampling.LANCZOS)


@pytest.mark.parametrize("spoil", [turned, bent, tiny])
def test_what_cannot_be_read_well_is_not_claimed(
    heading: Pillow.Image, engines: Engines, spoil: Callable[[Pillow.Image], Pillow.Image]
) -> None:
    """Whatever is reported with certainty is there; the rest is left out or said with less confidence."""
    there = {word for block in read(heading, engines) for word in words(block.text)}
    for block in read(spoil(heading), engines):
        assert block.confidence < 0.95 or set(words(block.text)) <= there


def test_the_samples_are_about_what_their_labels_say(analyses: dict[str, Analysis]) -> None:
    right = sum(
        (found := analyses[label["file"]].topic) is not None and found.topic == label["topic"] for label in LABELS
    )
    assert right >= 0.9 * len(LABELS)


def test_the_russian_samples_are_read(analyses: dict[str, Analysis]) -> None:
    counts = Counts()
    for label in LABELS:
        if label["language"] == "ru":
            found = [word for block in analyses[label["file"]].text or () for word in words(block.text)]
            counts += score_words(found, words(label["text"]), label["text_small"] or "")
    assert counts.recall is not None
    assert counts.recall >= 0.9
    assert counts.precision is not None
    assert counts.precision >= 0.9


def test_every_sample_has_a_vector_of_one_length(analyses: dict[str, Analysis]) -> None:
    vectors = [found.embedding for found in analyses.values()]
    assert all(vector is not None and np.linalg.norm(vector) == pytest.approx(1, abs=1e-3) for vector in vectors)
    assert len({len(vector) for vector in vectors if vector}) == 1
