"""`make models` on random weights of the true architecture: no network, and a bundle that serving opens."""

from __future__ import annotations

import json
import shutil
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from adlens.domain.analysis import Stage
from adlens.domain.topics import taxonomy
from adlens.settings import CommandLineSettings
from adlens.vision.bundle import load_bundle
from training.environment import ROOT
from training.upstream.weights import find_weights

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
SAMPLE = ROOT / "samples" / "cups_01_card.jpg"
WEIGHTS = (ROOT / CommandLineSettings().weights).resolve()
needs_weights = pytest.mark.skipif(not (WEIGHTS / "yolov8n.pt").exists(), reason="no trained weights here")


@pytest.fixture(scope="module")
def weights(run: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("weights")
    run("training.random_weights", folder, "--tiny")
    return folder


@pytest.fixture(scope="module")
def upstream(run: Callable[..., str], weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("upstream") / "bundle"
    run("training.upstream", "--weights", weights, "--out", folder)
    return folder


def measured(folder: Path) -> dict[str, float]:
    rows = json.loads((folder / "metrics" / "objects.json").read_text())["rows"]
    return {row["metric"]: row["value"] for row in rows}


def agrees(figures: dict[str, float]) -> bool:
    return figures["lost"] == figures["new"] == 0 and figures["pixels"] <= 1 and figures["scores"] <= 1e-3


def test_it_finds_what_the_pt_finds(upstream: Path) -> None:
    figures = measured(upstream)
    assert figures["objects"] > 100  # random, but something
    assert agrees(figures)
    assert "AGPL-3.0" in (upstream / "CARD.md").read_text()


@needs_weights
def test_it_finds_what_trained_weights_find(run: Callable[..., str], tmp_path: Path) -> None:
    run("training.upstream", "--weights", WEIGHTS, "--out", tmp_path / "bundle")
    figures = measured(tmp_path / "bundle")
    assert figures["objects"] >= 20
    assert agrees(figures)


def test_serving_opens_it_and_sees_what_pictures_look_like(upstream: Path, weights: Path) -> None:
    bundle = load_bundle(upstream, threads=1, variables={"weights": str(weights)})
    assert bundle.info.name == "upstream"
    assert bundle.info.version.startswith("yolov8n-fp32-")
    assert bundle.info.engines[Stage.DETECTION] == "yolov8-context-onnx"
    assert bundle.objects
    assert bundle.looks
    assert bundle.topic
    image = bundle.decoder.decode(SAMPLE.read_bytes())
    looks = bundle.looks.extract(image)
    assert bundle.topic.classify((), bundle.objects.detect(image, looks), looks).topic in taxonomy().topics


def test_the_other_stages_are_those_of_the_committed_bundles(upstream: Path) -> None:
    made, coco = (
        tomllib.loads((folder / "manifest.toml").read_text()) for folder in (upstream, ROOT / "models/coco-dev")
    )
    assert made.keys() == coco.keys()
    assert made["classification"] == coco["classification"]
    assert made["detection"]["classes"] == coco["detection"]["classes"]
    assert made["detection"]["threshold"] == coco["detection"]["threshold"]


def test_int8_is_smaller_and_says_what_it_loses(run: Callable[..., str], weights: Path, tmp_path: Path) -> None:
    folder = tmp_path / "bundle"
    run("training.upstream", "--weights", weights, "--out", folder, "--precision", "int8")
    assert (folder / "yolov8n.onnx").stat().st_size < 5e6
    assert load_bundle(folder, threads=1, variables={"weights": str(weights)}).info.version.startswith("yolov8n-int8-")
    assert "Quantised" in (folder / "CARD.md").read_text()
    assert 0 <= measured(folder)["lost"] < measured(folder)["objects"]


def test_without_weights_and_network_it_says_what_to_put_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_network(path: Path) -> str:
        raise ConnectionError("no route")

    downloads = SimpleNamespace(attempt_download_asset=no_network)
    monkeypatch.setitem(sys.modules, "ultralytics.utils.downloads", downloads)  # the package itself is not here
    with pytest.raises(SystemExit, match=r"yolov8s\.pt is not in .*ADLENS_WEIGHTS"):
        find_weights("s", tmp_path, tmp_path / "downloads")


def test_a_failure_leaves_the_bundle_that_was_there(run: Callable[..., str], weights: Path, tmp_path: Path) -> None:
    folder = tmp_path / "bundle"
    folder.mkdir()
    (folder / "manifest.toml").write_text("before")
    broken = tmp_path / "weights"
    broken.mkdir()
    shutil.copyfile(weights / "mvp-topic" / "config.json", broken / "yolov8n.pt")
    with pytest.raises(AssertionError):
        run("training.upstream", "--weights", broken, "--out", folder)
    assert (folder / "manifest.toml").read_text() == "before"
