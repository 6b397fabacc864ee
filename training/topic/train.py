"""Trains the topic model of a bundle, for the classes and features of its detector, and puts it there.

    python -m training.topic.train --vectors .local/training/topic/vectors/compact.npz --bundle models/compact

Needs training.topic.encoder and training.topic.vectors. Each example joins a rendered scene, as the detector saw it,
with a generated text; often one of the two is missing or says nothing, as on real creatives. The encoder stays as it
is, so its features are computed once. Goes on where it stopped; writes the model, metrics and a model card.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from torch import Tensor
from torch.nn import functional
from tqdm import tqdm

from adlens.domain.topics import taxonomy
from adlens.vision.topic.wordpiece import WordPiece, words_of
from training.onnx_files import OPSET, in_half, save
from training.paths import DATA, ROOT
from training.topic import encoder
from training.topic.adcopy import SILENT, AdCopy, Copy
from training.topic.model import Fusion, TextClassifier, TopicModel
from training.topic.vectors import Vectors

OUT = DATA / "topic"
BATCH = 256
TEXT_SHARE = 0.4
"""Of the squared length of an embedding: looks tell variants of a picture, words tell what it is about."""
_BINS = 15
_SEEN = 0.01


@dataclass(frozen=True, slots=True)
class Texts:
    """Text features (n, width) of generated texts, and the indices of those that say a thing."""

    features: Tensor
    saying: dict[str, Tensor]

    def pick(self, says: list[str], generator: torch.Generator) -> Tensor:
        chosen = [self.saying[one] for one in says]
        draws = torch.rand(len(says), generator=generator)
        return self.features[torch.stack([of[int(draw * len(of))] for of, draw in zip(chosen, draws, strict=True)])]


@dataclass(frozen=True, slots=True)
class Examples:
    """n examples: text (n, width), scores (n, C), visual (n, D), the index of the topic (n,)."""

    text: Tensor
    scores: Tensor
    visual: Tensor
    truth: Tensor


@torch.no_grad()
def texts_of(split: str, model: TextClassifier, pieces: WordPiece, each: int, seed: int) -> Texts:
    copy, chance = AdCopy(split), random.Random(f"{seed} {split}")
    drawn = [copy.draw(chance, says) for says in encoder.sayings() for _ in range(each)]
    parts = [
        model.features(*encoder.batched(pieces, drawn[start : start + BATCH])) for start in range(0, len(drawn), BATCH)
    ]
    order = torch.arange(len(drawn)).split(each)
    return Texts(torch.cat(parts), dict(zip(encoder.sayings(), order, strict=True)))


class Mixer:
    """Draws examples of one split. What a creative is about: what its words say, else what its picture shows."""

    def __init__(self, vectors: Vectors, split: str, texts: Texts, seed: int) -> None:
        rows = [row for row, of in enumerate(vectors.splits) if of == split]
        if not rows:
            raise SystemExit(f"There are no scenes of the split {split!r}.")
        self._topics = list(taxonomy().topics)
        self._rows = {topic: [row for row in rows if vectors.topics[row] == topic] or rows for topic in self._topics}
        self._vectors, self._texts = vectors, texts
        self._chance = random.Random(f"{seed} {split}")
        self._generator = torch.Generator().manual_seed(seed)

    def draw(self, count: int) -> Examples:
        fallback = taxonomy().fallback
        shown = self._chance.choices(self._topics, [3 if one == fallback else 1 for one in self._topics], k=count)
        says = [self._saying(topic) for topic in shown]
        rows = [self._chance.choice(self._rows[topic]) for topic in shown]
        scores, visual = torch.tensor(self._vectors.scores[rows]), torch.tensor(self._vectors.visual[rows])

        def rarely(share: float) -> Tensor:
            return torch.rand(count, 1, generator=self._generator) < share

        # A detector is surer of photographs or less sure than of renders.
        scores = (scores * torch.exp(0.5 * torch.randn(scores.shape, generator=self._generator))).clamp(0, 1)
        scores = scores.masked_fill(scores < _SEEN, 0).masked_fill(rarely(0.15), 0)
        visual = visual.masked_fill(rarely(0.35), 0)
        mute = torch.tensor([one == SILENT for one in says])
        blind = ~visual.any(dim=1) & ~scores.any(dim=1)
        truth = [
            self._topics.index(fallback if nothing else one if one != SILENT else topic)
            for one, topic, nothing in zip(says, shown, (mute & blind).tolist(), strict=True)
        ]
        return Examples(self._texts.pick(says, self._generator), scores, visual, torch.tensor(truth))

    def _saying(self, shown: str) -> str:
        """Mostly what is shown or nothing; now and then the words name something else, and they are right."""
        fallback = taxonomy().fallback
        fate = self._chance.random()
        if fate < 0.45:
            return shown
        if fate < 0.78 or (shown != fallback and fate < 0.92):
            return SILENT
        return fallback if shown != fallback and fate < 0.96 else self._chance.choice(self._topics)


def fit(fusion: Fusion, mixer: Mixer, steps: int, checkpoint: Path) -> None:
    optimizer = torch.optim.AdamW(fusion.parameters(), 2e-3, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, total_steps=steps)
    done = 0
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        fusion.load_state_dict(state["model"])
        done = state["step"]
        if done < steps:
            optimizer.load_state_dict(state["optimizer"])
            schedule.load_state_dict(state["schedule"])
    fusion.train()
    for step in tqdm(range(done, steps), initial=done, total=steps, unit="step", disable=None):
        batch = mixer.draw(BATCH)
        loss = functional.cross_entropy(fusion(batch.text, batch.scores, batch.visual), batch.truth)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if (step + 1) % 500 == 0 or step + 1 == steps:
            parts = {"model": fusion, "optimizer": optimizer, "schedule": schedule}
            torch.save({name: part.state_dict() for name, part in parts.items()} | {"step": step + 1}, checkpoint)
    fusion.eval()


@torch.no_grad()
def logits_of(fusion: Fusion, examples: Examples) -> Tensor:
    return fusion(examples.text, examples.scores, examples.visual)


def temperature_of(logits: Tensor, truth: Tensor) -> float:
    """What to divide logits by for the likeliest truth (Guo et al. 2017): a search over one number."""
    candidates = torch.linspace(0.3, 4, 371)
    losses = [functional.cross_entropy(logits / one, truth) for one in candidates]
    return float(candidates[int(torch.stack(losses).argmin())])


def calibration_error(probabilities: Tensor, truth: Tensor) -> float:
    """Expected calibration error over 15 equal bins of confidence."""
    confidence, chosen = probabilities.max(dim=1)
    bins = (confidence * _BINS).long().clamp(max=_BINS - 1)
    right = (chosen == truth).float()
    gaps = [
        (bins == one).float().mean() * (confidence[bins == one].mean() - right[bins == one].mean()).abs()
        for one in bins.unique()
    ]
    return float(sum(gaps))


def measures(fusion: Fusion, examples: Examples, temperature: float) -> Iterator[tuple[str, float]]:
    """Accuracy and calibration on examples of a split, and on those where one kind of evidence is all there is."""
    probabilities = (logits_of(fusion, examples) / temperature).softmax(dim=1)
    hits = (probabilities.argmax(dim=1) == examples.truth).float()
    topics = [examples.truth == number for number in range(len(taxonomy().topics))]
    yield "accuracy", float(hits.mean())
    yield "macro accuracy", float(np.mean([float(hits[of].mean()) for of in topics if of.any()]))
    yield "calibration error (15 bins)", calibration_error(probabilities, examples.truth)


def alone(examples: Examples, texts: Texts, what: str) -> Examples:
    """The same pictures with a silent text and, of the picture, only `what`: scores, visual or both."""
    silent = texts.features[texts.saying[SILENT]]
    text = silent[torch.arange(len(examples.truth)) % len(silent)]
    scores = examples.scores if what in {"scores", "both"} else torch.zeros_like(examples.scores)
    visual = examples.visual if what in {"visual", "both"} else torch.zeros_like(examples.visual)
    return Examples(text, scores, visual, examples.truth)


def scenes_of(vectors: Vectors, split: str, width: int) -> Examples:
    """Every scene of a split as the detector saw it, its topic as truth, no text yet."""
    rows = [row for row, of in enumerate(vectors.splits) if of == split]
    topics = list(taxonomy().topics)
    truth = torch.tensor([topics.index(vectors.topics[row]) for row in rows])
    return Examples(
        torch.zeros(len(rows), width), torch.tensor(vectors.scores[rows]), torch.tensor(vectors.visual[rows]), truth
    )


@torch.no_grad()
def explained(model: TextClassifier, fusion: Fusion, pieces: WordPiece, count: int, seed: int) -> float:
    """Of test texts told right with no picture, the share whose weightiest word is one that names the topic."""
    topics, copy, chance = list(taxonomy().topics), AdCopy("test"), random.Random(seed)
    found: list[bool] = []
    empty = torch.zeros(1, len(fusion.shows))
    blank = torch.zeros(1, fusion.look.in_features)
    for _ in range(count):
        text: Copy = copy.draw(chance, chance.choice(topics))
        words = words_of(text.text)
        tokens, owners = pieces.encode(words)
        shown = list(dict.fromkeys(words[owner] for owner in owners if owner >= 0))
        if not text.spoken or not shown:
            continue
        keep = torch.tensor(
            [[1.0] * len(owners)] + [[float(own < 0 or words[own] != word) for own in owners] for word in shown]
        )
        rows = len(keep)
        features = model.features(torch.tensor([tokens]).expand(rows, -1), keep)
        logits = fusion(features, empty.expand(rows, -1), blank.expand(rows, -1)).softmax(dim=1)
        best = int(logits[0].argmax())
        if topics[best] == text.says:
            found.append(shown[int(logits[1:, best].argmin())] in text.spoken)
    return sum(found) / max(len(found), 1)


def export(model: TopicModel, path: Path) -> float:
    """Writes the ONNX model, weights in 16 bits; the greatest difference of a logit to torch's on random input."""
    classes = len(model.fusion.shows)
    features = model.fusion.look.in_features
    tokens = torch.randint(4, model.bert.config.vocab_size, (1, 12))
    inputs = tokens, torch.ones(3, 12), torch.rand(3, classes), torch.rand(3, features)
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.onnx.export(
        model,
        inputs,
        path,
        input_names=["tokens", "keep", "scores", "visual"],
        output_names=["logits", "text", "embedding"],
        dynamic_axes={
            "tokens": {1: "t"},
            "keep": {0: "n", 1: "t"},
            **{name: {0: "n"} for name in ("scores", "visual", "logits", "text", "embedding")},
        },
        opset_version=OPSET,
        dynamo=False,
    )
    save(in_half(onnx.load(path)), path)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    worst = 0.0
    for length, rows in (12, 3), (2, 1), (90, 40):
        tokens = torch.randint(4, model.bert.config.vocab_size, (1, length))
        keep = (torch.rand(rows, length) < 0.8).float()
        keep[:, 0] = 1
        inputs = tokens, keep, torch.rand(rows, classes), torch.rand(rows, features)
        names = ("tokens", "keep", "scores", "visual")
        (found,) = session.run(["logits"], {name: one.numpy() for name, one in zip(names, inputs, strict=True)})
        with torch.no_grad():
            worst = max(worst, float((torch.tensor(found) - model(*inputs)[0]).abs().max()))
    return worst


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vectors", type=Path, required=True)
    parser.add_argument("--encoder", type=Path, default=encoder.OUT)
    parser.add_argument(
        "--bundle", type=Path, required=True, help="the folder that gets topic.onnx and what belongs to it"
    )
    parser.add_argument(
        "--no-embedding", action="store_true", help="for a bundle whose own detector gives no visual features"
    )
    parser.add_argument("--out", type=Path, help=f"checkpoints; default: {OUT.relative_to(ROOT)}/BUNDLE")
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--small", action="store_true", help="seconds instead of minutes: it learns, and no more")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    out = arguments.out or OUT / arguments.bundle.name
    out.mkdir(parents=True, exist_ok=True)

    teacher, pieces = encoder.load(arguments.encoder)
    vectors = Vectors.load(arguments.vectors).of_topics()
    each = 100 if arguments.small else 1500
    texts = {
        split: texts_of(split, teacher, pieces, each if split == "train" else each // 3, arguments.seed)
        for split in ("train", "val", "test")
    }
    mixers = {split: Mixer(vectors, split, texts[split], arguments.seed) for split in texts}
    width = teacher.bert.config.hidden_size
    fusion = Fusion(width, torch.tensor(vectors.shows()), torch.tensor(vectors.visual))
    fit(fusion, mixers["train"], 300 if arguments.small else arguments.steps, out / "fusion.pt")

    held_out = mixers["val"].draw(4000)
    temperature = temperature_of(logits_of(fusion, held_out), held_out.truth)
    test = mixers["test"].draw(4000)
    scenes = scenes_of(vectors, "test", width)
    found = {"generated creatives, test split": dict(measures(fusion, test, temperature))}
    for what, name in ("both", "no words"), ("scores", "objects alone"), ("visual", "looks alone"):
        part = alone(scenes, texts["test"], what)
        found[f"rendered scenes, test split, {name}"] = dict(measures(fusion, part, temperature))
    share = explained(teacher, fusion, pieces, 100 if arguments.small else 600, arguments.seed)
    found["generated texts, test split"] = {"weightiest word names the topic": share}

    parity = export(TopicModel(teacher.bert, fusion, TEXT_SHARE).eval(), out / "topic.onnx")
    from training.topic import card

    card.write(arguments, out, vectors, found, temperature, parity, width)
    arguments.bundle.mkdir(parents=True, exist_ok=True)
    shutil.copy(out / "topic.onnx", arguments.bundle / "topic.onnx")
    shutil.copy(arguments.encoder / encoder.VOCABULARY, arguments.bundle / "topic-vocab.txt")
    print(json.dumps(found, indent=1, ensure_ascii=False), f"\ntemperature {temperature:.2f}, parity {parity:.1e}")


if __name__ == "__main__":
    main()
