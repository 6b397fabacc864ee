"""Jobs as rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID, uuid4

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Engine, delete, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, undefer

from adlens.domain.creative import Failure
from adlens.domain.errors import Conflict, UnknownJob
from adlens.domain.jobs import (
    MOST_UNFINISHED,
    DeletionOrder,
    Job,
    JobClaim,
    JobId,
    JobKind,
    JobOrder,
    JobState,
    PerformanceOrder,
    ReanalysisOrder,
)
from adlens.domain.paging import Page
from adlens.domain.performance import PerformanceReport
from adlens.persistence.paging import cursor_of, fetch_page, read_cursor
from adlens.persistence.schema import JobRow
from adlens.persistence.session import transactional

ORDERS: dict[JobKind, type[JobOrder]] = {
    order.kind: order for order in (ReanalysisOrder, DeletionOrder, PerformanceOrder)
}


class PostgresJobs:
    """Implements `JobRepository` and `JobWorkRepository` of `adlens.domain.ports.jobs`."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @transactional
    def record(self, session: Session, key: JobId, order: JobOrder, total: int, asked_by: str | None) -> None:
        unfinished = select(func.count()).where(JobRow.workspace_id == key.workspace_id, JobRow.ended_at.is_(None))
        if session.scalars(unfinished).one() >= MOST_UNFINISHED:
            raise Conflict(f"{MOST_UNFINISHED} jobs are not finished yet. Wait for one, or cancel one.")
        instructions = _adapter(order.kind).dump_python(order, mode="json", exclude_defaults=True)
        row = insert(JobRow).values(
            workspace_id=key.workspace_id,
            id=key.id,
            kind=order.kind.value,
            instructions=instructions,
            total=total,
            asked_by=asked_by,
        )
        session.execute(row.on_conflict_do_nothing())

    @transactional
    def get(self, session: Session, key: JobId) -> Job:
        row = session.get(JobRow, (key.workspace_id, key.id), options=[undefer(JobRow.report)])
        if row is None:
            raise _unknown(key)
        report = None if row.report is None else _REPORT.validate_python(row.report)
        return replace(_job(row), report=report)

    @transactional
    def list(
        self,
        session: Session,
        workspace_id: UUID,
        limit: int,
        cursor: str | None = None,
        *,
        kind: JobKind | None = None,
        state: JobState | None = None,
    ) -> Page[Job]:
        statement = select(JobRow).where(JobRow.workspace_id == workspace_id)
        statement = statement.order_by(JobRow.created_at.desc(), JobRow.id.desc())
        if kind is not None:
            statement = statement.where(JobRow.kind == kind.value)
        if state is not None:
            statement = statement.where(JobRow.state == state.value)
        if cursor is not None:
            created_at, id_ = read_cursor(cursor, datetime.fromisoformat, UUID)
            statement = statement.where(tuple_(JobRow.created_at, JobRow.id) < (created_at, id_))
        rows, more = fetch_page(session, statement, limit)
        return Page(tuple(map(_job, rows)), cursor_of(rows[-1].created_at, rows[-1].id) if more else None)

    @transactional
    def cancel(self, session: Session, key: JobId) -> Job:
        row = lock_job(session, key)
        if row is None:
            raise _unknown(key)
        state = JobState(row.state)
        if state is not JobState.CANCELLED:
            if state.ended:
                raise Conflict(f"The job has ended already: it is {state}.")
            session.execute(update(JobRow).where(*_is(key)).values(**_ended(JobState.CANCELLED)))
            session.refresh(row)
        return _job(row)

    @transactional
    def claim(self, session: Session, key: JobId, claimant: str, lease_seconds: float) -> JobClaim | None:
        row = lock_job(session, key)
        if row is None or JobState(row.state).ended or _is_held_by_another(session, row, claimant):
            return None
        row.state = JobState.RUNNING.value
        row.claim_token, row.claimant = uuid4(), claimant
        row.updated_at = _now(session)
        row.claim_expires_at = row.updated_at + timedelta(seconds=lease_seconds)
        return JobClaim(key, _order(row), row.claim_token, row.done, **_cursor_adapter().validate_python(row.cursor))

    @transactional
    def advance(self, session: Session, claim: JobClaim, lease_seconds: float) -> bool:
        return store_progress(session, claim, lease_seconds)

    @transactional
    def complete(self, session: Session, claim: JobClaim) -> bool:
        return _change(session, claim, **_ended(JobState.DONE), done=claim.done, total=claim.done)

    @transactional
    def fail(self, session: Session, claim: JobClaim, failure: Failure) -> bool:
        return _change(session, claim, **_failed(failure))

    @transactional
    def release(self, session: Session, claim: JobClaim) -> bool:
        return _change(session, claim, **_FREE, state=JobState.PENDING.value)

    @transactional
    def fail_unfinished(self, session: Session, key: JobId, claimant: str, failure: Failure) -> bool:
        row = lock_job(session, key)
        if row is None or JobState(row.state).ended or _is_held_by_another(session, row, claimant):
            return False
        session.execute(update(JobRow).where(*_is(key)).values(**_failed(failure)))
        return True

    @transactional
    def release_all(self, session: Session) -> Sequence[JobId]:
        free = update(JobRow).where(JobRow.ended_at.is_(None)).values(**_FREE, state=JobState.PENDING.value)
        return [JobId(*key) for key in session.execute(free.returning(JobRow.workspace_id, JobRow.id)).all()]

    @transactional
    def lost(self, session: Session, before: datetime, limit: int) -> Sequence[JobId]:
        key = tuple_(JobRow.workspace_id, JobRow.id)
        oldest = (
            select(JobRow.workspace_id, JobRow.id)
            .where(JobRow.ended_at.is_(None), JobRow.updated_at < before)
            .order_by(JobRow.updated_at)
            .limit(limit)
        )
        touched = update(JobRow).where(key.in_(oldest)).values(updated_at=func.now())
        return [JobId(*key) for key in session.execute(touched.returning(JobRow.workspace_id, JobRow.id)).all()]

    @transactional
    def forget(self, session: Session, before: datetime) -> int:
        return len(session.execute(delete(JobRow).where(JobRow.ended_at < before).returning(JobRow.id)).all())


