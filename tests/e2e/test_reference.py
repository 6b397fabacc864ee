"""The MVP's engines on the local stack: random weights of their architectures, in the interpreter that has torch."""

from __future__ import annotations

import subprocess

import pytest

from training.environment import ROOT, training_python, training_variables
from training.random_weights import LETTER

ENGINES = ("easyocr", "ultralytics", "mvp-topic")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def test_a_creative_is_analysed_by_ultralytics_easyocr_and_transformers(started, picture, tmp_path) -> None:
    python, bundle = training_python(), tmp_path / "bundle"
    command = [python, "-m", "training.random_weights", bundle, "--tiny", "--one-line"]
    subprocess.run(command, cwd=ROOT, env=training_variables(), check=True)
    with started({"ADLENS_LOCAL_BUNDLE": str(bundle), "ADLENS_LOCAL_PYTHON": str(python)}) as here:
        workspace = here.workspace("reference")
        group_id, _ = workspace.upload({"card.jpg": picture(0)}, tmp_path)
        (creative,) = workspace.settled(group_id, seconds=300).values()
        assert creative["overall_status"] == "SUCCESS", creative
        engines = creative["models"]["engines"]
        assert (engines["ocr"], engines["detection"], engines["classification"]) == ENGINES
        # What random weights find: the whole picture is one line of one letter, and one of five topics fits.
        assert creative["ocr_text"] == LETTER
        assert creative["main_topic"]
        assert creative["dominant_colors"]
        (environment, *_) = here.environments("functions.analyze.handler.handler")
        assert environment.cmdline()[0] == str(python)
