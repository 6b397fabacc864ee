"""What things are made of: physically based materials, prints and weaves drawn by chance. Textures are sRGB, 8 bit."""

from __future__ import annotations

import colorsys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, TypeVar

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from training.scenes.words import PRINTS, fonts

Rgb = tuple[float, float, float]
Texture = npt.NDArray[np.uint8]
T = TypeVar("T")
SIDE = 256
METALS: dict[str, Rgb] = {
    "steel": (0.78, 0.78, 0.79),
    "chrome": (0.9, 0.9, 0.91),
    "gold": (0.95, 0.75, 0.36),
    "rose": (0.93, 0.68, 0.58),
    "copper": (0.9, 0.56, 0.43),
    "black": (0.09, 0.09, 0.1),
    "titanium": (0.5, 0.49, 0.47),
    "rainbow": (0.55, 0.5, 0.85),
}


class Chance(np.random.Generator):
    """A seeded generator that keeps the last variant of each choice for the test split, so that some is new there."""

    def __init__(self, seed: int, held_out: bool) -> None:
        super().__init__(np.random.PCG64(seed))
        self.held_out = held_out

    def variant(self, options: Sequence[T]) -> T:
        """One of `options`, of which the last is drawn for held-out pictures only, and for a third of those."""
        if self.held_out and self.random() < 1 / 3:
            return options[-1]
        return options[int(self.integers(len(options) - 1))]

    def one_of(self, options: Sequence[T]) -> T:
        return options[int(self.integers(len(options)))]

    def maybe(self, probability: float) -> bool:
        return bool(self.random() < probability)

    def between(self, low: float, high: float) -> float:
        return float(self.uniform(low, high))


@dataclass(frozen=True, eq=False, slots=True)
class Material:
    """`color` is linear-ish RGB in [0, 1], multiplied with `texture` where there is one (then it should be white)."""

    color: Rgb = (0.8, 0.8, 0.8)
    roughness: float = 0.5
    metallic: float = 0.0
    opacity: float = 1.0
    texture: Texture | None = None
    repeat: float = 1.0


def hue(random: Chance) -> Rgb:
    """A colour as products have them: neutrals often, otherwise any hue, muted or loud."""
    if random.maybe(0.35):
        grey = random.one_of((0.02, 0.04, 0.08, 0.25, 0.5, 0.75, 0.9, 0.95))
        return tuple(np.clip(grey + random.normal(0, 0.015, 3), 0, 1))
    if random.maybe(0.25):  # leather and wood
        return colorsys.hsv_to_rgb(random.between(0.03, 0.11), random.between(0.3, 0.8), random.between(0.2, 0.85))
    return colorsys.hsv_to_rgb(random.random(), random.between(0.15, 1), random.between(0.25, 1))


def shade(color: Rgb, factor: float) -> Rgb:
    return tuple(float(np.clip(c * factor, 0, 1)) for c in color)


def metal(random: Chance, *names: str) -> Material:
    name = random.one_of(names or ("steel", "steel", "chrome", "gold", "rose", "black", "copper", "titanium"))
    return Material(METALS[name], random.between(0.08, 0.4), 1.0)


def glossy(random: Chance, color: Rgb | None = None) -> Material:
    """Ceramics, lacquer, patent leather, plastic."""
    return Material(color or hue(random), random.between(0.08, 0.35))


def matt(random: Chance, color: Rgb | None = None) -> Material:
    return Material(color or hue(random), random.between(0.55, 0.95))


def glass(random: Chance) -> Material:
    tint = random.one_of(((0.9, 0.95, 0.95), (0.75, 0.9, 0.8), (0.95, 0.85, 0.7), (0.7, 0.8, 0.95)))
    return Material(tint, 0.05, 0.1, random.between(0.2, 0.45))


