"""Shapes of groups and of how far they are."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import to_json

from adlens.domain.creative import CreativeProgress, CreativeSummary, GroupSummary, Status
from adlens.domain.media import ImageFormat
from adlens.services.groups import GroupProgress
from functions.api.analytics.overview import TopicColorOut, TopicCountOut, top_colors
from functions.api.creatives.stages import StagesOut, stage_seconds, state_of
from functions.api.shapes import CREATIVE_ID, GROUP_ID, FailureOut, Fraction, Shape, TopicDecision, Utc, title_of


def clean_group_name(name: str) -> str | None:
    """A name in one line, or None when nothing is left of it."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in name).split()) or None


GroupName = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=120),
    AfterValidator(clean_group_name),
    Field(description="For people; nothing but spaces is no name.", examples=["Spring mugs"]),
]


class CreativeRowOut(Shape):
    """One creative of a group's list."""

    creative_id: UUID = Field(examples=[CREATIVE_ID])
    original_filename: str = Field(examples=["mug.jpg"])
    file_path: str = Field(description="A URL that a browser can open for a while.")
    file_size: int | None = Field(description="Bytes.", examples=[70478])
    file_format: ImageFormat | None
    image_width: int | None = Field(examples=[900])
    image_height: int | None = Field(examples=[1200])
    upload_timestamp: Utc
    analysis: bool = Field(description="Whether there are findings.")
    overall_status: Status


class CreativeProgressOut(Shape):
    """One creative of a group's progress."""

    creative_id: UUID = Field(examples=[CREATIVE_ID])
    original_filename: str = Field(examples=["mug.jpg"])
    status: Status
    stages: StagesOut
    seconds: float = Field(description="Spent on its stages so far, the running one included.")
    main_topic: str | None = Field(examples=["cups"])
    topic_confidence: Fraction | None
    topic_decision: TopicDecision
    failure: FailureOut | None


class GroupOut(Shape):
    group_id: str = Field(examples=[GROUP_ID])
    count: int = Field(description="Creatives in the group.", examples=[24])
    created_at: Utc
    by_status: dict[Status, int] = Field(examples=[{"SUCCESS": 23, "ERROR": 1}])
    name: str | None = Field(examples=["Spring mugs"])
    topics: list[TopicCountOut] = Field(description="The three most frequent ones.")
    colors: list[TopicColorOut] = Field(description="Its five largest colour classes, normalised to 100.")


class GroupChangeIn(Shape):
    name: GroupName | None


class GroupReanalysisOut(Shape):
    group_id: str = Field(examples=[GROUP_ID])
    count: int = Field(description="Creatives that are analysed again.", examples=[24])
    job_id: UUID | None = Field(description="What does it: see `GET /jobs/{job_id}`; null when count is 0.")


class GroupStatusOut(Shape):
    group_id: str = Field(examples=[GROUP_ID])
    count: int = Field(description="Creatives in the group.", examples=[24])
    done: bool = Field(description="Whether every creative has ended, in SUCCESS or ERROR.")
    by_status: dict[Status, int] = Field(examples=[{"PENDING": 3, "PROCESSING": 1, "SUCCESS": 20, "ERROR": 0}])
    creatives: list[CreativeProgressOut] = Field(description="In the order of their upload.")
    next_cursor: str | None = Field(description="`cursor` of the next page of `creatives`; null on the last.")


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
        colors=top_colors(group.class_percents),
    )


def group_status_json(group_id: str, progress: GroupProgress, now: datetime) -> bytes:
    """A GroupStatusOut as JSON, without its models: they took half of an answer about hundreds of creatives with four
    stages each.
    """
    return to_json(
        {
            "group_id": group_id,
            "count": sum(progress.by_status.values()),
            "done": all(status.ended for status, count in progress.by_status.items() if count),
            "by_status": {status: progress.by_status.get(status, 0) for status in Status},
            "creatives": [_progress(creative, now) for creative in progress.page.items],
            "next_cursor": progress.page.next_cursor,
        }
    )


def _progress(creative: CreativeProgress, now: datetime) -> dict[str, Any]:
    """A CreativeProgressOut. The values of enumerations: pydantic writes a text in a fifth of the time of a member."""
    stages, seconds = {}, 0.0
    for run in creative.stages:
        state = state_of(run, creative.status)
        seconds += stage_seconds(state, run, now)
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
