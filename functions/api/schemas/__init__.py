"""The HTTP shapes, and how domain types become them. Needs pydantic and the domain only: `adlens analyze` prints them.

Names, texts and Russian headers are those of the service this API replaces: its clients parse them. What is new stands
beside them under names of its own (`stages`, `failure`, `main_topic_title`, `class_en`, ...).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import to_json

from adlens.domain.analysis import (
    Analysis,
    BundleInfo,
    Decision,
    DetectedObject,
    EvidenceKind,
    Stage,
    StageRun,
    StageState,
    Swatch,
    SwatchRole,
    TextBlock,
)
from adlens.domain.analytics import Analytics
from adlens.domain.colors import BY_NAME
from adlens.domain.creative import (
    Creative,
    CreativeProgress,
    CreativeSummary,
    Failure,
    GroupSummary,
    Status,
    check_group_id,
)
from adlens.domain.gallery import CreativeCard
from adlens.domain.media import CONTENT_TYPES, MAX_FILE_BYTES, ImageFormat
from adlens.domain.ports.storage import PresignedPost
from adlens.domain.text import clean_filename
from adlens.domain.topics import taxonomy

MAX_FILES_PER_CALL = 500
NOT_STARTED, FAILED = "—", "X"


def filename_or_unnamed(name: str) -> str:
    return clean_filename(name) or "unnamed"


def clean_group_name(name: str) -> str | None:
    """A name in one line, or None when nothing is left of it."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in name).split()) or None


GroupId = Annotated[
    str,
    AfterValidator(check_group_id),
    Field(description="The group's id, made by the client.", examples=["grp_20260301_101500_a1b2c3"]),
]
GroupName = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=120),
    AfterValidator(clean_group_name),
    Field(description="For people; nothing but spaces is no name.", examples=["Spring mugs"]),
]
Utc = Annotated[datetime, AfterValidator(lambda value: value.astimezone(UTC))]
Filename = Annotated[
    str, AfterValidator(filename_or_unnamed), Field(description="As its owner knows it.", examples=["mug.jpg"])
]
BBox = Annotated[
    tuple[float, float, float, float],
    Field(description="x1, y1, x2, y2 as fractions of the upright picture's width and height."),
]
Fraction = Annotated[float, Field(description="0 to 1.")]
TopicDecision = Annotated[
    Decision | None,
    Field(
        description="`sure`: at least nine of ten such topics are right; `unsure`: `main_topic` is a guess; `person`: "
        "somebody chose it. Null without a topic.",
        examples=["sure"],
    ),
]
MoreThanTotal = Annotated[bool, Field(description="Counting ended at `total`, and there may be more.")]
HexColor = Annotated[str, Field(description="#rrggbb.", examples=["#bc0e0e"])]
_CREATIVE_ID = "0b9d5f0c-6a3e-4c1b-9d55-2f4a7c1e8b11"
_GROUP_ID = "grp_20260301_101500_a1b2c3"


def named(name: str, **options: Any) -> Any:
    """A field whose name in JSON is no Python name."""
    return Field(validation_alias=name, serialization_alias=name, **options)


class Shape(BaseModel):
    model_config = ConfigDict(validate_by_name=True, serialize_by_alias=True, extra="forbid")


class ErrorOut(Shape):
    """Every answer that is not a success."""

    detail: str = Field(description="What went wrong and what to do, for people.")
    code: str = Field(description="The same for machines; it does not change between releases.")
    field: str | None = Field(default=None, description="The part of the request that is at fault, if it is one.")
    request_id: str = Field(description="Name this when you report a problem.")


class TitleOut(Shape):
    ru: str
    en: str


class EvidenceOut(Shape):
    kind: EvidenceKind
    what: str = Field(
        description="A word as read, the class of an object, or what the picture looks like as a whole: a class of "
        "ImageNet, such as `coffee mug` (`looks`), or nothing but `picture` in findings of older bundles."
    )
    weight: float = Field(
        description="By how much the topic's log-odds fall without it; negative speaks against, 0 is not measured."
    )


class FailureOut(Shape):
    code: str
    reason: str


# --- creatives ------------------------------------------------------------------------------------------------------


