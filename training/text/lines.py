"""Lines of text as pictures: what a text detector cuts out of cards and banners.

`draw` makes either a clean line (one colour on one colour, straight) or one as advertisements and cameras make them:
gradients, outlines, shadows, letter spacing, turned, blurred, small, JPEG, neighbours looking in.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

Pixels = npt.NDArray[np.uint8]
HEIGHT = 48
STEP = 16
MAX_WIDTH = 640
_MARGIN = 40


@dataclass(frozen=True, slots=True)
class Look:
    """How far a line is from clean print: the range of its horizontal stretching, the sizes of its font in pixels, and
    the range of the room above and below it, in its heights.
    """

    clean: bool
    stretch: tuple[float, float]
    sizes: tuple[int, ...] = (24, 28, 34, 40)
    room: tuple[float, float] = (-0.02, 0.35)


CLEAN = Look(True, (1.0, 1.0), (34,), (0.08, 0.2))
AUGMENTED = Look(False, (1.0, 1.0))
TRAINING = Look(False, (0.9, 1.35))
SMALL = Look(True, (0.95, 1.1), (9, 10, 11, 12, 13), (0.05, 0.35))
PRINT = Look(True, (0.95, 1.3), (14, 18, 20, 22, 24, 28, 34, 44), (0.05, 0.35))


@lru_cache(maxsize=4096)
def _font(path: Path, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(path), size, layout_engine=ImageFont.Layout.BASIC)


def writable(path: Path, text: str) -> bool:
    """Whether the font has a glyph for every character of `text`."""
    return set(map(ord, text)) <= _glyphs(path)


@lru_cache(maxsize=4096)
def _glyphs(path: Path) -> frozenset[int]:
    from fontTools.ttLib import TTFont

    with TTFont(path, lazy=True) as font:
        return frozenset(font.getBestCmap())


@lru_cache(maxsize=4096)
def caseless(path: Path) -> bool:
    """Whether the font draws small letters as capitals: then what it shows is the text in capitals."""
    font = _font(path, 96)

    def shape(character: str) -> Pixels:
        picture = Image.new("L", (260, 260))
        ImageDraw.Draw(picture).text((80, 60), character, fill=255, font=font)
        ink = np.asarray(picture.crop(picture.getbbox()).resize((32, 32)))
        return np.asarray(cv2.GaussianBlur(ink, (0, 0), 1.5), dtype=np.uint8).ravel()

    alike = [np.corrcoef(shape(letter), shape(letter.upper()))[0, 1] > 0.85 for letter in "абеяabdeghnqr"]
    return sum(alike) > 0.8 * len(alike)


def draw(text: str, font: Path, look: Look, chance: random.Random) -> Pixels | None:
    """The line as RGB (48, width, 3), width a multiple of 16; None when it would be wider than 640 or has no ink."""
    noise = np.random.default_rng(chance.getrandbits(32))
    size = chance.choice(look.sizes) if len(look.sizes) > 1 else look.sizes[0]
    spacing = 0.0 if look.clean or chance.random() < 0.8 else chance.uniform(-0.04, 0.28) * size
    ink = _ink(text, _font(font, size), spacing)
    if ink is None:
        return None
    if not look.clean and chance.random() < 0.5:
        ink = _warped(ink, chance)
    rows, columns = np.flatnonzero(ink.max(axis=1) > 40), np.flatnonzero(ink.max(axis=0) > 40)
    if not len(rows) or not len(columns):
        return None
    height = rows[-1] - rows[0] + 1
    pads = [chance.uniform(*look.room) for _ in range(2)]
    sides = [chance.uniform(*((0.1, 0.3) if look.clean else (0.0, 0.6))) for _ in range(2)]
    top, bottom = rows[0] - int(pads[0] * height), rows[-1] + 1 + int(pads[1] * height)
    left, right = columns[0] - int(sides[0] * height), columns[-1] + 1 + int(sides[1] * height)
    # A lone dash or full stop is as high as a letter in the detector's eyes.
    if (shortfall := size // 2 - (bottom - top)) > 0:
        top, bottom = top - shortfall // 2, bottom + shortfall // 2
    canvas = np.pad(ink, _MARGIN)[max(top + _MARGIN, 0) : bottom + _MARGIN, max(left + _MARGIN, 0) : right + _MARGIN]
    picture = _coloured(canvas, look, chance, noise)
    if not look.clean:
        picture = _degraded(picture, chance, noise)
    width = picture.shape[1] * HEIGHT / picture.shape[0] * chance.uniform(*look.stretch)
    width = max(STEP, round(np.ceil(width / STEP) * STEP))
    if width > MAX_WIDTH:
        return None
    shrinks = picture.shape[0] > HEIGHT
    return np.asarray(
        cv2.resize(picture, (width, HEIGHT), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR),
        dtype=np.uint8,
    )


def _ink(text: str, font: ImageFont.FreeTypeFont, spacing: float) -> Pixels | None:
    """Coverage (height, width) of the text's strokes, with a margin around it."""
    length = font.getlength(text) + abs(spacing) * len(text)
    ascent, descent = font.getmetrics()
    picture = Image.new("L", (int(length) + 2 * _MARGIN, ascent + descent + 2 * _MARGIN))
    pen = ImageDraw.Draw(picture)
    if not spacing:
        pen.text((_MARGIN, _MARGIN), text, fill=255, font=font)
    else:
        x = float(_MARGIN)
        for character in text:
            pen.text((x, _MARGIN), character, fill=255, font=font)
            x += font.getlength(character) + spacing
    ink = np.asarray(picture)
    return ink if ink.any() else None


