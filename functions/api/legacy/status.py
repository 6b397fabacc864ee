"""How far one creative is, in the texts of the service before this one."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from adlens.domain.analysis import StageState
from adlens.domain.creative import CreativeSummary, Status
from functions.api.creatives.stages import StageOut, StagesOut, stage_seconds, stages_out
from functions.api.dependencies import UseCreatives
from functions.api.errors import documented
from functions.api.request import CreativeKey, Now
from functions.api.shapes import CREATIVE_ID, FailureOut, Fraction, Shape, TopicDecision, Utc, failure_out

router = APIRouter(tags=["creatives"])
NOT_STARTED, FAILED = "—", "X"


class StatusOut(Shape):
    """How far one creative is. The five *_status texts: "—" not started, "1.3 sec " (with the trailing space) while
    running, "1.3 sec" when done, "X" on error. `status`, `stages` and `failure` say the same to machines."""

    creative_id: UUID = Field(examples=[CREATIVE_ID])
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


@router.get("/status/{creative_id}", responses=documented(404))
def get_status(key: CreativeKey, creatives: UseCreatives, now: Now) -> StatusOut:
    """How far one creative is; `GET /groups/{group_id}/status` answers for a whole group at once."""
    return status_out(creatives.summary(key), now)


def status_out(creative: CreativeSummary, now: datetime) -> StatusOut:
    facts, status = creative.facts, creative.status
    size = facts.bytes if facts else creative.size
    stages = stages_out(creative.stages, status)
    by_stage = (stages.ocr, stages.detection, stages.classification, stages.color)
    seconds = sum(stage_seconds(stage.status, stage, now) for stage in by_stage)
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
        failure=failure_out(creative.failure),
    )


def _stage_text(stage: StageOut, now: datetime) -> str:
    return _status_text(stage.status, stage_seconds(stage.status, stage, now))


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
