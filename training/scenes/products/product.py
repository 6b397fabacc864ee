"""A product: its parts, the COCO class it is labelled with (None for what surrounds it) and how it may be put."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from training.scenes.geometry import Floats, Mesh, rotation
from training.scenes.materials import Material

Part = tuple[Mesh, Material]


@dataclass(frozen=True, eq=False, slots=True)
class Product:
    """`poses`: "stand", "flat" (lies as drawn), "lie" (to be laid on its back), "hang" (the same, seen from above)."""

    label: str | None
    parts: tuple[Part, ...]
    poses: tuple[str, ...] = ("stand",)

    @property
    def points(self) -> Floats:
        return np.concatenate([mesh.points for mesh, _ in self.parts])

    def moved(self, turn: Floats, offset: tuple[float, float, float] = (0, 0, 0), scale: float = 1.0) -> Product:
        return replace(self, parts=tuple((mesh.moved(turn, offset, scale), made_of) for mesh, made_of in self.parts))

    def on_ground(self, x: float = 0.0, y: float = 0.0) -> Product:
        """Moved so that it touches z = 0 and its middle is above (x, y)."""
        low, high = self.points.min(0), self.points.max(0)
        middle = (low + high) / 2
        return self.moved(np.eye(3), (x - middle[0], y - middle[1], -low[2]))

    def lying(self) -> Product:
        """On its back: the front looks up."""
        return self.moved(rotation("x", -90))
