"""The list of creatives: a function draws one, its decorator says what it is."""

from collections.abc import Callable
from dataclasses import dataclass

from samples.drawing.canvas import Canvas

CARD, SQUARE, BANNER, STRIP = (900, 1200), (1080, 1080), (1200, 628), (1440, 370)


@dataclass(frozen=True)
class Creative:
    """A sample; `thing` is the COCO class of what it shows, None where COCO has none."""

    file: str
    topic: str
    language: str
    thing: str | None
    size: tuple[int, int]
    draw: Callable[[Canvas], None]
    orientation: int = 1  # EXIF: 6 stores the picture lying on its left side


CREATIVES: list[Creative] = []


def creative(
    file: str, language: str, thing: str | None, size: tuple[int, int], *, orientation: int = 1
) -> Callable[[Callable[[Canvas], None]], Callable[[Canvas], None]]:
    """Register a drawing; its topic is what its file name starts with."""

    def register(draw: Callable[[Canvas], None]) -> Callable[[Canvas], None]:
        CREATIVES.append(Creative(file, file.split("_", maxsplit=1)[0], language, thing, size, draw, orientation))
        return draw

    return register
