"""What a detector trained on COCO sees in photographs: boxes to learn from where no person drew any.

YOLOv8n (AGPL-3.0, as this project) looks at each photograph, and at its mirror image made smaller; boxes that overlap
are joined. What it saw is kept, a line per photograph; a run that was stopped goes on where it was.
"""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from adlens.vision.image import Pixels
from adlens.vision.objects.yolo import Letterbox, overlaps, suppress
from adlens.vision.session import make_session
from training.objects.classes import CLASSES
from training.objects.photographs import WEIGHTS, Box, Photograph, folder_of
from training.paths import ROOT

MODEL = "yolov8n.onnx"
SIDE = 640
VIEWS = ((1.0, False), (0.6, True))
"""How much of the square the photograph fills (products are large, and the teacher knows objects of all sizes), and
whether it is mirrored.
"""
SURE, WEAKEST = 0.5, 0.1
"""A joined score from which a box is taken for true; and one below which there is nothing."""
SAME, ONE = 0.55, 0.6

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Seen:
    """A class, corners as fractions, and how sure the teacher is on average over its looks."""

    label: str
    box: Box
    score: float


class Teacher:
    """The bundle coco-dev's detector, asked several times about one picture."""

    def __init__(self, weights: Path, threads: int) -> None:
        stage = tomllib.loads((ROOT / "models" / "coco-dev" / "manifest.toml").read_text())["detection"]
        names: list[str] = stage["classes"]
        self._rows = [4 + names.index(name) for name in CLASSES]
        self._session = make_session(weights / MODEL, threads)

    def look(self, pixels: Pixels) -> list[Seen]:
        """What it sees at least weakly in RGB `pixels` (h, w, 3)."""
        views = [self._view(pixels, *view) for view in VIEWS]
        found = []
        for number, name in enumerate(CLASSES):
            boxes = np.concatenate([boxes[number] for boxes, _ in views])
            scores = np.concatenate([scores[number] for _, scores in views])
            origin = np.repeat(np.arange(len(views)), [len(scores[number]) for _, scores in views])
            for box, score in joined(boxes, scores, origin, len(views)):
                found.append(Seen(name, box, round(score, 3)))
        return found

    def _view(self, pixels: Pixels, scale: float, mirrored: bool) -> tuple[list[Floats], list[Floats]]:
        """Boxes (n, 4) as fractions and scores (n,), by class."""
        height, width = pixels.shape[:2]
        small = Letterbox.of(width, height, int(SIDE * scale))
        margin = (SIDE - int(SIDE * scale)) // 2
        place = Letterbox(small.width, small.height, small.left + margin, small.top + margin)
        images = place.apply(np.ascontiguousarray(pixels[:, ::-1] if mirrored else pixels), SIDE)
        (output,) = self._session.run(None, {self._session.get_inputs()[0].name: images})
        prediction = output[0]
        centre, half = prediction[:2].T, prediction[2:4].T / 2
        corners = place.to_fractions(np.concatenate([centre - half, centre + half], axis=1))
        if mirrored:
            corners = np.stack([1 - corners[:, 2], corners[:, 1], 1 - corners[:, 0], corners[:, 3]], axis=1)
        boxes, scores = [], []
        for row in self._rows:
            near = np.flatnonzero(prediction[row] >= WEAKEST / 2)
            kept = near[suppress(corners[near], prediction[row, near], ONE)]
            boxes.append(corners[kept])
            scores.append(prediction[row, kept])
        return boxes, scores


def joined(boxes: Floats, scores: Floats, origin: npt.NDArray[np.intp], views: int) -> list[tuple[Box, float]]:
    """Boxes of one object over the views as one: corners weighted by score; a view that does not see it counts 0."""
    free, found = np.ones(len(boxes), bool), []
    ratio = overlaps(boxes, boxes)
    for first in np.argsort(-scores):
        if not free[first]:
            continue
        group = np.flatnonzero(free & (ratio[first] >= SAME))
        free[group] = False
        best = np.zeros(views)
        np.maximum.at(best, origin[group], scores[group])
        if (score := float(best.mean())) >= WEAKEST:
            corners = np.average(boxes[group], axis=0, weights=scores[group])
            found.append((tuple(round(float(value), 4) for value in corners), score))
    return found


def teach(
    photographs: list[Photograph], folder: Path, weights: Path | None, out: Path, threads: int = 1
) -> list[list[Seen]]:
    """What the teacher sees in each of `photographs` of `folder`; `out` (teacher.jsonl) keeps it, and is asked first.
    Raises SystemExit when the teacher is needed and not there.
    """
    done = read_teacher(out)
    files = [str(photograph.path.relative_to(folder)) for photograph in photographs]
    if not (left := [file for file in files if file not in done]):
        return [done[file] for file in files]
    weights = folder_of(WEIGHTS, weights, f"{MODEL}, which sees what people drew no boxes around")
    if not (weights / MODEL).is_file():
        raise SystemExit(f"{weights} has no {MODEL}: the detector learns from it where people drew no boxes.")
    teacher = Teacher(weights, threads)
    out.parent.mkdir(parents=True, exist_ok=True)
    with out.open("a", encoding="utf-8") as lines:
        for file in tqdm(left, unit="photograph", desc="teacher", disable=None):
            done[file] = teacher.look(read_picture(folder / file))
            line = {"file": file, "seen": [[one.label, *one.box, one.score] for one in done[file]]}
            lines.write(json.dumps(line) + "\n")
            lines.flush()
    return [done[file] for file in files]


def read_teacher(path: Path) -> dict[str, list[Seen]]:
    """What the teacher saw, by file; nothing where it has not looked."""
    if not path.is_file():
        return {}
    entries = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return {
        entry["file"]: [Seen(label, tuple(box), score) for label, *box, score in entry["seen"]] for entry in entries
    }


def read_picture(path: Path) -> Pixels:
    """RGB (h, w, 3). Raises ValueError when it cannot be read."""
    picture = cv2.imread(str(path))
    if picture is None:
        raise ValueError(f"{path} cannot be read as an image")
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)
