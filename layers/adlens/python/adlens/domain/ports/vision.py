"""What the use cases need from vision: decoding and the stages of a model bundle."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from adlens.domain.analysis import (
    BundleInfo,
    Detections,
    ImageFacts,
    Looks,
    Swatch,
    TextBlock,
    TopicPrediction,
)


class DecodedImage(Protocol):
    """An upright sRGB picture, the same for every stage; only vision reads its pixels."""

    @property
    def facts(self) -> ImageFacts: ...

    def preview(self) -> bytes:
        """The picture as a WebP without metadata, its longer side at most `PREVIEW_SIDE` pixels."""
        ...


class ImageDecoder(Protocol):
    def decode(self, data: bytes) -> DecodedImage:
        """Raises InvalidImage (permanent) with a reason a user understands."""
        ...


class TextReader(Protocol):
    def read(self, image: DecodedImage) -> tuple[TextBlock, ...]:
        """Lines in reading order."""
        ...


class ObjectDetector(Protocol):
    def detect(self, image: DecodedImage, looks: Looks) -> Detections: ...


class LooksExtractor(Protocol):
    def extract(self, image: DecodedImage) -> Looks: ...


class TopicClassifier(Protocol):
    def classify(self, text: Sequence[TextBlock], detections: Detections, looks: Looks) -> TopicPrediction: ...


class PaletteExtractor(Protocol):
    def extract(self, image: DecodedImage, dominant: int, secondary: int) -> tuple[Swatch, ...]:
        """At most `dominant` + `secondary` swatches, largest share first; fewer when the picture has fewer colours."""
        ...


class Embedder(Protocol):
    def embed(self, text: Sequence[TextBlock], looks: Looks) -> tuple[float, ...]:
        """A unit vector; creatives with similar looks and text have a high inner product."""
        ...


class Engines(Protocol):
    """The stages of one model bundle, made on first use. None where the bundle has no model for a stage."""

    @property
    def info(self) -> BundleInfo: ...
    @property
    def threads(self) -> int:
        """How many an analysis may use: from two on stages go on beside each other."""
        ...

    @property
    def decoder(self) -> ImageDecoder: ...
    @property
    def text(self) -> TextReader | None: ...
    @property
    def objects(self) -> ObjectDetector | None: ...
    @property
    def looks(self) -> LooksExtractor | None: ...
    @property
    def topic(self) -> TopicClassifier | None: ...
    @property
    def palette(self) -> PaletteExtractor: ...
    @property
    def embedding(self) -> Embedder | None: ...