class StageOut(Shape):
    status: StageState
    started_at: Utc | None = None
    seconds: float | None = Field(default=None, description="Wall time; null until the stage has ended.")
    reason: str | None = Field(default=None, description="Why the stage failed or was not available.")


class StagesOut(Shape):
    ocr: StageOut
    detection: StageOut
    classification: StageOut
    color: StageOut


class TextBlockOut(Shape):
    text: str
    bbox: BBox
    confidence: Fraction
    polygon: list[tuple[float, float]] = Field(description="Corners, clockwise from the text's top left; may be empty.")
    language: str | None


class DetectedObjectOut(Shape):
    class_name: str = named("class", examples=["cup"])
    confidence: Fraction
    bbox: BBox


class ColorOut(Shape):
    rgb: tuple[int, int, int]
    hex: HexColor
    percent: float = Field(description="Share of the picture, 0 to 100.")
    color_class: str = named("class", examples=["Красный"])
    class_en: str = Field(examples=["red"])


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
                    "creative_id": _CREATIVE_ID,
                    "group_id": _GROUP_ID,
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


class CreativeRowOut(Shape):
    """One creative of a group's list."""

    creative_id: UUID = Field(examples=[_CREATIVE_ID])
    original_filename: str = Field(examples=["mug.jpg"])
    file_path: str = Field(description="A URL that a browser can open for a while.")
    file_size: int | None = Field(description="Bytes.", examples=[70478])
    file_format: ImageFormat | None
    image_width: int | None = Field(examples=[900])
    image_height: int | None = Field(examples=[1200])
    upload_timestamp: Utc
    analysis: bool = Field(description="Whether there are findings.")
    overall_status: Status


class CreativeCardOut(Shape):
    """One creative of the gallery."""

    creative_id: UUID = Field(examples=[_CREATIVE_ID])
    group_id: str = Field(examples=[_GROUP_ID])
    original_filename: str = Field(examples=["mug.jpg"])
    file_path: str = Field(description="A URL that a browser can open for a while.")
    preview_url: str | None = Field(description="The same of a small WebP picture; null until there is one.")
    image_width: int | None = Field(examples=[900])
    image_height: int | None = Field(examples=[1200])
    upload_timestamp: Utc
    overall_status: Status
    failure: FailureOut | None
    main_topic: str | None = Field(examples=["cups"])
    main_topic_title: TitleOut | None
    topic_confidence: Fraction | None
    topic_decision: TopicDecision
    dominant_colors: list[ColorOut]


class GalleryOut(Shape):
    items: list[CreativeCardOut]
    total: int = Field(description="Creatives that the filters leave.", examples=[24])
    more_than_total: MoreThanTotal
    next_cursor: str | None = Field(description="`cursor` of the next page; null on the last.")


class NeighboursOut(Shape):
    previous: UUID | None
    next: UUID | None
    position: int | None = Field(
        description="From 1: where it stands, or would stand if the filters left it in; null where counting ended."
    )
    total: int = Field(description="Creatives that the filters leave.")
    more_than_total: MoreThanTotal


class StatusOut(Shape):
    """How far one creative is. The five *_status texts: "—" not started, "1.3 sec " (with the trailing space) while
    running, "1.3 sec" when done, "X" on error. `status`, `stages` and `failure` say the same to machines."""

    creative_id: UUID = Field(examples=[_CREATIVE_ID])
    original_filename: str = Field(examples=["mug.jpg"])
    file_size: str = Field(examples=["70478 байт"])
    image_size: str = Field(examples=["900x1200"])
    upload_timestamp: Utc
    main_topic: str | None = Field(examples=["cups"])
    topic_confidence: Fraction | None
    topic_decision: TopicDecision
    ocr_status: str = Field(examples=["0.5 sec"])
    detection_status: str = Field(examples=["0.1 sec "])
    classification_status: str = Field(examples=["—"])
    color_status: str = Field(examples=["—"])
    overall_status: str = Field(examples=["0.6 sec "])
    status: Status
    stages: StagesOut
    failure: FailureOut | None


class ProgressOut(Shape):
    """One creative of a group's progress."""

    creative_id: UUID = Field(examples=[_CREATIVE_ID])
    original_filename: str = Field(examples=["mug.jpg"])
    status: Status
    stages: StagesOut
    seconds: float = Field(description="Spent on its stages so far, the running one included.")
    main_topic: str | None = Field(examples=["cups"])
    topic_confidence: Fraction | None
    topic_decision: TopicDecision
    failure: FailureOut | None


