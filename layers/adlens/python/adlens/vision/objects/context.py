"""What a picture as a whole says of the objects in it: a bag is likelier where the picture looks like bags."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from adlens.domain.analysis import Looks
from adlens.domain.errors import InvalidBundle
from adlens.vision.session import Floats, make_session

FAINTEST = 0.01
"""Score of the best box of a class below which no context makes it one."""
_SUREST = 0.99


class Context:
    """The model takes `features` (1, D), those of the looks stage, and gives `logits` (1, C), what they add to the
    odds of each of `known`, a class each. `classes` are the detector's, in order; `trust` is what its own odds count
    for beside that. Raises InvalidBundle when the model knows other classes.
    """

    def __init__(self, model: Path, known: Sequence[str], classes: Sequence[str], trust: float, threads: int) -> None:
        self._session = make_session(model, threads)
        width = self._session.get_outputs()[0].shape[1]
        if width != len(known) or not set(known) <= set(classes):
            raise InvalidBundle(f"{model} knows {width} classes; the manifest names {', '.join(known)}.")
        self._rows = np.array([list(classes).index(name) for name in known])
        self._trust = trust

    def rescored(self, scores: Floats, looks: Looks) -> Floats:
        """The detector's scores (classes, anchors) in [0, 1] in the light of the whole picture; as they are where that
        was not looked at.
        """
        if not looks.embedding:
            return scores
        features = np.array([looks.embedding], np.float32)
        added = self._session.run(["logits"], {"features": features})[0][0]
        return combine(scores, self._rows, self._trust, added)


def combine(scores: Floats, rows: npt.NDArray[np.intp], trust: float, added: Floats) -> Floats:
    """`scores` (classes, anchors), those of the classes `rows` scaled so that the best of a class has `trust` times its
    log-odds plus those of `added` (rows,). A class whose best is fainter than FAINTEST has none.
    """
    best = scores[rows].max(axis=1)
    own = np.clip(best, FAINTEST, _SUREST)
    together = 1 / (1 + np.exp(-trust * np.log(own / (1 - own)) - added))
    scale = np.where(best < FAINTEST, 0, together / np.maximum(best, FAINTEST))
    result = scores.copy()
    result[rows] *= scale[:, None].astype(np.float32)
    return result
