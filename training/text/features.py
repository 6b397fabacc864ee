"""The frozen half of the reader, run once over drawn lines: shards of features and texts that heads are trained on.

The backbone is PP-OCRv6's recogniser, cut where its pooled feature map (384 channels) and its neck's output (120) are;
both have a step per 8 pixels. A shard depends on its name alone, so work goes on where it stopped.
"""

from __future__ import annotations

import functools
import random
import zlib
from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from training.text.fonts import Font, all_fonts
from training.text.lines import AUGMENTED, CLEAN, PRINT, SMALL, TRAINING, Look, Pixels, caseless, draw, writable
from training.text.words import TextSource
from training.wheel import cut

MAP, NECK = "p2o.pd_op.pool2d.1.0", "p2o.pd_op.transpose.8.0"
CHANNELS = 384 + 120
SHARD = 100
LANGUAGES = ("ru", "en", "mixed")
_SHARE = (45, 30, 25)

Features = npt.NDArray[np.float16]


@dataclass(frozen=True, slots=True)
class Kind:
    """What the lines of a set are like: so many `clean` ones, the others as `look`. `language` None means all three;
    `facts` as in TextSource.line; `codes` are lines of training.text.codes instead.
    """

    split: str
    look: Look
    language: str | None = None
    clean_share: float = 0.0
    facts: float = 0.0
    clean: Look = CLEAN
    codes: bool = False


KINDS = {
    "train": Kind("train", TRAINING, clean_share=0.15),
    "train-facts": Kind("train", TRAINING, clean_share=0.15, facts=0.6),
    "train-codes": Kind("train", TRAINING, clean_share=0.7, clean=PRINT, codes=True),
    "train-small": Kind("train", SMALL, facts=0.3),
    "val": Kind("val", AUGMENTED, clean_share=0.6),
    **{f"test-{language}": Kind("test", CLEAN, language) for language in LANGUAGES},
    **{f"test-{language}-augmented": Kind("test", AUGMENTED, language) for language in LANGUAGES},
    "test-codes": Kind("test", PRINT, codes=True),
}


@dataclass(frozen=True, slots=True)
class Lines:
    """Features (steps, 504) and text of each line."""

    features: list[Features]
    texts: list[str]


class Backbone:
    """The cut recogniser on one thread."""

    def __init__(self, folder: Path) -> None:
        import onnxruntime

        path = folder / "backbone.onnx"
        if not path.exists():
            cut("PP-OCRv6_rec_small.onnx", [MAP, NECK], path)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.add_session_config_entry("session.set_denormal_as_zero", "1")
        self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def features(self, line: Pixels) -> Features:
        """(width / 8, 504) of an RGB line (48, width, 3)."""
        pixels = line[:, :, ::-1].transpose(2, 0, 1)[None].astype(np.float32) / 127.5 - 1
        pooled, neck = self._session.run(None, {"x": pixels})
        return np.concatenate([pooled[0, :, 0].T, neck[0]], axis=1).astype(np.float16)


def draw_lines(name: str, number: int, count: int, seed: int) -> Iterable[tuple[str, Pixels, Font]]:
    """`count` lines of the set `name`, the same ones each time for the same `number` and `seed`."""
    kind = KINDS[name]
    chance = random.Random(zlib.crc32(f"{seed}/{name}/{number}".encode()))
    source = _source(kind.split)
    families = _families(kind.split)
    # A family of forty weights counts more than one of a single file, but not forty times as much.
    weights = [len(fonts) ** 0.5 for fonts in families]
    made = 0
    while made < count:
        if kind.codes:
            text = source.code(chance)
        else:
            text = source.line(chance, kind.language or chance.choices(LANGUAGES, _SHARE)[0], kind.facts)
        look = kind.clean if chance.random() < kind.clean_share else kind.look
        for fonts in chance.choices(families, weights, k=6):
            font = chance.choice(fonts)
            if caseless(font.path):
                text = text.upper()
            if text and writable(font.path, text):
                if (pixels := draw(text, font.path, look, chance)) is not None:
                    made += 1
                    yield text, pixels, font
                break


@functools.cache
def _families(split: str) -> list[list[Font]]:
    families: dict[str, list[Font]] = defaultdict(list)
    for font in all_fonts():
        if font.split == split:
            families[font.family].append(font)
    return list(families.values())


@functools.cache
def _source(split: str) -> TextSource:
    return TextSource(split)


def _path(folder: Path, name: str, number: int) -> Path:
    return folder / f"{name}-{number:04d}.npz"


def _make_shard(folder: Path, name: str, number: int, count: int, seed: int) -> Path:
    path = _path(folder, name, number)
    if not path.exists():
        backbone = Backbone(folder)
        features, texts = [], []
        for text, pixels, _ in draw_lines(name, number, count, seed):
            features.append(backbone.features(pixels))
            texts.append(text)
        part = path.with_suffix(".part.npz")
        np.savez(part, features=np.concatenate(features), steps=[len(f) for f in features], texts=np.array(texts))
        part.rename(path)
    return path


def make(folder: Path, name: str, lines: int, seed: int, workers: int, shard: int = SHARD) -> list[Path]:
    """The shards of `lines` lines of the set `name`; those that are there already are kept."""
    folder.mkdir(parents=True, exist_ok=True)
    sizes = [min(shard, lines - start) for start in range(0, lines, shard)]
    jobs = [(folder, name, number, size, seed) for number, size in enumerate(sizes)]
    paths = [_path(folder, name, number) for number in range(len(sizes))]
    if all(path.exists() for path in paths):
        return paths
    # Made before the workers are, which then have them too.
    Backbone(folder), _source(KINDS[name].split), _families(KINDS[name].split)
    with ProcessPoolExecutor(workers) as pool:
        return list(tqdm(pool.map(_make_shard, *zip(*jobs, strict=True)), total=len(jobs), unit="shard", desc=name))


def load(paths: Iterable[Path]) -> Lines:
    features: list[Features] = []
    texts: list[str] = []
    for path in paths:
        with np.load(path) as shard:
            features += np.split(shard["features"], np.cumsum(shard["steps"])[:-1])
            texts += shard["texts"].tolist()
    return Lines(features, texts)