class ReanalysisOut(Shape):
    creative_id: UUID = Field(examples=[_CREATIVE_ID])
    status: Status = Status.PENDING
    revision: int = Field(description="Which analysis of this creative this is.", examples=[2])


class ReanalysesOut(Shape):
    count: int = Field(description="Creatives of this batch that are analysed again.", examples=[500])
    next_cursor: UUID | None = Field(description="`cursor` of the next batch; null after the last.")


# --- groups ---------------------------------------------------------------------------------------------------------


class TopicCountOut(Shape):
    topic: str = Field(examples=["cups"])
    count: int = Field(description="Creatives with this `main_topic`, whatever the decision.", examples=[12])
    unsure: int = Field(description="Those of them whose topic is a guess.", examples=[3])
    title: TitleOut


class TopicColorOut(Shape):
    color_class: str = named("class", examples=["Красный"])
    hex: HexColor
    percent: float
    class_en: str = Field(examples=["red"])


class GroupOut(Shape):
    group_id: str = Field(examples=[_GROUP_ID])
    count: int = Field(description="Creatives in the group.", examples=[24])
    created_at: Utc
    by_status: dict[Status, int] = Field(examples=[{"SUCCESS": 23, "ERROR": 1}])
    name: str | None = Field(examples=["Spring mugs"])
    topics: list[TopicCountOut] = Field(description="The three most frequent ones.")
    colors: list[TopicColorOut] = Field(description="Its five largest colour classes, normalised to 100.")


class GroupChangeIn(Shape):
    name: GroupName | None


class GroupReanalysisOut(Shape):
    group_id: str = Field(examples=[_GROUP_ID])
    count: int = Field(description="Creatives that are analysed again.", examples=[24])


class GroupStatusOut(Shape):
    group_id: str = Field(examples=[_GROUP_ID])
    count: int = Field(description="Creatives in the group.", examples=[24])
    done: bool = Field(description="Whether every creative has ended, in SUCCESS or ERROR.")
    by_status: dict[Status, int] = Field(examples=[{"PENDING": 3, "PROCESSING": 1, "SUCCESS": 20, "ERROR": 0}])
    creatives: list[ProgressOut] = Field(description="In the order of their upload.")
    next_cursor: str | None = Field(description="`cursor` of the next page of `creatives`; null on the last.")


# --- uploads --------------------------------------------------------------------------------------------------------


class UploadFileIn(Shape):
    filename: Filename
    size: int = Field(ge=0, description=f"Bytes; at most {MAX_FILE_BYTES}.", examples=[70478])
    content_type: str | None = Field(
        default=None,
        max_length=100,
        description=f"One of {', '.join(CONTENT_TYPES)}; else the file name's extension says it.",
        examples=["image/jpeg"],
    )
    creative_id: UUID | None = Field(default=None, description="Made for you when you send none.")


class UploadsIn(Shape):
    group_id: GroupId | None = Field(default=None, description="A new group is made when you send none.")
    group_name: GroupName | None = Field(default=None, description="Names the group, new or not.")
    files: list[UploadFileIn] = Field(min_length=1, max_length=MAX_FILES_PER_CALL)


class UploadFormOut(Shape):
    """A form to send as multipart/form-data: `fields` first, in their order, then the file under the name `file`."""

    url: str = Field(examples=["https://uploads.example.com/"])
    fields: dict[str, str] = Field(examples=[{"key": "…", "Content-Type": "image/jpeg", "policy": "…"}])
    expires_at: Utc


class UploadOut(Shape):
    creative_id: UUID = Field(examples=[_CREATIVE_ID])
    filename: str = Field(examples=["mug.jpg"])
    form: UploadFormOut


class RefusedFileOut(Shape):
    index: int = Field(description="Its place in `files`, from 0.")
    filename: str = Field(examples=["notes.pdf"])
    creative_id: UUID | None
    code: str = Field(examples=["unsupported_format"])
    reason: str


class UploadsOut(Shape):
    group_id: str = Field(examples=[_GROUP_ID])
    uploads: list[UploadOut] = Field(description="One signed form per accepted file, in the order of `files`.")
    refused: list[RefusedFileOut]


