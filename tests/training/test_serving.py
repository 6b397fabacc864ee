"""Serving never imports torch, not even where torch is installed: no library it uses reaches for it."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from adlens.settings import CommandLineSettings
from training.environment import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
TORCH = {"torch", "torchvision", "ultralytics", "easyocr", "transformers"}
WEIGHTS = (ROOT / CommandLineSettings().weights).resolve()
BUNDLES = [
    name
    for name in ("base", "compact", "coco-dev")
    if (ROOT / "models" / name / "manifest.toml").is_file()
    and (name != "coco-dev" or (WEIGHTS / "yolov8n.onnx").exists())
]


@pytest.mark.parametrize("bundle", BUNDLES)
def test_serving_never_imports_torch(run: Callable[..., str], bundle: str) -> None:
    folder, sample = ROOT / "models" / bundle, ROOT / "samples" / "cups_01_card.jpg"
    seen = json.loads(run("tests.training.serving", folder, WEIGHTS, sample).splitlines()[-1])
    assert seen["installed"]
    assert seen["stages"]
    assert not TORCH & set(seen["modules"])
