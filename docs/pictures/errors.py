"""Makes errors.jpg of docs/models.md: the wrong answers of a bundle beside the truth.

    python docs/pictures/errors.py [--bundle models/compact]

Only pictures that may be shown are taken: the samples of this repository, and photographs of the clothing dataset (CC0)
where ADLENS_PHOTOGRAPHS has them. Errors that the bundle is surest of come first.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from adlens.settings import CommandLineSettings
from adlens_cli.analyze import analyze_file
from adlens_cli.bundles import open_bundle
from adlens_cli.places import CHECKOUT
from evaluation.labels import PHOTOGRAPHS, read_labels

FREE_SOURCE, MOST_LOOKED_AT = "clothing", 200
COLUMNS, ROWS, SIDE, GAP, FOOT = 4, 2, 300, 16, 58
PAPER, INK, WRONG, OBJECT = "#ffffff", "#1c2430", "#c2185b", "#ff2d6f"


@dataclass(frozen=True, slots=True)
class Truth:
    """`objects` names the classes there are, of `labelled_classes` where not all were looked for."""

    path: Path
    topic: str
    objects: frozenset[str]
    labelled_classes: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Mistake:
    truth: Truth
    answer: str
    confidence: float
    boxes: tuple[tuple[float, ...], ...] = ()


def pictures() -> Iterator[Truth]:
    for one in read_labels(CHECKOUT / "samples"):
        if one.topic:
            yield Truth(one.path, one.topic, frozenset(one.objects))
    folder = (CHECKOUT / CommandLineSettings().photographs).resolve()
    if not (folder / PHOTOGRAPHS).is_file():
        return
    rows = map(json.loads, (folder / PHOTOGRAPHS).read_text(encoding="utf-8").splitlines())
    free = [row for row in rows if row["source"] == FREE_SOURCE and row["topic"]]
    for row in free[:: max(len(free) // MOST_LOOKED_AT, 1)]:
        objects = frozenset(box["class"] for box in row["boxes"])
        yield Truth(folder / row["file"], row["topic"], objects, frozenset(row["labelled_classes"]))


def mistakes(truth: Truth, found: dict[str, Any]) -> Iterator[Mistake]:
    """A wrong topic, else a wrong object, of those that are shown."""
    if found["main_topic"] and found["main_topic"] != truth.topic:
        sure = " (not sure)" if found.get("topic_decision") == "unsure" else ""
        answer = f"{found['main_topic']} {found['topic_confidence']:.0%}{sure}"
        yield Mistake(truth, answer, found["topic_confidence"])
        return
    wrong = [
        one
        for one in found["detected_objects"]
        if one["class"] not in truth.objects
        and (truth.labelled_classes is None or one["class"] in truth.labelled_classes)
    ]
    if wrong:
        first = max(wrong, key=lambda one: one["confidence"])
        boxes = tuple(tuple(one["bbox"]) for one in wrong if one["class"] == first["class"])
        yield Mistake(truth, f"{first['class']} {first['confidence']:.0%}", first["confidence"], boxes)


def panel(mistake: Mistake) -> Image.Image:
    """The picture with the wrong boxes; below it the answer and the truth."""
    with Image.open(mistake.truth.path) as file:
        picture = file.convert("RGB")
    picture.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    made = Image.new("RGB", (SIDE, SIDE + FOOT), PAPER)
    left, top = (SIDE - picture.width) // 2, (SIDE - picture.height) // 2
    made.paste(picture, (left, top))
    pen = ImageDraw.Draw(made)
    for x1, y1, x2, y2 in mistake.boxes:
        corners = (left + x1 * picture.width, top + y1 * picture.height)
        pen.rectangle((*corners, left + x2 * picture.width, top + y2 * picture.height), outline=OBJECT, width=3)
    there = ", ".join(sorted(mistake.truth.objects)) or "no such object"
    pen.text((4, SIDE + 6), f"answer: {mistake.answer}", WRONG, ImageFont.load_default(19))
    true = there if mistake.boxes else mistake.truth.topic
    pen.text((4, SIDE + 31), f"true: {true}", INK, ImageFont.load_default(19))
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", default="models/compact")
    arguments = parser.parse_args()
    engines = open_bundle(arguments.bundle, threads=2)
    made = [mistake for truth in pictures() for mistake in mistakes(truth, analyze_file(truth.path, engines))]
    # Both kinds take turns: topics first, of each the surest.
    kinds = [
        sorted((m for m in made if bool(m.boxes) is boxed), key=lambda m: -m.confidence) for boxed in (False, True)
    ]
    half = COLUMNS * ROWS // 2
    shown = [*kinds[0][: max(half, COLUMNS * ROWS - len(kinds[1]))], *kinds[1]][: COLUMNS * ROWS]
    rows = -(-len(shown) // COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * (SIDE + GAP) + GAP, rows * (SIDE + FOOT + GAP) + GAP), PAPER)
    for place, mistake in enumerate(shown):
        row, column = divmod(place, COLUMNS)
        sheet.paste(panel(mistake), (GAP + column * (SIDE + GAP), GAP + row * (SIDE + FOOT + GAP)))
    sheet.save(Path(__file__).parent / "errors.jpg", quality=85)
    print(f"{len(made)} errors, {len(shown)} shown")  # noqa: T201 - a script


if __name__ == "__main__":
    main()
