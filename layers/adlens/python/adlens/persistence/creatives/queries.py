"""Reads. Each takes the workspace and never looks outside it; none loads what a list does not show."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Engine, Select, func, or_, select, text, tuple_
from sqlalchemy.orm import Session

from adlens.domain.analysis import Analysis, BundleInfo
from adlens.domain.analytics import Analytics
from adlens.domain.creative import (
    Creative,
    CreativeId,
    CreativeProgress,
    CreativeSummary,
    Failure,
    GroupSummary,
    Status,
)
from adlens.domain.errors import UnknownCreative
from adlens.domain.paging import Page
from adlens.persistence import mapping, schema
from adlens.persistence.analytics.overview import read_analytics
from adlens.persistence.checks import check_group
from adlens.persistence.creatives.groups import counts_by_status, group_summaries
from adlens.persistence.paging import cursor_of, fetch_page, like_part, read_cursor
from adlens.persistence.session import transactional

T = TypeVar("T")


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
            select(schema.ModelBundle).order_by(schema.ModelBundle.reported_at.desc()).limit(1)
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
        group = schema.Group
        statement = select(group).where(group.workspace_id == workspace_id)
        statement = statement.order_by(group.created_at.desc(), group.id.desc())
        if search is not None:
            part = like_part(search)
            statement = statement.where(or_(group.id.ilike(part), group.name.ilike(part)))
        if cursor is not None:
            created_at, group_id = read_cursor(cursor, datetime.fromisoformat, str)
            statement = statement.where(tuple_(group.created_at, group.id) < (created_at, group_id))
        rows, more = fetch_page(session, statement, limit)
        return Page(
            group_summaries(session, workspace_id, rows), cursor_of(rows[-1].created_at, rows[-1].id) if more else None
        )

    @transactional
    def group(self, session: Session, workspace_id: UUID, group_id: str) -> GroupSummary:
        """Raises UnknownGroup."""
        row = check_group(session, workspace_id, group_id)
        return group_summaries(session, workspace_id, [row])[0]

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
        return counts_by_status(session, workspace_id, [group_id])[group_id]

    @transactional
    def summary(self, session: Session, workspace_id: UUID, creative_id: UUID) -> CreativeSummary:
        """A creative without its findings, in one query: what is asked again and again. Raises UnknownCreative."""
        row = session.execute(_summaries(workspace_id).where(schema.Creative.id == creative_id)).one_or_none()
        if row is None:
            raise UnknownCreative(f"There is no creative {creative_id}.")
        return _summary(row)

    @transactional
    def creative(self, session: Session, workspace_id: UUID, creative_id: UUID) -> Creative:
        """Everything known of a creative. Raises UnknownCreative."""
        row = session.get(schema.Creative, (workspace_id, creative_id))
        if row is None:
            raise UnknownCreative(f"There is no creative {creative_id}.")
        facts = mapping.facts(row)
        found = session.get(schema.Analysis, (workspace_id, creative_id))
        analysis: Analysis | None = None
        if found is not None and facts is not None:
            embedding = session.get(schema.Embedding, (workspace_id, creative_id))
            analysis = mapping.analysis(
                found,
                facts,
                blocks=_listed(session, schema.TextBlock, row),
                objects=_listed(session, schema.DetectedObject, row),
                swatches=_listed(session, schema.Swatch, row),
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
        return read_analytics(session, workspace_id, group_id)

    @transactional
    def workspace_analytics(self, session: Session, workspace_id: UUID) -> Analytics:
        """The figures of all groups together, from the workspace's roll-ups only."""
        return read_analytics(session, workspace_id, None)


_creative, _facts, _run = schema.Creative, schema.Facts, schema.StageRun

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
    rows, more = fetch_page(session, statement, limit)
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


def _listed(session: Session, table: Any, row: schema.Creative) -> Sequence[Any]:
    return session.scalars(
        select(table)
        .where(table.workspace_id == row.workspace_id, table.creative_id == row.id)
        .order_by(table.position)
    ).all()
