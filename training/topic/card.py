"""What goes with a trained topic model: its metrics, its model card, and its sections of the bundle's manifest."""

from __future__ import annotations

import hashlib
import json
from argparse import Namespace
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import tomlkit

from adlens.domain.topics import taxonomy
from adlens.vision.bundle import MANIFEST
from training.paths import ROOT
from training.topic.encoder import METRICS, VOCABULARY
from training.topic.model import LOOKS
from training.topic.vectors import Vectors

STAGE = "classification"
Measured = Mapping[str, Mapping[str, float]]
"""By data set, by name of the measure."""


def write(
    arguments: Namespace, out: Path, vectors: Vectors, found: Measured, temperature: float, parity: float, width: int
) -> None:
    """cards/topic.md and metrics/topic.json in the bundle; its sections of the manifest in `out`, and in the
    bundle's own where it has one."""
    command = (
        f"python -m training.topic.train --vectors {_short(arguments.vectors)} --bundle {_short(arguments.bundle)}"
    )
    for folder in "cards", "metrics":
        (arguments.bundle / folder).mkdir(parents=True, exist_ok=True)
    rows = [
        {"stage": STAGE, "dataset": dataset, "metric": metric, "value": round(value, 4), "command": command}
        for dataset, measures in found.items()
        for metric, value in measures.items()
    ]
    (arguments.bundle / "metrics" / "topic.json").write_text(json.dumps({"rows": rows}, indent=1) + "\n")
    said = json.loads((arguments.encoder / METRICS).read_text())
    text = _card(arguments, vectors, found, said, temperature, parity, width, command)
    (arguments.bundle / "cards" / "topic.md").write_text(text, encoding="utf-8")
    sections = _sections(arguments, out, vectors, found, temperature, width)
    (out / MANIFEST).write_text(sections, encoding="utf-8")
    if (manifest := arguments.bundle / MANIFEST).exists():
        document = tomlkit.parse(manifest.read_text(encoding="utf-8"))
        document.update(tomlkit.parse(sections))
        manifest.write_text(tomlkit.dumps(document), encoding="utf-8")


def _card(
    arguments: Namespace,
    vectors: Vectors,
    found: Measured,
    said: Mapping[str, Mapping[str, float]],
    temperature: float,
    parity: float,
    width: int,
    command: str,
) -> str:
    counts = Counter(zip(vectors.splits, vectors.topics, strict=True))
    topics, features = list(taxonomy().topics), vectors.visual.shape[1]
    scenes = "\n".join(
        f"| {split} | {' | '.join(str(counts[split, topic]) for topic in topics)} |"
        for split in ("train", "val", "test")
    )
    figures = "\n".join(
        f"| {dataset} | {metric} | {value:.3f} |"
        for dataset, measures in found.items()
        for metric, value in measures.items()
    )
    sayings = ", ".join(f"{name} {value:.3f}" for name, value in said["accuracy"].items())
    return f"""# Topic model of `{arguments.bundle.name}`

Names the topic of a creative ({", ".join(topics)}) from its words, the scores of the object classes
that show a topic ({", ".join(vectors.classes)})
and {features} visual features of a detector.
A compact BERT ({width} numbers a token, {said["pieces"]} WordPiece pieces of Russian and English), averaged over the
tokens, goes through two layers; the odds of the detector's scores are added to these logits, and at most {LOOKS:g} for
what the picture looks like. It also gives the {features + width} numbers that creatives are compared by.
Licence: AGPL-3.0-or-later, like the project.

## Data
All of it is made by this repository: texts from `topics.toml` and patterns of ad copy with the errors of text readers
(`training/topic/adcopy.py`; the dictionary words of prints are those of Debian's hunspell packages), pictures by
`training.scenes`, looked at by the detector of `{arguments.vectors.stem}`. No photograph and no creative of anybody
else was used.

| scenes | {" | ".join(topics)} |
|---|{"---|" * len(topics)}
{scenes}

## Measured on data it never saw
Words of the test split are drawn for a quarter of the product names, clues and all of the dictionary words; its scenes
are of the split `test`. This (seed {arguments.seed}) prints the figures:

    {command}

| data | measure | |
|---|---|---|
{figures}

The encoder alone tells what a text says (python -m training.topic.encoder; {said["steps"]} steps):
{sayings}.
Temperature {temperature:.2f}, fitted on the validation split. ONNX differs from torch by at most {parity:.0e} in a
logit: weights are stored in 16 bits.

## Known limits
- Rendered scenes are not photographs: expect less where a picture has no words. Figures on photographs are in
  docs/models.md.
- Confidence is calibrated on generated creatives; on real ones, which differ, it tends to be too high.
- Words outside `topics.toml` say little; it knows what is listed there, in the forms that stand there, and what shares
  their pieces.
- A creative of several products gets one topic.
"""


def _sections(
    arguments: Namespace, out: Path, vectors: Vectors, found: Measured, temperature: float, width: int
) -> str:
    def quoted(names: list[str]) -> str:
        return "[" + ", ".join(json.dumps(name) for name in names) + "]"

    def file(section: str, role: str, path: Path, name: str) -> str:
        checksum = hashlib.sha256(path.read_bytes()).hexdigest()
        return f'\n[{section}.files.{role}]\npath = "{name}"\nsha256 = "{checksum}"\n'

    def files(section: str) -> str:
        model = file(section, "model", out / "topic.onnx", "topic.onnx")
        return model + file(section, "vocabulary", arguments.encoder / VOCABULARY, "topic-vocab.txt")

    accuracy = found["generated creatives, test split"]
    classification = f"""[classification]
engine = "topic-onnx"
licence = "AGPL-3.0-or-later"
source = "Trained by this project on generated texts and rendered scenes: cards/topic.md"
quality = "Generated creatives, test split: macro accuracy {accuracy["macro accuracy"]:.2f}, calibration error \
{accuracy["calibration error (15 bins)"]:.3f}"
limits = "Learned from rendered pictures: on photographs without words it errs more, and is surer than it should be"
temperature = {temperature:.2f}
topics = {quoted(list(taxonomy().topics))}
classes = {quoted(vectors.classes)}
{files("classification")}"""
    embedding = f"""
[embedding]
engine = "visual-text"
licence = "AGPL-3.0-or-later"
source = "{vectors.visual.shape[1]} visual features of the detector ++ {width} text features of the topic model"
{files("embedding")}"""
    return classification if arguments.no_embedding else classification + embedding


def _short(path: Path) -> Path:
    path = path.resolve()
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else Path(path.name)
