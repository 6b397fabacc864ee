"""What a picture looks like: a classifier of ImageNet on ONNX Runtime, its classes and its features."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from adlens.domain.analysis import Looks
from adlens.domain.errors import InvalidBundle
from adlens.domain.ports.vision import DecodedImage
from adlens.vision.image import Pixels, pixels_of
from adlens.vision.objects.yolo import Letterbox
from adlens.vision.session import Floats, batch_of_one, make_session

_LEAST = 1e-4
"""Probability of a class worth keeping."""


class ImagenetLooks:
    """Sees the whole picture, in the middle of a white square.

    The model takes `images` (1, 3, side, side), RGB in [0, 1], and gives `probabilities` (1, C) and `features` (1, D).
    `classes` is a file with the names of the C classes, one a line; raises InvalidBundle when they are fewer or more.
    """

    def __init__(self, model: Path, classes: Path, side: int, threads: int) -> None:
        self._session = make_session(model, threads)
        self._classes = classes.read_text(encoding="utf-8").splitlines()
        self._side = side
        known = self._session.get_outputs()[0].shape[1]
        if known != len(self._classes):
            raise InvalidBundle(f"{model} knows {known} classes; {classes} names {len(self._classes)}.")

    def extract(self, image: DecodedImage) -> Looks:
        images = on_white(pixels_of(image), self._side)
        (probabilities,), (features,) = self._session.run(["probabilities", "features"], {"images": images})
        likely = [number for number in np.argsort(-probabilities) if probabilities[number] >= _LEAST]
        return Looks(
            {self._classes[number]: float(probabilities[number]) for number in likely}, tuple(features.tolist())
        )


def on_white(pixels: Pixels, side: int) -> Floats:
    """The (1, 3, side, side) input in [0, 1]."""
    height, width = pixels.shape[:2]
    box = Letterbox.of(width, height, side)
    square = np.full((side, side, 3), 255, dtype=np.uint8)
    square[box.top : box.top + box.height, box.left : box.left + box.width] = cv2.resize(
        pixels, (box.width, box.height), interpolation=cv2.INTER_AREA
    )
    return batch_of_one(square, mean=0, scale=1 / 255)
