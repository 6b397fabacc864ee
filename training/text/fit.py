"""Fitting a head to features: CTC loss, AdamW, one learning-rate cycle, averaged weights, a checkpoint per epoch."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from training.text.alphabet import ALPHABET
from training.text.features import CHANNELS, Lines
from training.text.head import BLANK, Head

_INDEX = {character: number + 1 for number, character in enumerate(ALPHABET)}
_AVERAGING = 0.999
_BUCKET = 40


def encode(text: str) -> list[int]:
    return [_INDEX[character] for character in text]


def batches(lines: Lines, size: int, rng: np.random.Generator) -> Iterator[tuple[Tensor, Tensor, Tensor, Tensor]]:
    """Features (size, steps, 504), valid steps (size, steps), targets and their lengths; lines of like length go
    together."""
    order = rng.permutation(len(lines.texts))
    for start in range(0, len(order), size * _BUCKET):
        bucket = sorted(order[start : start + size * _BUCKET], key=lambda i: len(lines.features[i]))
        groups = [bucket[i : i + size] for i in range(0, len(bucket), size)]
        for number in rng.permutation(len(groups)):
            group = groups[number]
            steps = max(len(lines.features[i]) for i in group)
            features = torch.zeros(len(group), steps, CHANNELS)
            valid = torch.zeros(len(group), steps, dtype=torch.bool)
            for row, i in enumerate(group):
                own = torch.from_numpy(lines.features[i])
                features[row, : len(own)] = own
                valid[row, : len(own)] = True
            targets = [encode(lines.texts[i]) for i in group]
            flat = torch.tensor([code for target in targets for code in target])
            yield features, valid, flat, torch.tensor([len(target) for target in targets])


def fit(head: Head, lines: Lines, out: Path, epochs: int, size: int, rate: float, seed: int) -> Head:
    """The averaged head after `epochs`; goes on from out/head.pt when that is of the same run."""
    averaged = copy.deepcopy(head)
    optimiser = torch.optim.AdamW(head.parameters(), lr=rate, weight_decay=0.02, betas=(0.9, 0.98))
    per_epoch = -(-len(lines.texts) // size) + 1
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, epochs * per_epoch, pct_start=0.06)
    loss_of = nn.CTCLoss(blank=BLANK, zero_infinity=True)
    checkpoint, first = out / "head.pt", 0
    run = {"lines": len(lines.texts), "epochs": epochs, "size": size, "rate": rate, "seed": seed}
    if checkpoint.exists() and (saved := torch.load(checkpoint))["run"] == run:
        head.load_state_dict(saved["head"])
        averaged.load_state_dict(saved["averaged"])
        optimiser.load_state_dict(saved["optimiser"])
        schedule.load_state_dict(saved["schedule"])
        first = saved["epoch"]
    for epoch in range(first, epochs):
        head.train()
        rng = np.random.default_rng([seed, epoch])
        progress = tqdm(
            batches(lines, size, rng), total=per_epoch - 1, desc=f"epoch {epoch + 1}/{epochs}", mininterval=5
        )
        for step, (features, valid, targets, lengths) in enumerate(progress):
            with torch.autocast("cpu", dtype=torch.bfloat16):
                logits = head(features, valid)
            log_probabilities = logits.float().log_softmax(-1).transpose(0, 1)
            loss = loss_of(log_probabilities, targets, valid.sum(1), lengths)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(head.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            ramp = min(_AVERAGING, (epoch * per_epoch + step + 1) / (epoch * per_epoch + step + 10))
            with torch.no_grad():
                for mean, value in zip(averaged.parameters(), head.parameters(), strict=True):
                    mean.lerp_(value, 1 - ramp)
            if step % 20 == 0:
                progress.set_postfix(loss=f"{loss.item():.3f}", rate=f"{schedule.get_last_lr()[0]:.1e}")
        state = {"run": run, "epoch": epoch + 1, "head": head.state_dict(), "averaged": averaged.state_dict()}
        state |= {"optimiser": optimiser.state_dict(), "schedule": schedule.state_dict()}
        torch.save(state, checkpoint.with_suffix(".part"))
        checkpoint.with_suffix(".part").rename(checkpoint)
    return averaged.eval()
