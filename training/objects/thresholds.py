"""From which score on a class is shown as a fact: chosen by precision on photographs that no training saw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from adlens.vision.session import Floats
from training.objects.classes import CLASSES
from training.objects.photographs import Photograph

PRECISION, LEAST = 0.8, 0.7
"""Of what is shown, so much shall be right; a class that cannot reach the second is never shown."""
NEVER, WEAK = 1.0, 0.2
_PRIOR = 4.0
"""How many pictures the precision of all classes together counts for, beside those of one class."""
_STEPS = np.round(np.arange(0.3, 0.96, 0.01), 2)

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Found:
    """What it found in one photograph: boxes (n, 4) as fractions, scores and classes (as in CLASSES), surest first."""

    boxes: Floats
    scores: Floats
    labels: npt.NDArray[np.intp]

    def strongest(self) -> Floats:
        """By class, 0 where there is none."""
        best = np.zeros(len(CLASSES), np.float32)
        np.maximum.at(best, self.labels, self.scores)
        return best


def truth(photographs: Sequence[Photograph]) -> tuple[Flags, Flags]:
    """Which classes are in which photograph, and of which that is known: (n, classes) each."""
    there = np.array([[name in {thing.label for thing in one.things} for name in CLASSES] for one in photographs])
    known = np.array([[name in one.known for name in CLASSES] for one in photographs])
    return there, known | there


def counts(there: Flags, known: Flags, strongest: Floats, thresholds: Floats) -> npt.NDArray[np.int64]:
    """Pictures with the class rightly, wrongly and not seen: (classes, 3)."""
    seen = (strongest >= thresholds) & known
    return np.stack([(there & seen).sum(0), (~there & seen).sum(0), (there & ~seen).sum(0)], -1)


def choose_thresholds(photographs: Sequence[Photograph], found: Sequence[Found]) -> dict[str, float]:
    """By class, the lowest score from which PRECISION of the pictures shown with it have it; else the one of the best
    precision, if that is LEAST; else NEVER.

    Few photographs have some classes, so that a class's precision is drawn towards that of all of them; but of a class
    that some have, one must be found, and LEAST of what is found be right.
    """
    there, known = truth(photographs)
    strongest, absent = np.stack([one.strongest() for one in found]), ~there.any(0)
    table = []
    for step in _STEPS:
        seen = counts(there, known, strongest, np.full(len(CLASSES), step, np.float32))
        right, wrong = seen[:, 0], seen[:, 1]
        together = right.sum() / max(right.sum() + wrong.sum(), 1)
        precision = (right + _PRIOR * together) / (right + wrong + _PRIOR)
        table.append(np.where((right > 0) & (right >= LEAST * (right + wrong)) | absent, precision, 0.0))
    chosen = {}
    for name, precision in zip(CLASSES, np.stack(table).T, strict=True):
        step = int(np.argmax(precision >= PRECISION)) if precision.max() >= PRECISION else int(precision.argmax())
        chosen[name] = float(_STEPS[step]) if precision[step] >= LEAST else NEVER
    return chosen
