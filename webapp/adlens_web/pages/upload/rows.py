"""The rows of the table of progress, made from the API's answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from adlens_web.api import answers
from adlens_web.api.answers import STAGES


@dataclass
class StageCell:
    """One stage of a creative; `seconds` is below 0 until it has ended."""

    stage: str
    status: str
    seconds: float
    reason: str


@dataclass
class Row:
    """One creative. `decision` is sure, unsure or person, `percent` the topic's confidence. Unknown texts are empty."""

    creative_id: str
    filename: str
    status: str
    stages: list[StageCell]
    topic_ru: str
    topic_en: str
    decision: str
    percent: int
    failure: str
    reason: str
    failed_stage: str
    preview: str


def row_of(creative: answers.CreativeProgress, titles: Mapping[str, tuple[str, str]], preview: str) -> Row:
    """`titles` are those of the topics, in Russian and English."""
    topic, failure = creative["main_topic"], creative["failure"]
    title = titles.get(topic, (topic, topic)) if topic else ("", "")
    ended = creative["status"] in ("SUCCESS", "ERROR")
    return Row(
        creative_id=creative["creative_id"],
        filename=creative["original_filename"],
        status=creative["status"],
        stages=[_cell(stage, creative["stages"][stage], ended) for stage in STAGES],
        topic_ru=title[0],
        topic_en=title[1],
        decision=creative["topic_decision"] or "",
        percent=round(100 * (creative["topic_confidence"] or 0)),
        failure=failure["code"] if failure else "",
        reason=failure["reason"] if failure else "",
        failed_stage=next((stage for stage in STAGES if creative["stages"][stage]["status"] == "ERROR"), ""),
        preview=preview,
    )


def _cell(name: str, stage: answers.Stage, ended: bool) -> StageCell:
    status = "SKIPPED" if ended and stage["status"] == "PENDING" else stage["status"]
    seconds = stage.get("seconds")
    return StageCell(name, status, -1.0 if seconds is None else seconds, stage.get("reason") or "")
