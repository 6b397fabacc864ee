"""The analytics of a group or a workspace, from its roll-ups only."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from adlens.domain.analytics import NOTHING, Analytics, TopicFigures
from adlens.domain.colors import COLOR_CLASSES
from adlens.persistence.schema import (
    FindingKind,
    GroupColorRollup,
    GroupFindingRollup,
    GroupRollup,
    GroupTopicColorRollup,
    GroupTopicRollup,
    WorkspaceColorRollup,
    WorkspaceFindingRollup,
    WorkspaceRollup,
    WorkspaceTopicColorRollup,
    WorkspaceTopicRollup,
)

TOP_COLORS = 100
TOP_OBJECTS = 30
TOP_WORDS = 50
_OF_GROUP = (GroupRollup, GroupTopicRollup, GroupColorRollup, GroupFindingRollup, GroupTopicColorRollup)

_OF_WORKSPACE = (
    WorkspaceRollup,
    WorkspaceTopicRollup,
    WorkspaceColorRollup,
    WorkspaceFindingRollup,
    WorkspaceTopicColorRollup,
)


def read_analytics(session: Session, workspace_id: UUID, group_id: str | None) -> Analytics:
    """The figures in the roll-ups of one group, or of the workspace when `group_id` is None."""
    rollup: Any
    topic: Any
    color: Any
    finding: Any
    by_class: Any
    rollup, topic, color, finding, by_class = _OF_WORKSPACE if group_id is None else _OF_GROUP
    place = {"workspace_id": workspace_id} | ({} if group_id is None else {"group_id": group_id})
    total = session.scalars(select(rollup).filter_by(**place)).one_or_none()
    if total is None:  # nothing was ever uploaded
        return NOTHING
    topics = session.execute(
        select(
            topic.topic,
            topic.creatives,
            topic.text_blocks,
            topic.text_confidence,
            topic.objects,
            topic.object_confidence,
            topic.topic_confidence,
            topic.seconds,
            topic.unsure,
        )
        .filter_by(**place)
        .where(topic.creatives > 0)
        .order_by(topic.creatives.desc(), topic.topic)
    )
    colors = session.execute(
        select(color.hex, color.creatives)
        .filter_by(**place)
        .order_by(color.creatives.desc(), color.hex)
        .limit(TOP_COLORS)
    )
    findings = {
        kind: session.execute(
            select(finding.name, finding.creatives)
            .filter_by(**place, kind=kind.value)
            .order_by(finding.creatives.desc(), finding.name)
            .limit(top)
        ).all()
        for kind, top in (
            (FindingKind.OBJECT, TOP_OBJECTS),
            (FindingKind.COLOR_CLASS, len(COLOR_CLASSES)),
            (FindingKind.WORD, TOP_WORDS),
        )
    }
    class_percents: dict[str, Decimal] = {}
    topic_class_percents: dict[str, dict[str, float]] = defaultdict(dict)
    for name, color_class, percent in session.execute(
        select(by_class.topic, by_class.color_class, by_class.percent)
        .filter_by(**place)
        .order_by(by_class.topic, by_class.color_class)
    ):
        class_percents[color_class] = class_percents.get(color_class, Decimal(0)) + percent
        if name:
            topic_class_percents[name][color_class] = float(percent)
    return Analytics(
        creatives=int(total.creatives),
        analysed=int(total.analysed),
        mean_ocr_confidence=_mean(total.text_confidence, total.text_blocks),
        mean_object_confidence=_mean(total.object_confidence, total.objects),
        mean_topic_confidence=_mean(total.topic_confidence, total.topics),
        processing_seconds=float(total.seconds),
        topics=tuple(
            TopicFigures(
                topic=name,
                count=int(count),
                mean_ocr_confidence=_mean(text_sum, blocks),
                mean_object_confidence=_mean(object_sum, objects),
                mean_topic_confidence=_mean(topic_sum, count),
                mean_seconds=_mean(seconds, count),
                unsure=int(unsure),
            )
            for name, count, blocks, text_sum, objects, object_sum, topic_sum, seconds, unsure in topics
        ),
        colors=tuple((hex_, int(count)) for hex_, count in colors),
        class_percents={name: float(percent) for name, percent in class_percents.items()},
        topic_class_percents=dict(topic_class_percents),
        objects=tuple((name, count) for name, count in findings[FindingKind.OBJECT]),
        color_classes=tuple((name, count) for name, count in findings[FindingKind.COLOR_CLASS]),
        words=tuple((name, count) for name, count in findings[FindingKind.WORD]),
        updated_at=total.updated_at,
    )


def _mean(total: Decimal, count: Decimal) -> float | None:
    return float(total / count) if count else None
