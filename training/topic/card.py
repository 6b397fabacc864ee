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
from training.topic.calibration import FEWEST, PRECISION
from training.topic.encoder import METRICS, VOCABULARY
from training.topic.model import TopicModel
from training.topic.pictures import PRINT, SCENE
from training.topic.vectors import Vectors

STAGE = "classification"
HELD_OUT = "photographs held out by source, no words"
RENDERED = {SCENE: "rendered scenes", PRINT: "drawn pages of print"}
Measured = Mapping[str, Mapping[str, float]]
"""By data set, by name of the measure."""


def write(
    arguments: Namespace,
    out: Path,
    vectors: Vectors,
    found: Measured,
    temperature: float,
    sure: float,
    parity: float,
    model: TopicModel,
) -> None:
    """cards/topic.md and metrics/topic.json in the bundle; its sections of the manifest in `out`, and in the
    bundle's own where it has one."""
    command = (
        f"python -m training.topic.train --vectors {_short(arguments.vectors)} --bundle {_short(arguments.bundle)}"
    )
    if arguments.scores_of:
        command += f" --scores-of {' '.join(arguments.scores_of)}"
    for folder in "cards", "metrics":
        (arguments.bundle / folder).mkdir(parents=True, exist_ok=True)
    rows = [
        {"stage": STAGE, "dataset": dataset, "metric": metric, "value": round(value, 4), "command": command}
        for dataset, measures in found.items()
        for metric, value in measures.items()
    ]
    (arguments.bundle / "metrics" / "topic.json").write_text(json.dumps({"rows": rows}, indent=1) + "\n")
    encoder = json.loads((arguments.encoder / METRICS).read_text())
    text = _card(arguments, vectors, found, encoder, temperature, sure, parity, model, command)
    (arguments.bundle / "cards" / "topic.md").write_text(text, encoding="utf-8")
    sections = _sections(arguments, out, vectors, found, temperature, sure, model)
    (out / MANIFEST).write_text(sections, encoding="utf-8")
    if (manifest := arguments.bundle / MANIFEST).exists():
        document = tomlkit.parse(manifest.read_text(encoding="utf-8"))
        document.update(tomlkit.parse(sections))
        manifest.write_text(tomlkit.dumps(document), encoding="utf-8")


def _sizes(model: TopicModel) -> tuple[int, int, int]:
    """Numbers of a token, features of a picture, and what of these pictures are compared by."""
    return model.bert.config.hidden_size, *model.likeness.directions.shape


