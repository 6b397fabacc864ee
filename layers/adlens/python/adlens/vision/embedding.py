"""One vector per creative: what it looks like joined with what its words are about."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from adlens.domain.analysis import Looks, TextBlock
from adlens.vision.topic.network import TopicNetwork


class LooksTextEmbedder:
    """The features of the looks stage, reduced, and the topic model's text features, each of unit length, weighted and
    joined: inner products are cosines."""

    def __init__(self, model: Path, vocabulary: Path, threads: int) -> None:
        self._network = TopicNetwork(model, vocabulary, threads)

    def embed(self, text: Sequence[TextBlock], looks: Looks) -> tuple[float, ...]:
        return tuple(self._network.embedding(self._network.read(text), looks).tolist())
