"""Fits the detector on cached maps: its head alone, or with the last blocks of the backbone, which make the map of
stride 32 from that of stride 16.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from training.looks.backbone import load
from training.objects.features import SIDE, Features
from training.objects.head import TRAINED, Detector, Loss

RATE, RATE_OF_BLOCKS = 2e-3, 2e-4
KEEP = 0.998


@dataclass(frozen=True, slots=True)
class Settings:
    """`epochs` of the head on frozen maps, then `together` with the last blocks at lower rates."""

    epochs: int
    together: int
    widths: tuple[int, int, int]
    seed: int = 1
    batch: int = 16


def _outputs(detector: Detector, maps: list[Tensor], blocks: bool) -> dict[str, Tensor]:
    fine, middle, coarse = (one.contiguous(memory_format=torch.channels_last) for one in maps)
    if blocks:
        coarse = middle
        for block in list(detector.backbone.blocks)[TRAINED:]:
            coarse = block(coarse)
    found: dict[str, Tensor] = detector.head(fine, middle, coarse)
    return found


class _Run:
    """What a training is made of, and its checkpoint."""

    def __init__(self, features: Features, out: Path, settings: Settings, blocks: bool) -> None:
        torch.manual_seed(settings.seed)
        self.random = np.random.default_rng(settings.seed)
        self.network, self.average = (Detector(load(), settings.widths) for _ in range(2))
        if blocks:
            self.network.load_state_dict(torch.load(out / "head.pt", weights_only=False)["average"])
        self.average.load_state_dict(self.network.state_dict())
        self.network.to(memory_format=torch.channels_last)
        self.network.backbone.requires_grad_(False)
        self.epochs = settings.together if blocks else settings.epochs
        groups: list[dict[str, Any]] = [
            {
                "params": [one for one in self.network.head.parameters() if one.requires_grad],
                "lr": RATE / 4 if blocks else RATE,
            }
        ]
        if blocks:
            last = nn.ModuleList(list(self.network.backbone.blocks)[TRAINED:]).requires_grad_(True)
            groups.append({"params": list(last.parameters()), "lr": RATE_OF_BLOCKS})
        self.trained = [parameter for group in groups for parameter in group["params"]]
        self.rich = np.array([row for row, marks in enumerate(features.marks) if marks[:, 5].any()])
        self.empty = np.setdiff1d(np.arange(len(features)), self.rich)
        self.steps = max((len(self.rich) + len(self.empty) // 2) // settings.batch, 1)
        self.optimiser = torch.optim.AdamW(groups, weight_decay=0.02)
        rates, total = [group["lr"] for group in groups], self.epochs * self.steps + 1
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(self.optimiser, rates, total_steps=total, pct_start=0.1)
        self.log: list[dict[str, Any]] = []
        self._path, self._pictures = out / ("together.pt" if blocks else "head.pt"), len(features)
        self._parts = {
            "network": self.network, "average": self.average, "optimiser": self.optimiser, "schedule": self.schedule,
        }  # fmt: skip

    def order(self) -> list[int]:
        """The rows of an epoch: there is most to learn where products are; of the others half will do."""
        seen = np.concatenate([self.rich, self.random.permutation(self.empty)[: len(self.empty) // 2]])
        rows: list[int] = self.random.permutation(seen).tolist()
        return rows

    def save(self) -> None:
        state = {name: part.state_dict() for name, part in self._parts.items()}
        state |= {"random": self.random.bit_generator.state, "log": self.log}
        torch.save(state | {"epochs": self.epochs, "pictures": self._pictures}, self._path)

    def resume(self) -> None:
        """Goes on where a run was stopped, if one was. Raises SystemExit when that was of other pictures or epochs."""
        if not self._path.exists():
            return
        state = torch.load(self._path, weights_only=False)
        if (state["epochs"], state["pictures"]) != (self.epochs, self._pictures):
            raise SystemExit(f"{self._path} is of another training: remove it to train anew.")
        for name, part in self._parts.items():
            part.load_state_dict(state[name])
        self.random.bit_generator.state = state["random"]
        self.log = state["log"]


def fit(features: Features, out: Path, settings: Settings, blocks: bool) -> tuple[Detector, list[dict[str, Any]]]:
    """The detector, the average of its weights over the last steps, and a line per epoch. `blocks` goes on from the
    detector that `out` has without them. A run that was stopped goes on from its last epoch.
    """
    run = _Run(features, out, settings, blocks)
    run.resume()
    loss_function = Loss(run.network.head)
    for epoch in range(len(run.log), run.epochs):
        run.network.eval()  # the backbone keeps its statistics
        run.network.head.train()
        order, losses, start = run.order(), [], time.process_time()
        for step in tqdm(range(run.steps), desc=f"epoch {epoch + 1} of {run.epochs}", disable=None):
            rows = sorted(order[step * settings.batch : (step + 1) * settings.batch])
            found = _outputs(run.network, features.batch(rows), blocks)
            loss = loss_function.of(found, [features.marks[row] for row in rows], SIDE)
            run.optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(run.trained, 10.0)
            run.optimiser.step()
            run.schedule.step()
            losses.append(float(loss.detach()) / len(rows))
            _follow(run.average, run.network, epoch * run.steps + step)
        seconds = round(time.process_time() - start, 1)
        run.log.append({"epoch": epoch + 1, "loss": round(float(np.mean(losses)), 4), "seconds": seconds})
        print(json.dumps(run.log[-1]), flush=True)
        run.save()
    return run.average.eval(), run.log


def _follow(average: nn.Module, network: nn.Module, done: int) -> None:
    """Moves the average a little towards the network; early on, more."""
    keep = min(KEEP, (1 + done) / (10 + done))
    with torch.no_grad():
        for kept, new in zip(average.state_dict().values(), network.state_dict().values(), strict=True):
            if kept.is_floating_point():
                kept.lerp_(new, 1 - keep)
            else:
                kept.copy_(new)
