"""Trains the topic model of a bundle, for the classes of its detector, and puts it there.

    python -m training.topic.train --vectors .local/training/topic/vectors/compact.npz --bundle models/compact

Needs training.topic.encoder and training.topic.vectors. First looks are learned from photographs and scenes, once for
each part of the photographs' sources with that part held out, then on all. What the held-out ones look like is then
joined with what the detector saw and with a generated text; often some of these are missing or say nothing, as on real
creatives. Temperature and the boundary of "sure" are fitted on photographs held out by source. The encoder stays as it
is, so its features are computed once. Writes the model, metrics and a model card.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

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
from training.topic.calibration import FEWEST, boundary_of, measures, temperature_of
from training.topic.looks import fit_looks, held_out, likeness_of, weights_of
from training.topic.model import Fusion, TextClassifier, TopicModel
from training.topic.vectors import Vectors

OUT = DATA / "topic"
BATCH = 256
TEXT_SHARE = 0.4
"""Of the squared length of an embedding: looks tell variants of a picture, words tell what it is about."""
RIGHT = 0.9
"""The share of the topics called sure that shall be right."""
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
    """n examples: text (n, width), scores (n, C), logits of looks (n, topics), the index of the topic (n,)."""

    text: Tensor
    scores: Tensor
    looks: Tensor
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
    """Draws examples from some of the pictures. What a creative is about: what its words say, else what it shows."""

    def __init__(self, vectors: Vectors, looks: Tensor, rows: list[int], texts: Texts, seed: int) -> None:
        self._topics = list(taxonomy().topics)
        self._rows: dict[str, list[int]] = {}
        for row in rows:
            self._rows.setdefault(vectors.topics[row], []).append(row)
        self._vectors, self._looks, self._texts = vectors, looks, texts
        self._chance = random.Random(seed)
        self._generator = torch.Generator().manual_seed(seed)

    def draw(self, count: int) -> Examples:
        fallback = taxonomy().fallback
        shown = self._chance.choices(list(self._rows), [2 if one == fallback else 1 for one in self._rows], k=count)
        says = [self._saying(topic) for topic in shown]
        rows = [self._chance.choice(self._rows[topic]) for topic in shown]
        scores, looks = torch.tensor(self._vectors.scores[rows]), self._looks[rows]

        def rarely(share: float) -> Tensor:
            return torch.rand(count, 1, generator=self._generator) < share

        # A detector is surer of pictures that it learned from than of others, or less sure.
        scores = (scores * torch.exp(0.5 * torch.randn(scores.shape, generator=self._generator))).clamp(0, 1)
        unseen = rarely(0.1) & torch.tensor([[one != SILENT] for one in says])  # else nothing shows the topic
        scores = scores.masked_fill(scores < _SEEN, 0).masked_fill(rarely(0.2) | unseen, 0)
        looks = looks.masked_fill(unseen, 0)
        truth = [self._topics.index(topic if one == SILENT else one) for one, topic in zip(says, shown, strict=True)]
        return Examples(self._texts.pick(says, self._generator), scores, looks, torch.tensor(truth))

    def _saying(self, shown: str) -> str:
        """Mostly what is shown or nothing; now and then the words name something else, and they are right."""
        fallback = taxonomy().fallback
        fate = self._chance.random()
        if fate < 0.4:
            return shown
        if fate < 0.8 or (shown != fallback and fate < 0.94):
            return SILENT
        return fallback if shown != fallback and fate < 0.97 else self._chance.choice(self._topics)


def fit(fusion: Fusion, mixer: Mixer, steps: int) -> Fusion:
    optimizer = torch.optim.AdamW(fusion.parameters(), 2e-3, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, total_steps=steps)
    fusion.train()
    for _ in tqdm(range(steps), unit="step", disable=None):
        batch = mixer.draw(BATCH)
        loss = functional.cross_entropy(fusion(batch.text, batch.scores, batch.looks), batch.truth)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return fusion.eval()


@torch.no_grad()
def logits_of(fusion: Fusion, examples: Examples) -> Tensor:
    return fusion(examples.text, examples.scores, examples.looks)


def silent(vectors: Vectors, looks: Tensor, rows: list[int], texts: Texts) -> Examples:
    """Pictures as the detector and the looks stage saw them, their topic as truth, and a text that names no product."""
    topics = list(taxonomy().topics)
    mute = texts.features[texts.saying[SILENT]]
    return Examples(
        mute[torch.arange(len(rows)) % len(mute)],
        torch.tensor(vectors.scores[rows]),
        looks[rows],
        torch.tensor([topics.index(vectors.topics[row]) for row in rows]),
    )


def without(examples: Examples, *missing: str) -> Examples:
    """The same pictures without `scores` or `looks`."""
    return replace(examples, **{name: torch.zeros_like(getattr(examples, name)) for name in missing})


@torch.no_grad()
def explained(model: TextClassifier, fusion: Fusion, pieces: WordPiece, count: int, seed: int) -> float:
    """Of test texts recognised without a picture, the share whose weightiest word is one that names the topic."""
    topics, copy, chance = list(taxonomy().topics), AdCopy("test"), random.Random(seed)
    found: list[bool] = []
    nothing = torch.zeros(1, len(fusion.shows)), torch.zeros(1, len(topics))
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
        logits = fusion(features, *(part.expand(rows, -1) for part in nothing)).softmax(dim=1)
        best = int(logits[0].argmax())
        if topics[best] == text.says:
            found.append(shown[int(logits[1:, best].argmin())] in text.spoken)
    return sum(found) / max(len(found), 1)


NAMES = ("tokens", "keep", "scores", "looks", "features")


def export(model: TopicModel, path: Path) -> float:
    """Writes the ONNX model, weights in 16 bits; the greatest difference of a logit to torch's on random input."""

    def drawn(length: int, rows: int) -> tuple[Tensor, ...]:
        tokens = torch.randint(4, model.bert.config.vocab_size, (1, length))
        keep = (torch.rand(rows, length) < 0.8).float()
        keep[:, 0] = 1
        kinds, features = len(model.looks.alike), model.looks.features.in_features
        return (
            tokens,
            keep,
            torch.rand(rows, len(model.fusion.shows)),
            torch.rand(rows, kinds),
            torch.rand(rows, features),
        )

    path.parent.mkdir(parents=True, exist_ok=True)
    torch.onnx.export(
        model,
        drawn(12, 3),
        path,
        input_names=list(NAMES),
        output_names=["logits", "text", "embedding"],
        dynamic_axes={
            "tokens": {1: "t"},
            "keep": {0: "n", 1: "t"},
            **{name: {0: "n"} for name in ("scores", "looks", "features", "logits", "text", "embedding")},
        },
        opset_version=OPSET,
        dynamo=False,
    )
    save(in_half(onnx.load(path)), path)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    worst = 0.0
    for length, rows in (12, 3), (2, 1), (90, 40):
        inputs = drawn(length, rows)
        (found,) = session.run(["logits"], {name: one.numpy() for name, one in zip(NAMES, inputs, strict=True)})
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
    parser.add_argument("--out", type=Path, help=f"default: {OUT.relative_to(ROOT)}/BUNDLE")
    parser.add_argument(
        "--scores-of", nargs="+", metavar="SOURCE", help="the sources that the detector did not learn from, if it did"
    )
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
    if arguments.scores_of:
        vectors = vectors.with_scores_of(arguments.scores_of)
    each = 100 if arguments.small else 1500
    texts = {
        split: texts_of(split, teacher, pieces, each if split == "train" else each // 3, arguments.seed)
        for split in ("train", "val", "test")
    }
    looks, rows = held_out(vectors)
    photographs = [row for row in rows if vectors.parts[row].startswith("fold")]
    learned = photographs + [row for row in rows if vectors.parts[row] == "val"]
    fusion = Fusion(teacher.bert.config.hidden_size, torch.tensor(vectors.shows()))
    fit(
        fusion,
        Mixer(vectors, looks, learned, texts["train"], arguments.seed),
        300 if arguments.small else arguments.steps,
    )

    # Photographs themselves, not the cards made of them.
    plain = [row for row in photographs if vectors.ids[row].endswith("#0")]
    weights = weights_of(vectors, plain, FEWEST)
    shown = silent(vectors, looks, plain, texts["val"])
    temperature = temperature_of(logits_of(fusion, shown), shown.truth, weights)
    sure = boundary_of((logits_of(fusion, shown) / temperature).softmax(dim=1), shown.truth, weights, RIGHT)
    test = silent(vectors, looks, plain, texts["test"])
    mixed = Mixer(vectors, looks, photographs, texts["test"], arguments.seed + 1).draw(4000)
    found = {
        f"photographs held out by source, {name}": dict(
            measures((logits_of(fusion, one) / temperature).softmax(dim=1), one.truth, sure, weights)
        )
        for name, one in {
            "no words": test,
            "looks alone": without(test, "scores"),
            "objects alone": without(test, "looks"),
        }.items()
    }
    found["photographs held out by source, generated texts of the test split"] = dict(
        measures((logits_of(fusion, mixed) / temperature).softmax(dim=1), mixed.truth, sure, torch.ones(4000))
    )
    share = explained(teacher, fusion, pieces, 100 if arguments.small else 600, arguments.seed)
    found["generated texts, test split"] = {"weightiest word names the topic": share}

    everything = [row for row, part in enumerate(vectors.parts) if part not in {"val", "test"}]
    model = TopicModel(
        teacher.bert, fit_looks(vectors, everything), fusion, likeness_of(vectors, everything), TEXT_SHARE
    )
    parity = export(model.eval(), out / "topic.onnx")
    from training.topic import card

    card.write(arguments, out, vectors, found, temperature, sure, parity, model)
    arguments.bundle.mkdir(parents=True, exist_ok=True)
    shutil.copy(out / "topic.onnx", arguments.bundle / "topic.onnx")
    shutil.copy(arguments.encoder / encoder.VOCABULARY, arguments.bundle / "topic-vocab.txt")
    print(json.dumps(found, indent=1, ensure_ascii=False))
    print(f"temperature {temperature:.2f}, sure from {sure:.3f}, parity {parity:.1e}")


if __name__ == "__main__":
    main()
