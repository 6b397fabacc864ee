"""Cutlery; it lies on z = 0, 4 long."""

import numpy as np

from samples.drawing.fields import Array, Field, Point, at, curve, extrude, lathe, outline, pattern, warp
from samples.drawing.studio import Part
from samples.products.common import FACE_VIEWER, STEEL, darker, mirrored


def crown(field: Field, bend: float, curl: float = 0.9) -> Field:
    """Arch a flat blank across its width and bend it along its length, so that metal has something to reflect."""
    return warp(field, lambda p: 0.12 + bend * np.cos(p[1] * 1.5) - curl * p[0] ** 2, 1.3)


HANDLE: list[Point] = [(0.055, 0.35), (0.06, -0.2), (0.1, -1.2), (0.135, -1.75), (0.12, -1.95), (0.05, -2.02)]


def ware(blade: Field, metal: str, grip: str | None) -> list[Part]:
    """One piece; grip gives it a painted or wooden handle."""
    if not grip:
        return [Part(blade, metal, metal=True, rough=0.12)]
    sleeve = crown(
        extrude(
            outline(mirrored(curve([(0.07, -0.35), (0.12, -0.5), (0.15, -1.2), (0.165, -1.8), (0.06, -2.04)], 8))),
            0.16,
            0.07,
        ),
        0.08,
    )
    grain = pattern(lambda p: 0.5 + 0.5 * np.sin(p[0] * 60 + 3 * np.sin(p[1] * 2.2)), grip, darker(grip))
    return [Part(blade, metal, metal=True, rough=0.12), Part(sleeve, grain, gloss=0.5, rough=0.3)]


def fork(metal: str = STEEL, grip: str | None = None) -> list[Part]:
    tine = [
        (0.24, 1.98),
        (0.25, 1.9),
        *curve([(0.285, 1.3), (0.275, 0.98), (0.2, 0.7), (0.09, 0.5)], 8),
        *curve(HANDLE, 8),
    ]
    slots = [
        [(x - 0.038, 2.1), (x + 0.038, 2.1), (x + 0.03, 1.2), (x, 1.14), (x - 0.03, 1.2)] for x in (-0.14, 0.0, 0.14)
    ]
    return ware(crown(extrude(outline(mirrored(tine), holes=slots), 0.075, 0.03), 0.14, 0.5), metal, grip)


def spoon(metal: str = STEEL, grip: str | None = None) -> list[Part]:
    bowl = curve([(0.0, 1.98), (0.2, 1.9), (0.345, 1.6), (0.35, 1.25), (0.24, 0.85), (0.1, 0.58), *HANDLE], 8)
    blank = extrude(outline(mirrored(bowl)), 0.07, 0.03)

    def lift(p: Array) -> Array:
        hollow = np.clip(1 - (p[0] / 0.34) ** 2 - ((p[1] - 1.36) / 0.6) ** 2, 0, 1)
        arch = 0.9 * p[0] ** 2 * np.clip(0.9 - p[1], 0, 1)
        return 0.12 + 0.1 * np.cos(p[1] * 1.5) - 0.24 * hollow - arch

    return ware(warp(blank, lift, 1.7), metal, grip)


def knife(metal: str = STEEL, grip: str | None = None) -> list[Part]:
    edge = curve([(-0.1, 2.0), (0.1, 1.86), (0.2, 1.45), (0.215, 0.6), (0.17, 0.16), (0.1, 0.06)], 8)
    haft = curve(
        [
            (0.1, 0.0),
            (0.105, -1.0),
            (0.135, -1.8),
            (0.06, -2.02),
            (-0.06, -2.02),
            (-0.135, -1.8),
            (-0.105, -1.0),
            (-0.1, 0.0),
        ],
        8,
    )
    return ware(crown(extrude(outline([*edge, *haft, (-0.11, 1.9)]), 0.07, 0.03), 0.05, 1.2), metal, grip)


def plate(colour: str, rim: str, radius: float = 1.75) -> list[Part]:
    """A dinner plate seen from above, lying on z = 0."""
    r = radius
    section = [
        (0, 0),
        (0.6 * r, 0),
        (0.68 * r, 0.08),
        (r, 0.2),
        (r, 0.25),
        (0.66 * r, 0.14),
        (0.58 * r, 0.06),
        (0, 0.06),
    ]
    body = at(lathe(section, 0.02), turn=FACE_VIEWER)
    return [Part(body, pattern(lambda p: np.hypot(p[0], p[1]) > 0.965 * r, colour, rim), gloss=0.8, rough=0.12)]