def _card(
    arguments: Namespace,
    vectors: Vectors,
    found: Measured,
    encoder: Mapping[str, Mapping[str, float]],
    temperature: float,
    sure: float,
    parity: float,
    model: TopicModel,
    command: str,
) -> str:
    width, features, compared = _sizes(model)
    topics = list(taxonomy().topics)
    plain = [row for row, id_ in enumerate(vectors.ids) if id_.endswith("#0")]
    counts = Counter((vectors.sources[row], vectors.topics[row]) for row in plain)
    sources = "\n".join(
        f"| {RENDERED.get(source, source)} | " + " | ".join(str(counts[source, topic] or "") for topic in topics) + " |"
        for source in sorted(set(vectors.sources))
    )
    figures = "\n".join(
        f"| {dataset} | {metric} | {value:.3f} |"
        for dataset, measures in found.items()
        for metric, value in measures.items()
    )
    sayings = ", ".join(f"{name} {value:.3f}" for name, value in encoder["accuracy"].items())
    return f"""# Topic model of `{arguments.bundle.name}`

Names the topic of a creative ({", ".join(topics)}) from its words, from the scores of the object classes
that show a topic ({", ".join(vectors.classes)}) and from what the picture looks like: {features} features and
{len(vectors.kinds)} classes of ImageNet (`looks` in topics.toml). Each of the three may be missing.
A compact BERT ({width} numbers a token, {encoder["pieces"]} WordPiece pieces of Russian and English), averaged over the
tokens, goes through two layers; the odds of the detector's scores and the logits of a regression on looks are added.
It also gives the {compared + width} numbers that creatives are compared by.
Licence: AGPL-3.0-or-later, like the project.

## Data
Texts are made by this repository from `topics.toml` and patterns of ad copy with the errors of text readers
(`training/topic/adcopy.py`; the dictionary words of prints are those of Debian's hunspell packages). Pictures are
scenes rendered by `training.scenes`, and photographs, as they are and made into cards with words
(`training/topic/pictures.py`), and pages of nothing but print. The licences of the photographs allow commercial use and
changes; `objects.md` of `compact` names sources and attributions.
Detector and looks are those of `{arguments.vectors.stem}`.

| pictures | {" | ".join(topics)} |
|---|{"---|" * len(topics)}
{sources}

## Measured on data it never saw
Each photograph is judged by looks learned from other sources (`FOLDS` in training/photographs.py). Scores of a detector
that learned from photographs count in those of other sources alone. Words of the test split are drawn for a quarter of
the product names, clues and all of the dictionary words. Calibration error, "share sure" and "precision of sure" count
every topic alike, but for those of fewer than {FEWEST} photographs. This (seed {arguments.seed}) prints the figures:

    {command}

| data | measure | |
|---|---|---|
{figures}

The encoder alone tells what a text says (python -m training.topic.encoder; {encoder["steps"]} steps):
{sayings}.
Temperature {temperature:.2f}; a topic is sure from a confidence of {sure:.2f} on. Both were fitted on those held-out
photographs with texts of the validation split. ONNX differs from torch by at most {parity:.0e} in a logit: weights are
stored in 16 bits.

The pictures of `creatives-dev` (ADLENS_CREATIVES) and of `use: evaluate` were neither trained on nor fitted on. What
the backbone sees on creatives-dev was looked at once, to check its conversion.

## Known limits
- Ties are learned from few photographs and from renders, clocks mostly from watches.
- Words outside `topics.toml` say little; it knows what is listed there, in the forms that stand there, and what shares
  their pieces.
- A creative of several products gets one topic.
"""


def _sections(
    arguments: Namespace,
    out: Path,
    vectors: Vectors,
    found: Measured,
    temperature: float,
    sure: float,
    model: TopicModel,
) -> str:
    def quoted(names: list[str]) -> str:
        return "[" + ", ".join(json.dumps(name) for name in names) + "]"

    def file(section: str, role: str, path: Path, name: str) -> str:
        checksum = hashlib.sha256(path.read_bytes()).hexdigest()
        return f'\n[{section}.files.{role}]\npath = "{name}"\nsha256 = "{checksum}"\n'

    def files(section: str) -> str:
        topic = file(section, "model", out / "topic.onnx", "topic.onnx")
        return topic + file(section, "vocabulary", arguments.encoder / VOCABULARY, "topic-vocab.txt")

    width, _, compared = _sizes(model)
    photographs = found[HELD_OUT]
    right = f", of which {photographs[PRECISION]:.0%} are right" if PRECISION in photographs else ""
    return f"""[classification]
engine = "topic-onnx"
licence = "AGPL-3.0-or-later"
source = "Trained by this project on photographs, rendered scenes and generated texts: cards/topic.md"
quality = "Photographs of sources it never saw, no words: macro accuracy {photographs["macro accuracy"]:.2f}; sure of \
{photographs["share sure"]:.0%}{right}"
limits = "Few photographs of ties; clocks are mostly watches; one topic a creative"
temperature = {temperature:.2f}
sure = {sure:.3f}
topics = {quoted(list(taxonomy().topics))}
classes = {quoted(vectors.classes)}
looks = {quoted(vectors.kinds)}
{files("classification")}
[embedding]
engine = "looks-text"
licence = "AGPL-3.0-or-later"
source = "{compared} numbers of the looks stage ++ {width} text features of the topic model"
{files("embedding")}"""


def _short(path: Path) -> Path:
    path = path.resolve()
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else Path(path.name)
