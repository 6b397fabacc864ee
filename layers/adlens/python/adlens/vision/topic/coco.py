"""The baseline topic engine: what a COCO detector saw says what a creative advertises.

Each topic's evidence is the strongest score among its COCO classes, the detector's probability that such a thing is in
the picture. Taken as independent, and given that a creative has at most one topic, evidence `e` weighs its odds
`e / (1 - e)` against `other`, whose weight is the odds of the `doubt` level: evidence below `doubt` is not believed.
The scores are these weights, normalised. Words are not read; a trained engine replaces this one.
"""

from __future__ import annotations

from collections.abc import Sequence

from adlens.domain.analysis import Detections, Evidence, EvidenceKind, TextBlock, TopicPrediction
from adlens.domain.ports import DecodedImage
from adlens.domain.topics import taxonomy

_CERTAIN = 0.99


class CocoTopicClassifier:
    """`doubt` in (0, 1): the evidence at which a topic and `other` are equally likely."""

    def __init__(self, doubt: float) -> None:
        if not 0 < doubt < 1:
            raise ValueError(f"doubt is a probability between 0 and 1, not {doubt}")
        self._doubt = doubt

    def classify(self, image: DecodedImage, text: Sequence[TextBlock], detections: Detections) -> TopicPrediction:
        return predict(detections, self._doubt)


def predict(detections: Detections, doubt: float) -> TopicPrediction:
    topics, fallback = taxonomy().topics, taxonomy().fallback
    evidence = {
        topic.id: max(detections.class_scores.get(name, 0.0) for name in topic.objects)
        for topic in topics.values()
        if topic.objects
    }
    weights = {topic: _odds(score) for topic, score in evidence.items()} | {fallback: _odds(doubt)}
    total = sum(weights.values())
    scores = {topic: weight / total for topic, weight in weights.items()}
    best = max(scores, key=lambda topic: scores[topic])
    seen = sorted(
        (name for name in topics[best].objects if detections.class_scores.get(name, 0.0) > 0),
        key=lambda name: -detections.class_scores[name],
    )
    return TopicPrediction(best, scores[best], scores, tuple(Evidence(EvidenceKind.OBJECT, name) for name in seen))


def _odds(probability: float) -> float:
    probability = min(probability, _CERTAIN)
    return probability / (1 - probability)
