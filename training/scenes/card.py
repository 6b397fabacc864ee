"""A picture becomes a creative: words, badges and frames over or beside it, then what cameras and shops do to files."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from PIL import Image as Pil
from PIL import ImageDraw, ImageFont

from training.scenes.backdrop import wall
from training.scenes.materials import Chance, hue
from training.scenes.studio import Image
from training.scenes.words import WORDS, fonts

Box = tuple[float, float, float, float]


@cache
def _font(file: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(file, size)


def _overlap(a: Box, b: Box) -> float:
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    return max(width, 0) * max(height, 0)


def _rgb(color: tuple[float, ...]) -> tuple[int, int, int]:
    return tuple(int(np.clip(c, 0, 1) * 255) for c in color)


def inset(random: Chance, picture: Image, boxes: list[Box | None]) -> tuple[Image, list[Box | None]]:
    """The picture smaller on a page of another shape, boxes moved along."""
    h, w = picture.shape[:2]
    page_size = random.one_of(((480, 640), (560, 560), (640, 480), (680, 300), (640, 360)))
    scale = min(page_size[0] / w, page_size[1] / h) * random.between(0.7, 1.0)
    nw, nh = int(w * scale), int(h * scale)
    page = wall(random, page_size) if random.maybe(0.7) else np.ones((page_size[1], page_size[0], 3), np.float32)
    x, y = int(random.between(0, page_size[0] - nw)), int(random.between(0, page_size[1] - nh))
    page[y : y + nh, x : x + nw] = cv2.resize(picture, (nw, nh), interpolation=cv2.INTER_AREA)
    moved = [b and (b[0] * scale + x, b[1] * scale + y, b[2] * scale + x, b[3] * scale + y) for b in boxes]
    return page, moved


def write(random: Chance, picture: Image, boxes: list[Box | None], topic: str) -> tuple[Image, str]:
    """Puts one to five lines and badges where they cover the products least; returns the picture and the text."""
    page = Pil.fromarray((np.clip(picture, 0, 1) * 255).astype(np.uint8))
    draw = ImageDraw.Draw(page)
    w, h = page.size
    file, other = random.one_of(fonts()), random.one_of(fonts())
    ink = _rgb(random.one_of(((0.05, 0.05, 0.06), (0.98, 0.98, 0.98), hue(random))))
    patch = _rgb(hue(random))
    taken: list[Box] = [box for box in boxes if box]
    written = []
    for k in range(int(random.integers(1, 6))):
        about = k == 0 and random.maybe(0.8)
        words = random.one_of(WORDS[topic if about or random.maybe(0.25) else "neutral"])
        if random.maybe(0.3):
            words = words.upper()
        size = int(h * (random.between(0.05, 0.11) if about else random.between(0.025, 0.07)))
        font = _font(file if random.maybe(0.8) else other, max(size, 9))
        _, _, tw, th = draw.textbbox((0, 0), words, font)
        if tw > w * 0.95:
            continue
        places = [(random.between(0.01, 0.98 - tw / w) * w, random.between(0.01, 0.97 - th / h) * h) for _ in range(8)]
        spots = [(x - 4, y - 3, x + tw + 4, y + th + 5) for x, y in places]
        spot = min(spots, key=lambda s: sum(_overlap(s, t) for t in taken))
        badge = random.maybe(0.3 if not about else 0.12)
        if badge:
            draw.rounded_rectangle(spot, random.one_of((0, 6, 14)), patch)
        color = ink if not badge else ((255, 255, 255) if sum(patch) < 380 else (15, 15, 15))
        draw.text((spot[0] + 4, spot[1] + 3), words, color, font)
        taken.append(spot)
        written.append((spot[1], words))
    return np.asarray(page, np.float32) / 255, "\n".join(words for _, words in sorted(written))


def weathered(random: Chance, picture: Image) -> Image:
    """Exposure, colour cast, vignette, blur, noise, another size: the same (h, w, 3) or smaller."""
    h, w = picture.shape[:2]
    picture = np.clip(picture, 0, 1) ** random.between(0.8, 1.25)
    if random.maybe(0.4):
        picture = picture * (1 + random.normal(0, 0.05, 3))
    if random.maybe(0.3):
        picture = 0.5 + (picture - 0.5) * random.between(0.7, 1.2)
    if random.maybe(0.2):
        y, x = np.mgrid[-1 : 1 : h * 1j, -1 : 1 : w * 1j]
        picture = picture * (1 - random.between(0.1, 0.4) * (x**2 + y**2)[..., None] / 2)
    if random.maybe(0.06):
        picture = picture.mean(-1, keepdims=True).repeat(3, -1) * (1 + random.normal(0, 0.04, 3) * random.maybe(0.5))
    picture = np.asarray(picture, np.float32)
    if random.maybe(0.3):
        picture = cv2.GaussianBlur(picture, (0, 0), random.between(0.3, 1.3))
    scale = random.between(0.5, 1.0) if random.maybe(0.6) else 1.0
    picture = cv2.resize(picture, (max(int(w * scale), 64), max(int(h * scale), 64)), interpolation=cv2.INTER_AREA)
    if random.maybe(0.35):
        picture = picture + random.normal(0, random.between(0.004, 0.03), picture.shape)
    return np.asarray(np.clip(picture, 0, 1), np.float32)
