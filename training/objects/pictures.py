"""The pictures that the detector learns from, each made by chance from its number: photographs whole, cut and
recoloured, four in one, products cut out and put elsewhere, rendered scenes, and print alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np

from adlens.vision.image import Pixels
from adlens.vision.objects.yolo import Letterbox
from training.objects.classes import CLASSES
from training.objects.cutouts import read_cutouts
from training.objects.lettering import Printer
from training.objects.marks import GREY, Marked, marked
from training.objects.photographs import Photograph
from training.objects.teacher import Seen, read_picture
from training.scenes.backdrop import wall
from training.scenes.labels import read_scenes
from training.scenes.materials import Chance


@dataclass(frozen=True, slots=True)
class Plan:
    """How many pictures of each kind; `whole` times each photograph, `varied` times more those with products. And how
    many cut-outs of each class there shall be at least.
    """

    print: int = 900
    scene: int = 1200
    whole: int = 1
    varied: int = 1
    mosaic: int = 900
    pasted: int = 1200
    cutouts: int = 40


KINDS = ("print", "scene", "whole", "varied", "mosaic", "pasted")


class Maker:
    """Makes picture `number` of a kind, always the same one, with what is known of it."""

    def __init__(
        self,
        photographs: Sequence[Photograph],
        seen: Sequence[list[Seen]],
        scenes: Path,
        cutouts: Path,
        plan: Plan,
        side: int,
        seed: int = 1,
    ) -> None:
        self._photographs, self._seen, self._side, self._seed = photographs, seen, side, seed
        self._scenes_folder, self._cutouts_folder, self._plan = scenes, cutouts, plan
        self._printer = Printer("train")
        rendered = read_scenes(scenes) if plan.scene else []
        self._scenes = [scene for scene in rendered if scene["split"] == "train"][: plan.scene]
        rich = [bool(len(self._photograph(k, blank=True).products)) for k in range(len(photographs))]
        self._rich = [k for k, has in enumerate(rich) if has]
        self._poor = [k for k, has in enumerate(rich) if not has and photographs[k].known]
        self._subjects: dict[str, list[int]] = {
            "print": [*range(plan.print)],
            "scene": [*range(len(self._scenes))],
            "whole": [*range(len(photographs))] * plan.whole,
            "varied": self._rich * plan.varied,
            "mosaic": [*range(plan.mosaic)],
            "pasted": [*range(plan.pasted)],
        }

    def count(self, kind: str) -> int:
        return len(self._subjects[kind])

    def make(self, kind: str, number: int) -> Marked:
        """RGB (side, side, 3) and its marks."""
        chance = Chance(self._seed * 10_000_019 + KINDS.index(kind) * 1_000_003 + number, False)
        made: Marked = getattr(self, f"_{kind}")(chance, self._subjects[kind][number])
        return made if kind == "whole" else Marked(_recoloured(chance, made.pixels), made.marks)

    def _photograph(self, which: int, blank: bool = False) -> Marked:
        photograph = self._photographs[which]
        pixels = np.zeros((1, 1, 3), np.uint8) if blank else read_picture(photograph.path)
        return marked(photograph, self._seen[which], pixels)

    def _whole(self, chance: Chance, which: int) -> Marked:
        """As the engine sees it, or its mirror image."""
        picture = self._photograph(which)
        return _letterboxed(_mirrored(picture) if chance.maybe(0.5) else picture, self._side)

    def _varied(self, chance: Chance, which: int) -> Marked:
        picture = self._photograph(which)
        if chance.maybe(0.35):
            picture = self._printed(chance, picture)
        return self._zoomed(chance, picture, chance.between(0.45, 1.5))

    def _zoomed(self, chance: Chance, picture: Marked, zoom: float) -> Marked:
        """Larger than the square and cut, or smaller on a page; its aspect a little off."""
        side = self._side
        height, width = picture.pixels.shape[:2]
        stretch = np.exp(chance.normal(0, 0.1))
        scale = zoom * side / max(width, height) * np.array([stretch, 1 / stretch])
        if chance.maybe(0.5):
            picture = _mirrored(picture)
        room = side - scale * (width, height)
        at = np.where(room > 0, room * chance.random(2), room * (0.15 + 0.7 * chance.random(2)))
        matrix = np.array([[scale[0], 0, at[0]], [0, scale[1], at[1]]], np.float32)
        return picture.moved(matrix, (side, side), self._ground(chance) if zoom < 1 else None)

    def _ground(self, chance: Chance) -> Pixels | None:
        """Grey as beside every picture, one colour, a wall, or a page of print."""
        side = self._side
        kind = chance.random()
        if kind < 0.35:
            return None
        if kind < 0.6:
            ground = np.empty((side, side, 3), np.uint8)
            ground[:] = 255 if chance.maybe(0.5) else chance.integers(0, 256, 3)
            return ground
        if kind < 0.85:
            return np.asarray(wall(chance, (side, side)) * 255, np.uint8)
        return _letterboxed(Marked(self._printer.page(chance, side), np.zeros((0, 6), np.float32)), side).pixels

    def _printed(self, chance: Chance, picture: Marked) -> Marked:
        return Marked(self._printer.over(chance, picture.pixels, picture.products[:, 1:5]), picture.marks)

    def _mosaic(self, chance: Chance, which: int) -> Marked:
        """Four photographs, three of them with products, in the quarters of the square."""
        side = self._side
        middle = (int(side * chance.between(0.35, 0.65)), int(side * chance.between(0.35, 0.65)))
        page, marks = np.full((side, side, 3), GREY, np.uint8), []
        for quarter in range(4):
            x, y = (0, middle[0])[quarter % 2], (0, middle[1])[quarter // 2]
            width, height = (middle[0], side - middle[0])[quarter % 2], (middle[1], side - middle[1])[quarter // 2]
            picture = self._photograph(chance.one_of(self._rich if quarter else self._poor))
            if chance.maybe(0.5):
                picture = _mirrored(picture)
            scale = min(width / picture.pixels.shape[1], height / picture.pixels.shape[0])
            scale *= chance.between(1.0, 1.3)
            room = np.array([width, height]) - scale * np.array(picture.pixels.shape[1::-1])
            at = room * chance.random(2)
            matrix = np.array([[scale, 0, at[0]], [0, scale, at[1]]], np.float32)
            part = picture.moved(matrix, (width, height))
            page[y : y + height, x : x + width] = part.pixels
            part.marks[:, 1:5] += [x, y, x, y]
            marks.append(part.marks)
        return Marked(page, np.concatenate(marks))

    def _pasted(self, chance: Chance, which: int) -> Marked:
        """One to three cut-outs on a wall, on print, or on a photograph without products."""
        side = self._side
        if chance.maybe(0.35):
            page = self._zoomed(chance, self._photograph(chance.one_of(self._poor)), 1.0)
        else:
            ground = self._ground(chance)
            pixels = np.full((side, side, 3), 255, np.uint8) if ground is None else ground
            page = Marked(pixels, np.zeros((0, 6), np.float32))
        label = chance.one_of(sorted(self._cutouts))
        for _ in range(1 if chance.maybe(0.6) else int(chance.integers(2, 4))):
            page = _stuck(chance, page, chance.one_of(self._cutouts[label]), CLASSES.index(label))
            label = label if chance.maybe(0.5) else chance.one_of(sorted(self._cutouts))
        return self._printed(chance, page) if chance.maybe(0.5) else page

    def _print(self, chance: Chance, which: int) -> Marked:
        return _letterboxed(Marked(self._printer.page(chance, self._side), np.zeros((0, 6), np.float32)), self._side)

    def _scene(self, chance: Chance, which: int) -> Marked:
        scene = self._scenes[which]
        pixels = read_picture(self._scenes_folder / scene["file"])
        height, width = pixels.shape[:2]
        rows = [(CLASSES.index(thing["class"]), *thing["box"], 1.0) for thing in scene["objects"]]
        marks = np.array(rows, np.float32).reshape(-1, 6)
        marks[:, 1:5] *= [width, height, width, height]
        return self._zoomed(chance, Marked(pixels, marks), chance.between(0.6, 1.2))

    @cached_property
    def _cutouts(self) -> dict[str, list[Pixels]]:
        pictures = (self._photograph(which) for which in self._rich)
        return read_cutouts(pictures, self._cutouts_folder, self._plan.cutouts, self._seed)


def _letterboxed(picture: Marked, side: int) -> Marked:
    height, width = picture.pixels.shape[:2]
    box = Letterbox.of(width, height, side)
    pixels = (box.apply(picture.pixels, side)[0].transpose(1, 2, 0) * 255 + 0.5).astype(np.uint8)
    marks = picture.marks.copy()
    marks[:, 1:5] = marks[:, 1:5] / [width, height, width, height] * ([box.width, box.height] * 2)
    marks[:, 1:5] += [box.left, box.top] * 2
    return Marked(pixels, marks)


def _mirrored(picture: Marked) -> Marked:
    marks = picture.marks.copy()
    marks[:, [1, 3]] = picture.pixels.shape[1] - marks[:, [3, 1]]
    return Marked(np.ascontiguousarray(picture.pixels[:, ::-1]), marks)


def _recoloured(chance: Chance, pixels: Pixels) -> Pixels:
    """Exposure, saturation, cast, blur and what JPEG does to it."""
    picture = pixels.astype(np.float32) / 255
    picture **= chance.between(0.7, 1.4)
    grey = picture.mean(-1, keepdims=True)
    picture = grey + (picture - grey) * chance.between(0.4, 1.4)
    if chance.maybe(0.3):
        picture = picture * (1 + chance.normal(0, 0.06, 3))
    picture = 0.5 + (picture - 0.5) * chance.between(0.8, 1.15)
    changed = np.asarray(np.clip(picture, 0, 1) * 255, np.uint8)
    if chance.maybe(0.15):
        changed = np.asarray(cv2.GaussianBlur(changed, (0, 0), chance.between(0.4, 1.2)), np.uint8)
    if chance.maybe(0.25):
        _, data = cv2.imencode(".jpg", changed, [cv2.IMWRITE_JPEG_QUALITY, int(chance.integers(30, 85))])
        changed = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
    return changed


def _stuck(chance: Chance, page: Marked, cutout: Pixels, label: int) -> Marked:
    """The page with the cut-out on it, smaller or larger, turned a little; what it hides is unknown then."""
    side = page.pixels.shape[0]
    if chance.maybe(0.5):
        cutout = np.ascontiguousarray(cutout[:, ::-1])
    scale = side * chance.between(0.2, 0.75) / max(cutout.shape[:2])
    height, width = cutout.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), chance.normal(0, 12), scale)
    corners = np.array([[0, 0, 1], [width, 0, 1], [0, height, 1], [width, height, 1]]) @ turn.T
    size = np.ceil(corners.max(0) - corners.min(0)).astype(int)
    turn[:, 2] -= corners.min(0)
    tile = cv2.warpAffine(cutout, turn, (int(size[0]), int(size[1])), flags=cv2.INTER_LINEAR)
    alpha = tile[..., 3:].astype(np.float32) / 255
    if (alpha > 0.5).sum() < 50:
        return page
    x, y = (int(chance.between(0, max(side - extent, 1))) for extent in size)
    tile, alpha = tile[: side - y, : side - x], alpha[: side - y, : side - x]
    pixels = page.pixels.copy()
    under = pixels[y : y + tile.shape[0], x : x + tile.shape[1]]
    under[:] = under * (1 - alpha) + tile[..., :3] * alpha
    rows, columns = np.flatnonzero((alpha > 0.5).any((1, 2))), np.flatnonzero((alpha > 0.5).any((0, 2)))
    box = np.array([x + columns[0], y + rows[0], x + columns[-1] + 1, y + rows[-1] + 1], np.float32)
    marks = page.marks.copy()
    shared = np.clip(np.minimum(marks[:, 3:5], box[2:]) - np.maximum(marks[:, 1:3], box[:2]), 0, None).prod(1)
    marks[shared > 0.5 * np.maximum((marks[:, 3:5] - marks[:, 1:3]).prod(1), 1), 5] = 0
    new = np.array([[label, *box, 1]], np.float32)
    return Marked(pixels, np.concatenate([marks, new]))
