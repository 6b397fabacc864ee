"""Text by EasyOCR: CRAFT finds lines, a CRNN reads them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import easyocr
from easyocr import config

from adlens.domain.analysis import BoundingBox, TextBlock
from adlens.domain.errors import InvalidBundle
from adlens.domain.ports.vision import DecodedImage
from adlens.vision.image import pixels_of
from adlens.vision.reference.threads import use_threads
from adlens.vision.text.layout import language_of, reading_order

_DETECTOR = config.detection_models["craft"]
_RECOGNISERS = {model["filename"]: model for model in config.recognition_models["gen2"].values()}
_CANVAS = 2560
_LEAST = 8
"""Pixels of a line of text that anyone can read. EasyOCR looks at no more than _CANVAS of a picture's longer side, and
fails on pictures that this makes vanish."""


class EasyOcrReader:
    """Reads `languages` (EasyOCR's codes) and reports lines it is at least `confidence` sure of. The two files lie in
    one folder under the names that EasyOCR gives them; it fetches nothing.

    It leaks memory with each picture, so its models are made anew after every `recycle_after` of them. The files are
    pickles that EasyOCR opens: they must come from somebody you trust.
    """

    def __init__(
        self,
        detector: Path,
        recogniser: Path,
        languages: Sequence[str],
        confidence: float,
        recycle_after: int,
        threads: int,
    ) -> None:
        use_threads(threads)
        self._languages = list(languages)
        self._confidence = confidence
        self._recycle_after = recycle_after
        self._folder = detector.parent
        if detector.name != _DETECTOR["filename"] or recogniser.name not in _RECOGNISERS:
            raise InvalidBundle(
                f"EasyOCR knows its files by name: {_DETECTOR['filename']} and one of "
                f"{', '.join(sorted(_RECOGNISERS))}, not {detector.name} and {recogniser.name}"
            )
        # It compares MD5s of its own and would want to fetch its files instead of ours; the bundle has verified these.
        _DETECTOR["md5sum"], _RECOGNISERS[recogniser.name]["md5sum"] = map(_md5, (detector, recogniser))
        self._reader, self._read = self._make(), 0

    def read(self, image: DecodedImage) -> tuple[TextBlock, ...]:
        if self._read >= self._recycle_after:
            del self._reader  # before the next: together they would need the memory twice
            self._reader, self._read = self._make(), 0
        self._read += 1
        rgb = pixels_of(image)
        height, width = rgb.shape[:2]
        if min(height, width) * min(1, _CANVAS / max(height, width)) < _LEAST:
            return ()
        upright, turned = self._reader.detect(rgb, reformat=False)
        grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
        lines = self._reader.recognize(grey, upright[0], turned[0], reformat=False)
        return reading_order(
            [
                _block(text.strip(), float(confidence), [(x / width, y / height) for x, y in corners])
                for corners, text, confidence in lines
                if confidence >= self._confidence and any(map(str.isalnum, text))
            ]
        )

    def _make(self) -> Any:
        folder = str(self._folder)
        try:
            return easyocr.Reader(
                self._languages,
                gpu=False,
                model_storage_directory=folder,
                user_network_directory=folder,
                download_enabled=False,
                verbose=False,
            )
        except Exception as error:  # whatever a pickle of something else raises
            raise InvalidBundle(
                f"EasyOCR cannot read {', '.join(self._languages)} with the files in {folder}: {error}"
            ) from error


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _block(text: str, confidence: float, corners: Sequence[tuple[float, float]]) -> TextBlock:
    polygon = tuple((min(max(float(x), 0.0), 1.0), min(max(float(y), 0.0), 1.0)) for x, y in corners)
    xs, ys = zip(*polygon, strict=True)
    return TextBlock(text, BoundingBox(min(xs), min(ys), max(xs), max(ys)), confidence, polygon, language_of(text))
