"""Bags; they stand on y = 0."""

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
    hoop,
    outline,
    pattern,
    rod,
    union,
)
from samples.drawing.studio import Part
from samples.products.common import GOLD, LEATHER, STEEL, disc, mirrored


def handbag(colour: str, trim: str, metal: str = GOLD) -> list[Part]:
    """A structured handbag with two handles, standing on y = 0, 2.9 high."""
    side = mirrored(curve([(0.98, 1.62), (1.04, 1.2), (1.18, 0.5), (1.25, 0.12), (1.16, 0.03)], 6))
    body = extrude(outline(side, smooth=0.03), 0.9, 0.09)
    flap = extrude(outline(mirrored([(0.97, 1.64), (1.03, 1.2), (0.75, 1.04), (0.2, 0.98)]), smooth=0.03), 0.06, 0.025)
    belt = extrude(
        outline([(-0.14, 1.2), (0.14, 1.2), (0.14, 0.72), (0.0, 0.62), (-0.14, 0.72)], smooth=0.02), 0.06, 0.025
    )
    arc = curve(
        [(-0.56, 1.2), (-0.55, 1.62), (-0.46, 2.3), (-0.2, 2.66), (0.2, 2.66), (0.46, 2.3), (0.55, 1.62), (0.56, 1.2)],
        8,
    )
    parts = [
        Part(body, colour, **LEATHER),
        Part(at(flap, z=0.47), _stitched(colour, side, 0.05), **LEATHER),
        Part(at(belt, z=0.53), trim, **LEATHER),
        Part(union(*(at(hoop(arc, 0.062), z=z) for z in (0.53, -0.42))), trim, **LEATHER),
        Part(union(at(hoop(side, 0.03), z=0.44), at(hoop(side, 0.03), z=-0.44)), trim, **LEATHER),
        Part(at(box(0.2, 0.16, 0.08, 0.025), y=0.84, z=0.58), metal, metal=True, rough=0.15),
    ]
    rings = [at(box(0.17, 0.09, 0.17, 0.03), x=x, y=1.5, z=0.54) for x in (-0.555, 0.555)]
    feet = [at(ellipsoid(0.07, 0.06, 0.07), x=x, y=0.04, z=0.3) for x in (-0.95, 0.95)]
    return [*parts, Part(union(*rings, *feet), metal, metal=True, rough=0.15)]


def backpack(colour: str, base: str, accent: str) -> list[Part]:
    """A backpack with two pockets, a base and accents of other colours, standing on y = 0, 2.9 high."""
    shell = mirrored(
        curve([(0.0, 2.55), (0.45, 2.48), (0.78, 2.2), (0.9, 1.6), (0.95, 0.6), (0.9, 0.12), (0.7, 0.02)], 8)
    )
    canvas: dict[str, Any] = {"gloss": 0.12, "rough": 0.7, "grain": 0.09, "grain_size": 0.01}

    def pocket(top: float, bottom: float, half: float) -> tuple[Field, Field]:
        edge = curve(
            [
                (0.0, top),
                (half * 0.65, top - 0.02),
                (half * 0.92, top - 0.16),
                (half, (top + bottom) / 2),
                (half * 0.97, bottom + 0.12),
                (half * 0.85, bottom),
            ],
            8,
        )
        seam = [(x, y - 0.09) for x, y in edge[:26]]
        return extrude(outline(mirrored(edge), smooth=0.02), 0.46, 0.14), hoop(
            [(-x, y) for x, y in reversed(seam[1:])] + seam, 0.02
        )

    (low, low_zip), (high, high_zip) = pocket(1.14, 0.12, 0.74), pocket(1.86, 1.24, 0.66)
    opening = sorted([(x * 0.97, y) for x, y in shell if y > 0.9], key=lambda node: np.arctan2(node[0], node[1] - 1.2))
    strap = hoop(curve([(0.42, 2.4), (0.8, 2.2), (1.16, 1.5), (1.18, 0.9), (0.85, 0.3)]), 0.13, flat=1.8)
    body = union(
        extrude(outline(shell, smooth=0.02), 0.95, 0.2),
        *(at(ellipsoid(0.16, 0.5, 0.32), x=x, y=0.58) for x in (-0.92, 0.92)),
        blend=0.08,
    )
    tone = pattern(lambda p: (p[1] < 0.34).astype(np.float32), colour, base)
    tabs = [
        at(box(0.06, 0.2, 0.05, 0.02), x=x, y=y, z=z)
        for x, y, z in ((0.35, 0.98, 0.74), (-0.3, 1.68, 0.66), (-0.86, 1.5, 0.3))
    ]
    return [
        Part(union(body, at(low, z=0.46), at(high, z=0.4)), tone, **canvas),
        Part(
            union(at(low_zip, z=0.675), at(high_zip, z=0.615), at(hoop(opening, 0.03), z=0.34)),
            "#23262b",
            gloss=0.5,
            rough=0.3,
        ),
        Part(
            at(
                hoop(curve([(-0.26, 2.45), (-0.24, 2.78), (0, 2.86), (0.24, 2.78), (0.26, 2.45)]), 0.06, flat=0.7),
                z=-0.1,
            ),
            base,
            **canvas,
        ),
        Part(
            union(at(strap, z=-0.52), lambda p: at(strap, z=-0.52)(p * np.array([[-1], [1], [1]], np.float32))),
            base,
            **canvas,
        ),
        Part(union(at(box(0.4, 0.2, 0.05, 0.02), y=0.62, z=0.69), *tabs), accent, **LEATHER),
    ]


