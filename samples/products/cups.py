"""Cups; they stand on y = 0."""

import numpy as np
from PIL import Image

from samples.drawing.fields import Array, curve, hoop, lathe, linear, picture, union
from samples.drawing.studio import Part
from samples.products.common import disc, mirrored


def mug(
    colour: str, inside: str = "#fbf6ee", drink: str = "#2b130a", *, belly: float = 0.0, rim: str | None = None
) -> list[Part]:
    """A mug with its handle to the right, 1.74 high; belly rounds the wall, rim colours the lip."""
    outer = curve([(0.78, 0.05), (0.8 + belly, 0.5), (0.82 + belly, 1.1), (0.83, 1.7)], 8)
    inner = curve([(0.76, 1.7), (0.74 + belly, 1.1), (0.72 + belly, 0.5), (0.6, 0.12)], 8)
    wall = lathe([(0, 0), (0.72, 0), *outer, (0.8, 1.74), *inner, (0, 0.12)], 0.014)
    grip = hoop(
        curve([(0.85, 1.44), (1.08, 1.5), (1.32, 1.28), (1.36, 0.95), (1.2, 0.58), (1.0, 0.4), (0.87, 0.34)]),
        0.1,
        flat=0.75,
    )

    def paint(p: Array) -> Array:
        within = (np.hypot(p[0], p[2]) < 0.77 + belly) & (p[1] > 0.1)
        body = np.where(p[1] > 1.67, linear(rim), linear(colour)) if rim else linear(colour)
        return np.where(within & (p[1] < 1.7), linear(inside), body)

    liquid = lathe(mirrored([(0.76, 1.42), (0.76, 1.3)]), 0.004)
    return [
        Part(union(wall, grip, blend=0.05), paint, gloss=0.9, rough=0.1),
        Part(liquid, drink, gloss=0.5, rough=0.15),
    ]


def cappuccino(colour: str, foam: Image.Image) -> list[Part]:
    """A bowl-shaped cup on its saucer; foam is the picture on the coffee."""
    outer = curve([(0.36, 0.12), (0.62, 0.3), (0.86, 0.66), (0.98, 1.08)], 8)
    inner = curve([(0.92, 1.06), (0.8, 0.68), (0.58, 0.36), (0.3, 0.2)], 8)
    bowl = lathe([(0, 0.06), (0.38, 0.06), *outer, (0.96, 1.11), *inner, (0, 0.2)], 0.012)
    grip = hoop(
        curve([(0.97, 0.95), (1.17, 1.02), (1.36, 0.86), (1.26, 0.58), (1.0, 0.44), (0.78, 0.42)]), 0.075, flat=0.8
    )
    plate = [
        (0, 0),
        (0.55, 0),
        (1.0, 0.08),
        (1.5, 0.2),
        (1.55, 0.25),
        (1.46, 0.25),
        (0.98, 0.15),
        (0.55, 0.08),
        (0, 0.08),
    ]

    ware = union(union(bowl, grip, blend=0.04), lathe(plate, 0.012))
    surface = Part(disc(0.88, 0.04, 0.004), picture(foam, (-0.9, -0.9, 0.9, 0.9)), gloss=0.35, rough=0.3)
    return [Part(ware, colour, gloss=0.9, rough=0.1), surface.moved(y=0.9, turn=(-90, 0, 0))]
