"""The detector trained on a few drawn pictures: it learns, and its file is what the engine takes."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from adlens.domain.analysis import Looks, Stage
from adlens.vision.bundle import load_bundle
from adlens.vision.image import PillowDecoder
from training.environment import ROOT, training_python, training_variables
from training.seal import seal

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
SIZE = 240, 180
TOPICS = {"clock": "clocks", "suitcase": "bags"}


def draw(folder: Path, name: str, source: str, label: str | None) -> dict[str, Any]:
    """A picture with one product at most, and its line of labels.jsonl."""
    page = Image.new("RGB", SIZE, (240, 235, 225))
    pen = ImageDraw.Draw(page)
    left, top = 40 + 13 * len(name) % 50, 30
    right, bottom = left + 110, top + 110
    if label == "clock":
        pen.ellipse((left, top, right, bottom), "white", "black", 6)
        pen.line((left + 55, top + 55, left + 55, top + 15), "black", 5)
        pen.line((left + 55, top + 55, left + 85, top + 60), "black", 5)
    elif label:
        pen.rounded_rectangle((left, top + 20, right, bottom), 12, "darkred", "black", 4)
        pen.arc((left + 35, top, right - 35, top + 40), 180, 360, "black", 6)
    page.save(folder / name)
    box = [value / side for value, side in zip((left, top, right, bottom), SIZE * 2, strict=True)]
    boxes = [{"class": label, **dict(zip(("x1", "y1", "x2", "y2"), box, strict=True))}] if label else []
    return {
        "file": name, "source": source, "use": "train", "topic": TOPICS.get(label or "", "other"), "boxes": boxes,
        "labelled_classes": ["backpack", "handbag", "suitcase", "tie", "cup", "fork", "knife", "spoon", "clock"],
    }  # fmt: skip


@pytest.fixture(scope="module")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve to learn from and three of a source that is held out."""
    folder = tmp_path_factory.mktemp("photographs")
    labels = ("clock", "suitcase", None)
    lines = [draw(folder, f"{'a' * number}.png", "drawn", labels[number % 3]) for number in range(1, 13)]
    lines += [draw(folder, f"held-{number}.png", "magento", labels[number]) for number in range(3)]
    (folder / "labels.jsonl").write_text("\n".join(map(json.dumps, lines)))
    (folder / "scenes").mkdir()
    draw(folder / "scenes", "cup.png", "", None)
    scene = {"file": "cup.png", "objects": [{"class": "cup", "box": [0.1, 0.1, 0.9, 0.9]}]}
    (folder / "scenes/labels.jsonl").write_text(json.dumps(scene) + "\n")
    return folder


@pytest.fixture(scope="module")
def trained(run: Callable[..., str], photographs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The teacher has seen nothing in them."""
    out = tmp_path_factory.mktemp("objects")
    files = [json.loads(line)["file"] for line in (photographs / "labels.jsonl").read_text().splitlines()]
    (out / "teacher.jsonl").write_text("".join(json.dumps({"file": file, "seen": []}) + "\n" for file in files))
    run("training.objects.train", "--small", "--photographs", photographs, "--out", out, "--threads", "1")
    return out


def test_it_learns(trained: Path) -> None:
    metrics = json.loads((trained / "metrics.json").read_text())
    losses = [line["loss"] for line in metrics["head"]["log"]]
    assert losses[-1] < losses[0] * 0.8
    assert metrics["photographs"] == {"learned from": 12, "held out": 3}
    assert metrics["compared"].keys() == {"head", "together"}


def test_the_file_answers_as_the_network_it_was_made_from(trained: Path) -> None:
    metrics = json.loads((trained / "metrics.json").read_text())
    for variant in "head", "together":
        assert metrics[variant]["parity"]["pixels"] <= 1
        assert metrics[variant]["parity"]["confidence"] <= 1e-2
    assert (trained / "objects.onnx").stat().st_size < 12_000_000


def test_a_finished_run_has_nothing_left_to_train_and_makes_a_bundle(
    run: Callable[..., str], trained: Path, photographs: Path, tmp_path: Path
) -> None:
    before = json.loads((trained / "metrics.json").read_text())
    options = ["--small", "--photographs", photographs, "--out", trained, "--threads", "1", "--bundle", tmp_path]
    run("training.objects.train", *options)
    after = json.loads((trained / "metrics.json").read_text())
    assert after["together"]["log"] == before["together"]["log"]
    assert after["compared"] == before["compared"]
    assert "Caltech" in (tmp_path / "cards/objects.md").read_text()
    assert {row["metric"] for row in json.loads((tmp_path / "metrics/objects.json").read_text())["rows"]} >= {"F1"}

    manifest = 'name = "small"\nversion = "1"\n\n' + (trained / "manifest.toml").read_text()
    (tmp_path / "manifest.toml").write_text(manifest)
    seal(tmp_path)
    check_detector(tmp_path, photographs / "held-0.png", metrics_classes(after))

    with (tmp_path / "manifest.toml").open("a") as file:
        file.write('\n[looks]\nengine = "fake-looks"\n')
    places = {"bundle": tmp_path, "photographs": photographs, "scenes": photographs / "scenes", "out": trained}
    options = [part for name, place in places.items() for part in (f"--{name}", place)]
    run("training.objects.context", *options, "--pages", "2")
    bundle = load_bundle(tmp_path, threads=1)
    assert bundle.info.engines[Stage.DETECTION] == "yolov8-context-onnx"
    assert "with the whole picture" in (tmp_path / "cards/context.md").read_text()
    check_detector(tmp_path, photographs / "held-0.png", metrics_classes(after))


def check_detector(folder: Path, picture: Path, classes: set[str]) -> None:
    detector = load_bundle(folder, threads=1).objects
    assert detector is not None
    found = detector.detect(PillowDecoder().decode(picture.read_bytes()), Looks({}, (0.25,) * 16))
    assert all(one.class_name in classes for one in (*found.objects, *found.weak))


def metrics_classes(metrics: dict[str, Any]) -> set[str]:
    return set(metrics["compared"]["head"]["classes"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "set ADLENS_PHOTOGRAPHS to the folder"),
        (["--photographs", "{empty}"], "has no labels.jsonl"),
        (["--photographs", "{photographs}"], "set ADLENS_WEIGHTS to the folder"),
        (["--photographs", "{photographs}", "--weights", "{empty}"], "has no yolov8n.onnx"),
    ],
)
def test_it_says_what_it_needs(photographs: Path, tmp_path: Path, arguments: list[str], message: str) -> None:
    (tmp_path / "empty").mkdir()
    given = [one.format(photographs=photographs, empty=tmp_path / "empty") for one in arguments]
    variables = {
        key: value for key, value in training_variables().items() if key not in {"ADLENS_PHOTOGRAPHS", "ADLENS_WEIGHTS"}
    }
    ended = subprocess.run(
        [training_python(), "-m", "training.objects.train", "--small", "--out", tmp_path / "out", *given],
        cwd=ROOT, env=variables, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 1
    assert message in ended.stderr
