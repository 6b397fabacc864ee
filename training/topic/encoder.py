"""Teaches a BERT what the words of a creative say: the topics of the taxonomy, or nothing.

    python -m training.topic.encoder [--small] [--backbone FOLDER]

Without a backbone a compact one is trained from scratch with a WordPiece vocabulary of its own; with one (ruBERT,
rubert-tiny2: a folder as transformers saves it, with vocab.txt) that one is trained on. Goes on where it stopped.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Sequence
from pathlib import Path

import torch
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from torch import Tensor
from torch.nn import functional
from tqdm import tqdm

from adlens.domain.topics import taxonomy
from adlens.vision.topic.wordpiece import WordPiece, words_of
from training.paths import DATA
from training.topic.adcopy import SILENT, AdCopy, Copy
from training.topic.model import TextClassifier, load_encoder, new_encoder

OUT = DATA / "topic" / "encoder"
BATCH = 64
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
CHECKPOINT, VOCABULARY, METRICS = "encoder.pt", "vocab.txt", "metrics.json"
SAVE_EVERY = 100


def sayings() -> list[str]:
    """What a text can say, in the order of the outputs."""
    return [*taxonomy().topics, SILENT]


def drawn(copy: AdCopy, chance: random.Random, count: int) -> list[Copy]:
    """Texts of every saying; nothing and the fallback, which are the most various, twice as often as a topic."""
    says = sayings()
    weights = [2 if saying in {SILENT, taxonomy().fallback} else 1 for saying in says]
    return [copy.draw(chance, saying) for saying in chance.choices(says, weights, k=count)]


def build_vocabulary(copy: AdCopy, chance: random.Random, texts: int, size: int) -> list[str]:
    """Pieces of the training texts, commonest first."""
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))  # noqa: S106 - a token of text
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    trainer = trainers.WordPieceTrainer(vocab_size=size, min_frequency=2, special_tokens=SPECIAL, show_progress=False)
    tokenizer.train_from_iterator((" ".join(words_of(text.text)) for text in drawn(copy, chance, texts)), trainer)
    return sorted(tokenizer.get_vocab(), key=tokenizer.get_vocab().__getitem__)


def batched(pieces: WordPiece, texts: Sequence[Copy]) -> tuple[Tensor, Tensor]:
    """(n, tokens) ids and a mask of 1 for tokens, 0 for padding."""
    rows = [torch.tensor(pieces.encode(words_of(text.text))[0]) for text in texts]
    tokens = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True)
    lengths = torch.tensor([len(row) for row in rows])
    return tokens, (torch.arange(tokens.shape[1]) < lengths[:, None]).float()


def load(folder: Path) -> tuple[TextClassifier, WordPiece]:
    """The trained classifier of texts, and its tokenizer. Raises SystemExit when there is none in `folder`."""
    if not (folder / CHECKPOINT).exists():
        raise SystemExit(f"No trained encoder in {folder}: run python -m training.topic.encoder first.")
    state = torch.load(folder / CHECKPOINT, weights_only=True)
    words = (folder / VOCABULARY).read_text(encoding="utf-8").splitlines()
    backbone = state["backbone"]
    bert = load_encoder(Path(backbone)) if backbone else new_encoder(len(words), state["small"])
    model = TextClassifier(bert, len(sayings()))
    model.load_state_dict(state["model"])
    return model.eval(), WordPiece(words)


@torch.no_grad()
def accuracy(model: TextClassifier, pieces: WordPiece, split: str, count: int, seed: int) -> dict[str, float]:
    """The share of texts of a split whose saying is recognised, altogether and per saying."""
    model.eval()
    texts = drawn(AdCopy(split), random.Random(seed), count)
    says, right = sayings(), []
    for start in range(0, count, 256):
        part = texts[start : start + 256]
        chosen = model(*batched(pieces, part)).argmax(dim=1).tolist()
        right += [says[number] == text.says for number, text in zip(chosen, part, strict=True)]
    of = {says_: [hit for hit, text in zip(right, texts, strict=True) if text.says == says_] for says_ in says}
    return {"all": sum(right) / count} | {name or "silent": sum(hits) / len(hits) for name, hits in of.items() if hits}


def train(out: Path, backbone: Path | None, steps: int, size: int, small: bool, seed: int) -> None:
    torch.manual_seed(seed)
    out.mkdir(parents=True, exist_ok=True)
    copy = AdCopy("train")
    if not (out / VOCABULARY).exists():
        words = (
            (backbone / VOCABULARY).read_text(encoding="utf-8").splitlines()
            if backbone
            else build_vocabulary(copy, random.Random(seed), 20 * size // 3, size)
        )
        (out / VOCABULARY).write_text("\n".join(words) + "\n", encoding="utf-8")
    words = (out / VOCABULARY).read_text(encoding="utf-8").splitlines()
    pieces, says = WordPiece(words), sayings()
    model = TextClassifier(load_encoder(backbone) if backbone else new_encoder(len(words), small), len(says))
    rate = 5e-5 if backbone else 4e-3 if small else 1e-3
    optimizer = torch.optim.AdamW(model.parameters(), rate, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=steps, pct_start=0.08)
    done = 0
    if (out / CHECKPOINT).exists():
        state = torch.load(out / CHECKPOINT, weights_only=True)
        model.load_state_dict(state["model"])
        done = state["step"]
        if done < steps:
            optimizer.load_state_dict(state["optimizer"])
            schedule.load_state_dict(state["schedule"])
    model.train()
    progress = tqdm(range(done, steps), initial=done, total=steps, unit="step", disable=None)
    for step in progress:
        texts = drawn(copy, random.Random(f"{seed} {step}"), BATCH)
        truth = torch.tensor([says.index(text.says) for text in texts])
        loss = functional.cross_entropy(model(*batched(pieces, texts)), truth)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        progress.set_postfix(loss=f"{loss.item():.3f}")
        if (step + 1) % SAVE_EVERY == 0 or step + 1 == steps:
            torch.save(
                {
                    "model": model.state_dict(),
                    "optimizer": optimizer.state_dict(),
                    "schedule": schedule.state_dict(),
                    "step": step + 1,
                    "small": small,
                    "backbone": str(backbone.resolve()) if backbone else None,
                },
                out / CHECKPOINT,
            )
    found = accuracy(model, pieces, "test", 300 if small else 3000, seed)
    (out / METRICS).write_text(json.dumps({"accuracy": found, "steps": steps, "pieces": len(words)}, indent=1) + "\n")
    print(", ".join(f"{name} {value:.3f}" for name, value in found.items()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--backbone", type=Path, help="train this encoder on instead of a new one")
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--pieces", type=int, default=7000, help="size of the vocabulary")
    parser.add_argument("--small", action="store_true", help="seconds instead of minutes: it learns, and no more")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    steps, pieces = (150, 2000) if arguments.small else (arguments.steps, arguments.pieces)
    train(arguments.out, arguments.backbone, steps, pieces, arguments.small, arguments.seed)


if __name__ == "__main__":
    main()
