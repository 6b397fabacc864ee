"""Ties and what they are worn with, in front of z = 0."""

from typing import Any

import numpy as np

from samples.drawing.fields import (
    Array,
    Field,
    Paint,
    Point,
    at,
    box,
    curve,
    ellipsoid,
    extrude,
    outline,
    pattern,
    union,
    warp,
)
from samples.drawing.studio import Part
from samples.products.common import darker, mirrored


def stripes(first: str, second: str, period: float, share: float = 0.5, *, angle: float = 45) -> Paint:
    """Slanting stripes on twill: fine threads run against the stripes."""
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))

    def band(p: Array) -> Array:
        t = ((p[0] * c + p[1] * s) / period) % 1
        return np.clip((np.abs(t - 0.5) - (1 - share) / 2) * period * 90 + 0.5, 0, 1)

    plain = pattern(band, first, second)
    return lambda p: plain(p) * (1 + 0.09 * np.sin((p[0] - p[1]) * 190)).astype(np.float32)


def dots(ground: str, spot: str, period: float = 0.15, radius: float = 0.032) -> Paint:
    def spotted(p: Array) -> Array:
        row = np.floor(p[1] / period)
        x = (p[0] + (row % 2) * period / 2) % period - period / 2
        return np.clip((radius - np.hypot(x, p[1] % period - period / 2)) * 120 + 0.5, 0, 1)

    return pattern(spotted, ground, spot)


def tie(paint: Paint | str, knot: Paint | str, length: float = 3.0) -> list[Part]:
    """A knotted tie, its knot at y = 0..0.4, hanging down in front of z = 0."""
    tip, wide = -length, 0.42
    blade = curve([(0.13, 0.1), (0.19, -0.25), (0.27, tip * 0.4), (wide, tip + 0.42)], 8)
    cloth = extrude(outline(mirrored([*blade, (0.0, tip)]), smooth=0.01), 0.09, 0.04)
    folds = warp(
        cloth,
        lambda p: (
            0.1
            - 0.35 * p[0] ** 2
            + 0.045 * np.exp(-((p[0] / 0.05) ** 2)) * np.minimum(p[1] + 0.75, 0) * (p[1] > -0.75)
            + 0.02 * np.sin(p[0] * 9 + p[1] * 2.1)
        ),
        1.4,
    )
    body = extrude(
        outline(
            [(-0.27, 0.4), (0.27, 0.4), (0.165, -0.02), (0.12, -0.06), (-0.12, -0.06), (-0.165, -0.02)], smooth=0.025
        ),
        0.26,
        0.1,
    )
    bulge = warp(body, lambda p: 0.2 - 0.7 * p[0] ** 2 + 0.015 * np.sin(p[0] * 16 - p[1] * 9), 1.3)
    return [Part(folds, paint, gloss=0.35, rough=0.5), Part(bulge, knot, gloss=0.35, rough=0.5)]


def bow_tie(paint: Paint | str) -> list[Part]:
    """A bow tie, 1.6 wide, about the origin."""
    upper = curve([(0.06, 0.1), (0.35, 0.23), (0.7, 0.33), (0.79, 0.26), (0.76, 0.0)], 8)
    wing = mirrored([*upper, *((x, -y) for x, y in reversed(upper[:-1]))])
    cloth = extrude(outline(wing, smooth=0.012), 0.16, 0.07)

    def crease(p: Array) -> Array:
        near = np.exp(-((np.abs(p[0]) / 0.4) ** 2))
        return 0.12 - 0.08 * p[0] ** 2 + 0.05 * np.cos(p[1] * 22 / (0.4 + 1.2 * np.abs(p[0]))) * near

    knot = warp(box(0.24, 0.3, 0.28, 0.09), lambda p: 0.16 + 0.012 * np.sin(p[0] * 34), 1.2)
    silk: dict[str, Any] = {"gloss": 0.5, "rough": 0.4}
    return [Part(warp(cloth, crease, 1.7), paint, **silk), Part(knot, paint, **silk)]


def shirt(cloth: str, jacket: str | None = None, square: str = "#f4f4f2") -> list[Part]:
    """The front of a shirt, collar about y = 1.2, cut by the frame; jacket puts a suit with a pocket square over it."""

    def layer(polygon: list[Point], depth: float, lift: float) -> Field:
        flat = extrude(outline(polygon, smooth=0.012), depth, min(depth / 2, 0.05) * 0.9)

        def drape(p: Array) -> Array:
            wrinkle = 0.02 * np.sin(p[0] * 3.1 + p[1] * 1.7) + 0.012 * np.sin(p[0] * 5.3 - p[1] * 4.1)
            return lift - 0.13 * p[0] ** 2 - 0.03 * np.logaddexp(0, 4 * (p[1] - 0.4)) + wrinkle

        return warp(flat, drape, 1.25)

    def pair(polygon: list[Point], depth: float, lift: float) -> Field:
        right = layer(polygon, depth, lift)
        return lambda p: right(np.stack([np.abs(p[0]), p[1], p[2]]))

    body = layer(mirrored([(0.5, 1.3), (1.1, 1.05), (1.85, 0.72), (2.2, 0.2), (2.6, -3.4)]), 0.16, 0.1)
    placket = layer([(-0.14, 0.9), (0.14, 0.9), (0.14, -3.4), (-0.14, -3.4)], 0.05, 0.2)
    back = layer(mirrored(curve([(0.0, 1.62), (0.42, 1.54), (0.55, 1.32), (0.4, 1.1), (0.0, 1.0)], 6)), 0.1, 0.14)
    collar = pair([(0.46, 1.56), (0.58, 1.5), (0.86, 0.94), (0.5, 0.34), (0.03, 1.0)], 0.09, 0.42)
    linen: dict[str, Any] = {"gloss": 0.08, "rough": 0.8, "grain": 0.05, "grain_size": 0.012}
    parts = [
        Part(union(body, placket), cloth, **linen),
        Part(back, darker(cloth), **linen),
        Part(collar, cloth, **linen),
    ]
    parts += [Part(at(ellipsoid(0.045, 0.045, 0.03), y=y, z=0.212), "#f4f1ea", gloss=0.6) for y in (-0.2, -0.95, -1.7)]
    if jacket:
        front = pair(
            [(0.62, 1.42), (1.2, 1.16), (1.95, 0.86), (2.35, 0.2), (2.7, -3.4), (0.0, -3.4), (0.0, -2.3), (0.5, -0.2)],
            0.12,
            0.38,
        )
        collar_line = [
            (0.6, 1.46),
            (0.76, 1.4),
            (1.12, 0.72),
            (1.0, 0.56),
            (1.26, 0.46),
            (0.75, -1.1),
            (0.08, -2.3),
            (0.04, -2.25),
            (0.42, -0.2),
        ]
        handkerchief = layer(
            [(1.2, -0.3), (1.66, -0.26), (1.6, -0.02), (1.48, -0.1), (1.38, 0.04), (1.28, -0.1)], 0.06, 0.47
        )
        welt = layer([(1.15, -0.42), (1.71, -0.36), (1.7, -0.24), (1.14, -0.3)], 0.08, 0.49)
        wool: dict[str, Any] = {"gloss": 0.1, "rough": 0.8, "grain": 0.12, "grain_size": 0.01}
        parts += [
            Part(union(front, welt), jacket, **wool),
            Part(pair(collar_line, 0.1, 0.54), jacket, **wool),
            Part(handkerchief, square, **linen),
        ]
    return parts