class UploadResultOut(Shape):
    uploaded: int = Field(examples=[2])
    group_id: str = Field(examples=[_GROUP_ID])
    errors: list[str] = Field(examples=[["notes.jpg: the file is no JPEG, PNG or WebP picture."]])


# --- analytics ------------------------------------------------------------------------------------------------------


class SummaryOut(Shape):
    total_creatives: int
    analysed_creatives: int = Field(description="Creatives with findings: all figures are over these.")
    avg_ocr_confidence: float | None = Field(description="Mean over text blocks; null when there are none.")
    avg_object_confidence: float | None = Field(description="Mean over shown objects; null when there are none.")
    avg_topic_confidence: float | None = Field(
        description="Mean over creatives with a topic; null when there are none."
    )


class ColorCountOut(Shape):
    hex: HexColor
    count: int = Field(description="Creatives with this dominant colour.")


class TopicRowOut(Shape):
    """A row of the table that users see. The "C" that begins the last header is a Latin letter, as clients expect."""

    topic: str = named("Тематики", examples=["cups"])
    count: int = named("Кол-во")
    ocr_confidence: float | None = named("Ср. уверенность (OCR)")
    object_confidence: float | None = named("Ср. уверенность (объекты)")
    topic_confidence: float | None = named("Cр. уверенность (топики)")
    avg_seconds: float | None = Field(description="Mean over its creatives.")
    title: TitleOut


class ObjectCountOut(Shape):
    class_name: str = named("class", examples=["cup"])
    count: int = Field(description="Creatives in which it was found.")


class WordCountOut(Shape):
    word: str = Field(description="In lower case, ё as е.", examples=["скидка"])
    count: int = Field(description="Creatives whose text has it.")


class ColorClassCountOut(TopicColorOut):
    count: int = Field(description="Creatives with a colour of the class.")


class AnalyticsOut(Shape):
    summary: SummaryOut
    topics: list[TopicCountOut]
    dominant_colors: list[ColorCountOut]
    topics_table: list[TopicRowOut]
    total_processing_time: float = Field(description="Seconds.")
    total_creatives_in_group: int
    avg_time_per_creative: float | None = Field(description="Seconds; null when nothing was analysed.")
    color_class_distribution: dict[str, float] = Field(
        description="Sum of percents by colour class.", examples=[{"Красный": 181.5, "Белый": 118.5}]
    )
    topic_color_distribution: dict[str, list[TopicColorOut]] = Field(
        description="By topic: its five largest colour classes, normalised to 100."
    )
    objects: list[ObjectCountOut] = Field(description="The 30 most frequent.")
    words: list[WordCountOut] = Field(
        description="The 50 most frequent of at least three letters; stop words are left out."
    )
    color_classes: list[ColorClassCountOut] = Field(
        description="`percent` is the mean over analysed creatives, largest first."
    )
    updated_at: Utc | None


# --- settings and health --------------------------------------------------------------------------------------------


class SettingsOut(Shape):
    DOMINANT_COLORS_COUNT: int = Field(examples=[3])
    SECONDARY_COLORS_COUNT: int = Field(examples=[3])


class SettingOut(Shape):
    key: str = Field(examples=["DOMINANT_COLORS_COUNT"])
    value: int = Field(examples=[3])
    description: str


class PartHealthOut(Shape):
    status: Literal["ok", "failed", "unknown"]
    latency_ms: float | None = None
    detail: str | None = None


class StageModelOut(Shape):
    """What finds the findings of one stage, in the words of its maker."""

    engine: str
    licence: str | None = None
    source: str | None = None
    quality: str | None = Field(default=None, description="What was measured, on which data.")
    limits: str | None = Field(default=None, description="What it is known to get wrong.")
    unpinned: str | None = Field(default=None, description="Files that its manifest gives no sha256 of.")


class ModelsHealthOut(PartHealthOut):
    """The bundle that a worker reported last. A stage that is not in `stages` has no model."""

    checksum: str | None = Field(default=None, description="As in each creative's `models`.")
    stages: dict[Stage, StageModelOut] = Field(default_factory=dict)


class HealthOut(Shape):
    status: Literal["ok", "failed"]
    version: str
    database: PartHealthOut
    store: PartHealthOut
    queue: PartHealthOut
    models: ModelsHealthOut


