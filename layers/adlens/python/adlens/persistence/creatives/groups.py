"""Groups and their summaries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Numeric, func, select
from sqlalchemy.orm import Session

from adlens.domain.creative import (
    GroupSummary,
    Status,
)
from adlens.persistence import schema
from adlens.persistence.schema import (
    GroupTopicColorRollup,
    GroupTopicRollup,
)


def group_summaries(session: Session, workspace_id: UUID, rows: Sequence[schema.Group]) -> tuple[GroupSummary, ...]:
    """In three queries, whatever their number."""
    ids = [row.id for row in rows]
    counts = counts_by_status(session, workspace_id, ids)
    topics: dict[str, list[tuple[str, int, int]]] = defaultdict(list)
    of_topic = GroupTopicRollup
    for group_id, topic, count, unsure in session.execute(
        select(of_topic.group_id, of_topic.topic, of_topic.creatives, of_topic.unsure)
        .where(of_topic.workspace_id == workspace_id, of_topic.group_id.in_(ids))
        .order_by(of_topic.group_id, of_topic.creatives.desc(), of_topic.topic)
    ):
        topics[group_id].append((topic, count, unsure))
    percents: dict[str, dict[str, float]] = defaultdict(dict)
    by_class = GroupTopicColorRollup
    for group_id, color_class, percent in session.execute(
        select(by_class.group_id, by_class.color_class, _sum(by_class.percent))
        .where(by_class.workspace_id == workspace_id, by_class.group_id.in_(ids))
        .group_by(by_class.group_id, by_class.color_class)
    ):
        percents[group_id][color_class] = float(percent)
    return tuple(
        GroupSummary(
            group_id=row.id,
            name=row.name,
            count=sum(counts[row.id].values()),
            created_at=row.created_at,
            by_status=counts[row.id],
            topics=tuple(topics[row.id]),
            class_percents=percents[row.id],
        )
        for row in rows
    )


def counts_by_status(session: Session, workspace_id: UUID, group_ids: Sequence[str]) -> Mapping[str, dict[Status, int]]:
    counts: dict[str, dict[Status, int]] = defaultdict(dict)
    creative = schema.Creative
    for group_id, status, count in session.execute(
        select(creative.group_id, creative.status, func.count())
        .where(creative.workspace_id == workspace_id, creative.group_id.in_(group_ids))
        .group_by(creative.group_id, creative.status)
    ):
        counts[group_id][Status(status)] = count
    return counts


def _sum(column: Any) -> ColumnElement[Decimal]:
    return func.coalesce(func.sum(column, type_=Numeric(30, 6)), 0)
