"""The trained topic model on ONNX Runtime: what a creative says, shows and looks like, in one run.

Inputs: `tokens` (1, T) int64; for n variants of the creative `keep` (n, T), 1 for the tokens that are there and 0 for
those left out; `scores` (n, classes) in [0, 1], the detector's; `visual` (n, D), its pooled features, zeros for none.
Outputs: `logits` (n, topics), not calibrated; `text` (n, width); `embedding` (n, D + width), unit vectors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from adlens.domain.analysis import TextBlock
from adlens.domain.errors import InvalidBundle
from adlens.vision.session import make_session
from adlens.vision.topic.wordpiece import WordPiece, words_of

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Reading:
    """The words of a creative, their token ids (T,), and the position of each token's word, or NO_WORD."""

    words: list[str]
    tokens: npt.NDArray[np.int64]
    owners: npt.NDArray[np.int64]


class TopicNetwork:
    def __init__(self, model: Path, vocabulary: Path, threads: int) -> None:
        self._session = make_session(model, threads)
        self._pieces = WordPiece.of_file(vocabulary)
        widths = {entry.name: entry.shape[1] for entry in (*self._session.get_inputs(), *self._session.get_outputs())}
        self.topics, self.classes, self.features = widths["logits"], widths["scores"], widths["visual"]

    def read(self, text: Sequence[TextBlock]) -> Reading:
        words = words_of("\n".join(block.text for block in text))
        tokens, owners = self._pieces.encode(words)
        return Reading(words, np.array(tokens), np.array(owners))

    def look(self, visual: Sequence[float]) -> Floats:
        """The (D,) features as the model wants them; raises InvalidBundle when they are another detector's."""
        if visual and len(visual) != self.features:
            raise InvalidBundle(
                f"The topic model was trained on {self.features} visual features; the detector gives {len(visual)}."
            )
        return np.array(visual or [0.0] * self.features, dtype=np.float32)

    def logits(self, tokens: npt.NDArray[np.int64], keep: Floats, scores: Floats, visual: Floats) -> Floats:
        inputs = {"tokens": tokens[None], "keep": keep, "scores": scores, "visual": visual}
        found: Floats = self._session.run(["logits"], inputs)[0]
        return found

    def embedding(self, reading: Reading, visual: Sequence[float]) -> Floats:
        """A unit vector of D + width numbers."""
        inputs = {
            "tokens": reading.tokens[None],
            "keep": np.ones((1, len(reading.tokens)), np.float32),
            "scores": np.zeros((1, self.classes), np.float32),
            "visual": self.look(visual)[None],
        }
        found: Floats = self._session.run(["embedding"], inputs)[0][0]
        return found