def lock_job(session: Session, key: JobId) -> JobRow | None:
    return session.scalars(select(JobRow).where(*_is(key)).with_for_update()).one_or_none()


def store_progress(session: Session, claim: JobClaim, lease_seconds: float) -> bool:
    """Whether the claim was valid, and so its progress was stored and its lease renewed."""
    cursor = {
        name: str(value)
        for name, value in (("position", claim.position), ("unsent_after", claim.unsent_after))
        if value is not None
    }
    return _change(
        session,
        claim,
        done=claim.done,
        cursor={**cursor, "has_unsent": claim.has_unsent},
        claim_expires_at=func.now() + timedelta(seconds=lease_seconds),
    )


def end_imported(session: Session, claim: JobClaim, report: PerformanceReport) -> bool:
    """Whether the claim was valid, and so the job is DONE."""
    counts = {"done": report.rows, "total": report.rows}
    report_json = _REPORT.dump_python(report, mode="json")
    return _change(session, claim, **_ended(JobState.DONE), **counts, report=report_json)


_REPORT = TypeAdapter(PerformanceReport)
_FREE: dict[str, Any] = {"claim_token": None, "claimant": None, "claim_expires_at": None}


def _ended(state: JobState) -> dict[str, Any]:
    return {**_FREE, "state": state.value, "ended_at": func.now(), "updated_at": func.now()}


def _failed(failure: Failure) -> dict[str, Any]:
    return {**_ended(JobState.FAILED), "failure_code": failure.code, "failure_reason": failure.reason}


def _is(key: JobId) -> tuple[ColumnElement[bool], ...]:
    return JobRow.workspace_id == key.workspace_id, JobRow.id == key.id


def _change(session: Session, claim: JobClaim, **values: Any) -> bool:
    """Whether the claim was valid, and so the change was made."""
    changed = update(JobRow).where(*_is(claim.key), JobRow.claim_token == claim.token)
    return bool(session.execute(changed.values(**{"updated_at": func.now(), **values}).returning(JobRow.id)).all())


def _is_held_by_another(session: Session, row: JobRow, claimant: str) -> bool:
    expires = row.claim_expires_at
    return row.claimant != claimant and expires is not None and expires > _now(session)


def _now(session: Session) -> datetime:
    return session.scalars(select(func.now())).one()


def _unknown(key: JobId) -> UnknownJob:
    return UnknownJob(f"There is no job {key.id}.")


@cache
def _adapter(kind: JobKind) -> TypeAdapter[JobOrder]:
    return TypeAdapter(ORDERS[kind])


@cache
def _cursor_adapter() -> TypeAdapter[dict[str, Any]]:
    return TypeAdapter(dict[str, UUID | bool])


def _order(row: JobRow) -> JobOrder:
    return _adapter(JobKind(row.kind)).validate_python(row.instructions)


def _job(row: JobRow) -> Job:
    return Job(
        key=JobId(row.workspace_id, row.id),
        order=_order(row),
        state=JobState(row.state),
        done=row.done,
        total=row.total,
        asked_by=row.asked_by,
        created_at=row.created_at,
        ended_at=row.ended_at,
        failure=None if row.failure_code is None else Failure(row.failure_code, row.failure_reason or ""),
    )
