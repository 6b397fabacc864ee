"""Shapes of one creative with all that was found in it."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from pydantic import ConfigDict, Field

from adlens.domain.analysis import Analysis, EvidenceKind, Stage, Swatch, SwatchRole
from adlens.domain.colors import BY_NAME
from adlens.domain.creative import Creative, Status
from adlens.domain.media import ImageFormat
from functions.api.creatives.findings import (
    ColorOut,
    DetectedObjectOut,
    TextBlockOut,
    colors_out,
    detected_object_out,
    text_block_out,
)
from functions.api.creatives.stages import StagesOut, stages_out
from functions.api.shapes import (
    CREATIVE_ID,
    GROUP_ID,
    FailureOut,
    Fraction,
    HexColor,
    Shape,
    TitleOut,
    TopicDecision,
    Utc,
    failure_out,
    largest_first,
    title_of,
)


class EvidenceOut(Shape):
    kind: EvidenceKind
    what: str = Field(
        description="A word as read, the class of an object, or what the picture looks like as a whole: a class of "
        "ImageNet, such as `coffee mug` (`looks`), or nothing but `picture` in findings of older bundles."
    )
    weight: float = Field(
        description="By how much the topic's log-odds fall without it; negative speaks against, 0 is not measured."
    )


class ColorClassOut(Shape):
    percent: float = Field(description="Share of the picture, 0 to 100.")
    hex: HexColor = Field(description="The colour that stands for the class in charts.")
    class_en: str = Field(examples=["red"])


class ModelsOut(Shape):
    """The model bundle that made the findings."""

    name: str
    version: str
    checksum: str
    engines: dict[Stage, str]


class CreativeOut(Shape):
    """A creative with all its findings. Lists are empty and values null where nothing is known; `stages` says why."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "creative_id": CREATIVE_ID,
                    "group_id": GROUP_ID,
                    "original_filename": "mug.jpg",
                    "file_path": "https://uploads.example.com/…",
                    "preview_url": "https://previews.example.com/…",
                    "file_size": 70478,
                    "file_format": "JPEG",
                    "image_width": 900,
                    "image_height": 1200,
                    "background": None,
                    "upload_timestamp": "2026-03-01T10:15:02Z",
                    "overall_status": "SUCCESS",
                    "failure": None,
                    "stages": {
                        "ocr": {"status": "SUCCESS", "started_at": "2026-03-01T10:15:03Z", "seconds": 0.52},
                        "detection": {"status": "SUCCESS", "started_at": "2026-03-01T10:15:04Z", "seconds": 0.11},
                        "classification": {"status": "SUCCESS", "started_at": "2026-03-01T10:15:04Z", "seconds": 0.01},
                        "color": {"status": "SUCCESS", "started_at": "2026-03-01T10:15:04Z", "seconds": 0.06},
                    },
                    "ocr_text": "Кружка 350 мл",
                    "ocr_blocks": [
                        {
                            "text": "Кружка 350 мл",
                            "bbox": [0.1, 0.05, 0.62, 0.12],
                            "confidence": 0.97,
                            "polygon": [[0.1, 0.05], [0.62, 0.05], [0.62, 0.12], [0.1, 0.12]],
                            "language": "ru",
                        }
                    ],
                    "detected_objects": [{"class": "cup", "confidence": 0.91, "bbox": [0.2, 0.3, 0.8, 0.9]}],
                    "weak_objects": [{"class": "spoon", "confidence": 0.31, "bbox": [0.1, 0.7, 0.2, 0.95]}],
                    "main_topic": "cups",
                    "main_topic_title": {"ru": "Кружки", "en": "Cups"},
                    "topic_confidence": 0.93,
                    "topic_decision": "sure",
                    "topic_corrected": False,
                    "topic_scores": {"cups": 0.93, "other": 0.07},
                    "topic_evidence": ["кружка", "cup"],
                    "topic_explanation": [
                        {"kind": "word", "what": "кружка", "weight": 3.1},
                        {"kind": "object", "what": "cup", "weight": 1.2},
                        {"kind": "looks", "what": "coffee mug", "weight": 0.8},
                    ],
                    "dominant_colors": [
                        {"rgb": [188, 14, 14], "hex": "#bc0e0e", "percent": 61.5, "class": "Красный", "class_en": "red"}
                    ],
                    "secondary_colors": [
                        {
                            "rgb": [250, 250, 250],
                            "hex": "#fafafa",
                            "percent": 38.5,
                            "class": "Белый",
                            "class_en": "white",
                        }
                    ],
                    "palette_colors": {
                        "Красный": {"percent": 61.5, "hex": "#bc0e0e", "class_en": "red"},
                        "Белый": {"percent": 38.5, "hex": "#f7f7f7", "class_en": "white"},
                    },
                    "models": {
                        "name": "compact",
                        "version": "1",
                        "checksum": "9f2c…",
                        "engines": {"ocr": "rapidocr", "detection": "yolov8"},
                    },
                }
            ]
        }
    )

    creative_id: UUID
    group_id: str
    original_filename: str
    file_path: str = Field(description="A URL that a browser can open for a while.")
    preview_url: str | None = Field(description="The same of a small WebP picture; null until there is one.")
    file_size: int | None = Field(description="Bytes.")
    file_format: ImageFormat | None = Field(description="Found in the content; null until it was read.")
    image_width: int | None
    image_height: int | None
    background: HexColor | None = Field(
        description="What was laid under the transparent parts, so that nothing drowns; null for opaque pictures."
    )
    upload_timestamp: Utc
    overall_status: Status
    failure: FailureOut | None = Field(description="Why overall_status is ERROR.")
    stages: StagesOut
    ocr_text: str | None = Field(description="All lines in reading order, each on a line of its own.")
    ocr_blocks: list[TextBlockOut]
    detected_objects: list[DetectedObjectOut] = Field(description="Sure enough to show; figures count these.")
    weak_objects: list[DetectedObjectOut] = Field(description="Objects that may be there; no figure counts them.")
    main_topic: str | None = Field(description="The id of a topic of the taxonomy: the best guess.")
    main_topic_title: TitleOut | None
    topic_confidence: Fraction | None
    topic_decision: TopicDecision
    topic_corrected: bool = Field(description="A person said the topic; scores and explanation are the model's.")
    topic_scores: dict[str, float]
    topic_evidence: list[str] = Field(description="The words and objects that spoke for the topic, strongest first.")
    topic_explanation: list[EvidenceOut] = Field(description="All that moved the topic, strongest first.")
    dominant_colors: list[ColorOut]
    secondary_colors: list[ColorOut]
    palette_colors: dict[str, ColorClassOut] = Field(description="By colour class, largest share first.")
    models: ModelsOut | None