def _warped(ink: Pixels, chance: random.Random) -> Pixels:
    """Turned, slanted, and seen a little from the side."""
    height, width = ink.shape
    angle = np.radians(chance.gauss(0, 1.3))
    slant = chance.uniform(-0.15, 0.25) if chance.random() < 0.35 else 0.0
    keystone = chance.gauss(0, 0.03) if chance.random() < 0.3 else 0.0
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    centre = np.array([width / 2, height / 2], np.float32)
    moved = corners - centre
    moved[:, 0] -= slant * moved[:, 1]
    moved[1:3, 1] *= 1 + keystone
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]], np.float32)
    target = (moved @ turn + centre).astype(np.float32)
    matrix = cv2.getPerspectiveTransform(corners, target)
    return np.asarray(cv2.warpPerspective(ink, matrix, (width, height)), dtype=np.uint8)


def _coloured(ink: Pixels, look: Look, chance: random.Random, noise: np.random.Generator) -> Pixels:
    height, width = ink.shape
    paper = np.array([chance.randint(0, 255) for _ in range(3)], np.float32)
    if chance.random() < 0.35:
        paper[:] = chance.choice((255, 255, 250, 240, 0, 20))
    letters = _contrasting(paper, chance, least=110 if look.clean else 55)
    ground = np.broadcast_to(paper, (height, width, 3)).astype(np.float32)
    if not look.clean:
        ground = _ground(ground, paper, letters, chance, noise)
    coverage = ink.astype(np.float32)[:, :, None] / 255
    fill: npt.NDArray[np.float32] = np.broadcast_to(letters, ground.shape)
    if not look.clean:
        if chance.random() < 0.15:
            fill = _gradient(letters, np.clip(letters + noise.normal(0, 40, 3), 0, 255), height, width, chance)
        if chance.random() < 0.18:
            ground = _shadowed(ground, coverage, chance, height)
        if chance.random() < 0.12:
            ground = _outlined(ground, ink, letters, chance)
        if chance.random() < 0.04:  # an old price, struck out
            y, slope = height * chance.uniform(0.4, 0.6), chance.uniform(-0.1, 0.1) * height
            coverage = coverage.copy()
            cv2.line(coverage, (0, int(y + slope)), (width, int(y - slope)), 1.0, max(1, height // 18))
        if chance.random() < 0.1:
            coverage = _with_neighbours(coverage, chance)
        coverage = coverage.reshape(height, width, 1) * chance.choice((1, 1, 1, chance.uniform(0.75, 1)))
    return np.clip(ground * (1 - coverage) + fill * coverage, 0, 255).astype(np.uint8)


def _contrasting(paper: npt.NDArray[np.float32], chance: random.Random, least: float) -> npt.NDArray[np.float32]:
    luminance = np.array([0.299, 0.587, 0.114], np.float32)
    for _ in range(30):
        colour = np.array([chance.randint(0, 255) for _ in range(3)], np.float32)
        if chance.random() < 0.4:
            colour[:] = chance.choice((0, 255, 30, 250))
        if abs(luminance @ (colour - paper)) >= least:
            return colour
    return np.full(3, 255 if luminance @ paper < 128 else 0, np.float32)


def _gradient(
    a: npt.NDArray[np.float32], b: npt.NDArray[np.float32], height: int, width: int, chance: random.Random
) -> npt.NDArray[np.float32]:
    angle = chance.uniform(0, np.pi)
    along = np.linspace(0, 1, width)[None] * np.cos(angle) + np.linspace(0, 1, height)[:, None] * np.sin(angle)
    along = (along - along.min()) / (np.ptp(along) or 1)
    return np.asarray(a + (b - a) * along[:, :, None], dtype=np.float32)


def _ground(
    ground: npt.NDArray[np.float32],
    paper: npt.NDArray[np.float32],
    letters: npt.NDArray[np.float32],
    chance: random.Random,
    noise: np.random.Generator,
) -> npt.NDArray[np.float32]:
    """What lies behind the letters, never so close to their colour that they drown."""
    height, width = ground.shape[:2]
    kind = chance.random()
    room = min(60.0, float(np.abs(letters - paper).max()) * 0.35)
    if kind < 0.25:
        ground = _gradient(paper, np.clip(paper + noise.uniform(-room, room, 3), 0, 255), height, width, chance)
    elif kind < 0.45:  # cloth, wood, sky out of focus
        cells = noise.normal(0, room / 2, (chance.randint(2, 7), max(2, width // chance.randint(10, 50)), 3))
        ground = ground + cv2.resize(cells.astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    elif kind < 0.52:  # the edge of a panel
        x, y = chance.randint(0, width), chance.randint(0, height)
        other = np.clip(paper + noise.uniform(-room, room, 3), 0, 255)
        ground = ground.copy()
        if chance.random() < 0.5:
            ground[:, :x] = other
        else:
            ground[:y] = other
    return np.asarray(ground, dtype=np.float32)


def _shadowed(
    ground: npt.NDArray[np.float32], coverage: npt.NDArray[np.float32], chance: random.Random, height: int
) -> npt.NDArray[np.float32]:
    reach = max(1, height // 14)
    moved = np.roll(coverage[:, :, 0], (chance.randint(0, reach), chance.randint(-reach, reach)), (0, 1))
    if chance.random() < 0.7:
        moved = cv2.GaussianBlur(moved, (0, 0), chance.uniform(0.5, reach))
    dark = ground * (0.2 if chance.random() < 0.8 else 1.6)
    strength = chance.uniform(0.3, 0.9)
    return np.asarray(ground + (dark - ground) * moved[:, :, None] * strength, dtype=np.float32)


def _outlined(
    ground: npt.NDArray[np.float32], ink: Pixels, letters: npt.NDArray[np.float32], chance: random.Random
) -> npt.NDArray[np.float32]:
    reach = chance.randint(1, max(1, ink.shape[0] // 14))
    outline = cv2.dilate(ink, np.ones((2 * reach + 1,) * 2, np.uint8)).astype(np.float32)[:, :, None] / 255
    colour = _contrasting(letters, chance, least=90)
    return np.asarray(ground * (1 - outline) + colour * outline, dtype=np.float32)


def _with_neighbours(coverage: npt.NDArray[np.float32], chance: random.Random) -> npt.NDArray[np.float32]:
    """The feet of the line above or the heads of the one below."""
    flat = coverage[:, :, 0]
    height = flat.shape[0]
    rows = chance.randint(1, max(1, height // 9))
    other = np.roll(flat, chance.randint(5, 60), axis=1)
    result = flat.copy()
    if chance.random() < 0.5:
        result[:rows] = np.maximum(result[:rows], other[-int(height * 0.25) - rows : -int(height * 0.25)])
    else:
        result[-rows:] = np.maximum(result[-rows:], other[int(height * 0.25) : int(height * 0.25) + rows])
    return result[:, :, None]


def _degraded(picture: Pixels, chance: random.Random, noise: np.random.Generator) -> Pixels:
    height, width = picture.shape[:2]
    if chance.random() < 0.35:  # small print, enlarged again by whoever reads it
        factor = chance.uniform(11, 30) / height
        if factor < 1:
            small = cv2.resize(
                picture, (max(4, int(width * factor)), max(8, int(height * factor))), interpolation=cv2.INTER_AREA
            )
            picture = np.asarray(small, dtype=np.uint8)
    elif chance.random() < 0.3:
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), chance.uniform(0.4, 1.6)), dtype=np.uint8)
    if chance.random() < 0.3:
        grain = noise.normal(0, chance.uniform(2, 12), picture.shape)
        picture = np.clip(picture + grain, 0, 255).astype(np.uint8)
    if chance.random() < 0.5:
        quality = [cv2.IMWRITE_JPEG_QUALITY, chance.randint(25, 92)]
        picture = np.asarray(cv2.imdecode(cv2.imencode(".jpg", picture, quality)[1], cv2.IMREAD_COLOR), dtype=np.uint8)
    return picture