# --- account --------------------------------------------------------------------------------------------------------


class WorkspaceOut(Shape):
    id: UUID
    name: str = Field(examples=["Marketing"])


class MeOut(Shape):
    workspace: WorkspaceOut
    key_name: str | None = Field(examples=["web app"])
    anonymous: bool = Field(description="Whether the request needed no key; local installations only.")


class TopicOut(Shape):
    topic: str = Field(examples=["cups"])
    title: TitleOut


class NamedColorClassOut(Shape):
    color_class: str = named("class", examples=["Красный"])
    class_en: str = Field(examples=["red"])
    hex: HexColor = Field(description="The colour that stands for the class in charts.")


class TaxonomyOut(Shape):
    topics: list[TopicOut]
    color_classes: list[NamedColorClassOut]


# --- from the domain ------------------------------------------------------------------------------------------------


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
        failure=_failure_out(creative.failure),
        stages=_stages_out(creative.stages, creative.status),
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
        dominant_colors=_colors_out(palette, SwatchRole.DOMINANT),
        secondary_colors=_colors_out(palette, SwatchRole.SECONDARY),
        palette_colors=_palette_out(palette),
        models=_models_out(analysis) if analysis else None,
    )


def text_block_out(block: TextBlock) -> TextBlockOut:
    return TextBlockOut(
        text=block.text,
        bbox=block.bbox.as_tuple(),
        confidence=block.confidence,
        polygon=list(block.polygon),
        language=block.language,
    )


def detected_object_out(found: DetectedObject) -> DetectedObjectOut:
    return DetectedObjectOut(class_name=found.class_name, confidence=found.confidence, bbox=found.bbox.as_tuple())


def color_out(swatch: Swatch) -> ColorOut:
    return ColorOut(
        rgb=swatch.rgb,
        hex=swatch.hex,
        percent=round(swatch.percent, 2),
        color_class=BY_NAME[swatch.color_class].title_ru,
        class_en=swatch.color_class,
    )


def creative_row_out(creative: CreativeSummary, file_path: str) -> CreativeRowOut:
    facts = creative.facts
    return CreativeRowOut(
        creative_id=creative.id,
        original_filename=creative.filename,
        file_path=file_path,
        file_size=facts.bytes if facts else creative.size,
        file_format=facts.format if facts else None,
        image_width=facts.width if facts else None,
        image_height=facts.height if facts else None,
        upload_timestamp=creative.uploaded_at,
        analysis=creative.analysed,
        overall_status=creative.status,
    )


def creative_card_out(card: CreativeCard, file_path: str, preview_url: str | None) -> CreativeCardOut:
    return CreativeCardOut(
        creative_id=card.id,
        group_id=card.group_id,
        original_filename=card.filename,
        file_path=file_path,
        preview_url=preview_url,
        image_width=card.facts.width if card.facts else None,
        image_height=card.facts.height if card.facts else None,
        upload_timestamp=card.uploaded_at,
        overall_status=card.status,
        failure=_failure_out(card.failure),
        main_topic=card.topic,
        main_topic_title=title_of(card.topic) if card.topic else None,
        topic_confidence=card.topic_confidence,
        topic_decision=card.topic_decision,
        dominant_colors=_colors_out(card.dominant, SwatchRole.DOMINANT),
    )


def status_out(creative: CreativeSummary, now: datetime) -> StatusOut:
    facts, status = creative.facts, creative.status
    size = facts.bytes if facts else creative.size
    stages = _stages_out(creative.stages, status)
    by_stage = (stages.ocr, stages.detection, stages.classification, stages.color)
    seconds = sum(_stage_seconds(stage.status, stage, now) for stage in by_stage)
    return StatusOut(
        creative_id=creative.id,
        original_filename=creative.filename,
        file_size=NOT_STARTED if size is None else f"{size} байт",
        image_size=f"{facts.width}x{facts.height}" if facts else NOT_STARTED,
        upload_timestamp=creative.uploaded_at,
        main_topic=creative.topic,
        topic_confidence=creative.topic_confidence,
        topic_decision=creative.topic_decision,
        ocr_status=_stage_text(stages.ocr, now),
        detection_status=_stage_text(stages.detection, now),
        classification_status=_stage_text(stages.classification, now),
        color_status=_stage_text(stages.color, now),
        overall_status=_status_text(StageState(status), seconds),
        status=status,
        stages=stages,
        failure=_failure_out(creative.failure),
    )


