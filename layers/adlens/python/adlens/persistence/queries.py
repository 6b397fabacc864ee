"""Reads. Each takes the workspace and never looks outside it; none loads what a list does not show."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Engine, Numeric, Select, func, or_, select, text, tuple_
from sqlalchemy.orm import Session

from adlens.domain.analysis import Analysis, BundleInfo
from adlens.domain.analytics import NOTHING, Analytics, TopicFigures
from adlens.domain.colors import COLOR_CLASSES
from adlens.domain.creative import (
    Creative,
    CreativeId,
    CreativeProgress,
    CreativeSummary,
    Failure,
    GroupSummary,
    Status,
)
from adlens.domain.errors import UnknownCreative, UnknownGroup
from adlens.persistence import mapping, tables
from adlens.persistence.paging import Page, cursor_of, like_part, read_cursor, some
from adlens.persistence.session import transactional
from adlens.persistence.tables import (
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

T = TypeVar("T")

TOP_COLORS = 100
TOP_OBJECTS = 30
TOP_WORDS = 50


class PostgresQueries:
    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @transactional
    def ping(self, session: Session) -> None:
        """Raises TransientError when the database does not answer."""
        session.execute(text("SELECT 1"))

    @transactional
    def latest_bundle(self, session: Session) -> BundleInfo | None:
        """The bundle that a worker reported last."""
        row = session.scalars(
            select(tables.ModelBundle).order_by(tables.ModelBundle.reported_at.desc()).limit(1)
        ).one_or_none()
        return None if row is None else mapping.bundle(row)

    @transactional
    def groups(
        self,
        session: Session,
        workspace_id: UUID,
        limit: int | None = None,
        cursor: str | None = None,
        search: str | None = None,
    ) -> Page[GroupSummary]:
        """Groups, newest first; with `search` those that have it in their id or name, whatever the case."""
        group = tables.Group
        statement = select(group).where(group.workspace_id == workspace_id)
        statement = statement.order_by(group.created_at.desc(), group.id.desc())
        if search is not None:
            part = like_part(search)
            statement = statement.where(or_(group.id.ilike(part), group.name.ilike(part)))
        if cursor is not None:
            created_at, group_id = read_cursor(cursor, datetime.fromisoformat, str)
            statement = statement.where(tuple_(group.created_at, group.id) < (created_at, group_id))
        rows, more = some(session, statement, limit)
        return Page(
            _group_summaries(session, workspace_id, rows), cursor_of(rows[-1].created_at, rows[-1].id) if more else None
        )

    @transactional
    def group(self, session: Session, workspace_id: UUID, group_id: str) -> GroupSummary:
        """Raises UnknownGroup."""
        row = check_group(session, workspace_id, group_id)
        return _group_summaries(session, workspace_id, [row])[0]

    @transactional
    def creatives(
        self,
        session: Session,
        workspace_id: UUID,
        group_id: str,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Page[CreativeSummary]:
        """A group's creatives in the order they were given. Raises UnknownGroup."""
        return _page_of_group(session, _summaries(workspace_id), _summary, workspace_id, group_id, limit, cursor)

    @transactional
    def progress(
        self,
        session: Session,
        workspace_id: UUID,
        group_id: str,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Page[CreativeProgress]:
        """How far a group's creatives are, in the order they were given. Raises UnknownGroup."""
        statement = _ordered(_PROGRESS, workspace_id)
        return _page_of_group(session, statement, _progress, workspace_id, group_id, limit, cursor)

    @transactional
    def by_status(self, session: Session, workspace_id: UUID, group_id: str) -> Mapping[Status, int]:
        """How many creatives of a group are in which status; none in those that nothing is in."""
        return _counts(session, workspace_id, [group_id])[group_id]

    @transactional
    def summary(self, session: Session, workspace_id: UUID, creative_id: UUID) -> CreativeSummary:
        """A creative without its findings, in one query: what is asked again and again. Raises UnknownCreative."""
        row = session.execute(_summaries(workspace_id).where(tables.Creative.id == creative_id)).one_or_none()
        if row is None:
            raise UnknownCreative(f"There is no creative {creative_id}.")
        return _summary(row)

    @transactional
    def creative(self, session: Session, workspace_id: UUID, creative_id: UUID) -> Creative:
        """Everything known of a creative. Raises UnknownCreative."""
        row = session.get(tables.Creative, (workspace_id, creative_id))
        if row is None:
            raise UnknownCreative(f"There is no creative {creative_id}.")
        facts = mapping.facts(row)
        found = session.get(tables.Analysis, (workspace_id, creative_id))
        analysis: Analysis | None = None
        if found is not None and facts is not None:
            embedding = session.get(tables.Embedding, (workspace_id, creative_id))
            analysis = mapping.analysis(
                found,
                facts,
                blocks=_listed(session, tables.TextBlock, row),
                objects=_listed(session, tables.DetectedObject, row),
                swatches=_listed(session, tables.Swatch, row),
                embedding=None if embedding is None else embedding.vector,
            )
        return Creative(
            key=CreativeId(row.workspace_id, row.id),
            group_id=row.group_id,
            filename=row.filename,
            object_key=row.object_key,
            status=Status(row.status),
            uploaded_at=row.uploaded_at,
            revision=row.revision,
            size=row.size,
            facts=facts,
            stages=mapping.stages(
                session.scalars(
                    select(_STAGES).where(_creative.workspace_id == workspace_id, _creative.id == creative_id)
                ).one()
                or ()
            ),
            failure=mapping.failure(row),
            analysis=analysis,
            has_preview=row.has_preview,
        )

    @transactional
    def group_analytics(self, session: Session, workspace_id: UUID, group_id: str) -> Analytics:
        """A group's figures, from its roll-ups only. Raises UnknownGroup."""
        check_group(session, workspace_id, group_id)
        return _analytics(session, workspace_id, group_id)

    @transactional
    def workspace_analytics(self, session: Session, workspace_id: UUID) -> Analytics:
        """The figures of all groups together, from the workspace's roll-ups only."""
        return _analytics(session, workspace_id, None)


# --- groups ---------------------------------------------------------------------------------------------------------


def check_group(session: Session, workspace_id: UUID, group_id: str) -> tables.Group:
    """Raises UnknownGroup when the workspace has none of this id."""
    row = session.get(tables.Group, (workspace_id, group_id))
    if row is None:
        raise UnknownGroup(f"There is no group {group_id!r}.")
    return row


def _group_summaries(session: Session, workspace_id: UUID, rows: Sequence[tables.Group]) -> tuple[GroupSummary, ...]:
    """In three queries, whatever their number."""
    ids = [row.id for row in rows]
    counts = _counts(session, workspace_id, ids)
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


def _counts(session: Session, workspace_id: UUID, group_ids: Sequence[str]) -> Mapping[str, dict[Status, int]]:
    counts: dict[str, dict[Status, int]] = defaultdict(dict)
    creative = tables.Creative
    for group_id, status, count in session.execute(
        select(creative.group_id, creative.status, func.count())
        .where(creative.workspace_id == workspace_id, creative.group_id.in_(group_ids))
        .group_by(creative.group_id, creative.status)
    ):
        counts[group_id][Status(status)] = count
    return counts


# --- creatives ------------------------------------------------------------------------------------------------------


_creative, _facts, _run = tables.Creative, tables.Facts, tables.StageRun
# As one value: four rows each make the longest part of the answer about a group of hundreds.
_STAGES = (
    select(func.json_agg(func.json_build_array(_run.stage, _run.state, _run.started_at, _run.seconds, _run.reason)))
    .where(_run.workspace_id == _creative.workspace_id, _run.creative_id == _creative.id)
    .scalar_subquery()
)
_SUMMARY = (
    *(_creative.id, _creative.group_id, _creative.filename, _creative.object_key),
    *(_creative.status, _creative.uploaded_at, _creative.size),
    *(_creative.format, _creative.width, _creative.height, _creative.bytes, _creative.sha256, _creative.phash),
    _creative.ground,
    *(_creative.failure_code, _creative.failure_reason),
    *(_facts.topic, _facts.topic_confidence, _facts.topic_decision, _facts.analysed),
    _STAGES.label("stages"),
)


_PROGRESS = (
    *(_creative.id, _creative.uploaded_at, _creative.filename, _creative.status),
    *(_creative.failure_code, _creative.failure_reason),
    *(_facts.topic, _facts.topic_confidence, _facts.topic_decision),
    _STAGES.label("stages"),
)


def _summaries(workspace_id: UUID) -> Select[Any]:
    return _ordered(_SUMMARY, workspace_id)


def _ordered(columns: Sequence[Any], workspace_id: UUID) -> Select[Any]:
    return (
        select(*columns)
        .join(_facts, (_facts.workspace_id == _creative.workspace_id) & (_facts.creative_id == _creative.id))
        .where(_creative.workspace_id == workspace_id)
        .order_by(_creative.uploaded_at, _creative.id)
    )


def _page_of_group(
    session: Session,
    statement: Select[Any],
    read: Callable[[Any], T],
    workspace_id: UUID,
    group_id: str,
    limit: int | None,
    cursor: str | None,
) -> Page[T]:
    statement = statement.where(_creative.group_id == group_id)
    if cursor is not None:
        uploaded_at, id_ = read_cursor(cursor, datetime.fromisoformat, UUID)
        statement = statement.where(tuple_(_creative.uploaded_at, _creative.id) > (uploaded_at, id_))
    rows, more = some(session, statement, limit)
    if not rows:
        check_group(session, workspace_id, group_id)
    return Page(tuple(map(read, rows)), cursor_of(rows[-1].uploaded_at, rows[-1].id) if more else None)


def _summary(row: Any) -> CreativeSummary:
    return CreativeSummary(
        id=row.id,
        group_id=row.group_id,
        filename=row.filename,
        object_key=row.object_key,
        status=Status(row.status),
        uploaded_at=row.uploaded_at,
        size=row.size,
        facts=mapping.facts(row),
        stages=mapping.stages(row.stages or ()),
        failure=mapping.failure(row),
        topic=row.topic,
        topic_confidence=row.topic_confidence,
        topic_decision=mapping.decision(row.topic_decision),
        analysed=row.analysed,
    )


def _progress(row: Any) -> CreativeProgress:
    # Unpacked: names of a row's columns are looked up one by one, hundreds of times here.
    id_, _, filename, status, failure_code, failure_reason, topic, topic_confidence, topic_decision, stages = row
    return CreativeProgress(
        id=id_,
        filename=filename,
        status=Status(status),
        stages=mapping.stages(stages or ()),
        failure=None if failure_code is None else Failure(failure_code, failure_reason),
        topic=topic,
        topic_confidence=topic_confidence,
        topic_decision=mapping.decision(topic_decision),
    )


def _listed(session: Session, table: Any, row: tables.Creative) -> Sequence[Any]:
    return session.scalars(
        select(table)
        .where(table.workspace_id == row.workspace_id, table.creative_id == row.id)
        .order_by(table.position)
    ).all()


# --- analytics ------------------------------------------------------------------------------------------------------


_OF_GROUP = (GroupRollup, GroupTopicRollup, GroupColorRollup, GroupFindingRollup, GroupTopicColorRollup)
_OF_WORKSPACE = (
    WorkspaceRollup,
    WorkspaceTopicRollup,
    WorkspaceColorRollup,
    WorkspaceFindingRollup,
    WorkspaceTopicColorRollup,
)


def _analytics(session: Session, workspace_id: UUID, group_id: str | None) -> Analytics:
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


def _sum(column: Any) -> ColumnElement[Decimal]:
    return func.coalesce(func.sum(column, type_=Numeric(30, 6)), 0)


def _mean(total: Decimal, count: Decimal) -> float | None:
    return float(total / count) if count else None
