"""Text by PP-OCR models through RapidOCR's pre- and post-processing, on sessions of our own.

A detector finds lines as quadrilaterals, a recogniser reads them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from math import sqrt
from pathlib import Path
from typing import Any, TypeVar

import cv2
import numpy as np
import numpy.typing as npt
from rapidocr import EngineType, OCRVersion
from rapidocr.ch_ppocr_cls import TextClassifier
from rapidocr.ch_ppocr_det import TextDetector
from rapidocr.ch_ppocr_rec import TextRecInput, TextRecognizer
from rapidocr.utils.process_img import get_rotate_crop_image

from adlens.domain.analysis import BoundingBox, TextBlock
from adlens.domain.ports import DecodedImage
from adlens.vision.image import Pixels, pixels_of
from adlens.vision.session import make_session
from adlens.vision.text.layout import language_of, reading_order
from adlens.vision.text.reading import Reading, Recogniser

Quads = npt.NDArray[np.float32]
"""Corners (lines, 4, 2), clockwise from the top left."""

_BATCH = 6
_UNLIMITED = 100_000
_MAX_ENLARGEMENT = 2.0
_MAX_SIDE = 10_000
_SURELY_TURNED = 0.9


Part = TypeVar("Part")


class _Config(dict[str, Any]):
    """What RapidOCR's parts read their settings from: items, attributes and `get`."""

    __getattr__ = dict.__getitem__


def _make(part: Callable[[Any], Part], model: Path, threads: int, **settings: Any) -> Part:
    logging.getLogger("RapidOCR").setLevel(logging.WARNING)  # it reports each part it makes
    session = make_session(model, threads)
    return part(_Config(engine_type=EngineType.ONNXRUNTIME, session=session, **settings))


class PpocrRecogniser:
    """PP-OCR's own: a classifier turns crops that stand on their head, a recogniser with its alphabet reads them."""

    def __init__(self, orientation: Path, model: Path, threads: int) -> None:
        self._turn = _make(
            TextClassifier,
            orientation,
            threads,
            ocr_version=OCRVersion.PPOCRV4,
            cls_batch_num=_BATCH,
            cls_thresh=_SURELY_TURNED,
            label_list=["0", "180"],
        )
        self._recognise = _make(
            TextRecognizer,
            model,
            threads,
            lang_type="ch",
            font_path=None,
            rec_batch_num=_BATCH,
            rec_img_shape=[3, 48, 320],
        )

    def read(self, crops: Sequence[Pixels]) -> list[Reading]:
        turned = self._turn(list(crops))
        result = self._recognise(TextRecInput(img=turned.img_list or [], return_word_box=False))
        return [
            Reading(text, confidence, label == "180" and sureness > _SURELY_TURNED)
            for text, confidence, (label, sureness) in zip(
                result.txts or (), result.scores or (), turned.cls_res or (), strict=True
            )
        ]


class RapidTextReader:
    """`confidence` is the least a line is reported at; `megapixels` is the area the detector works at."""

    def __init__(
        self,
        detector: Path,
        recogniser: Recogniser,
        confidence: float,
        megapixels: float,
        threads: int,
    ) -> None:
        self._recogniser = recogniser
        self._confidence = confidence
        self._area = megapixels * 1e6
        self._detect = _make(
            TextDetector,
            detector,
            threads,
            limit_side_len=_UNLIMITED,  # the size is ours to choose
            limit_type="max",
            mean=[0.5, 0.5, 0.5],
            std=[0.5, 0.5, 0.5],
            thresh=0.3,
            box_thresh=0.5,
            unclip_ratio=1.6,
            use_dilation=True,
        )

    def read(self, image: DecodedImage) -> tuple[TextBlock, ...]:
        bgr = _bgr(pixels_of(image))
        quads = self._find(bgr)
        if not len(quads):
            return ()
        readings = self._recogniser.read([get_rotate_crop_image(bgr, quad) for quad in quads])
        height, width = bgr.shape[:2]
        blocks = []
        for quad, found in zip(quads, readings, strict=True):
            if found.confidence >= self._confidence and any(map(str.isalnum, found.text)):
                corners = np.roll(quad, -(_is_tall(quad) + 2 * found.turned), axis=0) / (width, height)
                blocks.append(_block(found.text.strip(), found.confidence, corners.clip(0, 1)))
        return reading_order(blocks, width / height)

    def _find(self, bgr: Pixels) -> Quads:
        """Where lines of text are in the picture."""
        height, width = bgr.shape[:2]
        scale = min(_MAX_ENLARGEMENT, sqrt(self._area / (width * height)))
        size = tuple(max(32, round(side * scale / 32) * 32) for side in (width, height))
        resized = cv2.resize(bgr, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
        boxes = self._detect(resized).boxes
        quads = np.empty((0, 4, 2)) if boxes is None else boxes * (width / size[0], height / size[1])
        return np.asarray(quads, dtype=np.float32)


def _bgr(rgb: Pixels) -> Pixels:
    """The picture for OpenCV, whose warps know no side of 32,768 pixels: extremely long ones are made smaller."""
    height, width = rgb.shape[:2]
    scale = _MAX_SIDE / max(height, width)
    if scale < 1:
        size = max(1, round(width * scale)), max(1, round(height * scale))
        rgb = np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    return np.ascontiguousarray(rgb[:, :, ::-1])


def _is_tall(quad: Quads) -> bool:
    """Whether RapidOCR's crop of it lies on its side: it turns tall ones so that the right edge becomes the top."""
    top, right, bottom, left = np.linalg.norm(quad - np.roll(quad, -1, axis=0), axis=1)
    return bool(int(max(left, right)) >= 1.5 * int(max(top, bottom)))


def _block(text: str, confidence: float, corners: Quads) -> TextBlock:
    (x1, y1), (x2, y2) = corners.min(axis=0), corners.max(axis=0)
    return TextBlock(
        text=text,
        bbox=BoundingBox(float(x1), float(y1), float(x2), float(y2)),
        confidence=float(confidence),
        polygon=tuple((float(x), float(y)) for x, y in corners),
        language=language_of(text),
    )
