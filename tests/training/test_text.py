"""Training the reader on a few hundred lines: the whole way, from drawing to the file that serving reads with."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from adlens.vision.bundle import load_bundle
from adlens.vision.image import PillowDecoder
from adlens.vision.text.ctc import CtcRecogniser
from training.text.alphabet import ALPHABET

CARD = Path(__file__).parents[2] / "samples" / "bags_01_card.jpg"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def trained(run: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("text")
    run("training.text.train", "--small", "--out", out)
    return out


def errors_of(folder: Path) -> dict[str, float]:
    rows = json.loads((folder / "metrics/text.json").read_text())["rows"]
    return {row["dataset"]: row["value"] for row in rows if row["metric"] == "CER"}


def test_it_learns(trained: Path) -> None:
    errors = errors_of(trained)
    assert len(errors) == 8
    # Untrained, blanks or noise are read: an error rate of 1 or more.
    assert next(error for dataset, error in errors.items() if "test-en," in dataset) < 0.9


def test_a_head_learns_on(run: Callable[..., str], trained: Path, tmp_path: Path) -> None:
    out = tmp_path / "text"
    shutil.copytree(trained, out, ignore=shutil.ignore_patterns("head.pt"))
    options = "--epochs", "1", "--rate", "6e-4"
    run("training.text.train", "--small", "--out", out, "--start", trained / "reader.onnx", *options)

    # A new head reads nothing after one epoch.
    assert sum(errors_of(out).values()) < 2 * sum(errors_of(trained).values())
    assert "learned on" in (out / "cards/text.md").read_text()


def test_serving_reads_with_the_file(trained: Path) -> None:
    reader = CtcRecogniser(trained / "reader.onnx", ALPHABET, sure=0.97, threads=1)
    lines = [np.full((height, 400, 3), 255, dtype=np.uint8) for height in (5, 60, 900)]
    assert all(0 <= reading.confidence <= 1 for reading in reader.read(lines))


def test_it_goes_on_where_it_stopped(run: Callable[..., str], trained: Path) -> None:
    """Asked for the same again, nothing is drawn or fitted anew."""

    def times() -> dict[str, int]:
        return {path.name: path.stat().st_mtime_ns for path in [*trained.glob("*.npz"), trained / "head.pt"]}

    before = times()
    run("training.text.train", "--small", "--out", trained)
    assert times() == before


def test_the_card_says_what_was_measured(trained: Path) -> None:
    card = (trained / "cards/text.md").read_text()
    assert "800 lines" in card
    assert "test-mixed-augmented" in card


def test_int8_reads_and_is_smaller(run: Callable[..., str], tmp_path: Path) -> None:
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    shutil.copy(CARD, pictures)
    said = run("training.text.quantise", "--calibrate", pictures, "--out", tmp_path / "int8")
    sizes = re.findall(r"\w+: ([\d.]+) MB -> ([\d.]+) MB", said)
    assert len(sizes) == 2
    assert all(float(after) < float(before) for before, after in sizes)
    for part in "detector", "reader":
        bundle = load_bundle(tmp_path / "int8" / part, threads=1)
        assert bundle.text
        words = " ".join(block.text for block in bundle.text.read(PillowDecoder().decode(CARD.read_bytes())))
        assert len(words) > 20
