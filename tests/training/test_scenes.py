"""Twelve rendered scenes: the labels name what is there, and the same seed gives the same pictures."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def scenes(run: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("scenes")
    run("training.scenes.render", "--small", "--out", out)
    return out


def labels_of(scenes: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (scenes / "labels.jsonl").read_text(encoding="utf-8").splitlines()]


def test_every_picture_is_labelled_with_boxes_inside_it(scenes: Path) -> None:
    labels = labels_of(scenes)
    assert [label["file"] for label in labels] == [f"images/{number:05d}.jpg" for number in range(12)]
    assert [label["split"] for label in labels][8:10] == ["val", "test"]
    assert sum(len(label["objects"]) for label in labels) >= 10
    for box in (thing["box"] for label in labels for thing in label["objects"]):
        x1, y1, x2, y2 = box
        assert 0 <= x1 < x2 <= 1
        assert 0 <= y1 < y2 <= 1


def test_something_is_seen_where_a_box_is(scenes: Path) -> None:
    flat = 0
    boxes = [(label["file"], thing["box"]) for label in labels_of(scenes) for thing in label["objects"]]
    for file, (x1, y1, x2, y2) in boxes:
        picture = np.asarray(Image.open(scenes / file).convert("L"), float)
        height, width = picture.shape
        inside = picture[int(y1 * height) : int(y2 * height) + 1, int(x1 * width) : int(x2 * width) + 1]
        flat += inside.std() < 2
    assert flat <= len(boxes) // 10


def test_a_stopped_run_goes_on_and_the_same_seed_gives_the_same(
    scenes: Path, run: Callable[..., str], tmp_path: Path
) -> None:
    run("training.scenes.render", "--count", "3", "--out", tmp_path)
    run("training.scenes.render", "--count", "5", "--out", tmp_path)
    assert labels_of(tmp_path) == labels_of(scenes)[:5]
    again, first = (np.asarray(Image.open(folder / "images/00004.jpg"), float) for folder in (tmp_path, scenes))
    assert np.abs(again - first).mean() < 1
