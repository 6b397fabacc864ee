"""What an analysis finds. Coordinates are fractions of the upright picture's width and height, in [0, 1]."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from adlens.domain.colors import RGB, to_hex
from adlens.domain.media import ImageFormat


class Stage(StrEnum):
    """The stages users see, in the order they run."""

    OCR = "ocr"
    DETECTION = "detection"
    CLASSIFICATION = "classification"
    COLOR = "color"


class StageState(StrEnum):
    PENDING = "PENDING"
    PROCESSING = "PROCESSING"
    SUCCESS = "SUCCESS"
    ERROR = "ERROR"
    NOT_AVAILABLE = "NOT_AVAILABLE"
    """The model bundle has no model for this stage: nothing was looked for, so nothing is claimed."""


@dataclass(frozen=True, slots=True)
class StageRun:
    """One stage of one analysis. `seconds` is wall time and None until the stage has ended."""

    stage: Stage
    state: StageState = StageState.PENDING
    started_at: datetime | None = None
    seconds: float | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class BoundingBox:
    """Corners of an upright rectangle: 0 <= x1 <= x2 <= 1 and 0 <= y1 <= y2 <= 1."""

    x1: float
    y1: float
    x2: float
    y2: float

    def __post_init__(self) -> None:
        if not (0 <= self.x1 <= self.x2 <= 1 and 0 <= self.y1 <= self.y2 <= 1):
            raise ValueError(f"not a box of fractions: {self.as_tuple()}")

    def as_tuple(self) -> tuple[float, float, float, float]:
        return self.x1, self.y1, self.x2, self.y2


@dataclass(frozen=True, slots=True)
class TextBlock:
    """One line of text in reading order. `polygon` holds its corners clockwise from the text's top left."""

    text: str
    bbox: BoundingBox
    confidence: float
    polygon: tuple[tuple[float, float], ...] = ()
    language: str | None = None


@dataclass(frozen=True, slots=True)
class DetectedObject:
    class_name: str
    confidence: float
    bbox: BoundingBox


@dataclass(frozen=True, slots=True)
class Detections:
    """`objects` are those sure enough to show, most confident first.

    `weak` are those that may be there: no figure counts them. `class_scores` maps a class to its highest confidence
    anywhere in the picture, however low: the evidence for the topic.
    """

    objects: tuple[DetectedObject, ...] = ()
    class_scores: Mapping[str, float] = field(default_factory=dict)
    weak: tuple[DetectedObject, ...] = ()


@dataclass(frozen=True, slots=True)
class Looks:
    """What a picture looks like as a whole: `class_scores` maps the likeliest classes of ImageNet to probabilities,
    `embedding` holds the features of the backbone, as many as that has.
    """

    class_scores: Mapping[str, float] = field(default_factory=dict)
    embedding: tuple[float, ...] = ()


class SwatchRole(StrEnum):
    DOMINANT = "dominant"
    SECONDARY = "secondary"


@dataclass(frozen=True, slots=True)
class Swatch:
    """One colour of a creative. `percent` is its share of the picture; the swatches of a palette add up to 100."""

    rgb: RGB
    percent: float
    role: SwatchRole
    color_class: str

    @property
    def hex(self) -> str:
        return to_hex(self.rgb)


class EvidenceKind(StrEnum):
    WORD = "word"
    OBJECT = "object"
    LOOKS = "looks"
    """What the picture looks like as a whole: a class of ImageNet."""
    PICTURE = "picture"
    """The same where no class of ImageNet says why."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that moved a topic prediction: a word as read, the class of an object, or what the picture looks like.

    `weight` is by how much the topic's log-odds (natural logarithm) fall without it: negative for what spoke against
    the topic, 0 where nobody measured it.
    """

    kind: EvidenceKind
    what: str
    weight: float = 0.0


class Decision(StrEnum):
    """Whether a topic may be taken for a fact."""

    SURE = "sure"
    """The model's confidence reaches its bundle's boundary: at least nine of ten such topics are right."""
    UNSURE = "unsure"
    """The topic is the model's best guess."""
    PERSON = "person"
    """A person chose the topic."""


@dataclass(frozen=True, slots=True)
class TopicPrediction:
    """`scores` holds a value in [0, 1] per topic, adding up to 1; `topic` is the best of them, the taxonomy's fallback
    when none fits. `evidence` comes strongest first. `sure` is the model's decision.

    `corrected`: a person chose another topic, which is certain; `scores`, `evidence` and
    `sure` stay the model's.
    """

    topic: str
    confidence: float
    scores: Mapping[str, float]
    evidence: tuple[Evidence, ...] = ()
    corrected: bool = False
    sure: bool = True

    @property
    def decision(self) -> Decision:
        if self.corrected:
            return Decision.PERSON
        return Decision.SURE if self.sure else Decision.UNSURE


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """Facts of the file and of its upright picture. `phash` is a 64-bit perceptual hash in hex, `ground` the colour in
    hex that was laid under a picture with transparent parts: that on which nothing of it drowns.
    """

    format: ImageFormat
    width: int
    height: int
    bytes: int
    sha256: str
    phash: str
    ground: str | None = None


@dataclass(frozen=True, slots=True)
class BundleInfo:
    """Which models made an analysis, and for which stages there are any. `checksum` is the manifest's sha256.

    `about` holds what people should know of a stage's model: its licence, source, measured quality and limits. It comes
    with the bundle itself and is not repeated in every analysis.
    """

    name: str
    version: str
    checksum: str
    engines: Mapping[Stage, str]
    about: Mapping[Stage, Mapping[str, str]] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class Analysis:
    """The result of one walk. None where a stage failed or was not available; `stages` says which of the two."""

    facts: ImageFacts
    bundle: BundleInfo
    stages: tuple[StageRun, ...]
    text: tuple[TextBlock, ...] | None
    detections: Detections | None
    topic: TopicPrediction | None
    palette: tuple[Swatch, ...] | None
    embedding: tuple[float, ...] | None = None

    @property
    def seconds(self) -> float:
        return sum(run.seconds or 0.0 for run in self.stages)

    @property
    def failure(self) -> str | None:
        """The first failed stage's reason, or None when every stage ended well."""
        return next((run.reason or "failed" for run in self.stages if run.state is StageState.ERROR), None)