def group_out(group: GroupSummary) -> GroupOut:
    return GroupOut(
        group_id=group.group_id,
        count=group.count,
        created_at=group.created_at,
        by_status={status: group.by_status.get(status, 0) for status in Status},
        name=group.name,
        topics=[
            TopicCountOut(topic=topic, count=count, unsure=unsure, title=title_of(topic))
            for topic, count, unsure in group.topics[:3]
        ],
        colors=_top_colors(group.class_percents),
    )


def group_status_json(
    group_id: str,
    by_status: Mapping[Status, int],
    creatives: Sequence[CreativeProgress],
    next_cursor: str | None,
    now: datetime,
) -> bytes:
    """A GroupStatusOut as JSON, without its models: they took half of an answer about hundreds of creatives with four
    stages each.
    """
    return to_json(
        {
            "group_id": group_id,
            "count": sum(by_status.values()),
            "done": all(status.ended for status, count in by_status.items() if count),
            "by_status": {status: by_status.get(status, 0) for status in Status},
            "creatives": [_progress(creative, now) for creative in creatives],
            "next_cursor": next_cursor,
        }
    )


def upload_form_out(form: PresignedPost) -> UploadFormOut:
    return UploadFormOut(url=form.url, fields=dict(form.fields), expires_at=form.expires_at)


def analytics_out(figures: Analytics) -> AnalyticsOut:
    return AnalyticsOut(
        summary=SummaryOut(
            total_creatives=figures.creatives,
            analysed_creatives=figures.analysed,
            avg_ocr_confidence=_rounded(figures.mean_ocr_confidence),
            avg_object_confidence=_rounded(figures.mean_object_confidence),
            avg_topic_confidence=_rounded(figures.mean_topic_confidence),
        ),
        topics=[
            TopicCountOut(topic=row.topic, count=row.count, unsure=row.unsure, title=title_of(row.topic))
            for row in figures.topics
        ],
        dominant_colors=[ColorCountOut(hex=color, count=count) for color, count in figures.colors],
        topics_table=[
            TopicRowOut(
                topic=row.topic,
                count=row.count,
                ocr_confidence=_rounded(row.mean_ocr_confidence),
                object_confidence=_rounded(row.mean_object_confidence),
                topic_confidence=_rounded(row.mean_topic_confidence),
                avg_seconds=_rounded(row.mean_seconds),
                title=title_of(row.topic),
            )
            for row in figures.topics
        ],
        total_processing_time=round(figures.processing_seconds, 3),
        total_creatives_in_group=figures.creatives,
        avg_time_per_creative=round(figures.processing_seconds / figures.analysed, 3) if figures.analysed else None,
        color_class_distribution={
            BY_NAME[name].title_ru: round(percent, 2) for name, percent in _largest_first(figures.class_percents)
        },
        topic_color_distribution={
            topic: _top_colors(percents) for topic, percents in figures.topic_class_percents.items()
        },
        objects=[ObjectCountOut(class_name=name, count=count) for name, count in figures.objects],
        words=[WordCountOut(word=word, count=count) for word, count in figures.words],
        color_classes=_color_classes_out(figures),
        updated_at=figures.updated_at,
    )


def title_of(topic: str) -> TitleOut:
    return TitleOut(ru=taxonomy().title(topic, "ru"), en=taxonomy().title(topic, "en"))


def _failure_out(failure: Failure | None) -> FailureOut | None:
    return FailureOut(code=failure.code, reason=failure.reason) if failure else None


def _models_out(analysis: Analysis) -> ModelsOut:
    bundle = analysis.bundle
    return ModelsOut(name=bundle.name, version=bundle.version, checksum=bundle.checksum, engines=dict(bundle.engines))


def models_health_out(bundle: BundleInfo) -> ModelsHealthOut:
    return ModelsHealthOut(
        status="ok",
        detail=f"{bundle.name} {bundle.version}",
        checksum=bundle.checksum,
        stages={
            # A worker of another release may tell more than this one knows.
            stage: StageModelOut.model_validate({"engine": engine} | dict(bundle.about.get(stage, {})), extra="ignore")
            for stage, engine in bundle.engines.items()
        },
    )


