"""The topic of a creative from its words, its objects and its looks, with what spoke for it.

Confidence is calibrated: the logits are divided by a temperature fitted on data that training never saw (Guo et al.,
"On Calibration of Modern Neural Networks", 2017). What spoke for the topic is found by leaving out one word, object or
the picture at a time; all these variants go through the model in the same run.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from adlens.domain.analysis import Detections, Evidence, EvidenceKind, TextBlock, TopicPrediction
from adlens.domain.errors import InvalidBundle
from adlens.domain.ports import DecodedImage
from adlens.vision.topic.network import Floats, TopicNetwork

_PICTURE = "picture"
_MOST = 8
_MOST_TOKENS = 1500
"""Of all variants together: some 15 ms on one core. Of a longer text only the longest words are weighed."""
_FAINT = 0.05
"""Log-odds that nobody would notice."""


class MultimodalTopicClassifier:
    """`topics` names the model's outputs and `classes` its scores, in order."""

    def __init__(
        self,
        model: Path,
        vocabulary: Path,
        topics: Sequence[str],
        classes: Sequence[str],
        temperature: float,
        threads: int,
    ) -> None:
        self._network = TopicNetwork(model, vocabulary, threads)
        if (len(topics), len(classes)) != (self._network.topics, self._network.classes):
            raise InvalidBundle(
                f"{model} tells {self._network.topics} topics from {self._network.classes} object classes; "
                f"the manifest names {len(topics)} and {len(classes)}."
            )
        self._topics = tuple(topics)
        self._classes = tuple(classes)
        self._temperature = temperature

    def classify(self, image: DecodedImage, text: Sequence[TextBlock], detections: Detections) -> TopicPrediction:
        reading = self._network.read(text)
        visual = self._network.look(detections.visual)
        scores = np.array([detections.class_scores.get(name, 0.0) for name in self._classes], dtype=np.float32)

        things = [(EvidenceKind.OBJECT, self._classes[number]) for number in np.flatnonzero(scores)]
        things += [(EvidenceKind.PICTURE, _PICTURE)] * bool(visual.any())
        words = list(dict.fromkeys(reading.words[owner] for owner in reading.owners if owner >= 0))
        room = max(_MOST_TOKENS // len(reading.tokens) - 1 - len(things), 0)
        things += [(EvidenceKind.WORD, word) for word in sorted(words, key=len, reverse=True)[:room]]

        # Row 0 has everything, row i + 1 lacks the i-th thing.
        rows = len(things) + 1
        keep = np.ones((rows, len(reading.tokens)), np.float32)
        scores, visual = np.tile(scores, (rows, 1)), np.tile(visual, (rows, 1))
        for row, (kind, what) in enumerate(things, start=1):
            if kind is EvidenceKind.WORD:
                keep[row] = [owner < 0 or reading.words[owner] != what for owner in reading.owners]
            elif kind is EvidenceKind.OBJECT:
                scores[row, self._classes.index(what)] = 0
            else:
                visual[row] = 0
        probabilities = _softmax(self._network.logits(reading.tokens, keep, scores, visual) / self._temperature)

        best = int(probabilities[0].argmax())
        odds = _log_odds(probabilities[:, best])
        weighed = sorted(zip(odds[0] - odds[1:], things, strict=True), key=lambda pair: -abs(pair[0]))
        return TopicPrediction(
            self._topics[best],
            float(probabilities[0, best]),
            dict(zip(self._topics, map(float, probabilities[0]), strict=True)),
            tuple(
                Evidence(kind, what, float(weight)) for weight, (kind, what) in weighed[:_MOST] if abs(weight) > _FAINT
            ),
        )


def _softmax(logits: Floats) -> Floats:
    powers = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True))
    shares: Floats = powers / powers.sum(axis=1, keepdims=True)
    return shares


def _log_odds(probabilities: Floats) -> Floats:
    clipped = np.clip(probabilities, 1e-9, 1 - 1e-9)
    odds: Floats = np.log(clipped / (1 - clipped))
    return odds