def leather(random: Chance, color: Rgb | None = None) -> Material:
    base = color or hue(random)
    kind = random.variant(("grain", "grain", "smooth", "suede", "crocodile", "snake"))
    if kind == "smooth":
        return Material(base, random.between(0.2, 0.45))
    if kind in {"crocodile", "snake"}:
        return Material((1, 1, 1), random.between(0.2, 0.4), texture=_scales(random, base, kind == "snake"))
    strength = 0.25 if kind == "grain" else 0.12
    rough = random.between(0.35, 0.6) if kind == "grain" else 0.95
    return Material((1, 1, 1), rough, texture=_tinted(base, 1 + strength * noise(random, 1.5)), repeat=2)


def wood(random: Chance) -> Material:
    return Material((1, 1, 1), random.between(0.3, 0.7), texture=wood_texture(random))


def cloth(random: Chance, color: Rgb | None = None) -> Material:
    return Material((1, 1, 1), random.between(0.6, 1), texture=weave(random, color or hue(random)), repeat=2)


def printed(random: Chance, repeat: float = 1.0, rough: tuple[float, float] = (0.1, 0.8)) -> Material:
    return Material((1, 1, 1), random.between(*rough), texture=pattern(random), repeat=repeat)


def anything(random: Chance) -> Material:
    return random.one_of((glossy, matt, leather, cloth, printed, wood, metal))(random)


def lined(material: Material) -> Material:
    """The inside of a thing: the same, in its own shadow."""
    return replace(material, color=shade(material.color, 0.45))


# --- textures ---------------------------------------------------------------------------------------------------------


@cache
def _fields(sigma: float) -> npt.NDArray[np.float32]:
    """Eight fields of smooth noise that tile, standard deviation 1."""
    random = np.random.default_rng(7)
    fields = []
    for _ in range(8):
        white = np.tile(random.normal(0, 1, (SIDE, SIDE)).astype(np.float32), (3, 3))
        soft = cv2.GaussianBlur(white, (0, 0), sigma)[SIDE : 2 * SIDE, SIDE : 2 * SIDE]
        fields.append(soft / soft.std())
    return np.stack(fields)


def noise(random: Chance, sigma: float) -> npt.NDArray[np.float32]:
    """A tiling field (SIDE, SIDE) of mean 0 and deviation 1, `sigma` texels smooth."""
    field = _fields(sigma)[random.integers(8)]
    return np.roll(field, tuple(random.integers(SIDE, size=2)), (0, 1))


def _tinted(color: Rgb, brightness: npt.NDArray[Any]) -> Texture:
    return np.clip(np.asarray(color) * brightness[..., None] * 255, 0, 255).astype(np.uint8)


def _ink(color: Rgb) -> tuple[int, int, int]:
    return tuple(int(c * 255) for c in color)


def weave(random: Chance, color: Rgb) -> Texture:
    y, x = np.mgrid[:SIDE, :SIDE]
    period = random.one_of((4, 8, 16))
    threads = np.sin(2 * np.pi * x / period) * np.sin(2 * np.pi * y / period)
    if random.maybe(0.5):
        threads = np.sin(2 * np.pi * (x + y) / period)
    return _tinted(color, 1 + random.between(0.02, 0.16) * threads + 0.05 * noise(random, 1.5))


