"""Roll-ups: counts and sums per group, kept in the transaction that changes what they count.

What a set of creatives contributes is computed from the stored findings before and after a change; the difference is
added. All sums are of fixed-point numbers, so that a roll-up is always exactly what a recount would give.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any
from typing import cast as cast_type
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    CompoundSelect,
    Numeric,
    Select,
    Table,
    bindparam,
    cast,
    delete,
    func,
    literal,
    null,
    select,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.orm import Session

from adlens.persistence.schema import (
    Analysis,
    Base,
    Creative,
    DetectedObject,
    FindingKind,
    GroupColorRollup,
    GroupFindingRollup,
    GroupRollup,
    GroupTopicColorRollup,
    GroupTopicRollup,
    Swatch,
    TextBlock,
)

Key = tuple[str, ...]
Figures = dict[str, int | Decimal]
Child = TextBlock | DetectedObject | Swatch
Contribution = dict[type[Base], dict[Key, Figures]]
"""Per roll-up table: the key within the group, and what is to be added there."""

_EXACT = Numeric(20, 6)
_FINDINGS = frozenset(FindingKind)
_CONFIDENCE_OF = {"text_blocks": "text_confidence", "objects": "object_confidence"}

# Per table the key within the group, and the figure that is zero in rows that nothing is left of. The order is that of
# the upserts: the group's own row comes first, as the lock that all others of the group stand behind.
_ROLLUPS: dict[type[Base], tuple[tuple[str, ...], str]] = {
    GroupRollup: ((), "creatives"),
    GroupTopicRollup: (("topic",), "creatives"),
    GroupFindingRollup: (("kind", "name"), "creatives"),
    GroupColorRollup: (("hex",), "creatives"),
    GroupTopicColorRollup: (("topic", "color_class"), "swatches"),
}


@contextmanager
def keeping_rollups(
    session: Session, workspace_id: UUID, group_id: str, creative_ids: Sequence[UUID]
) -> Iterator[None]:
    """Adds to the group's roll-ups what the enclosed statements change about these creatives.

    The caller holds the creatives' row locks: what others change meanwhile would be counted here as well.
    """
    before = contribution(session, workspace_id, creative_ids)
    yield
    session.flush()
    _add(session, workspace_id, group_id, difference(contribution(session, workspace_id, creative_ids), before))


def count_new(session: Session, workspace_id: UUID, group_id: str, creative_ids: Sequence[UUID]) -> None:
    """Adds creatives that this transaction has made to the group's roll-ups."""
    _add(session, workspace_id, group_id, difference(_unanalysed(len(creative_ids)), {}))


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
    parameters = {"workspace": workspace_id, "creatives": list(creative_ids)}
    creatives, analysed = session.execute(_count(), parameters).one()
    if not analysed:
        return _unanalysed(creatives)
    total: Figures = {"creatives": creatives}
    topics: dict[Key, Figures] = {}
    colors: dict[Key, Figures] = {}
    classes: dict[Key, Figures] = {}
    findings: dict[Key, Figures] = {}
    for kind, topic, name, count, amount in session.execute(_everything(), parameters):
        if kind == "analysed":
            _sum_up(total, {"analysed": count, "seconds": amount})
        elif kind == "topics":
            _sum_up(total, {"topics": count, "topic_confidence": amount})
            _sum_up(topics.setdefault((topic,), {}), {"creatives": count, "topic_confidence": amount})
        elif kind == "seconds":
            _sum_up(topics.setdefault((topic,), {}), {"seconds": amount})
        elif kind == "unsure":
            _sum_up(topics.setdefault((topic,), {}), {"unsure": count})
        elif kind in _FINDINGS:
            findings[(kind, name)] = {"creatives": count}
        elif kind == "colors":
            colors[(name,)] = {"creatives": count}
        elif kind == "classes":
            classes[(topic or "", name)] = {"swatches": count, "percent": amount}
        else:
            figures = {kind: count, _CONFIDENCE_OF[kind]: amount}
            _sum_up(total, figures)
            if topic is not None:
                _sum_up(topics.setdefault((topic,), {}), figures)
    return {
        GroupRollup: {(): total},
        GroupTopicRollup: topics,
        GroupFindingRollup: findings,
        GroupColorRollup: colors,
        GroupTopicColorRollup: classes,
    }


def _unanalysed(count: int) -> Contribution:
    return {GroupRollup: {(): {"creatives": count}}}


# Statements are made once: to make one costs more than to run it.
_WORKSPACE: BindParameter[UUID] = bindparam("workspace")

_CREATIVES: BindParameter[UUID] = bindparam("creatives", expanding=True)


