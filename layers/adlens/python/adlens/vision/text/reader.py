"""The text of a picture: a detector finds its lines, a recogniser reads them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import cv2
import numpy as np

from adlens.domain.analysis import BoundingBox, TextBlock
from adlens.domain.ports.vision import DecodedImage
from adlens.vision.image import Pixels, pixels_of
from adlens.vision.session import Floats
from adlens.vision.text import prices
from adlens.vision.text.crossed import crossed_out
from adlens.vision.text.layout import language_of, reading_order
from adlens.vision.text.lines import LineFinder, Quads, cut_out, is_tall
from adlens.vision.text.reading import Reading, Recogniser

_MAX_SIDE = 10_000
_FEW, _SURE = 4, 0.9


class LineReader:
    """`confidence` is the least a line is reported at."""

    def __init__(self, finder: LineFinder, recogniser: Recogniser, confidence: float) -> None:
        self._finder = finder
        self._recogniser = recogniser
        self._confidence = confidence

    def read(self, image: DecodedImage) -> tuple[TextBlock, ...]:
        rgb = _warpable(pixels_of(image))
        height, width = rgb.shape[:2]
        quads = self._finder.find(rgb)
        lines = self._with_kopecks(rgb, self._read(rgb, quads)) if len(quads) else []
        if len(quads) <= _FEW:
            lines += self._crossed_out(rgb, quads)
        blocks = []
        for quad, found in lines:
            if found.confidence >= self._confidence and _says_something(found.text):
                corners = np.roll(quad, -(is_tall(quad) + 2 * found.turned), axis=0) / (width, height)
                blocks.append(_block(found.text.strip(), found.confidence, corners.clip(0, 1)))
        return reading_order(_with_roubles(blocks, width / height), width / height)

    def _read(self, rgb: Pixels, quads: Iterable[Floats]) -> list[tuple[Floats, Reading]]:
        lines = list(quads)
        return list(zip(lines, self._recogniser.read([cut_out(rgb, quad) for quad in lines]), strict=True))

    def _crossed_out(self, rgb: Pixels, quads: Quads) -> list[tuple[Floats, Reading]]:
        """Prices under a cross that the finder has not found. Looked for where it found few lines: it is slow."""
        found = [part for part in crossed_out(rgb) if not any(_is_inside(part[0].mean(axis=0), quad) for quad in quads)]
        readings = self._recogniser.read([cleaned for _, cleaned in found]) if found else []
        return [
            (quad, reading)
            for (quad, _), reading in zip(found, readings, strict=True)
            if reading.confidence >= _SURE and prices.IS_PRICE.fullmatch(reading.text.strip())
        ]

    def _with_kopecks(self, rgb: Pixels, lines: list[tuple[Floats, Reading]]) -> list[tuple[Floats, Reading]]:
        """Roubles, the kopecks raised behind them and what the price is for (₽/кг) are lines of their own."""
        read = []
        for number, (quad, found) in enumerate(lines):
            parts = None
            match = prices.IS_NUMBER.fullmatch(found.text)
            if match and not (is_tall(quad) or found.turned):
                parts = prices.raised_part(cut_out(rgb, quad))
            if match is None or parts is None:
                read.append((quad, found))
                continue
            box = parts.kopecks
            both = _part(quad, 0, 0, parts.roubles_end, 1), _part(quad, box.x1, box.y1, box.x2, box.y2)
            unit = _part(quad, box.x2, 0, 1, 1)
            roubles, kopecks = self._read(rgb, both)
            others = [other for index, (other, _) in enumerate(lines) if index != number]
            kopecks_found, unit_found = (
                any(_is_inside(part.mean(axis=0), other) for other in others) for part in (kopecks[0], unit)
            )
            if not prices.IS_ROUBLES.fullmatch(roubles[1].text):
                read.append((quad, found))
                continue
            if kopecks_found:  # as a line already
                read.append(roubles)
            elif prices.ARE_KOPECKS.fullmatch(kopecks[1].text):
                read += [roubles, kopecks]
            else:
                read.append((quad, found))
                continue
            if match["unit"] and not unit_found:
                read.append((unit, Reading(match["unit"], found.confidence)))
        return read


def _says_something(text: str) -> bool:
    return any(character.isalnum() or character in "₽%" for character in text)


def _part(quad: Floats, left: float, top: float, right: float, bottom: float) -> Floats:
    """A part of it, given as fractions of its width and height."""
    across = np.array([left, right, right, left])[:, None]
    down = np.array([top, top, bottom, bottom])[:, None]
    upper, lower = quad[0] + across * (quad[1] - quad[0]), quad[3] + across * (quad[2] - quad[3])
    return np.asarray(upper + down * (lower - upper), np.float32)


def _is_inside(point: Floats, quad: Floats) -> bool:
    return cv2.pointPolygonTest(quad.astype(np.float32), (float(point[0]), float(point[1])), False) >= 0


def _with_roubles(blocks: list[TextBlock], aspect: float) -> list[TextBlock]:
    numbers = [block.bbox for block in blocks if block.text[-1:].isdigit()]
    return [
        _as_roubles(block) if prices.is_rouble(block.text, block.bbox, numbers, aspect) else block for block in blocks
    ]


def _as_roubles(block: TextBlock) -> TextBlock:
    text = f"₽{block.text[1:]}"
    return replace(block, text=text, language=language_of(text))


def _warpable(rgb: Pixels) -> Pixels:
    """OpenCV's warps know no side of 32,768 pixels: extremely long pictures are made smaller."""
    height, width = rgb.shape[:2]
    scale = _MAX_SIDE / max(height, width)
    if scale >= 1:
        return rgb
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _block(text: str, confidence: float, corners: Quads) -> TextBlock:
    (x1, y1), (x2, y2) = corners.min(axis=0), corners.max(axis=0)
    return TextBlock(
        text=text,
        bbox=BoundingBox(float(x1), float(y1), float(x2), float(y2)),
        confidence=float(confidence),
        polygon=tuple((float(x), float(y)) for x, y in corners),
        language=language_of(text),
    )
