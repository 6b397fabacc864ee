from __future__ import annotations

from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow

from adlens.domain.errors import InvalidBundle
from adlens.domain.ports.vision import DecodedImage
from adlens.vision.image import PillowDecoder
from adlens.vision.looks import imagenet

SIDE = 8


class MeanSession:
    """Stands for the ONNX model: its features are the mean colour, its classes share what that leaves."""

    def get_outputs(self) -> list[Any]:
        return [SimpleNamespace(name="probabilities", shape=[1, 3])]

    def run(self, names: list[str], inputs: dict[str, Any]) -> list[Any]:
        images = inputs["images"]
        assert images.shape == (1, 3, SIDE, SIDE)
        assert images.dtype == np.float32
        found = {"probabilities": np.array([[0.2, 0.8, 0.00001]]), "features": images.mean(axis=(2, 3))}
        return [found[name].astype(np.float32) for name in names]


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> imagenet.ImagenetLooks:
    monkeypatch.setattr(imagenet, "make_session", lambda model, threads: MeanSession())
    (tmp_path / "classes.txt").write_text("cup\nWindsor tie\nporcupine\n")
    return imagenet.ImagenetLooks(Path("m"), tmp_path / "classes.txt", SIDE, threads=1)


def picture(color: str) -> DecodedImage:
    buffer = BytesIO()
    Pillow.new("RGB", (40, 30), color).save(buffer, "PNG")
    return PillowDecoder().decode(buffer.getvalue())


def test_the_likeliest_classes_come_first_and_hopeless_ones_not_at_all(looks: imagenet.ImagenetLooks) -> None:
    scores = looks.extract(picture("red")).class_scores
    assert list(scores) == ["Windsor tie", "cup"]
    assert scores["Windsor tie"] == pytest.approx(0.8)


def test_the_model_sees_rgb_between_zero_and_one(looks: imagenet.ImagenetLooks) -> None:
    """The whole of it, on white: a picture of 40 x 30 covers six of the eight rows."""
    assert looks.extract(picture("#ff8000")).embedding == pytest.approx((1, (6 * 128 / 255 + 2) / 8, 2 / 8))


def test_other_classes_than_the_models_are_refused(looks: imagenet.ImagenetLooks, tmp_path: Path) -> None:
    (tmp_path / "classes.txt").write_text("cup\n")
    with pytest.raises(InvalidBundle, match=r"knows 3 classes; .* names 1"):
        imagenet.ImagenetLooks(Path("m"), tmp_path / "classes.txt", SIDE, threads=1)
