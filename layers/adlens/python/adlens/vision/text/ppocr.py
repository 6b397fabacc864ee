"""PP-OCR's own recogniser, with RapidOCR's pre- and post-processing, on sessions of our own."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from rapidocr import EngineType, OCRVersion
from rapidocr.ch_ppocr_cls import TextClassifier
from rapidocr.ch_ppocr_rec import TextRecInput, TextRecognizer

from adlens.vision.image import Pixels
from adlens.vision.session import make_session
from adlens.vision.text.reading import Reading

_BATCH = 6
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
    """A classifier turns crops that stand on their head, a recogniser with its alphabet reads them."""

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
        turned = self._turn([np.ascontiguousarray(crop[:, :, ::-1]) for crop in crops])
        result = self._recognise(TextRecInput(img=turned.img_list or [], return_word_box=False))
        return [
            Reading(text, confidence, label == "180" and sureness > _SURELY_TURNED)
            for text, confidence, (label, sureness) in zip(
                result.txts or (), result.scores or (), turned.cls_res or (), strict=True
            )
        ]