def suitcase(colour: str, trim: str = "#2b2d31", metal: str = STEEL) -> list[Part]:
    """A ribbed cabin suitcase on wheels, standing on y = 0, 3.6 high."""
    shell = box(1.7, 2.4, 0.95, 0.2)

    def ribbed(p: Array) -> Array:
        wave = np.clip(np.cos(p[0] * 2 * np.pi / 0.24) * 1.6, -1, 1)
        return (shell(p) - 0.016 * wave * np.clip(6 * (1.08 - np.abs(p[1])), 0, 1)) * np.float32(0.85)

    paint = pattern(lambda p: (np.abs(p[2]) < 0.028).astype(np.float32), colour, trim)
    wheels = [at(disc(0.14, 0.16, 0.02), x=x, y=0.14, z=z, turn=(0, 70, 0)) for x in (-0.66, 0.66) for z in (-0.3, 0.3)]
    forks = [at(box(0.22, 0.16, 0.24, 0.05), x=x, y=0.27, z=z) for x in (-0.66, 0.66) for z in (-0.3, 0.3)]
    poles = [rod((x, 2.4, -0.4), (x, 3.5, -0.4), 0.035) for x in (-0.4, 0.4)]
    return [
        Part(at(ribbed, y=1.5), paint, gloss=0.5, rough=0.22),
        Part(union(*wheels, *forks), trim, gloss=0.3),
        Part(union(*poles), metal, metal=True, rough=0.15),
        Part(at(box(0.98, 0.14, 0.18, 0.06), y=3.54, z=-0.4), trim, gloss=0.4),
        Part(
            at(hoop(curve([(-0.34, 0), (-0.28, 0.13), (0.28, 0.13), (0.34, 0)]), 0.05), y=2.72, z=0.1), trim, gloss=0.4
        ),
        Part(at(box(0.3, 0.12, 0.06, 0.025), y=2.36, z=0.49), metal, metal=True, rough=0.2),
    ]


def _stitched(colour: str, edge: list[Point], inset: float) -> Paint:
    """Leather with a seam of light stitches at inset within an outline."""
    shape = outline(edge, smooth=0.0)

    def stitches(p: Array) -> Array:
        dashes = ((p[0] + p[1]) % 0.1) < 0.065
        return dashes & (np.abs(shape(p[0], p[1]) + inset) < 0.011)

    return pattern(stitches, colour, "#efe3cf")
