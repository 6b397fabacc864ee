"""The trained topic model on ONNX Runtime: what a creative says, shows and looks like, in one run.

Inputs: `tokens` (1, T) int64; for n variants of the creative `keep` (n, T), 1 for the tokens that are there and 0 for
those left out; `scores` (n, classes) in [0, 1], the detector's; `looks` (n, K) in [0, 1], probabilities of classes of
ImageNet; `features` (n, D), the features they came from, zeros for a picture that was not looked at.
Outputs: `logits` (n, topics), not calibrated; `text` (n, width); `embedding` (n, E), unit vectors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from adlens.domain.analysis import Looks, TextBlock
from adlens.domain.errors import InvalidBundle
from adlens.vision.session import Floats, make_session
from adlens.vision.topic.wordpiece import WordPiece, words_of


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
        self.topics, self.classes = widths["logits"], widths["scores"]
        self.looks, self.features = widths["looks"], widths["features"]

    def read(self, text: Sequence[TextBlock]) -> Reading:
        words = words_of("\n".join(block.text for block in text))
        tokens, owners = self._pieces.encode(words)
        return Reading(words, np.array(tokens), np.array(owners))

    def features_of(self, looks: Looks) -> Floats:
        """The (D,) features as the model wants them; raises InvalidBundle when they are another backbone's."""
        if looks.embedding and len(looks.embedding) != self.features:
            raise InvalidBundle(
                f"The topic model was trained on {self.features} features of a picture; the looks stage gives "
                f"{len(looks.embedding)}."
            )
        return np.array(looks.embedding or [0.0] * self.features, dtype=np.float32)

    def logits(
        self, tokens: npt.NDArray[np.int64], keep: Floats, scores: Floats, looks: Floats, features: Floats
    ) -> Floats:
        inputs = {"tokens": tokens[None], "keep": keep, "scores": scores, "looks": looks, "features": features}
        found: Floats = self._session.run(["logits"], inputs)[0]
        return found

    def embedding(self, reading: Reading, looks: Looks) -> Floats:
        """A unit vector of E numbers."""
        inputs = {
            "tokens": reading.tokens[None],
            "keep": np.ones((1, len(reading.tokens)), np.float32),
            "scores": np.zeros((1, self.classes), np.float32),
            "looks": np.zeros((1, self.looks), np.float32),
            "features": self.features_of(looks)[None],
        }
        found: Floats = self._session.run(["embedding"], inputs)[0][0]
        return found
