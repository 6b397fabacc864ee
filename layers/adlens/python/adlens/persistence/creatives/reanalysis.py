"""Creatives that are analysed once more: which they are, and a page of them as requests."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from adlens.domain.creative import Status
from adlens.domain.gallery import CreativeFilter
from adlens.domain.ports.creatives import RequestedAnalyses
from adlens.persistence import schema
from adlens.persistence.creatives.states import has_newest_findings, request_again
from adlens.persistence.search.plan import compile_filter

UNFINISHED = (Status.PENDING.value, Status.PROCESSING.value)


def count_repeatable(session: Session, workspace_id: UUID, filters: CreativeFilter, outdated: bool) -> int:
    """How many creatives `request_page` would go through."""
    ids = _repeatable(session, workspace_id, filters, outdated).with_only_columns(schema.Creative.id)
    return session.scalars(select(func.count()).select_from(ids.subquery())).one()


def request_page(
    session: Session, workspace_id: UUID, filters: CreativeFilter, outdated: bool, limit: int, after: UUID | None
) -> RequestedAnalyses:
    """Requests an analysis of the first `limit` after `after`, in the order of their ids."""
    statement = _repeatable(session, workspace_id, filters, outdated)
    if after is not None:
        statement = statement.where(schema.Creative.id > after)
    rows: Sequence[schema.Creative] = session.scalars(
        statement.order_by(schema.Creative.id).limit(limit).with_for_update(of=schema.Creative)
    ).all()
    last = rows[-1].id if len(rows) == limit else None
    return RequestedAnalyses(tuple(request_again(session, workspace_id, rows)) if rows else (), last)


def _repeatable(
    session: Session, workspace_id: UUID, filters: CreativeFilter, outdated: bool
) -> Select[tuple[schema.Creative]]:
    """Creatives that match, have ended, and whose file has arrived."""
    creative, facts = schema.Creative, schema.Facts
    statement = (
        select(creative)
        .join(facts, (facts.workspace_id == creative.workspace_id) & (facts.creative_id == creative.id))
        .where(*compile_filter(session, workspace_id, filters).conditions)
        .where(creative.status.not_in(UNFINISHED), func.coalesce(creative.event_etag, creative.etag).is_not(None))
    )
    return statement.where(~has_newest_findings()) if outdated else statement
