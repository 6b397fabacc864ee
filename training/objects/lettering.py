"""Print as advertisements have it, alone on a page or over a photograph: what a detector may not take for products."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from adlens.vision.image import Pixels
from training.scenes.backdrop import wall
from training.scenes.materials import Chance
from training.text.fonts import all_fonts
from training.text.words import TextSource

Corners = npt.NDArray[np.float32]
Rgb = tuple[int, int, int]
_BADGES = ("none", "none", "none", "box", "round", "circle", "burst", "slant", "frame")


@cache
def _fonts(split: str) -> list[Path]:
    return [font.path for font in all_fonts() if font.split == split]


@cache
def _texts(split: str) -> TextSource:
    return TextSource(split)


@lru_cache(maxsize=2048)
def _font(path: Path, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(path), size)


class Printer:
    """Draws with the fonts and words of one split: 'train' or 'test'."""

    def __init__(self, split: str) -> None:
        self._split = split

    def page(self, chance: Chance, side: int) -> Pixels:
        """A picture (h, w, 3) of nothing but print, its longer side `side`."""
        width, height = chance.one_of(((1, 1), (1, 1), (3, 4), (4, 3), (2, 1), (1, 2), (16, 9), (4, 1), (3, 2)))
        scale = side / max(width, height)
        size = int(width * scale), int(height * scale)
        if chance.maybe(0.5):
            ground = np.full((size[1], size[0], 3), [int(v) for v in chance.integers(0, 256, 3)], np.uint8)
            if chance.maybe(0.5):
                ground[:] = 255 if chance.maybe(0.6) else 12
        else:
            ground = np.asarray(wall(chance, size) * 255, np.uint8)
        page = Image.fromarray(ground)
        draw = ImageDraw.Draw(page)
        for _ in range(int(chance.integers(0, 4))):  # panels, rules, discs: the furniture of a layout
            self._panel(chance, draw, size)
        if chance.maybe(0.25):
            self._paragraph(chance, draw, size)
        for _ in range(int(chance.integers(1, 8))):
            self._line(chance, page, ())
        return np.asarray(page)

    def over(self, chance: Chance, picture: Pixels, keep: Corners) -> Pixels:
        """The picture with one to five lines, none of which covers much of the boxes `keep` (n, 4), in pixels."""
        page = Image.fromarray(picture)
        for _ in range(int(chance.integers(1, 6))):
            self._line(chance, page, keep)
        return np.asarray(page)

    def _text(self, chance: Chance) -> str:
        source = random.Random(int(chance.integers(2**31)))
        return _texts(self._split).line(source, chance.one_of(("ru", "ru", "en", "mixed")), 0.3)

    def _line(self, chance: Chance, page: Image.Image, keep: Corners | tuple[()]) -> None:
        """One line, in a badge or bare, at one of a few places where it covers no box of `keep`; else none."""
        width, height = page.size
        text = self._text(chance)
        size = int(min(width, height) * float(np.exp(chance.between(np.log(0.03), np.log(0.3)))))
        font = _font(chance.one_of(_fonts(self._split)), max(size, 8))
        left, top, right, bottom = ImageDraw.Draw(page).textbbox((0, 0), text, font)
        if right - left > width * 1.1 and chance.maybe(0.9):
            return
        margin = int(size * chance.between(0.1, 0.6)) + 2
        badge = chance.one_of(_BADGES)
        box_width, box_height = int(right - left) + 2 * margin, int(bottom - top) + 2 * margin
        if badge in {"circle", "burst"}:
            box_width = box_height = max(box_width, box_height)
        tile = Image.new("RGBA", (box_width, box_height))
        patch, ink = self._colours(chance, page if badge == "none" else None)
        self._badge(chance, ImageDraw.Draw(tile), badge, (box_width, box_height), patch)
        at = (box_width - (right - left)) / 2 - left, (box_height - (bottom - top)) / 2 - top
        stroke = int(size * 0.08) if chance.maybe(0.1) else 0
        ImageDraw.Draw(tile).text(at, text, (*ink, 255), font, stroke_width=stroke, stroke_fill=(*patch, 255))
        if chance.maybe(0.2):
            turn = chance.between(-30, 30) if chance.maybe(0.7) else chance.one_of((90, -90))
            tile = tile.rotate(turn, Image.Resampling.BICUBIC, expand=True)
        for _ in range(6):
            x = int(chance.between(-0.05, 1.0) * max(width - tile.width, 1))
            y = int(chance.between(-0.05, 1.0) * max(height - tile.height, 1))
            if len(keep) == 0 or _covered(keep, (x, y, x + tile.width, y + tile.height)) < 0.15:
                page.paste(tile, (x, y), tile)
                return

    def _colours(self, chance: Chance, page: Image.Image | None) -> tuple[Rgb, Rgb]:
        """Two that stand out from each other; the second from the page, where one is given."""
        patch: Rgb = tuple(int(v) for v in chance.integers(0, 256, 3))
        if page is not None:
            small = np.asarray(page.resize((1, 1))).ravel()
            patch = tuple(int(v) for v in small[:3])
        bright = sum(patch) > 384
        ink: Rgb = (0, 0, 0) if bright else (255, 255, 255)
        if chance.maybe(0.5):
            ink = tuple(int(v) for v in (chance.integers(0, 110, 3) if bright else chance.integers(150, 256, 3)))
        return patch, ink

    def _badge(self, chance: Chance, draw: ImageDraw.ImageDraw, kind: str, size: tuple[int, int], patch: Rgb) -> None:
        width, height = size[0] - 1, size[1] - 1
        ring = tuple(int(v) for v in chance.integers(0, 256, 3)) if chance.maybe(0.3) else None
        if kind == "box":
            draw.rectangle((0, 0, width, height), (*patch, 255), ring)
        elif kind == "round":
            draw.rounded_rectangle((0, 0, width, height), min(size) // 2 - 1, (*patch, 255), ring)
        elif kind == "frame":
            draw.rectangle((0, 0, width, height), None, (*patch, 255), max(min(size) // 20, 2))
        elif kind == "circle":
            draw.ellipse((0, 0, width, height), (*patch, 255), ring, max(width // 30, 2))
        elif kind == "slant":
            draw.polygon([(height // 3, 0), (width, 0), (width - height // 3, height), (0, height)], (*patch, 255))
        elif kind == "burst":
            points, middle = int(chance.integers(10, 28)), width / 2
            angles = np.arange(2 * points) * np.pi / points
            radii = np.where(np.arange(2 * points) % 2, 0.85, 1.0) * middle
            corners = np.stack([middle + radii * np.cos(angles), middle + radii * np.sin(angles)], 1)
            draw.polygon([tuple(corner) for corner in corners], (*patch, 255))

    def _panel(self, chance: Chance, draw: ImageDraw.ImageDraw, size: tuple[int, int]) -> None:
        width, height = size
        x, y = chance.between(-0.2, 0.9) * width, chance.between(-0.2, 0.9) * height
        corner = x + chance.between(0.1, 0.8) * width, y + chance.between(0.01, 0.5) * height
        color = tuple(int(v) for v in chance.integers(0, 256, 3))
        if chance.maybe(0.6):
            draw.rectangle((x, y, *corner), color)
        else:
            radius = chance.between(0.05, 0.4) * min(size)
            outline = None if chance.maybe(0.6) else color
            draw.ellipse((x, y, x + 2 * radius, y + 2 * radius), None if outline else color, outline, 3)

    def _paragraph(self, chance: Chance, draw: ImageDraw.ImageDraw, size: tuple[int, int]) -> None:
        width, height = size
        points = max(int(min(size) * chance.between(0.025, 0.07)), 8)
        font = _font(chance.one_of(_fonts(self._split)), points)
        lines = [self._text(chance) for _ in range(int(chance.integers(3, 14)))]
        ink = (20, 20, 20) if chance.maybe(0.6) else (245, 245, 245)
        at = chance.between(0, 0.5) * width, chance.between(0, 0.5) * height
        draw.multiline_text(at, "\n".join(lines), ink, font, spacing=points * 0.3)


def _covered(keep: Corners, spot: Sequence[int]) -> float:
    """The largest share of a box of `keep` that `spot` covers."""
    corner = np.minimum(keep[:, 2:], spot[2:]) - np.maximum(keep[:, :2], spot[:2])
    area = np.maximum((keep[:, 2:] - keep[:, :2]).prod(1), 1)
    return float((np.clip(corner, 0, None).prod(1) / area).max())
