"""Renders creatives with exact labels: products of our own in studio light, on tables and people, as cards with words.

    python -m training.scenes.render --out .local/training/scenes --count 4500

Writes images/*.jpg and labels.jsonl, a line per picture: {"file", "split": train|val|test, "topic", "objects":
[{"class", "box": [x1, y1, x2, y2] as fractions}], "text": the words drawn on it or null}. The same seed gives the same
pictures; a run that was stopped goes on where it was. One picture in ten is for validation and one for the test, whose
shapes, prints and grounds include some that training never sees.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from tqdm import tqdm

from training.scenes.backdrop import backdrop
from training.scenes.card import inset, weathered, write
from training.scenes.compose import SHARES, Arrangement, arrange
from training.scenes.materials import Chance
from training.scenes.studio import Image, Studio, View

SIZES = ((480, 640), (480, 640), (560, 560), (560, 560), (640, 480), (400, 600), (640, 360))
RELIGHT = 12
"""Pictures per environment."""


def split_of(index: int) -> str:
    return {8: "val", 9: "test"}.get(index % 10, "train")


def view_of(random: Chance, arrangement: Arrangement) -> View:
    steep = arrangement.steep
    return View(
        azimuth=random.normal(0, 8 if steep else 28),
        elevation=random.between(48, 90) if steep else abs(random.normal(12, 12)),
        angle=random.between(12, 40),
        fill=random.between(0.5, 0.97) if random.maybe(0.85) else random.between(1.0, 1.5),
        offset=(random.normal(0, 0.12), random.normal(0, 0.12)),
        roll=random.normal(0, 4) if random.maybe(0.3) else 0.0,
    )


def picture_of(studio: Studio, random: Chance) -> tuple[Image, dict[str, Any]]:
    """One creative, (h, w, 3) sRGB in [0, 1], and its label but for the file's name."""
    topic = str(random.choice(tuple(SHARES), p=tuple(SHARES.values())))
    arrangement = arrange(random, topic)
    products, size, view = arrangement.products, random.one_of(SIZES), view_of(random, arrangement)
    lowest = min(float(product.points[:, 2].min()) for product in products)
    products = [product.moved(np.eye(3), (0, 0, -lowest)) for product in products]
    sun = np.array([random.normal(0, 0.7), random.normal(-0.2, 0.6), random.between(0.6, 1.5)])
    sun /= np.linalg.norm(sun)
    shot = studio.shoot(random, products, view, size, sun)
    behind = backdrop(random, products, shot, size, view.azimuth, sun)
    picture = np.where(shot.alpha > 0, shot.color * shot.alpha, 0) + behind * (1 - shot.alpha)
    boxes = shot.boxes
    if random.maybe(0.2):
        picture, boxes = inset(random, picture, boxes)
    height, width = picture.shape[:2]
    text = None
    if random.maybe(0.5):
        picture, text = write(random, picture, boxes, topic)
    objects = [
        {
            "class": product.label,
            "box": [round(float(np.clip(v / s, 0, 1)), 4) for v, s in zip(box, (width, height) * 2, strict=True)],
        }
        for product, box in zip(products, boxes, strict=True)
        if product.label and box
    ]
    return weathered(random, np.asarray(picture, np.float32)), {"topic": topic, "objects": objects, "text": text}


def render(out: Path, count: int, seed: int) -> None:
    """Fills the folder `out` up to `count` pictures."""
    cv2.setNumThreads(1)
    (out / "images").mkdir(parents=True, exist_ok=True)
    index = out / "labels.jsonl"
    done = len(index.read_text().splitlines()) if index.exists() else 0
    studio = Studio()
    with index.open("a") as labels:
        for number in tqdm(range(done, count), initial=done, total=count, unit="picture", disable=None):
            if number == done or number % RELIGHT == 0:
                studio.relight(Chance(seed * 1_000_003 + number // RELIGHT, False))
            split = split_of(number)
            random = Chance(seed * 1_000_003 + number, split == "test")
            picture, label = picture_of(studio, random)
            file = f"images/{number:05d}.jpg"
            quality = [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(45, 96))]
            cv2.imwrite(str(out / file), (picture[..., ::-1] * 255 + 0.5).astype(np.uint8), quality)
            labels.write(json.dumps({"file": file, "split": split, **label}, ensure_ascii=False) + "\n")
            labels.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path(".local/training/scenes"))
    parser.add_argument("--count", type=int, default=4500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--small", action="store_true", help="twelve pictures, to see that it works")
    arguments = parser.parse_args()
    render(arguments.out, 12 if arguments.small else arguments.count, arguments.seed)


if __name__ == "__main__":
    main()
