"""The reference engines behind the serving ports, on random weights of the true architectures.

The same promises as the serving engines keep (tests/integration/vision): fractions in reading order, sure ones first,
scores that add up, pictures of every shape.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from adlens.domain.errors import InvalidBundle
from adlens.vision.bundle import load_bundle
from training.environment import ROOT, training_python, training_variables
from training.random_weights import LETTER

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
SHAPES = {"card": (320, 240), "dot": (1, 1), "pole": (1, 3000), "banner": (4000, 30), "odd": (33, 31)}
SAMPLE = ROOT / "samples" / "cups_01_card.jpg"


@pytest.fixture(scope="module")
def bundle(run: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reference")
    run("training.random_weights", folder, "--tiny", "--one-line")
    return folder


@pytest.fixture(scope="module")
def found(run: Callable[..., str], bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    pictures = tmp_path_factory.mktemp("pictures")
    for name, size in SHAPES.items():
        Image.effect_noise(size, 80).convert("RGB").save(pictures / f"{name}.png")
    answer = run("tests.training.findings", bundle, SAMPLE, *sorted(pictures.iterdir()))
    return json.loads(answer.splitlines()[-1])


def test_pictures_of_every_shape_are_read_or_have_no_text(found: dict[str, Any]) -> None:
    assert found.keys() == {SAMPLE.name, *(f"{name}.png" for name in SHAPES)}
    for name in ("dot", "pole"):
        assert found[f"{name}.png"]["text"] == []


def test_a_line_is_where_it_is_with_its_corners_and_language(found: dict[str, Any]) -> None:
    (block,) = found["card.png"]["text"]  # its detector takes the whole picture for a line
    assert block["text"] == LETTER
    assert block["language"] == "en"
    assert block["confidence"] == pytest.approx(1)
    assert list(block["bbox"].values()) == [0, 0, 1, 1]
    assert block["polygon"] == [[0, 0], [1, 0], [1, 1], [0, 1]]


def test_objects_are_fractions_sure_ones_first_with_evidence(found: dict[str, Any]) -> None:
    sample = found[SAMPLE.name]["detections"]
    assert sample["objects"]
    for picture in found.values():
        detections = picture["detections"]
        confidences = [thing["confidence"] for thing in detections["objects"]]
        assert confidences == sorted(confidences, reverse=True)
        assert all(confidence >= 0.35 for confidence in confidences)
        for thing in detections["objects"]:
            box = thing["bbox"]
            assert 0 <= box["x1"] <= box["x2"] <= 1
            assert 0 <= box["y1"] <= box["y2"] <= 1
            assert detections["class_scores"][thing["class_name"]] >= thing["confidence"] - 1e-5
        assert all(score >= 0.01 for score in detections["class_scores"].values())


def test_topics_have_scores_that_add_up(found: dict[str, Any]) -> None:
    for picture in found.values():
        topic = picture["topic"]
        assert sum(topic["scores"].values()) == pytest.approx(1, abs=1e-5)
        assert topic["scores"][topic["topic"]] == topic["confidence"] == max(topic["scores"].values())
        seen = picture["detections"]["class_scores"].keys()
        assert {evidence["what"] for evidence in topic["evidence"]} <= seen


@pytest.mark.parametrize("file", ["easyocr/cyrillic_g2.pth", "yolov8n.pt", "mvp-topic/classifier.pth"])
def test_a_file_of_something_else_is_refused_with_its_name(bundle: Path, tmp_path: Path, file: str) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(bundle, broken, copy_function=lambda source, target: Path(target).hardlink_to(source))
    (broken / file).unlink()
    (broken / file).write_bytes(b"no weights at all")
    manifest = (broken / "manifest.toml").read_text()
    entry = re.compile(rf'(path = "{re.escape(file)}")\nsha256 = ".*"')
    (broken / "manifest.toml").unlink()
    (broken / "manifest.toml").write_text(entry.sub(r"\1\nunpinned = true", manifest))
    command = [training_python(), "-m", "tests.training.findings", broken, SAMPLE]
    ended = subprocess.run(command, cwd=ROOT, env=training_variables(), capture_output=True, text=True, check=False)
    *_, last = ended.stderr.strip().splitlines()
    assert "InvalidBundle" in ended.stderr
    assert str(broken / Path(file).parent) in ended.stderr, last


def test_where_the_libraries_are_not_it_says_where_they_come_from(bundle: Path) -> None:
    with pytest.raises(InvalidBundle, match=r"needs easyocr.*requirements/reference\.txt"):
        load_bundle(bundle, threads=1)


def test_the_committed_bundle_says_which_files_to_bring(run: Callable[..., str], tmp_path: Path) -> None:
    code = (
        "from pathlib import Path; from adlens.vision.bundle import load_bundle;"
        f"load_bundle(Path('models/reference'), 1, {{'weights': {str(tmp_path)!r}}})"
    )
    ended = subprocess.run(
        [training_python(), "-c", code], cwd=ROOT, env=training_variables(), capture_output=True, text=True, check=False
    )
    assert "InvalidBundle" in ended.stderr
    assert f"{tmp_path}/easyocr/craft_mlt_25k.pth cannot be read: No such file" in ended.stderr
    assert "jaided.ai/easyocr/modelhub" in ended.stderr
