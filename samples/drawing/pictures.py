"""Flat pictures that products wear: clock dials, coffee foam, wood."""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from samples.drawing.canvas import font

SIZE = 1400


def dial(
    ground: str | Image.Image, ink: str, *, numerals: str = "", size: int = 150, ticks: bool = True, bars: float = 0.12
) -> Image.Image:
    """A clock face; numerals names the font of the hours 1 to 12, bars is the length of the hour marks."""
    face = ground.copy() if isinstance(ground, Image.Image) else Image.new("RGB", (SIZE, SIZE), ground)
    pen, middle = ImageDraw.Draw(face), SIZE / 2
    for minute in range(60):
        turn, hour = np.radians(minute * 6), minute % 5 == 0
        if not hour and not ticks:
            continue
        outer, length, width = 0.93, (bars if hour else 0.04), (24 if hour else 7)
        a, b = outer * middle, (outer - length) * middle
        s, c = float(np.sin(turn)), float(-np.cos(turn))
        pen.line([middle + a * s, middle + a * c, middle + b * s, middle + b * c], ink, width)
        if hour and numerals:
            r = (outer - length) * middle - size * 0.62
            type_ = font(numerals, size)
            pen.text((middle + r * s, middle + r * c), str(minute // 5 or 12), ink, type_, anchor="mm")
    return face


def wood(light: str, dark: str) -> Image.Image:
    """Planks with grain."""
    rng = np.random.default_rng(3)
    y, x = np.mgrid[0:SIZE, 0:SIZE] / SIZE
    noise = Image.fromarray((rng.random((90, 12)) * 255).astype(np.uint8)).resize(
        (SIZE, SIZE), Image.Resampling.BICUBIC
    )
    wobble = np.asarray(noise, float) / 255
    grain = 0.5 + 0.25 * np.sin(y * 150 + wobble * 9 + 3 * np.sin(x * 4)) + 0.35 * (wobble - 0.5)
    plank = np.floor(y * 5)
    grain = np.clip(grain + 0.18 * np.sin(plank * 2.4), 0, 1)
    grain[np.abs(y * 5 % 1) < 0.015] = 1
    mask = Image.fromarray((grain * 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(1.5))
    return Image.composite(Image.new("RGB", (SIZE, SIZE), dark), Image.new("RGB", (SIZE, SIZE), light), mask)


def rosetta(coffee: str, milk: str) -> Image.Image:
    """Latte art: nested hearts."""
    art = Image.new("RGB", (SIZE, SIZE), coffee)
    pen, t = ImageDraw.Draw(art), np.linspace(0, 2 * np.pi, 200)
    x, y = 16 * np.sin(t) ** 3, -(13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t))
    for scale, colour in ((30, milk), (23, coffee), (18, milk), (11, coffee), (7, milk)):
        pen.polygon([(SIZE / 2 + a * scale, SIZE / 2 + 30 + b * scale) for a, b in zip(x, y, strict=True)], fill=colour)
    return art.filter(ImageFilter.GaussianBlur(9))
