"""What several products share."""

from typing import Any

from samples.drawing.fields import Field, Point, at, lathe

STEEL, GOLD, BRASS = "#d9dcde", "#e3bd6a", "#c9a14a"
LEATHER: dict[str, Any] = {"gloss": 0.45, "rough": 0.35, "grain": 0.06, "grain_size": 0.018}
FACE_VIEWER = (90.0, 0.0, 0.0)  # turns what was made about y to look along z


def mirrored(points: list[Point]) -> list[Point]:
    """A closed outline from its right half, listed from top to bottom."""
    return [*points, *((-x, y) for x, y in reversed(points))]


def disc(radius: float, thickness: float, rounding: float) -> Field:
    """A round plate that looks at the viewer, centred on the origin."""
    return at(lathe(mirrored([(radius, thickness / 2), (radius, -thickness / 2)]), rounding), turn=FACE_VIEWER)


def darker(colour: str) -> str:
    """A shade of #rrggbb."""
    return "#" + "".join(f"{round(int(colour[i : i + 2], 16) * 0.78):02x}" for i in (1, 3, 5))
