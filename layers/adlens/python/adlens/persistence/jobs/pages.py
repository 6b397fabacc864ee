"""Pages of creatives that jobs work through, and files that they import."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from adlens.domain.creative import CreativeId
from adlens.domain.events import AnalysisRequested
from adlens.domain.gallery import CreativeFilter
from adlens.domain.jobs import JobClaim
from adlens.domain.ports.jobs import ReanalysisPage
from adlens.domain.ports.performance import SentTable
from adlens.persistence import schema
from adlens.persistence.creatives.reanalysis import count_repeatable, request_page
from adlens.persistence.jobs.repository import end_imported, lock_job, store_progress
from adlens.persistence.performance import repository as performance
from adlens.persistence.session import transactional


class PostgresJobPages:
    """Implements `ReanalysisRepository` and `GroupMembers` of `adlens.domain.ports.jobs`."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @transactional
    def count(self, session: Session, workspace_id: UUID, filters: CreativeFilter, outdated: bool) -> int:
        return count_repeatable(session, workspace_id, filters, outdated)

    @transactional
    def request_page(
        self,
        session: Session,
        claim: JobClaim,
        filters: CreativeFilter,
        outdated: bool,
        limit: int,
        lease_seconds: float,
    ) -> ReanalysisPage | None:
        # The job first: a cancellation waits for the page, or the page is not begun.
        row = lock_job(session, claim.key)
        if row is None or row.claim_token != claim.token:
            return None
        asked = request_page(session, claim.key.workspace_id, filters, outdated, limit, claim.position)
        after = replace(
            claim,
            done=claim.done + len(asked.requests),
            position=asked.requests[-1].creative.id if asked.requests else claim.position,
            unsent_after=claim.position,
            has_unsent=bool(asked.requests),
        )
        store_progress(session, after, lease_seconds)
        return ReanalysisPage(asked.requests, after, asked.last is None)

    @transactional
    def unsent(self, session: Session, claim: JobClaim) -> Sequence[AnalysisRequested]:
        waiting = schema.Waiting
        statement = select(waiting.creative_id, waiting.revision).where(
            waiting.workspace_id == claim.key.workspace_id,
            waiting.again,
            waiting.taken_by.is_(None),
            waiting.creative_id <= claim.position,
        )
        if claim.unsent_after is not None:
            statement = statement.where(waiting.creative_id > claim.unsent_after)
        rows = session.execute(statement.order_by(waiting.creative_id))
        return [AnalysisRequested(CreativeId(claim.key.workspace_id, id_), revision) for id_, revision in rows]

    @transactional
    def ids_of_group(self, session: Session, workspace_id: UUID, group_id: str, limit: int) -> Sequence[UUID]:
        creative = schema.Creative
        ids = select(creative.id).where(creative.workspace_id == workspace_id, creative.group_id == group_id)
        return session.scalars(ids.order_by(creative.id).limit(limit)).all()


class PostgresPerformanceImports:
    """Implements `PerformanceImports` of `adlens.domain.ports.jobs`."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def store(self, claim: JobClaim, table: SentTable) -> int | None:
        with performance.read(table) as sent, contextlib.suppress(_ClaimVoid):
            return self._store(claim, sent)
        return None

    @transactional
    def _store(self, session: Session, claim: JobClaim, sent: performance.ReadTable) -> int:
        session.execute(text(f"SET LOCAL statement_timeout = '{STATEMENT_SECONDS}s'"))
        report = performance.store(session, claim.key.workspace_id, sent)
        # The job at last: until then it can be cancelled, and nothing is stored.
        if not end_imported(session, claim, report):
            raise _ClaimVoid
        return report.rows


STATEMENT_SECONDS = 300
"""Of a file with as many rows as there may be."""


class _ClaimVoid(Exception):
    """Rolls the transaction back."""