def wood_texture(random: Chance) -> Texture:
    color = colorsys.hsv_to_rgb(random.between(0.04, 0.11), random.between(0.25, 0.75), random.between(0.25, 0.95))
    grain = cv2.resize(noise(random, 1.5)[:, :16], (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
    x = np.arange(SIDE)[:, None] + 6 * noise(random, 24.0)
    rings = np.sin(2 * np.pi * x / random.one_of((16, 32, 64)))
    return _tinted(color, 1 + 0.12 * grain + random.between(0.03, 0.14) * rings)


def marble(random: Chance) -> Texture:
    base = np.array(random.one_of(((0.93, 0.92, 0.9), (0.15, 0.15, 0.17), (0.8, 0.75, 0.68), (0.55, 0.6, 0.58))))
    veins = np.exp(-np.abs(noise(random, 24.0) + 0.5 * noise(random, 6.0)) * 7)
    return np.clip((base + (0.5 - base) * veins[..., None] * 0.7) * 255, 0, 255).astype(np.uint8)


def _scales(random: Chance, color: Rgb, snake: bool) -> Texture:
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float32)
    size = random.one_of((16, 32))
    x += size / 2 * ((y // size) % 2)
    cell = np.minimum(np.abs((x % size) / size - 0.5), np.abs((y % size) / size - 0.5) if not snake else 1)
    bright = 0.55 + 0.9 * (0.5 - cell) if not snake else 1 + 0.5 * np.tanh(3 * noise(random, 6.0)) * (cell > 0.1)
    return _tinted(color, bright)


def pattern(random: Chance, first: Rgb | None = None) -> Texture:
    """A print as on ties, bags and cups: stripes, dots, checks, blobs, flowers, figures, letters ..."""
    kinds = (_stripes, _stripes, _dots, _checks, _blobs, _flowers, _figures, _letters, _plain, _gradient, _zigzag)
    return random.variant(kinds)(random, first or hue(random), hue(random), hue(random))


def _plain(random: Chance, a: Rgb, b: Rgb, c: Rgb) -> Texture:
    return weave(random, a)


def _gradient(random: Chance, a: Rgb, b: Rgb, c: Rgb) -> Texture:
    t = np.clip(np.linspace(0, 1, SIDE)[:, None, None] + 0.05 * noise(random, 6.0)[..., None], 0, 1)
    return ((np.array(a) * (1 - t) + np.array(b) * t) * 255).astype(np.uint8)


def _stripes(random: Chance, a: Rgb, b: Rgb, c: Rgb) -> Texture:
    y, x = np.mgrid[:SIDE, :SIDE]
    period = random.one_of((16, 32, 64, 128))
    phase = (x + random.one_of((0, 1, 1, -1, 2)) * y + (y if random.maybe(0.2) else 0)) % period / period
    width = random.between(0.15, 0.6)
    image = np.where((phase < width)[..., None], np.array(b), np.array(a))
    thin = (phase > width + 0.1) & (phase < width + 0.2)
    return (np.where(thin[..., None] & random.maybe(0.5), np.array(c), image) * 255).astype(np.uint8)


def _zigzag(random: Chance, a: Rgb, b: Rgb, c: Rgb) -> Texture:
    y, x = np.mgrid[:SIDE, :SIDE]
    period = random.one_of((16, 32, 64))
    phase = (y + np.abs(x % period - period / 2)) % period / period
    return (np.where((phase < 0.5)[..., None], np.array(b), np.array(a)) * 255).astype(np.uint8)


def _dots(random: Chance, a: Rgb, b: Rgb, c: Rgb) -> Texture:
    image = np.full((SIDE, SIDE, 3), _ink(a), np.uint8)
    step = random.one_of((16, 32, 64))
    radius = max(int(step * random.between(0.08, 0.38)), 1)
    ring = random.one_of((-1, -1, 1, 2))
    for row, y in enumerate(range(0, SIDE, step // 2)):
        for x in range(row % 2 * step // 2, SIDE + step, step):
            cv2.circle(image, (x, y), radius, _ink(b), ring, cv2.LINE_AA)
    return image


def _checks(random: Chance, a: Rgb, b: Rgb, c: Rgb) -> Texture:
    y, x = np.mgrid[:SIDE, :SIDE]
    period = random.one_of((32, 64, 128))
    image = np.broadcast_to(np.array(a), (SIDE, SIDE, 3)).copy()
    for color, width, start in ((b, random.between(0.2, 0.5), 0.0), (c, random.between(0.03, 0.12), 0.7)):
        for line in (x, y):
            on = ((line / period + 1 - start) % 1 < width)[..., None]
            image = np.where(on, 0.5 * image + 0.5 * np.array(color), image)
    return (image * 255).astype(np.uint8)


def _blobs(random: Chance, a: Rgb, b: Rgb, c: Rgb) -> Texture:
    field = noise(random, random.one_of((1.5, 6.0, 24.0)))
    image = np.where((field > 0.4)[..., None], np.array(b), np.array(a))
    return (np.where((field < -0.8)[..., None], np.array(c), image) * 255).astype(np.uint8)


def _flowers(random: Chance, a: Rgb, b: Rgb, c: Rgb) -> Texture:
    image = np.full((SIDE, SIDE, 3), _ink(a), np.uint8)
    petals = int(random.integers(4, 8))
    for _ in range(int(random.integers(3, 40))):
        center, size = random.integers(0, SIDE, 2), random.between(6, 34)
        color = _ink(random.one_of((b, c)))
        for k in range(petals):
            angle = 2 * np.pi * k / petals + size
            at = center + size * 0.6 * np.array([np.cos(angle), np.sin(angle)])
            cv2.ellipse(
                image,
                (int(at[0]), int(at[1])),
                (max(int(size * 0.5), 1), max(int(size * 0.25), 1)),
                float(np.degrees(angle)),
                0,
                360,
                color,
                -1,
                cv2.LINE_AA,
            )
        cv2.circle(image, (int(center[0]), int(center[1])), max(int(size * 0.25), 1), _ink(c), -1, cv2.LINE_AA)
    return image


def _figures(random: Chance, a: Rgb, b: Rgb, c: Rgb) -> Texture:
    """One large picture in the middle: a face, a heart, a star, a landscape of shapes."""
    image = np.full((SIDE, SIDE, 3), _ink(a), np.uint8)
    middle, size = SIDE // 2, int(random.between(35, 85))
    kind = random.integers(4)
    if kind == 0:
        cv2.circle(image, (middle, middle), size, _ink(b), -1, cv2.LINE_AA)
        for side in (-1, 1):
            cv2.circle(image, (middle + side * size // 2, middle - size), size // 3, _ink(b), -1, cv2.LINE_AA)
            cv2.circle(image, (middle + side * size // 3, middle - size // 5), size // 8, (10, 10, 10), -1, cv2.LINE_AA)
        cv2.ellipse(
            image, (middle, middle + size // 5), (size // 3, size // 4), 0, 0, 180, (10, 10, 10), 3, cv2.LINE_AA
        )
    elif kind == 1:
        t = np.linspace(0, 2 * np.pi, 60)
        heart = np.stack(
            [16 * np.sin(t) ** 3, -(13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t))], -1
        )
        cv2.fillPoly(image, [(heart * size / 17 + middle).astype(np.int32)], _ink(b), cv2.LINE_AA)
    elif kind == 2:
        angle = np.arange(10) * np.pi / 5 - np.pi / 2
        radius = np.where(np.arange(10) % 2, size * 0.4, size)
        star = np.stack([np.cos(angle), np.sin(angle)], -1) * radius[:, None] + middle
        cv2.fillPoly(image, [star.astype(np.int32)], _ink(b), cv2.LINE_AA)
    else:
        for _ in range(12):
            corners = random.integers(0, SIDE, (3, 2)).astype(np.int32)
            cv2.fillPoly(image, [corners], _ink(hue(random)), cv2.LINE_AA)
    return image


def _letters(random: Chance, a: Rgb, b: Rgb, c: Rgb) -> Texture:
    image = Image.new("RGB", (SIDE, SIDE), _ink(a))
    draw = ImageDraw.Draw(image)
    for row in range(int(random.integers(1, 4))):
        font = ImageFont.truetype(random.one_of(fonts()), int(random.integers(22, 60)))
        draw.text((SIDE / 2, 60 + row * 60), random.one_of(PRINTS), _ink(b), font, anchor="mm")
    return np.asarray(image)


def stitched(texture: Texture, color: Rgb) -> Texture:
    """A seam along the rim, as on leather goods."""
    image = texture.copy()
    for k in range(8, SIDE - 8, 8):
        for start, end in (((k, 8), (k + 4, 8)), ((k, SIDE - 9), (k + 4, SIDE - 9))):
            cv2.line(image, start, end, _ink(color), 1)
            cv2.line(image, start[::-1], end[::-1], _ink(color), 1)
    return image
