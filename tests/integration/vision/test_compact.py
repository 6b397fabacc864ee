"""The bundle that is the default, on its real models: what it promises without a network."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from adlens.domain.analysis import Analysis, TextBlock
from adlens.domain.ports.vision import Engines
from adlens.services.analyze_image import analyze_image
from adlens.vision.bundle import load_bundle
from benchmarks import text_alone
from evaluation.scoring import Counts, score_words, words

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
    assert sum(path.stat().st_size for path in COMPACT.rglob("*") if path.is_file()) <= 45e6
    assert "Apache License, Version 2.0" in (COMPACT / "NOTICE").read_text()
    assert {path.name for path in (COMPACT / "cards").iterdir()} >= {
        "text.md",
        "objects.md",
        "context.md",
        "looks.md",
        "topic.md",
    }


def test_lines_carry_polygon_box_confidence_and_language(heading: Pillow.Image, engines: Engines) -> None:
    block = read(heading, engines)[0]
    assert block.text == "Сумка женская"
    assert block.language == "ru"
    assert block.confidence > 0.9
    assert len(block.polygon) == 4
    assert block.bbox.y1 < 0.5 < block.bbox.x2


@pytest.fixture(scope="module")
def line(heading: Pillow.Image, engines: Engines) -> Pillow.Image:
    """'Сумка женская' alone."""
    box, (width, height) = read(heading, engines)[0].bbox, heading.size
    cut = heading.crop((int(box.x1 * width), int(box.y1 * height), int(box.x2 * width), int(box.y2 * height)))
    return cut.resize((400, 48), Pillow.Resampling.LANCZOS)


def on_a_page(line: Pillow.Image, times: int = 1) -> Pillow.Image:
    page = Pillow.new("RGB", (times * 420 + 80, 160), "white")
    for number in range(times):
        page.paste(line, (40 + number * 420, 56))
    return page


def test_a_line_of_any_length_is_read(line: Pillow.Image, engines: Engines) -> None:
    """A line of 180 characters and more, of which the model has learned to read a sixth at once."""
    text = " ".join(block.text for block in read(on_a_page(line, 14), engines))
    assert text.count("Сумка женская") >= 13


@pytest.mark.parametrize("angle", [45, -60, 75])
def test_a_turned_line_is_in_reading_order(line: Pillow.Image, engines: Engines, angle: float) -> None:
    page = on_a_page(line).rotate(angle, Pillow.Resampling.BICUBIC, expand=True, fillcolor="white")
    assert " ".join(block.text for block in read(page, engines)) == "Сумка женская"


def test_white_print_on_a_transparent_ground_is_read(line: Pillow.Image, engines: Engines) -> None:
    page = on_a_page(line)
    white = Pillow.new("RGBA", page.size, "white")
    white.putalpha(page.convert("L").point(lambda value: 255 - value))
    assert [block.text for block in read(white, engines)] == ["Сумка женская"]


def drawn(*pieces: tuple[str, int, int]) -> Pillow.Image:
    """Pieces of a line one behind the other: text, size in pixels, how far its foot stands above the line's."""
    page, x = Pillow.new("RGB", (640, 140), "white"), 30.0
    for text, size, raised in pieces:
        font = ImageFont.load_default(size)
        ImageDraw.Draw(page).text((x, 100 - raised), text, "black", font, anchor="ls")
        x += font.getlength(text)
    return page


def fraction(upper: str, lower: str) -> tuple[tuple[str, int, int], ...]:
    return (upper, 28, 18), ("/", 48, 0), (lower, 28, 0)


def test_a_fraction_is_no_percentage_and_a_raised_figure_no_letter(engines: Engines) -> None:
    def texts(*pieces: tuple[str, int, int]) -> list[str]:
        return [block.text for block in read(drawn(*pieces), engines)]

    assert texts(("Size 2", 48, 0), *fraction("1", "2"), (" inch", 48, 0)) == ["Size 2½ inch"]
    assert texts(("Save ", 48, 0), *fraction("3", "4")) == ["Save ¾"]
    assert texts(("Save 50% or 5 %", 48, 0)) == ["Save 50% or 5 %"]
    assert texts(("Flat of 45 m", 48, 0), ("2", 28, 20), (" near", 48, 0)) == ["Flat of 45 m² near"]
    assert texts(("Box of 12 dm", 48, 0), ("3", 28, 16), (" max", 48, 0)) == ["Box of 12 dm³ max"]


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


@pytest.mark.skipif(not text_alone.FONT_FOLDER.is_dir(), reason=f"needs {text_alone.FONT_PACKAGE}")
def test_nothing_but_text_has_no_objects_and_no_sure_topic_of_a_product(engines: Engines) -> None:
    chance = random.Random(29)
    for number, copy in enumerate(text_alone.COPY):
        buffer = BytesIO()
        text_alone.LAYOUTS[number % len(text_alone.LAYOUTS)](chance, copy).save(buffer, "PNG")
        found = analyze_image(buffer.getvalue(), engines, 3, 3)
        assert found.detections is not None
        assert found.detections.objects == (), copy
        assert found.topic is not None
        assert found.topic.topic == "other" or not found.topic.sure, copy


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


FINDINGS = """
import json, sys, threading
import numpy as np
from pathlib import Path
from adlens.services.analyze_image import analyze_image
from adlens.vision import session
from adlens.vision.bundle import load_bundle
from adlens.vision.text import ctc, network

network._has_matrix_units = lambda: False  # which have an engine of their own
bundle, picture, kept = sys.argv[1:]
if kept == "kept":
    del session.CONFIGURATION["session.set_denormal_as_zero"]
decode, products = ctc.decode, {}

def product():
    with np.errstate(all="ignore"):
        products[threading.current_thread().name.split("_")[0]] = float(np.float32(1e-30) * np.float32(1e-10))

def noting(*arguments):
    product()
    return decode(*arguments)

ctc.decode = noting
found = analyze_image(Path(picture).read_bytes(), load_bundle(Path(bundle), threads=2), 3, 3)
product()
print(json.dumps({
    "denormal": sorted(name for name, value in products.items() if value),
    "threads": sorted(products),
    "text": [[block.text, block.confidence, *block.bbox.as_tuple()] for block in found.text],
    "objects": [[thing.class_name, thing.confidence, *thing.bbox.as_tuple()] for thing in found.detections.objects],
    "scores": found.topic.scores,
    "colours": [[list(swatch.rgb), swatch.percent] for swatch in found.palette],
    "embedding": found.embedding,
}))
"""


def test_denormal_numbers_count_as_zero_in_every_thread_that_runs_models_and_change_no_finding() -> None:
    def findings(kept: str) -> dict[str, object]:
        command = [sys.executable, "-c", FINDINGS, str(COMPACT), str(SAMPLES / "bags_01_card.jpg"), kept]
        result = subprocess.run(command, capture_output=True, text=True, check=True)
        return json.loads(result.stdout)

    zero, kept = findings("zero"), findings("kept")
    assert zero["threads"] == kept["threads"] == ["MainThread", "line"]
    assert (zero.pop("denormal"), kept.pop("denormal")) == ([], ["MainThread", "line"])
    assert zero == kept
