"""The API's answers, with the fields that the pages read. The OpenAPI is the measure: tests/unit/webapp/test_api.py."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict, get_args

Status = Literal["PENDING", "PROCESSING", "SUCCESS", "ERROR"]
StageStatus = Literal["PENDING", "PROCESSING", "SUCCESS", "ERROR", "NOT_AVAILABLE"]
StageName = Literal["ocr", "detection", "classification", "color"]
STAGES: tuple[StageName, ...] = get_args(StageName)
"""In the order in which pages list them."""
Decision = Literal["sure", "unsure", "person"]


class Title(TypedDict):
    ru: str
    en: str


class Failure(TypedDict):
    code: str
    reason: str


# --- uploads ---


class UploadForm(TypedDict):
    url: str
    fields: dict[str, str]
    expires_at: str


class Upload(TypedDict):
    creative_id: str
    form: UploadForm


class RefusedFile(TypedDict):
    creative_id: str | None
    code: str
    reason: str


class Uploads(TypedDict):
    group_id: str
    uploads: list[Upload]
    refused: list[RefusedFile]


# --- creatives ---


# `class` is a keyword, so this one cannot be a class statement.
Color = TypedDict("Color", {"class": str, "class_en": str, "hex": str, "percent": float})


class Stage(TypedDict):
    status: StageStatus
    seconds: NotRequired[float | None]
    reason: NotRequired[str | None]


class TextBlock(TypedDict):
    text: str
    bbox: tuple[float, float, float, float]
    confidence: float
    polygon: list[tuple[float, float]]


DetectedObject = TypedDict(
    "DetectedObject", {"class": str, "bbox": tuple[float, float, float, float], "confidence": float}
)


class Evidence(TypedDict):
    kind: str
    what: str
    weight: float


class Models(TypedDict):
    name: str
    version: str


class Card(TypedDict):
    """A creative of a list. Only a search has `text_hits`, only the similar ones a `similarity`."""

    creative_id: str
    original_filename: str
    file_path: str
    preview_url: str | None
    image_width: int | None
    overall_status: Status
    failure: Failure | None
    main_topic_title: Title | None
    topic_confidence: float | None
    topic_decision: Decision | None
    dominant_colors: list[Color]
    text_hits: NotRequired[list[TextBlock]]
    similarity: NotRequired[float | None]


class Term(TypedDict):
    """A word of a search as `typed`, all `words` that were searched for it, and those of them that were `guessed`."""

    typed: str
    words: list[str]
    guessed: list[str]


class Gallery(TypedDict):
    """A page of creatives. Only a search has `terms`."""

    items: list[Card]
    total: int
    more_than_total: bool
    next_cursor: str | None
    terms: NotRequired[list[Term]]


class Creative(TypedDict):
    creative_id: str
    group_id: str
    original_filename: str
    file_path: str
    file_size: int | None
    file_format: str | None
    image_width: int | None
    image_height: int | None
    background: str | None
    upload_timestamp: str
    overall_status: Status
    failure: Failure | None
    stages: dict[StageName, Stage]
    ocr_text: str | None
    ocr_blocks: list[TextBlock]
    detected_objects: list[DetectedObject]
    weak_objects: list[DetectedObject]
    main_topic: str | None
    main_topic_title: Title | None
    topic_confidence: float | None
    topic_decision: Decision | None
    topic_scores: dict[str, float]
    topic_explanation: list[Evidence]
    dominant_colors: list[Color]
    secondary_colors: list[Color]
    models: Models | None


class Neighbours(TypedDict):
    previous: str | None
    next: str | None
    position: int | None
    total: int
    more_than_total: bool


class Reanalysis(TypedDict):
    status: NotRequired[Status]


# --- groups ---


class TopicCount(TypedDict):
    """`unsure` of `count` creatives have a guess for a topic."""

    topic: str
    count: int
    unsure: int
    title: Title


class Group(TypedDict):
    group_id: str
    name: str | None
    count: int
    created_at: str
    by_status: dict[Status, int]
    topics: list[TopicCount]
    colors: list[Color]


class TrashedCreative(TypedDict):
    creative_id: str
    filename: str
    group_id: str
    group_name: str | None
    deleted_at: str


class Trash(TypedDict):
    items: list[TrashedCreative]
    next_cursor: str | None


class TrashCount(TypedDict):
    count: int


class GroupReanalysis(TypedDict):
    count: int


class CreativeProgress(TypedDict):
    creative_id: str
    original_filename: str
    status: Status
    stages: dict[StageName, Stage]
    main_topic: str | None
    topic_confidence: float | None
    topic_decision: Decision | None
    failure: Failure | None


class GroupProgress(TypedDict):
    count: int
    done: bool
    by_status: dict[Status, int]
    creatives: list[CreativeProgress]
    next_cursor: str | None


class DuplicateFamily(TypedDict):
    size: int
    members: list[Card]


class Duplicates(TypedDict):
    items: list[DuplicateFamily]
    next_cursor: str | None


# --- analytics ---


class Summary(TypedDict):
    total_creatives: int
    analysed_creatives: int
    avg_ocr_confidence: float | None
    avg_object_confidence: float | None
    avg_topic_confidence: float | None


ObjectCount = TypedDict("ObjectCount", {"class": str, "count": int})
ColorCount = TypedDict("ColorCount", {"class": str, "class_en": str, "hex": str, "percent": float, "count": int})


class WordCount(TypedDict):
    word: str
    count: int


class Analytics(TypedDict):
    """`topics_table` has Russian keys, see `pages.analytics.figures`."""

    summary: Summary
    topics: list[TopicCount]
    topics_table: list[dict[str, Any]]
    total_processing_time: float
    avg_time_per_creative: float | None
    topic_color_distribution: dict[str, list[Color]]
    objects: list[ObjectCount]
    words: list[WordCount]
    color_classes: list[ColorCount]


class BreakdownRow(TypedDict):
    key: str
    creatives: int
    share: float | None
    link: str


class Breakdown(TypedDict):
    rows: list[BreakdownRow]


class ComparedSide(TypedDict):
    creatives: int
    analysed: int
    link: str


class Share(TypedDict):
    count: int
    share: float | None
    link: str


class Mean(TypedDict):
    mean: float | None


class ComparedShare(TypedDict):
    """How often both sides have the topic, colour, object or word `key`."""

    key: str
    title: Title | None
    a: Share
    b: Share
    difference: float | None
    interval: tuple[float, float] | None
    verdict: str


class ComparedMean(TypedDict):
    trait: str
    a: Mean
    b: Mean
    difference: float | None
    interval: tuple[float, float] | None
    verdict: str


class LeftOut(TypedDict):
    objects: int
    words: int


class Comparison(TypedDict):
    a: ComparedSide
    b: ComparedSide
    tested: int
    traits: list[ComparedMean]
    topics: list[ComparedShare]
    colors: list[ComparedShare]
    objects: list[ComparedShare]
    words: list[ComparedShare]
    left_out: LeftOut


# --- exports ---


class ExportProgress(TypedDict):
    done: int
    total: int | None


class Export(TypedDict):
    export_id: str
    format: str
    filters: dict[str, Any]
    separator: str
    state: str
    progress: ExportProgress
    created_at: str
    failure: Failure | None
    rows: int | None
    bytes: int | None


class JobProgress(TypedDict):
    done: int
    total: int


class Job(TypedDict):
    job_id: str
    kind: str
    filters: dict[str, Any] | None
    group_id: str | None
    state: str
    progress: JobProgress


class ExportWithLink(Export):
    url: str | None


# --- the workspace ---


class Workspace(TypedDict):
    name: str


class ApiKey(TypedDict):
    key_id: str
    name: str
    prefix: str
    scope: str
    created_at: str
    expires_at: str | None
    last_used_at: str | None
    expired: bool


class NewApiKey(ApiKey):
    key: str


class ApiKeys(TypedDict):
    items: list[ApiKey]


class AuditEntry(TypedDict):
    at: str
    key_name: str | None
    action: str
    subject: str
    details: dict[str, str]


class AuditLog(TypedDict):
    items: list[AuditEntry]
    next_cursor: str | None


class Me(TypedDict):
    workspace: Workspace


class StageModel(TypedDict):
    engine: str
    quality: NotRequired[str | None]
    limits: NotRequired[str | None]
    licence: NotRequired[str | None]
    source: NotRequired[str | None]


class ModelsHealth(TypedDict):
    status: str
    detail: NotRequired[str | None]
    stages: NotRequired[dict[StageName, StageModel]]


class Health(TypedDict):
    version: str
    models: ModelsHealth


class Topic(TypedDict):
    topic: str
    title: Title


ColorClass = TypedDict("ColorClass", {"class": str, "class_en": str, "hex": str})


class Taxonomy(TypedDict):
    topics: list[Topic]
    color_classes: list[ColorClass]
