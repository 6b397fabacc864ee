"""The pictures that topics are learned from: photographs, as they are and made into cards, rendered scenes, print."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from adlens.domain.topics import taxonomy
from training.objects.lettering import Printer
from training.photographs import Photograph
from training.scenes.card import inset, weathered, write
from training.scenes.labels import read_scenes
from training.scenes.materials import Chance

SCENE = "scene"
"""The source of what is rendered."""
PRINT = "print"
PAGE_SIDE = 600
CARDS = 3
"""Made of a photograph that shows a topic; of the others, of which there are many, there is one."""

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Picture:
    """`part` is what it is held out with: a fold of the photographs' sources, or a split of the scenes. `card` numbers
    the cards made of a photograph, from 1; 0 is the photograph itself.
    """

    path: Path
    topic: str
    source: str
    part: str
    card: int = 0

    @property
    def id(self) -> str:
        return f"{self.path.parent.name}/{self.path.name}#{self.card}"

    def pixels(self) -> Pixels:
        """(h, w, 3) RGB. The same card each time."""
        pixels = cv2.cvtColor(np.asarray(cv2.imread(str(self.path))), cv2.COLOR_BGR2RGB)
        if not self.card:
            return np.asarray(pixels, np.uint8)
        random = Chance(zlib.crc32(self.id.encode()), False)
        picture = np.asarray(pixels, np.float32) / 255
        if random.maybe(0.5):
            picture = np.ascontiguousarray(picture[:, ::-1])
        if random.maybe(0.6):
            picture, _ = inset(random, picture, [])
        if random.maybe(0.8):
            picture, _ = write(random, picture, [], self.topic)
        return (weathered(random, picture) * 255 + 0.5).astype(np.uint8)


@dataclass(frozen=True, slots=True)
class Page:
    """A page of nothing but print, which looks like no topic: whatever it advertises, its words say."""

    number: int
    source: str = PRINT

    @property
    def id(self) -> str:
        return f"{PRINT}/{self.number}#0"

    @property
    def topic(self) -> str:
        return taxonomy().fallback

    @property
    def part(self) -> str:
        return {8: "val", 9: "test"}.get(self.number % 10, "train")

    def pixels(self) -> Pixels:
        split = "test" if self.part == "test" else "train"
        return _printer(split).page(Chance(self.number, False), PAGE_SIDE)


@cache
def _printer(split: str) -> Printer:
    return Printer(split)


def of_photographs(photographs: Sequence[Photograph]) -> list[Picture]:
    """Those with a topic, and cards made of them."""
    return [
        Picture(one.path, one.topic, one.source, f"fold {one.fold}", card)
        for one in photographs
        if one.topic
        for card in range(1 + (1 if one.topic == taxonomy().fallback else CARDS))
    ]


def of_scenes(folder: Path) -> list[Picture]:
    """Raises SystemExit without scenes."""
    return [Picture(folder / label["file"], label["topic"], SCENE, label["split"]) for label in read_scenes(folder)]
