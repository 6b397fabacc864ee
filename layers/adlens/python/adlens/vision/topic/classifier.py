"""The topic of a creative from its words, its objects and its looks, with what spoke for it.

Confidence is calibrated: the logits are divided by a temperature fitted on data that training never saw (Guo et al.,
"On Calibration of Modern Neural Networks", 2017). What spoke for the topic is found by leaving out one word, object or
the picture at a time; all these variants go through the model in the same run.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from adlens.domain.analysis import Detections, Evidence, EvidenceKind, Looks, TextBlock, TopicPrediction
from adlens.domain.errors import InvalidBundle
from adlens.domain.topics import taxonomy
from adlens.vision.topic.network import TopicNetwork

Doubles = npt.NDArray[np.float64]

_MOST = 8
_MOST_TOKENS = 1500
"""Of all variants together: some 15 ms on one core. Of a longer text only the longest words are weighed."""
_FAINT = 0.05
"""Log-odds that nobody would notice."""
_LIKENESS = 0.01
"""Probability from which a class of the topic names what a picture looks like, even where another is likelier."""
_NAMING = 2.0
"""Log-odds from which a word names a product."""
_SEEN = 0.3
"""The detector's score from which an object does."""
_GUESS = 0.5
"""The most a product gets that nothing names."""
_PICTURE = "picture"


class MultimodalTopicClassifier:
    """`topics` names the model's outputs, `classes` its scores and `looks` its classes of ImageNet, in order. From the
    probability `sure` on a topic is a fact.
    """

    def __init__(
        self,
        model: Path,
        vocabulary: Path,
        topics: Sequence[str],
        classes: Sequence[str],
        looks: Sequence[str],
        temperature: float,
        sure: float,
        threads: int,
    ) -> None:
        self._network = TopicNetwork(model, vocabulary, threads)
        known = self._network.topics, self._network.classes, self._network.looks
        if (len(topics), len(classes), len(looks)) != known:
            raise InvalidBundle(
                f"{model} knows {known[0]} topics, {known[1]} classes of objects and {known[2]} of looks; "
                f"the manifest names {len(topics)}, {len(classes)} and {len(looks)}."
            )
        self._topics = tuple(topics)
        self._classes = tuple(classes)
        self._looks = tuple(looks)
        self._temperature = temperature
        self._sure = sure

    def classify(self, text: Sequence[TextBlock], detections: Detections, looks: Looks) -> TopicPrediction:
        reading = self._network.read(text)
        features = self._network.features_of(looks)
        likeness = np.array([looks.class_scores.get(name, 0.0) for name in self._looks], dtype=np.float32)
        scores = np.array([detections.class_scores.get(name, 0.0) for name in self._classes], dtype=np.float32)

        things = [(EvidenceKind.OBJECT, self._classes[number]) for number in np.flatnonzero(scores)]
        things += [(EvidenceKind.LOOKS, "")] * bool(looks.embedding)
        words = list(dict.fromkeys(reading.words[owner] for owner in reading.owners if owner >= 0))
        room = max(_MOST_TOKENS // len(reading.tokens) - 1 - len(things), 0)
        things += [(EvidenceKind.WORD, word) for word in sorted(words, key=len, reverse=True)[:room]]

        # Row 0 has everything, row i + 1 lacks the i-th thing.
        rows = len(things) + 1
        keep = np.ones((rows, len(reading.tokens)), np.float32)
        scores, likeness, features = (np.tile(one, (rows, 1)) for one in (scores, likeness, features))
        for row, (kind, what) in enumerate(things, start=1):
            if kind is EvidenceKind.WORD:
                keep[row] = [owner < 0 or reading.words[owner] != what for owner in reading.owners]
            elif kind is EvidenceKind.OBJECT:
                scores[row, self._classes.index(what)] = 0
            else:
                likeness[row] = features[row] = 0
        logits = self._network.logits(reading.tokens, keep, scores, likeness, features)
        scaled = logits.astype(np.float64) / self._temperature
        probabilities = _softmax(scaled[0])

        best = int(probabilities.argmax())
        topic = self._topics[best]
        odds = _log_odds(scaled, best)
        weighed = sorted(zip(odds[0] - odds[1:], things, strict=True), key=lambda pair: -abs(pair[0]))
        evidence = [
            Evidence(*(name_looks(looks, topic) if kind is EvidenceKind.LOOKS else (kind, what)), float(weight))
            for weight, (kind, what) in weighed
        ]
        is_named = topic == taxonomy().fallback or any(_names(topic, one, detections) for one in evidence)
        if not is_named:
            probabilities = _at_most(probabilities, _GUESS)
        confidence = float(probabilities[best])
        return TopicPrediction(
            topic,
            confidence,
            dict(zip(self._topics, map(float, probabilities), strict=True)),
            tuple(one for one in evidence[:_MOST] if abs(one.weight) > _FAINT),
            sure=is_named and confidence >= self._sure,
        )


def _names(topic: str, evidence: Evidence, detections: Detections) -> bool:
    """Whether this alone says that a product is there. What a picture looks like as a whole does so where it is like a
    class of the topic: pages of print are like none.
    """
    if evidence.kind is EvidenceKind.OBJECT:
        seen = detections.class_scores.get(evidence.what, 0.0) >= _SEEN
        return seen and taxonomy().topic_of_class(evidence.what) == topic
    return evidence.kind is EvidenceKind.LOOKS or (evidence.kind is EvidenceKind.WORD and evidence.weight >= _NAMING)


def _at_most(probabilities: Doubles, most: float) -> Doubles:
    """Nearer to each other, in the same order, so that none is more than `most`, at least 1 / n."""
    even = 1 / len(probabilities)
    best = float(probabilities.max())
    share = (most - even) / (best - even) if best > most else 1.0
    return np.asarray(even + share * (probabilities - even))


def name_looks(looks: Looks, topic: str) -> tuple[EvidenceKind, str]:
    """What says why a picture looks like a topic: the likeliest of the topic's classes of ImageNet, for the fallback of
    all; where none is likely at all, the picture.
    """
    scores, known = looks.class_scores, taxonomy()
    names = scores if topic == known.fallback else known.topics[topic].looks
    best = max(names, key=lambda name: scores.get(name, 0.0), default="")
    if scores.get(best, 0.0) < _LIKENESS:
        return EvidenceKind.PICTURE, _PICTURE
    return EvidenceKind.LOOKS, best


def _softmax(logits: Doubles) -> Doubles:
    powers = np.exp(logits - logits.max())
    return np.asarray(powers / powers.sum())


def _log_odds(logits: Doubles, best: int) -> Doubles:
    """(rows,) of that one against all others. From logits, for probabilities of a certain topic are all 1, and nothing
    would count as evidence.
    """
    return np.asarray(logits[:, best] - np.logaddexp.reduce(np.delete(logits, best, axis=1), axis=1))
