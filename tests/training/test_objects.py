"""The detector trained on eighty scenes: it learns, and its file is what the engine takes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from adlens.vision.bundle import load_bundle
from adlens.vision.image import PillowDecoder
from adlens.vision.objects.yolo import YoloDetector
from training.seal import seal

pytestmark = pytest.mark.timeout(900)
SIDE = 416
CLASSES = ["person", "backpack", "handbag", "tie", "suitcase", "bottle", "cup", "fork", "knife", "spoon", "clock"]


@pytest.fixture(scope="module")
def scenes(run: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("scenes")
    run("training.scenes.render", "--count", "80", "--out", out)
    return out


@pytest.fixture(scope="module")
def trained(run: Callable[..., str], scenes: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("objects")
    run("training.objects.train", "--small", "--scenes", scenes, "--out", out)
    return out


def test_it_learns(trained: Path) -> None:
    metrics = json.loads((trained / "metrics.json").read_text())
    losses = [line["loss"] for line in metrics["log"]]
    assert losses[-1] < losses[0] * 0.8
    assert metrics["scenes"] == {"train": 64, "val": 8, "test": 8}


def test_the_file_answers_as_the_head_it_was_made_from(trained: Path) -> None:
    parity = json.loads((trained / "metrics.json").read_text())["parity"]
    assert parity["pixels"] <= 1
    assert parity["confidence"] <= 5e-3
    assert (trained / "objects.onnx").stat().st_size < 8_000_000


def test_the_engine_takes_the_file(trained: Path, scenes: Path) -> None:
    detector = YoloDetector(trained / "objects.onnx", CLASSES, threshold=0.05, iou=0.6, side=SIDE, threads=1)
    found = detector.detect(PillowDecoder().decode((scenes / "images/00000.jpg").read_bytes()))
    assert len(found.visual) == 384
    assert np.isfinite(found.visual).all()
    assert {one.class_name for one in found.objects} <= set(CLASSES)


def test_a_finished_run_has_nothing_left_to_train_and_makes_a_bundle(
    run: Callable[..., str], trained: Path, scenes: Path, tmp_path: Path
) -> None:
    before = json.loads((trained / "metrics.json").read_text())
    run("training.objects.train", "--small", "--scenes", scenes, "--out", trained, "--bundle", tmp_path)
    after = json.loads((trained / "metrics.json").read_text())
    assert after["log"] == before["log"]
    assert after["test"] == before["test"]
    assert "AP50" in (tmp_path / "cards/objects.md").read_text()
    assert {row["metric"] for row in json.loads((tmp_path / "metrics/objects.json").read_text())["rows"]} >= {"F1"}

    manifest = 'name = "small"\nversion = "1"\n\n' + (trained / "manifest.toml").read_text()
    (tmp_path / "manifest.toml").write_text(manifest)
    seal(tmp_path)
    assert load_bundle(tmp_path, threads=1).objects is not None