def _stages_out(runs: Sequence[StageRun], status: Status) -> StagesOut:
    by_stage = {run.stage: run for run in runs}
    return StagesOut(**{stage: _stage_out(by_stage.get(stage) or StageRun(stage), status) for stage in Stage})


def _stage_out(run: StageRun, status: Status) -> StageOut:
    return StageOut(status=_state(run, status), started_at=run.started_at, seconds=run.seconds, reason=run.reason)


def _state(run: StageRun, status: Status) -> StageState:
    # What the analysis was at when it ended for good did not go well; a stage never outlives its creative.
    return StageState.ERROR if status is Status.ERROR and run.state is StageState.PROCESSING else run.state


def _stage_seconds(state: StageState, run: StageOut | StageRun, now: datetime) -> float:
    if state is StageState.PROCESSING and run.started_at is not None:
        return max(0.0, (now - run.started_at).total_seconds())
    return run.seconds or 0.0


def _stage_text(stage: StageOut, now: datetime) -> str:
    return _status_text(stage.status, _stage_seconds(stage.status, stage, now))


def _status_text(state: StageState, seconds: float) -> str:
    match state:
        case StageState.PENDING | StageState.NOT_AVAILABLE:
            return NOT_STARTED
        case StageState.PROCESSING:
            return f"{seconds:.1f} sec "
        case StageState.SUCCESS:
            return f"{seconds:.1f} sec"
        case StageState.ERROR:
            return FAILED


def _progress(creative: CreativeProgress, now: datetime) -> dict[str, Any]:
    """A ProgressOut. The values of enumerations: pydantic writes a text in a fifth of the time of a member."""
    stages, seconds = {}, 0.0
    for run in creative.stages:
        state = _state(run, creative.status)
        seconds += _stage_seconds(state, run, now)
        stages[run.stage.value] = {
            "status": state.value,
            "started_at": run.started_at and run.started_at.astimezone(UTC),
            "seconds": run.seconds,
            "reason": run.reason,
        }
    return {
        "creative_id": creative.id,
        "original_filename": creative.filename,
        "status": creative.status.value,
        "stages": stages,
        "seconds": round(seconds, 3),
        "main_topic": creative.topic,
        "topic_confidence": creative.topic_confidence,
        "topic_decision": creative.topic_decision and creative.topic_decision.value,
        "failure": creative.failure and {"code": creative.failure.code, "reason": creative.failure.reason},
    }


def _colors_out(palette: Sequence[Swatch], role: SwatchRole) -> list[ColorOut]:
    return [color_out(swatch) for swatch in palette if swatch.role is role]


def _palette_out(palette: Sequence[Swatch]) -> dict[str, ColorClassOut]:
    percents: dict[str, float] = {}
    for swatch in palette:
        percents[swatch.color_class] = percents.get(swatch.color_class, 0.0) + swatch.percent
    return {
        BY_NAME[name].title_ru: ColorClassOut(percent=round(percent, 2), hex=BY_NAME[name].shown, class_en=name)
        for name, percent in _largest_first(percents)
    }


def _top_colors(percents: Mapping[str, float], top: int = 5) -> list[TopicColorOut]:
    largest = [(name, percent) for name, percent in _largest_first(percents)[:top] if percent > 0]
    total = sum(percent for _, percent in largest)
    return [
        TopicColorOut(
            color_class=BY_NAME[name].title_ru,
            hex=BY_NAME[name].shown,
            percent=round(100 * percent / total, 2),
            class_en=name,
        )
        for name, percent in largest
    ]


def _color_classes_out(figures: Analytics) -> list[ColorClassCountOut]:
    counts = dict(figures.color_classes)
    return [
        ColorClassCountOut(
            color_class=BY_NAME[name].title_ru,
            hex=BY_NAME[name].shown,
            percent=round(percent / figures.analysed, 2),
            class_en=name,
            count=counts[name],
        )
        for name, percent in _largest_first(figures.class_percents)
        if name in counts
    ]


def _largest_first(percents: Mapping[str, float]) -> list[tuple[str, float]]:
    return sorted(percents.items(), key=lambda item: (-item[1], item[0]))


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
