"""Engines without weights: quick and deterministic, their findings follow from the picture's sha256.

Not guesses about the picture: for trying the system out, and for tests of everything around the models.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import hypot
from random import Random

from adlens.domain.analysis import (
    BoundingBox,
    DetectedObject,
    Detections,
    Evidence,
    EvidenceKind,
    Looks,
    Stage,
    Swatch,
    SwatchRole,
    TextBlock,
    TopicPrediction,
)
from adlens.domain.colors import COLOR_CLASSES, from_hex
from adlens.domain.ports.vision import DecodedImage
from adlens.domain.topics import taxonomy
from adlens.vision.bundle import EMBEDDING, LOOKS, Bundle, Manifest, StageManifest

_LOOKS = ("coffee mug", "backpack", "wall clock", "Windsor tie", "ladle", "web site")
_SHOWN, _SURE = 0.35, 0.6
_WORDS = ("SALE", "NEW", "-50%", "СКИДКА", "ПОДАРОК", "CLASSIC", "ХИТ", "2 = 1")


def fake_bundle() -> Bundle:
    """A bundle whose every stage is a fake; only decoding is real."""
    engines = {
        Stage.OCR: "fake-text",
        Stage.DETECTION: "fake-objects",
        Stage.CLASSIFICATION: "fake-topic",
        Stage.COLOR: "fake-palette",
        LOOKS: "fake-looks",
        EMBEDDING: "fake-embedding",
    }
    stages: dict[str, StageManifest] = {stage: StageManifest(engine, {}, {}) for stage, engine in engines.items()}
    return Bundle(Manifest("fake", "1", "0" * 64, stages), threads=1)


def _random(image: DecodedImage, salt: str) -> Random:
    return Random(image.facts.sha256 + salt)  # noqa: S311 - reproducible on purpose


def _box(random: Random) -> BoundingBox:
    x1, y1 = random.uniform(0, 0.7), random.uniform(0, 0.7)
    return BoundingBox(x1, y1, x1 + random.uniform(0.05, 0.3), y1 + random.uniform(0.05, 0.3))


class FakeTextReader:
    def read(self, image: DecodedImage) -> tuple[TextBlock, ...]:
        random = _random(image, "text")
        boxes = sorted((_box(random) for _ in range(random.randint(0, 3))), key=lambda box: (box.y1, box.x1))
        return tuple(
            TextBlock(
                word := random.choice(_WORDS),
                box,
                random.uniform(0.5, 1),
                ((box.x1, box.y1), (box.x2, box.y1), (box.x2, box.y2), (box.x1, box.y2)),
                "en" if word.isascii() else "ru",
            )
            for box in boxes
        )


class FakeDetector:
    def detect(self, image: DecodedImage, looks: Looks) -> Detections:
        random = _random(image, "objects")
        names = random.sample(
            [name for topic in taxonomy().topics.values() for name in topic.objects], random.randint(0, 3)
        )
        scores = {name: random.uniform(0.05, 1) for name in names}
        found = [DetectedObject(name, score, _box(random)) for name, score in scores.items()]
        found.sort(key=lambda one: -one.confidence)
        shown, weak = (tuple(one for one in found if (one.confidence >= _SHOWN) is fact) for fact in (True, False))
        return Detections(shown, scores, weak=weak)


class FakeLooks:
    def extract(self, image: DecodedImage) -> Looks:
        random = _random(image, "looks")
        numbers = [random.gauss(0, 1) for _ in range(16)]
        length = hypot(*numbers)
        return Looks({random.choice(_LOOKS): random.random()}, tuple(number / length for number in numbers))


class FakeTopicClassifier:
    def classify(self, text: Sequence[TextBlock], detections: Detections, looks: Looks) -> TopicPrediction:
        seen = repr((looks.class_scores, [block.text for block in text], detections.class_scores))
        random = Random(seen)  # noqa: S311 - reproducible on purpose
        weights = {topic: random.random() ** 4 for topic in taxonomy().topics}
        scores = {topic: weight / sum(weights.values()) for topic, weight in weights.items()}
        best = max(scores, key=lambda topic: scores[topic])
        evidence = [
            Evidence(EvidenceKind.OBJECT, name, random.uniform(0, 3)) for name in taxonomy().topics[best].objects
        ][:1]
        evidence += [Evidence(EvidenceKind.LOOKS, name, random.uniform(0, 3)) for name in looks.class_scores]
        return TopicPrediction(best, scores[best], scores, tuple(evidence), sure=scores[best] >= _SURE)


class FakePalette:
    def extract(self, image: DecodedImage, dominant: int, secondary: int) -> tuple[Swatch, ...]:
        random = _random(image, "palette")
        count = min(dominant + secondary, len(COLOR_CLASSES))
        classes = random.sample(COLOR_CLASSES, count)
        cuts = sorted(random.sample(range(1, 100), count - 1)) if count else []
        percents = sorted((b - a for a, b in zip([0, *cuts], [*cuts, 100], strict=True)), reverse=True)
        return tuple(
            Swatch(
                from_hex(color_class.references[0]),
                float(percent),
                SwatchRole.DOMINANT if rank < dominant else SwatchRole.SECONDARY,
                color_class.name,
            )
            for rank, (color_class, percent) in enumerate(zip(classes, percents, strict=False))
        )


class FakeEmbedder:
    def embed(self, text: Sequence[TextBlock], looks: Looks) -> tuple[float, ...]:
        return looks.embedding