@functools.cache
def _count() -> Select[tuple[int, int]]:
    """How many creatives there are, and how many have findings."""
    of_creative = (Analysis.workspace_id == Creative.workspace_id) & (Analysis.creative_id == Creative.id)
    return (
        select(func.count(), func.count(Analysis.creative_id))
        .select_from(Creative)
        .outerjoin(Analysis, of_creative)
        .where(Creative.workspace_id == _WORKSPACE, Creative.id.in_(_CREATIVES))
    )


@functools.cache
def _everything() -> CompoundSelect[Any]:
    """Rows of (kind, topic, name, count, sum): all that analyses add, in one trip to the database."""
    none = null()
    nothing = cast(0, _EXACT)

    def of(table: type[Analysis | Child]) -> tuple[ColumnElement[bool], ...]:
        return table.workspace_id == _WORKSPACE, table.creative_id.in_(_CREATIVES)

    def per_topic(kind: str, table: type[Child], name: Any, amount: Any, *more: Any) -> Select[Any]:
        of_analysis = (table.workspace_id == Analysis.workspace_id) & (table.creative_id == Analysis.creative_id)
        return (
            select(literal(kind), Analysis.topic, name, func.count(), _exact_sum(amount))
            .join_from(Analysis, table, of_analysis)
            .where(*of(Analysis))
            .group_by(Analysis.topic, *more)
        )

    def creatives_with(kind: str, table: type[Swatch | DetectedObject], name: Any) -> Select[Any]:
        return (
            select(literal(kind), none, name, func.count(table.creative_id.distinct()), nothing)
            .where(*of(table))
            .group_by(name)
        )

    word = func.unnest(Analysis.words).table_valued("name").render_derived()
    return union_all(
        select(literal("analysed"), none, none, func.count(), _exact_sum(Analysis.seconds)).where(*of(Analysis)),
        select(literal("topics"), Analysis.topic, none, func.count(), _exact_sum(Analysis.topic_confidence))
        .where(*of(Analysis), Analysis.topic.is_not(None))
        .group_by(Analysis.topic),
        select(literal("seconds"), Analysis.topic, none, func.count(), _exact_sum(Analysis.seconds))
        .where(*of(Analysis), Analysis.topic.is_not(None))
        .group_by(Analysis.topic),
        select(literal("unsure"), Analysis.topic, none, func.count(), nothing)
        .where(*of(Analysis), Analysis.topic.is_not(None), ~Analysis.topic_sure, ~Analysis.topic_corrected)
        .group_by(Analysis.topic),
        creatives_with(FindingKind.OBJECT, DetectedObject, DetectedObject.class_name),
        creatives_with(FindingKind.COLOR_CLASS, Swatch, Swatch.color_class),
        select(literal(FindingKind.WORD.value), none, word.c.name, func.count(), nothing)
        .select_from(Analysis)
        .join(word, true())
        .where(*of(Analysis))
        .group_by(word.c.name),
        creatives_with("colors", Swatch, Swatch.hex).where(Swatch.role == "dominant"),
        per_topic("text_blocks", TextBlock, none, TextBlock.confidence),
        per_topic("objects", DetectedObject, none, DetectedObject.confidence),
        per_topic("classes", Swatch, Swatch.color_class, Swatch.percent, Swatch.color_class),
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
        nothing, group = dict.fromkeys(_figures(table), 0), {"workspace_id": workspace_id, "group_id": group_id}
        session.execute(
            _upsert(table),
            [{**group, **dict(zip(key_columns, key, strict=True)), **nothing, **figures} for key, figures in rows],
        )
        columns = table.__table__.c
        fewer = [key for key, figures in rows if figures.get(counted, 0) < 0]
        if fewer and key_columns:
            place = tuple_(*(columns[name] for name in key_columns))
            in_group = (columns.workspace_id == workspace_id, columns.group_id == group_id, place.in_(fewer))
            session.execute(delete(table).where(*in_group, columns[counted] == 0))


def _figures(table: type[Base]) -> list[str]:
    return [c.name for c in table.__table__.c if not c.primary_key and c.name != "updated_at"]


@functools.cache
def _upsert(table: type[Base]) -> Insert:
    """Of rows that are parameters: their number is no part of the statement."""
    columns, statement = table.__table__.c, insert(cast_type(Table, table.__table__))
    added: dict[str, object] = {name: columns[name] + statement.excluded[name] for name in _figures(table)}
    if table is GroupRollup:
        added["updated_at"] = func.clock_timestamp()
    key = [c.name for c in columns if c.primary_key]
    return statement.on_conflict_do_update(index_elements=key, set_=added)


def _exact_sum(column: Any) -> ColumnElement[Decimal]:
    return func.coalesce(func.sum(column, type_=_EXACT), 0)


def _sum_up(target: Figures, more: Figures) -> None:
    for name, value in more.items():
        target[name] = target.get(name, 0) + value
