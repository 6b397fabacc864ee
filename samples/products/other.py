"""Products of no topic; they stand on y = 0."""

from typing import Any

import numpy as np

from samples.drawing.fields import Field, at, curve, hoop, lathe, pattern, rod, union
from samples.drawing.studio import Part
from samples.products.common import BRASS, LEATHER, STEEL, disc, mirrored


def bottle(colour: str, cap: str, band: str) -> list[Part]:
    """An insulated bottle with a carrying loop, standing on y = 0, 3.6 high."""
    body = lathe(
        mirrored(curve([(0.34, 2.95), (0.4, 2.86), (0.58, 2.6), (0.62, 2.3), (0.62, 0.12), (0.56, 0.02)], 8)), 0.012
    )
    lid = lathe(mirrored([(0.36, 3.4), (0.42, 3.34), (0.42, 3.0), (0.36, 2.94)]), 0.02)
    loop = hoop(
        curve([(-0.4, 3.12), (-0.42, 3.5), (-0.2, 3.68), (0.2, 3.68), (0.42, 3.5), (0.4, 3.12)]), 0.07, flat=0.6
    )
    paint = pattern(lambda p: (np.abs(p[1] - 0.55) < 0.05) | (p[1] < 0.16), colour, band)
    return [
        Part(body, paint, gloss=0.7, rough=0.22, grain=0.03, grain_size=0.01),
        Part(union(lid, loop, blend=0.04), cap, gloss=0.35, rough=0.4),
        Part(lathe(mirrored([(0.38, 3.0), (0.38, 2.88)]), 0.01), STEEL, metal=True, rough=0.15),
    ]


def headphones(colour: str, cushion: str, metal: str = STEEL) -> list[Part]:
    """Over-ear headphones, about 3 high, standing on y = 0."""
    arc = curve(
        [(-1.02, 1.2), (-1.06, 1.7), (-0.86, 2.4), (-0.35, 2.78), (0.35, 2.78), (0.86, 2.4), (1.06, 1.7), (1.02, 1.2)],
        8,
    )
    band = hoop(arc, 0.07, flat=0.45)
    pad = hoop([n for n in arc if n[1] > 2.3], 0.11, flat=0.5)
    parts = [Part(band, metal, metal=True, rough=0.2), Part(pad, cushion, **LEATHER)]
    for side in (-1, 1):
        shell = at(
            lathe(mirrored([(0.45, 0.16), (0.62, 0.06), (0.66, -0.12), (0.6, -0.16)]), 0.03), turn=(0, 0, -90 * side)
        )
        ring = at(
            lathe(curve([(0.36, 0), (0.5, 0.17), (0.64, 0), (0.5, -0.17)], 6, closed=True), 0.01), turn=(0, 0, -90)
        )
        place: dict[str, Any] = {"x": 1.02 * side, "y": 0.86}
        parts += [
            Part(stretched(shell), colour, gloss=0.5, rough=0.25).moved(**place),
            Part(stretched(ring), cushion, **LEATHER).moved(x=0.78 * side, y=0.86),
            Part(at(disc(0.5, 0.04, 0.008), turn=(0, 90, 0)), "#17181b", gloss=0.1).moved(x=0.84 * side, y=0.86),
            Part(at(disc(0.3, 0.03, 0.008), turn=(0, 90, 0)), metal, metal=True, rough=0.2).moved(
                x=1.19 * side, y=0.86
            ),
        ]
    return parts


def stretched(field: Field, stretch: float = 1.22) -> Field:
    """Stretch a field upwards; distances stay safe because they only shrink."""
    return lambda p: field(np.stack([p[0], p[1] / np.float32(stretch), p[2]]))


def lamp(shade: str, base: str) -> list[Part]:
    """A table lamp with a lit shade, standing on y = 0, 3.4 high."""
    cone = [(0.62, 3.3), (0.66, 3.3), (1.12, 2.0), (1.08, 2.0)]
    foot = lathe(
        mirrored(curve([(0.08, 1.6), (0.12, 1.4), (0.42, 1.0), (0.5, 0.6), (0.4, 0.2), (0.3, 0.08), (0.34, 0.0)], 8)),
        0.01,
    )
    glow = pattern(lambda p: np.clip(0.25 + 0.55 * (3.2 - p[1]), 0, 1), shade, "#fff3d6")
    return [
        Part(lathe(cone, 0.006), lambda p: 1.15 * glow(p), gloss=0.05, rough=0.8),
        Part(foot, base, gloss=0.9, rough=0.1),
        Part(rod((0, 1.5, 0), (0, 2.6, 0), 0.05), BRASS, metal=True, rough=0.15),
    ]
