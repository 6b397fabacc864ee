"""One vector per creative: what it looks like joined with what its words are about."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from adlens.domain.analysis import Detections, TextBlock
from adlens.domain.ports import DecodedImage
from adlens.vision.topic.network import TopicNetwork


class VisualTextEmbedder:
    """The detector's visual features, standardised, and the topic model's text features, each of unit length, weighted
    and joined: inner products are cosines. Their number is the sum of the two (`vision.topic.network`)."""

    def __init__(self, model: Path, vocabulary: Path, threads: int) -> None:
        self._network = TopicNetwork(model, vocabulary, threads)

    def embed(self, image: DecodedImage, text: Sequence[TextBlock], detections: Detections) -> tuple[float, ...]:
        return tuple(self._network.embedding(self._network.read(text), detections.visual).tolist())
