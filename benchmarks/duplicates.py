"""How well a bundle's embedding finds variants of a picture, and pictures of the same topic.

    python -m benchmarks.duplicates --bundle models/compact [--write]

Variants are made here of samples/ and of rendered scenes of the test split, where there are any: smaller, a strong
JPEG, 5 % cropped, colours shifted, a new price over it. Two pictures are called variants of each other when the cosine
of their embeddings less the share of perceptual-hash bits that differ reaches a level. The level is chosen on one half
of the pictures, the figures are those of the other half. The last two figures are those of the levels that families of
duplicates are made with, over all pictures. --write puts them into the bundle's metrics/embedding.json.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image as Pillow
from PIL import ImageDraw, ImageEnhance
from tqdm import tqdm

from adlens.domain.analysis import Detections
from adlens.domain.duplicates import are_variants
from adlens.domain.ports import Engines
from adlens_cli.bundles import CHECKOUT, open_bundle

SCENES = CHECKOUT / ".local" / "training" / "scenes"
WANTED_RECALL = 0.95
Floats = npt.NDArray[np.float64]
Variant = Callable[[Pillow.Image, random.Random], Pillow.Image]


def smaller(picture: Pillow.Image, chance: random.Random) -> Pillow.Image:
    share = chance.uniform(0.35, 0.7)
    return picture.resize((round(picture.width * share), round(picture.height * share)), Pillow.Resampling.BICUBIC)


def strong_jpeg(picture: Pillow.Image, chance: random.Random) -> Pillow.Image:
    buffer = BytesIO()
    picture.save(buffer, "JPEG", quality=chance.randint(20, 45))
    return Pillow.open(buffer)


def cropped(picture: Pillow.Image, chance: random.Random) -> Pillow.Image:
    """5 % of width and height go, anywhere at the edges."""
    width, height = picture.width * 0.05, picture.height * 0.05
    left, top = chance.uniform(0, width), chance.uniform(0, height)
    return picture.crop(
        (round(left), round(top), round(picture.width - width + left), round(picture.height - height + top))
    )


def shifted_colours(picture: Pillow.Image, chance: random.Random) -> Pillow.Image:
    hue, saturation, value = picture.convert("HSV").split()
    turn = chance.choice((-12, 12))
    turned = hue.point([(level + turn) % 256 for level in range(256)])
    shifted = Pillow.merge("HSV", (turned, saturation, value)).convert("RGB")
    return ImageEnhance.Brightness(shifted).enhance(chance.uniform(0.8, 1.2))


def new_price(picture: Pillow.Image, chance: random.Random) -> Pillow.Image:
    """A badge over a twentieth of the picture."""
    changed = picture.copy()
    width, height = round(picture.width * 0.3), round(picture.height * 0.16)
    left, top = chance.randint(0, picture.width - width), chance.choice((0, picture.height - height))
    draw = ImageDraw.Draw(changed)
    draw.rectangle((left, top, left + width, top + height), fill=chance.choice(("#d7263d", "#ffd400", "#1b6ef3")))
    price = f"{chance.randint(1, 99)} {chance.randint(100, 999)}"
    draw.text((left + width / 2, top + height / 2), price, "white", anchor="mm", font_size=height * 0.45)
    return changed


VARIANTS: dict[str, Variant] = {
    "smaller": smaller,
    "strong JPEG": strong_jpeg,
    "5 % cropped": cropped,
    "colours shifted": shifted_colours,
    "new price": new_price,
}


@dataclass(frozen=True, slots=True)
class Prints:
    """What n pictures are compared by: unit vectors (n, D) and the bits of their perceptual hashes (n, 64)."""

    vectors: Floats
    bits: Floats

    def likeness(self, other: Prints) -> Floats:
        """(n, m): cosine less the share of bits that differ."""
        return self.vectors @ other.vectors.T - self.distance(other) / 64

    def distance(self, other: Prints) -> Floats:
        """(n, m): bits that differ."""
        differ: Floats = self.bits @ (1 - other.bits).T + (1 - self.bits) @ other.bits.T
        return differ

    def variants(self, other: Prints) -> npt.NDArray[np.bool_]:
        """(n, m): which would be in one family (`adlens.domain.duplicates`)."""
        cosines, bits = self.vectors @ other.vectors.T, self.distance(other)
        return np.array(
            [[are_variants(int(b), c) for b, c in zip(*row, strict=True)] for row in zip(bits, cosines, strict=True)]
        )


def prints_of(pictures: list[Pillow.Image], engines: Engines) -> Prints:
    """Raises SystemExit when the bundle makes no embeddings."""
    if (embedder := engines.embedding) is None:
        raise SystemExit(f"The bundle {engines.info.name} makes no embeddings.")
    vectors, bits = [], []
    for picture in tqdm(pictures, unit="picture", disable=None):
        buffer = BytesIO()
        picture.save(buffer, "PNG", compress_level=1)
        image = engines.decoder.decode(buffer.getvalue())
        text = engines.text.read(image) if engines.text else ()
        detections = engines.objects.detect(image) if engines.objects else Detections()
        vectors.append(embedder.embed(image, text, detections))
        bits.append([int(bit) for bit in f"{int(image.facts.phash, 16):064b}"])
    return Prints(np.array(vectors), np.array(bits, dtype=float))


def level_for(likeness: Floats, same: npt.NDArray[np.bool_]) -> float:
    """Halfway between where recall drops below what is wanted and the likeliest pair of different pictures, or at the
    former where the two overlap."""
    wanted = float(np.quantile(likeness[same], 1 - WANTED_RECALL))
    other = float(likeness[~same].max())
    return wanted if other >= wanted else (wanted + other) / 2


def found_at(level: float, likeness: Floats, same: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """Precision and recall."""
    called = likeness >= level
    right = float((called & same).sum())
    return right / max(float(called.sum()), 1), right / float(same.sum())


def ranking(likeness: Floats, topics: list[str]) -> tuple[float, float]:
    """Mean average precision of ranking all other pictures, those of the same topic being right; and how often a
    picture of the same topic is likelier than one of another (area under the curve)."""
    precisions, above = [], []
    for row, topic in enumerate(topics):
        others = [other for other in np.argsort(-likeness[row]) if other != row]
        hits = np.array([topics[other] == topic for other in others])
        if hits.any() and not hits.all():
            ranks = np.flatnonzero(hits) + 1
            precisions.append(float((np.arange(1, len(ranks) + 1) / ranks).mean()))
            missed = (ranks - np.arange(1, len(ranks) + 1)).mean()
            above.append(1 - float(missed) / float((~hits).sum()))
    return float(np.mean(precisions)), float(np.mean(above))


def pictures_of(scenes: int) -> dict[str, tuple[list[Path], list[str]]]:
    """Files and topics by data set."""
    samples = json.loads((CHECKOUT / "samples" / "labels.json").read_text(encoding="utf-8"))
    found = {"samples": ([CHECKOUT / "samples" / row["file"] for row in samples], [row["topic"] for row in samples])}
    if scenes and (SCENES / "labels.jsonl").exists():
        rows = [json.loads(line) for line in (SCENES / "labels.jsonl").read_text(encoding="utf-8").splitlines()]
        rows = [row for row in rows if row["split"] == "test"][:scenes]
        found["rendered scenes, test split"] = [SCENES / row["file"] for row in rows], [row["topic"] for row in rows]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", help="model bundle, as of `adlens analyze --bundle`")
    parser.add_argument("--scenes", type=int, default=60, help="at most so many")
    parser.add_argument("--write", action="store_true", help="into the bundle's metrics/embedding.json")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    engines = open_bundle(arguments.bundle, arguments.threads)

    measured: list[tuple[str, str, float]] = []
    everything: list[Pillow.Image] = []
    for dataset, (paths, topics) in pictures_of(arguments.scenes).items():
        originals = [Pillow.open(path).convert("RGB") for path in paths]
        everything += originals
        vectors = prints_of(originals, engines).vectors
        precision, area = ranking(vectors @ vectors.T, topics)
        measured += [(dataset, "same topic: mean average precision", precision), (dataset, "same topic: AUC", area)]

    chance = random.Random(arguments.seed)
    chance.shuffle(everything)
    halves = everything[: len(everything) // 2], everything[len(everything) // 2 :]
    likeness: list[dict[str, Floats]] = []
    families: list[npt.NDArray[np.bool_]] = []
    for half in halves:
        known = prints_of(half, engines)
        made = {name: prints_of([make(one, chance) for one in half], engines) for name, make in VARIANTS.items()}
        likeness.append({name: variants.likeness(known) for name, variants in made.items()})
        families += [variants.variants(known) for variants in made.values()]
    chosen, asked = (np.concatenate(list(of.values())) for of in likeness)
    same_chosen, same_asked = (np.tile(np.eye(len(half), dtype=bool), (len(VARIANTS), 1)) for half in halves)
    level = level_for(chosen, same_chosen)
    dataset = f"variants of {len(halves[1])} pictures"
    precision, recall = found_at(level, asked, same_asked)
    measured += [(dataset, "near-duplicate precision", precision), (dataset, "near-duplicate recall", recall)]
    for name, of in likeness[1].items():
        measured.append((dataset, f"recall, {name}", found_at(level, of, np.eye(len(halves[1]), dtype=bool))[1]))

    called = [(of, np.eye(len(of), dtype=bool)) for of in families]
    right = sum(float((of & same).sum()) for of, same in called)
    dataset = f"variants of {len(everything)} pictures"
    measured += [
        (dataset, "GET /groups/{id}/duplicates: precision", right / max(sum(float(of.sum()) for of, _ in called), 1)),
        (dataset, "GET /groups/{id}/duplicates: recall", right / sum(len(of) for of, _ in called)),
    ]

    dimension = prints_of(everything[:1], engines).vectors.shape[1]
    print(f"Bundle {engines.info.name} {engines.info.version}: {dimension} numbers, level {level:.3f}")
    for dataset, metric, value in measured:
        print(f"  {dataset:30} {metric:36} {value:.3f}")
    if arguments.write:
        command = f"python -m benchmarks.duplicates --bundle {arguments.bundle}"
        rows = [
            {"stage": "embedding", "dataset": dataset, "metric": metric, "value": round(value, 4), "command": command}
            for dataset, metric, value in measured
        ]
        path = Path(arguments.bundle) / "metrics" / "embedding.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
