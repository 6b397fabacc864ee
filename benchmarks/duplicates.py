"""How well near-duplicates are separated from pictures that only look similar.

    python -m benchmarks.duplicates --bundle models/compact [--write]

Variants are made here of samples/, of photographs (ADLENS_PHOTOGRAPHS) and of templates that five advertisers fill
(benchmarks/templates.py): smaller, a strong JPEG, 5 % cropped, colours shifted, a new price over it. The rule of
`GET /groups/{id}/duplicates` is asked about each variant and each picture, and about each two pictures. What it calls
variants is right for a picture and its own variants only. --write puts the figures into the bundle's
metrics/embedding.json. `--use train` takes the photographs that may be trained on: the rule is chosen on those.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from io import BytesIO
from itertools import combinations
from pathlib import Path

import numpy as np
from PIL import Image as Pillow
from PIL import ImageDraw, ImageEnhance
from tqdm import tqdm

from adlens.domain.duplicates import HASH_BITS, are_variants
from adlens.domain.ports.vision import Engines
from adlens.domain.words import distinct_words
from adlens.services.analyze_image import analyze_image
from adlens.settings import CommandLineSettings
from adlens_cli.bundles import choose_bundle, open_bundle
from adlens_cli.places import CHECKOUT
from benchmarks import templates
from evaluation.labels import read_labels
from evaluation.metrics import Row
from evaluation.scoring import Counts

SAMPLES, PHOTOGRAPHS, TEMPLATES = "samples", "photographs", "templates"
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
class Look:
    """What a picture is compared by."""

    source: str
    vector: tuple[float, ...]
    phash: int
    words: frozenset[str]


@dataclass(frozen=True, slots=True)
class Compared:
    """Two pictures: whether they are variants, and whether the rule calls them so. `variant` is the kind, empty for two
    pictures as they were drawn or taken; `likeness` the cosine less the share of bits that differ."""

    sources: frozenset[str]
    variant: str
    same: bool
    called: bool
    likeness: float


def look_at(picture: Pillow.Image, source: str, engines: Engines) -> Look:
    """Raises SystemExit when the bundle makes no embeddings."""
    buffer = BytesIO()
    picture.save(buffer, "PNG", compress_level=1)
    found = analyze_image(buffer.getvalue(), engines, 1, 0)
    if found.embedding is None:
        raise SystemExit(f"The bundle {engines.info.name} makes no embeddings.")
    words = frozenset(distinct_words(block.text for block in found.text or ()))
    return Look(source, found.embedding, int(found.facts.phash, 16), words)


def compare(one: Look, other: Look, variant: str, *, same: bool) -> Compared:
    cosine = float(np.dot(one.vector, other.vector))
    bits = (one.phash ^ other.phash).bit_count()
    called = are_variants(bits, cosine, one.words, other.words)
    return Compared(frozenset((one.source, other.source)), variant, same, called, cosine - bits / HASH_BITS)


def compare_all(originals: Sequence[Look], variants: Sequence[Sequence[Look]]) -> Iterator[Compared]:
    """Each two originals, and each variant with each original. `variants` has those of each original, by VARIANTS."""
    for one, other in combinations(originals, 2):
        yield compare(one, other, "", same=False)
    for place, made in enumerate(variants):
        for name, variant in zip(VARIANTS, made, strict=True):
            for other_place, original in enumerate(originals):
                yield compare(variant, original, name, same=place == other_place)


def counts_of(compared: Sequence[Compared]) -> Counts:
    counted = Counter((one.same, one.called) for one in compared)
    return Counts(counted[True, True], counted[False, True], counted[True, False])


def rows_of(compared: Sequence[Compared], command: str) -> list[Row]:
    """Precision and recall, recall of each kind of variant, and of pairs within the templates alone."""
    inside = [one for one in compared if one.sources == {TEMPLATES}]
    pictures = sum(one.same for one in compared) // len(VARIANTS)
    groups = {
        f"variants of {pictures} pictures": compared,
        "of these, templates of five advertisers": inside,
    }
    figures: list[tuple[str, str, float | None]] = []
    for dataset, group in groups.items():
        counts = counts_of(group)
        figures += [(dataset, "near-duplicates: precision", counts.precision)]
        figures += [(dataset, "near-duplicates: recall", counts.recall)]
    for name in VARIANTS:
        recall = counts_of([one for one in compared if one.variant == name and one.same]).recall
        figures.append((f"variants of {pictures} pictures", f"near-duplicates: recall, {name}", recall))
    return [
        Row("embedding", dataset, metric, round(value, 4), command=command)
        for dataset, metric, value in figures
        if value is not None
    ]


def pictures_of(photographs: int, use: str) -> Iterator[tuple[str, Pillow.Image]]:
    """Sources and pictures; at most so many photographs of a topic, where there are any."""
    for creative in read_labels(CHECKOUT / "samples"):
        yield SAMPLES, Pillow.open(creative.path).convert("RGB")
    folder = (CHECKOUT / CommandLineSettings().photographs).resolve()
    if photographs and folder.is_dir():
        of_topics = [creative.path for creative in read_labels(folder, use) if creative.topic]
        for path in of_topics[:: max(len(of_topics) // photographs, 1)][:photographs]:
            yield PHOTOGRAPHS, Pillow.open(path).convert("RGB")
    for _, pages in templates.filled():
        yield from ((TEMPLATES, page) for page in pages)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", help="model bundle, as of `adlens analyze --bundle`")
    parser.add_argument("--photographs", type=int, default=60, help="at most so many")
    parser.add_argument("--use", choices=("evaluate", "train"), default="evaluate", help="which photographs")
    parser.add_argument("--write", action="store_true", help="into the bundle's metrics/embedding.json")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    folder = choose_bundle(arguments.bundle)
    engines = open_bundle(folder, arguments.threads)

    chance = random.Random(arguments.seed)
    originals, variants = [], []
    for source, picture in tqdm(list(pictures_of(arguments.photographs, arguments.use)), unit="picture", disable=None):
        originals.append(look_at(picture, source, engines))
        variants.append([look_at(make(picture, chance), source, engines) for make in VARIANTS.values()])
    compared = list(compare_all(originals, variants))
    rows = rows_of(compared, f"python -m benchmarks.duplicates --bundle {Path(folder).relative_to(CHECKOUT)}")

    print(f"Bundle {engines.info.name} {engines.info.version}, {len(originals[0].vector)} numbers")
    for row in rows:
        print(f"  {row.dataset:40} {row.metric:36} {row.value:.3f}")
    same = [one.likeness for one in compared if one.same]
    other = [one.likeness for one in compared if not one.same]
    low, high = np.quantile(same, 0.05), max(other)
    print(
        f"  cosine less bits: 5 % of the variants are below {low:.3f}, the likeliest of two pictures are at {high:.3f}"
    )
    for one in compared:
        if one.called != one.same:
            kind = "missed" if one.same else "wrong"
            print(f"    {kind}: {' and '.join(sorted(one.sources))}, {one.variant or 'originals'}, {one.likeness:.3f}")
    if arguments.write:
        path = Path(folder) / "metrics" / "embedding.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"rows": [asdict(row) for row in rows]}, indent=1) + "\n")


if __name__ == "__main__":
    main()
