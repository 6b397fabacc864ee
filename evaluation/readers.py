"""Other readers of text, to stand beside ours: Tesseract, and the recogniser that RapidOCR brings itself.

On boxes they get the lines that our reader found, each upright on its own, those too that it could not read itself:
what differs is the reading alone.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from adlens.domain.analysis import TextBlock

Pixels = npt.NDArray[np.uint8]
"""(height, width, 3), RGB."""
Reader = Callable[[Pixels, Sequence[TextBlock]], list[str]]
"""Lines of a picture, given what our reader found in it."""

_LANGUAGES = ("-l", "rus+eng")
_SPARSE_TEXT, _ONE_LINE = "12", "7"


def other_readers() -> dict[str, Reader]:
    """By name; without Tesseract where it, or its Russian, is not installed."""
    readers: dict[str, Reader] = {"RapidOCR's recogniser, same boxes": _rapidocr()}
    version = _tesseract_version()
    if version:
        readers |= {
            f"{version}, whole picture": _tesseract_on_pictures,
            f"{version}, same boxes": _tesseract_on_boxes,
        }
    return readers


def crops(pixels: Pixels, blocks: Sequence[TextBlock]) -> Iterator[Pixels]:
    """Each line turned upright: a block's polygon starts at the top left of its text and goes clockwise."""
    height, width = pixels.shape[:2]
    for block in blocks:
        x1, y1, x2, y2 = block.bbox.as_tuple()
        corners = block.polygon if len(block.polygon) == 4 else ((x1, y1), (x2, y1), (x2, y2), (x1, y2))
        quad = np.array(corners, np.float32) * (width, height)
        top, right, bottom, left = np.linalg.norm(quad - np.roll(quad, -1, axis=0), axis=1)
        across, down = max(1, round(max(top, bottom))), max(1, round(max(left, right)))
        target = np.array([(0, 0), (across, 0), (across, down), (0, down)], np.float32)
        warp = cv2.getPerspectiveTransform(quad.astype(np.float32), target)
        size = across, down
        crop = cv2.warpPerspective(pixels, warp, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        yield crop.astype(np.uint8, copy=False)


def _tesseract_version() -> str | None:
    """Such as 'Tesseract 5.3.0'; None when it cannot read Russian and English here."""
    if shutil.which("tesseract") is None:
        return None
    known = subprocess.run(["tesseract", "--list-langs"], capture_output=True, text=True, check=False).stdout.split()
    if not {"rus", "eng"} <= set(known):
        return None
    result = subprocess.run(["tesseract", "--version"], capture_output=True, text=True, check=False)
    return " ".join((result.stdout or result.stderr).split()[:2]).capitalize()


def _tesseract(source: str | Path, *options: str, data: bytes | None = None) -> str:
    command = ["tesseract", source, "stdout", *_LANGUAGES, *options]
    return subprocess.run(command, input=data, capture_output=True, check=True).stdout.decode()


def _png(pixels: Pixels) -> bytes:
    return cv2.imencode(".png", pixels[:, :, ::-1])[1].tobytes()


def _tesseract_on_pictures(pixels: Pixels, blocks: Sequence[TextBlock]) -> list[str]:
    """At its setting for sparse text that may be turned: of 3 (pages), 11 and 12 the best over both our data sets."""
    return _tesseract("-", "--psm", _SPARSE_TEXT, data=_png(pixels)).splitlines()


def _tesseract_on_boxes(pixels: Pixels, blocks: Sequence[TextBlock]) -> list[str]:
    if not blocks:
        return []
    with tempfile.TemporaryDirectory() as name:
        files = [Path(name) / f"{index}.png" for index in range(len(blocks))]
        for file, crop in zip(files, crops(pixels, blocks), strict=True):
            # It was made for pages: a margin helps it, and so do letters of the height it knows.
            scale = max(1.0, 48 / crop.shape[0])
            larger = cv2.resize(crop, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
            framed = cv2.copyMakeBorder(larger, 12, 12, 12, 12, cv2.BORDER_REPLICATE)
            file.write_bytes(_png(framed.astype(np.uint8, copy=False)))
        (Path(name) / "files.txt").write_text("\n".join(map(str, files)))
        return _tesseract(Path(name) / "files.txt", "--psm", _ONE_LINE).splitlines()


def _rapidocr() -> Reader:
    from rapidocr import RapidOCR

    engine: Any = RapidOCR(params={"Global.log_level": "warning"})

    def read(pixels: Pixels, blocks: Sequence[TextBlock]) -> list[str]:
        lines: list[str] = []
        for crop in crops(pixels, blocks):
            result = engine(np.ascontiguousarray(crop[:, :, ::-1]), use_det=False, use_cls=False, use_rec=True)
            lines += result.txts or ()
        return lines

    return read
