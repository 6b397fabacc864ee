"""Roll-ups: counts and sums per group, kept in the transaction that changes what they count.

What a set of creatives contributes is computed from the stored findings before and after a change; the difference is
added. All sums are of fixed-point numbers, so that a roll-up is always exactly what a recount would give.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Numeric, Select, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import InstrumentedAttribute, Session

from adlens.persistence.tables import (
    Analysis,
    Base,
    Creative,
    DetectedObject,
    GroupColorRollup,
    GroupRollup,
    GroupTopicColorRollup,
    GroupTopicRollup,
    Swatch,
    TextBlock,
)

Key = tuple[str, ...]
Figures = dict[str, int | Decimal]
Contribution = dict[type[Base], dict[Key, Figures]]
"""Per roll-up table: the key within the group, and what is to be added there."""

# Per table the key within the group, and the figure that is zero in rows that nothing is left of. The order is that of
# the upserts: the group's own row comes first, as the lock that all others of the group stand behind.
_ROLLUPS: dict[type[Base], tuple[tuple[str, ...], str]] = {
    GroupRollup: ((), "creatives"),
    GroupTopicRollup: (("topic",), "creatives"),
    GroupColorRollup: (("hex",), "creatives"),
    GroupTopicColorRollup: (("topic", "color_class"), "swatches"),
}


@contextmanager
def keeping_rollups(
    session: Session, workspace_id: UUID, group_id: str, creative_ids: Sequence[UUID]
) -> Iterator[None]:
    """Adds to the group's roll-ups what the enclosed statements change about these creatives.

    The caller holds the creatives' row locks, or has just made or deleted them in this transaction.
    """
    before = contribution(session, workspace_id, creative_ids)
    yield
    session.flush()
    _add(session, workspace_id, group_id, difference(contribution(session, workspace_id, creative_ids), before))


def difference(after: Contribution, before: Contribution) -> Contribution:
    """What must be added to `before` to make it `after`; rows that stay the same are left out."""
    result: Contribution = {}
    for table in _ROLLUPS:
        new, old = after.get(table, {}), before.get(table, {})
        for key in new.keys() | old.keys():
            row, earlier = new.get(key, {}), old.get(key, {})
            change = {name: row.get(name, 0) - earlier.get(name, 0) for name in row.keys() | earlier.keys()}
            if any(change.values()):
                result.setdefault(table, {})[key] = change
    return result


def contribution(session: Session, workspace_id: UUID, creative_ids: Sequence[UUID]) -> Contribution:
    """What these creatives of one group add to its roll-ups, by their findings as they are stored now."""
    chosen = (Creative.workspace_id == workspace_id, Creative.id.in_(creative_ids))
    analysed = (Analysis.workspace_id == workspace_id, Analysis.creative_id.in_(creative_ids))
    total: Figures = {"creatives": session.execute(select(func.count()).where(*chosen)).scalar_one()}
    per_topic: dict[Key, Figures] = {}

    for topic, count, seconds, confidence in session.execute(
        select(
            Analysis.topic,
            func.count(),
            _exact_sum(Analysis.seconds),
            _exact_sum(Analysis.topic_confidence),
        )
        .where(*analysed)
        .group_by(Analysis.topic)
    ):
        _sum_up(total, {"analysed": count, "seconds": seconds})
        if topic is not None:
            _sum_up(total, {"topics": count, "topic_confidence": confidence})
            per_topic[(topic,)] = {"creatives": count, "topic_confidence": confidence}

    for table, counted, summed in (
        (TextBlock, "text_blocks", "text_confidence"),
        (DetectedObject, "objects", "object_confidence"),
    ):
        statement = (
            select(Analysis.topic, func.count(), _exact_sum(table.confidence))
            .join(table, (table.workspace_id == Analysis.workspace_id) & (table.creative_id == Analysis.creative_id))
            .where(*analysed)
            .group_by(Analysis.topic)
        )
        for topic, count, confidence in session.execute(statement):
            figures: Figures = {counted: count, summed: confidence}
            _sum_up(total, figures)
            if topic is not None:
                _sum_up(per_topic[(topic,)], figures)

    return {
        GroupRollup: {(): total},
        GroupTopicRollup: per_topic,
        GroupColorRollup: {
            (hex_,): {"creatives": count}
            for hex_, count in session.execute(
                select(Swatch.hex, func.count(Swatch.creative_id.distinct()))
                .where(Swatch.workspace_id == workspace_id, Swatch.creative_id.in_(creative_ids))
                .where(Swatch.role == "dominant")
                .group_by(Swatch.hex)
            )
        },
        GroupTopicColorRollup: {
            (topic, color_class): {"swatches": count, "percent": percent}
            for topic, color_class, count, percent in session.execute(_class_percents().where(*analysed))
        },
    }


def _class_percents() -> Select[tuple[str, str, int, Decimal]]:
    topic = func.coalesce(Analysis.topic, "")
    return (
        select(topic, Swatch.color_class, func.count(), _exact_sum(Swatch.percent))
        .join(Swatch, (Swatch.workspace_id == Analysis.workspace_id) & (Swatch.creative_id == Analysis.creative_id))
        .group_by(topic, Swatch.color_class)
    )


def _add(session: Session, workspace_id: UUID, group_id: str, changes: Contribution) -> None:
    if not changes:
        return
    # Even with nothing to add to it: who holds this row is alone with the roll-ups of the group.
    changes.setdefault(GroupRollup, {(): {}})
    for table, (key_columns, counted) in _ROLLUPS.items():
        rows = sorted(changes.get(table, {}).items())
        if not rows:
            continue
        columns = table.__table__.c
        nothing: Figures = {c.name: 0 for c in columns if not c.primary_key and c.name != "updated_at"}
        group = {"workspace_id": workspace_id, "group_id": group_id}
        statement = insert(table).values(
            [{**group, **dict(zip(key_columns, key, strict=True)), **nothing, **figures} for key, figures in rows]
        )
        added: dict[str, object] = {name: columns[name] + statement.excluded[name] for name in nothing}
        if table is GroupRollup:
            added["updated_at"] = func.clock_timestamp()
        session.execute(statement.on_conflict_do_update(index_elements=[*group, *key_columns], set_=added))
        if any(figures.get(counted, 0) < 0 for _, figures in rows) and key_columns:
            in_group = (columns.workspace_id == workspace_id, columns.group_id == group_id)
            session.execute(delete(table).where(*in_group, columns[counted] == 0))


def _exact_sum(column: ColumnElement[float] | InstrumentedAttribute[Any]) -> ColumnElement[Decimal]:
    return func.coalesce(func.sum(column, type_=Numeric(20, 6)), Decimal(0))


def _sum_up(target: Figures, more: Figures) -> None:
    for name, value in more.items():
        target[name] = target.get(name, 0) + value
