"""How far a confidence can be believed: temperature, calibration error, and the boundary of "sure"."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn import functional

BINS = 15
PRECISION = "precision of sure"
FEWEST = 30
"""Predictions that must lie above a boundary for its precision to mean something, and photographs that a topic must
have to count like the others."""


def temperature_of(logits: Tensor, truth: Tensor, weights: Tensor) -> float:
    """What to divide logits by for the likeliest truth (Guo et al. 2017): a search over one number."""
    candidates = torch.linspace(0.3, 4, 371)
    losses = [
        (functional.cross_entropy(logits / one, truth, reduction="none") * weights).sum() / weights.sum()
        for one in candidates
    ]
    return float(candidates[int(torch.stack(losses).argmin())])


def calibration_error(probabilities: Tensor, truth: Tensor, weights: Tensor) -> float:
    """Expected calibration error over BINS equal bins of confidence."""
    confidence, chosen = probabilities.max(dim=1)
    bins = (confidence * BINS).long().clamp(max=BINS - 1)
    gap = (confidence - (chosen == truth).float()) * weights
    return float(sum(gap[bins == one].sum().abs() for one in bins.unique()) / weights.sum())


def boundary_of(probabilities: Tensor, truth: Tensor, weights: Tensor, precision: float) -> float:
    """The least confidence from which on at least `precision` of the topics are right, both by the weights and without
    them; 1.0, which no confidence reaches, when there is none above which FEWEST predictions lie.
    """
    confidence, chosen = probabilities.max(dim=1)
    order = confidence.argsort(descending=True)
    hits, count = (chosen == truth).float()[order], torch.arange(1, len(order) + 1)
    weighted = (hits * weights[order]).cumsum(0) / weights[order].cumsum(0)
    good = ((count >= FEWEST) & (weighted >= precision) & (hits.cumsum(0) / count >= precision)).nonzero()
    return float(confidence[order[int(good[-1])]]) if len(good) else 1.0


def measures(probabilities: Tensor, truth: Tensor, sure: float, weights: Tensor) -> Iterator[tuple[str, float]]:
    """Accuracy, calibration and what "sure" is worth; the weights are for the last two."""
    confidence, chosen = probabilities.max(dim=1)
    hits = (chosen == truth).float()
    recalls = [hits[truth == topic].mean() for topic in truth.unique()]
    yield "accuracy", float(hits.mean())
    yield "macro accuracy", float(torch.stack(recalls).mean())
    yield f"calibration error ({BINS} bins)", calibration_error(probabilities, truth, weights)
    certain = confidence >= sure
    yield "share sure", float((certain * weights).sum() / weights.sum())
    if certain.any():
        yield PRECISION, float((hits * certain * weights).sum() / (certain * weights).sum())