class ReanalysisOut(Shape):
    creative_id: UUID = Field(examples=[CREATIVE_ID])
    status: Status = Status.PENDING
    revision: int = Field(description="Which analysis of this creative this is.", examples=[2])


class ReanalysesOut(Shape):
    count: int = Field(description="Creatives that are analysed again.", examples=[12000])
    next_cursor: UUID | None = Field(description="`cursor` of the next batch; null after the last, and with a job.")
    job_id: UUID | None = Field(description="What does it: see `GET /jobs/{job_id}`; null for a batch.")


class TopicIn(Shape):
    topic: str = Field(description="The id of a topic of the taxonomy.", examples=["cups"])


def creative_out(creative: Creative, file_path: str, preview_url: str | None = None) -> CreativeOut:
    facts, analysis = creative.facts, creative.analysis
    topic = analysis.topic if analysis else None
    palette = (analysis.palette if analysis else None) or ()
    text = analysis.text if analysis else None
    return CreativeOut(
        creative_id=creative.key.id,
        group_id=creative.group_id,
        original_filename=creative.filename,
        file_path=file_path,
        preview_url=preview_url,
        file_size=facts.bytes if facts else creative.size,
        file_format=facts.format if facts else None,
        image_width=facts.width if facts else None,
        image_height=facts.height if facts else None,
        background=facts.ground if facts else None,
        upload_timestamp=creative.uploaded_at,
        overall_status=creative.status,
        failure=failure_out(creative.failure),
        stages=stages_out(creative.stages, creative.status),
        ocr_text=None if text is None else "\n".join(block.text for block in text),
        ocr_blocks=[text_block_out(block) for block in text or ()],
        detected_objects=[
            detected_object_out(found)
            for found in (analysis.detections.objects if analysis and analysis.detections else ())
        ],
        weak_objects=[
            detected_object_out(found)
            for found in (analysis.detections.weak if analysis and analysis.detections else ())
        ],
        main_topic=topic.topic if topic else None,
        main_topic_title=title_of(topic.topic) if topic else None,
        topic_confidence=topic.confidence if topic else None,
        topic_decision=topic.decision if topic else None,
        topic_corrected=topic is not None and topic.corrected,
        topic_scores=dict(topic.scores) if topic else {},
        topic_evidence=[
            entry.what
            for entry in (topic.evidence if topic else ())
            if entry.kind in (EvidenceKind.WORD, EvidenceKind.OBJECT) and entry.weight >= 0
        ],
        topic_explanation=[
            EvidenceOut(kind=entry.kind, what=entry.what, weight=round(entry.weight, 4))
            for entry in (topic.evidence if topic else ())
        ],
        dominant_colors=colors_out(palette, SwatchRole.DOMINANT),
        secondary_colors=colors_out(palette, SwatchRole.SECONDARY),
        palette_colors=_palette_out(palette),
        models=_models_out(analysis) if analysis else None,
    )


def _models_out(analysis: Analysis) -> ModelsOut:
    bundle = analysis.bundle
    return ModelsOut(name=bundle.name, version=bundle.version, checksum=bundle.checksum, engines=dict(bundle.engines))


def _palette_out(palette: Sequence[Swatch]) -> dict[str, ColorClassOut]:
    percents: dict[str, float] = {}
    for swatch in palette:
        percents[swatch.color_class] = percents.get(swatch.color_class, 0.0) + swatch.percent
    return {
        BY_NAME[name].title_ru: ColorClassOut(percent=round(percent, 2), hex=BY_NAME[name].shown, class_en=name)
        for name, percent in largest_first(percents)
    }
