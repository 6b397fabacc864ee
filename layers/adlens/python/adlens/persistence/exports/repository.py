"""Exports as rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID, uuid4

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Engine, delete, func, select, text, tuple_, update
from sqlalchemy.orm import Session

from adlens.domain.creative import Failure
from adlens.domain.errors import CreativesDeleted, UnknownExport
from adlens.domain.exports import (
    Export,
    ExportClaim,
    ExportedFile,
    ExportFormat,
    ExportId,
    ExportOrder,
    ExportState,
    Separator,
)
from adlens.domain.gallery import CreativeFilter
from adlens.domain.paging import Page
from adlens.domain.webhooks import EventType
from adlens.persistence.checks import check_group, lock_exports
from adlens.persistence.paging import cursor_of, fetch_page, read_cursor
from adlens.persistence.schema import ExportContents, ExportRow
from adlens.persistence.session import transactional
from adlens.persistence.webhooks.outbox import enqueue_event
from adlens.persistence.workspaces.limits import check_exports

_HOLDS_DELETED = text("""
    SELECT EXISTS (
        SELECT FROM export_contents e, unnest(e.creative_ids) held
        WHERE e.workspace_id = :workspace_id AND e.export_id = :id
          AND NOT EXISTS (SELECT FROM creatives c WHERE c.workspace_id = e.workspace_id AND c.id = held)
    )
""")


class PostgresExports:
    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @transactional
    def record(self, session: Session, key: ExportId, order: ExportOrder) -> None:
        for group_id in order.chosen.group_ids:
            check_group(session, key.workspace_id, group_id)
        check_exports(session, key.workspace_id)
        session.add(
            ExportRow(
                workspace_id=key.workspace_id,
                id=key.id,
                format=order.format.value,
                filters=_filters().dump_python(order.chosen, mode="json", exclude_defaults=True),
                group_ids=list(order.chosen.group_ids),
                with_embeddings=order.with_embeddings,
                separator=order.separator.value,
            )
        )

    @transactional
    def get(self, session: Session, key: ExportId) -> Export:
        """Raises UnknownExport."""
        row = session.get(ExportRow, (key.workspace_id, key.id))
        if row is None:
            raise UnknownExport(f"There is no export {key.id}.")
        return _export(row)

    @transactional
    def list(
        self,
        session: Session,
        workspace_id: UUID,
        limit: int,
        cursor: str | None = None,
        *,
        group_id: str | None = None,
        format: ExportFormat | None = None,  # noqa: A002 - what it is called
        state: ExportState | None = None,
    ) -> Page[Export]:
        """Exports, newest first; those of a group are those whose filter names it."""
        statement = select(ExportRow).where(ExportRow.workspace_id == workspace_id)
        statement = statement.order_by(ExportRow.created_at.desc(), ExportRow.id.desc())
        if group_id is not None:
            statement = statement.where(ExportRow.group_ids.contains([group_id]))
        if format is not None:
            statement = statement.where(ExportRow.format == format.value)
        if state is not None:
            statement = statement.where(ExportRow.state == state.value)
        if cursor is not None:
            created_at, id_ = read_cursor(cursor, datetime.fromisoformat, UUID)
            statement = statement.where(tuple_(ExportRow.created_at, ExportRow.id) < (created_at, id_))
        rows, more = fetch_page(session, statement, limit)
        return Page(tuple(map(_export, rows)), cursor_of(rows[-1].created_at, rows[-1].id) if more else None)

    @transactional
    def claim(self, session: Session, key: ExportId, claimant: str, lease_seconds: float) -> ExportClaim | None:
        row = _locked(session, key)
        if row is None or ExportState(row.state).ended or _held_by_another(session, row, claimant):
            return None
        token = uuid4()
        row.state, row.done, row.total = ExportState.RUNNING.value, 0, None
        row.claim_token, row.claimant = token, claimant
        row.claim_expires_at = _now(session) + timedelta(seconds=lease_seconds)
        row.updated_at = _now(session)
        contents = ExportContents.workspace_id == key.workspace_id, ExportContents.export_id == key.id
        session.execute(delete(ExportContents).where(*contents))
        return ExportClaim(key, _order(row), token)

    @transactional
    def progress(
        self, session: Session, claim: ExportClaim, done: int, total: int, creative_ids: Sequence[UUID] = ()
    ) -> bool:
        if not _change(session, claim, done=done, total=total):
            return False
        if creative_ids:
            session.add(
                ExportContents(
                    workspace_id=claim.key.workspace_id,
                    export_id=claim.key.id,
                    part=done,
                    creative_ids=list(creative_ids),
                )
            )
        return True

    @transactional
    def complete(self, session: Session, claim: ExportClaim, file: ExportedFile) -> bool:
        lock_exports(session, claim.key.workspace_id, shared=False)
        if session.scalar(_HOLDS_DELETED, {"workspace_id": claim.key.workspace_id, "id": claim.key.id}):
            raise CreativesDeleted("Creatives were deleted while the file was written; it is written again.")
        done = _change(
            session,
            claim,
            **_ended(ExportState.DONE),
            object_key=file.object_key,
            rows=file.rows,
            bytes=file.bytes,
            sha256=file.sha256,
        )
        if done:
            _enqueue_done_event(session, claim, file)
        return done

    @transactional
    def fail(self, session: Session, claim: ExportClaim, failure: Failure) -> bool:
        return _change(session, claim, **_failed(failure))

    @transactional
    def release(self, session: Session, claim: ExportClaim) -> None:
        _change(session, claim, **_FREE, state=ExportState.PENDING.value)

    @transactional
    def fail_unfinished(self, session: Session, key: ExportId, claimant: str, failure: Failure) -> bool:
        row = _locked(session, key)
        if row is None or ExportState(row.state).ended or _held_by_another(session, row, claimant):
            return False
        session.execute(update(ExportRow).where(*_is(key)).values(**_failed(failure)))
        return True

    @transactional
    def delete(self, session: Session, key: ExportId) -> bool:
        return bool(session.execute(delete(ExportRow).where(*_is(key)).returning(ExportRow.id)).all())

    @transactional
    def release_all(self, session: Session) -> Sequence[ExportId]:
        free = update(ExportRow).where(ExportRow.ended_at.is_(None)).values(**_FREE, state=ExportState.PENDING.value)
        waiting = session.execute(free.returning(ExportRow.workspace_id, ExportRow.id)).all()
        return [ExportId(workspace_id, id_) for workspace_id, id_ in waiting]

    @transactional
    def end_lost(self, session: Session, before: datetime, failure: Failure) -> int:
        lost = update(ExportRow).where(ExportRow.ended_at.is_(None), ExportRow.updated_at < before)
        return len(session.execute(lost.values(**_failed(failure)).returning(ExportRow.id)).all())

    @transactional
    def forget(self, session: Session, before: datetime) -> int:
        return len(session.execute(delete(ExportRow).where(ExportRow.ended_at < before).returning(ExportRow.id)).all())


def _enqueue_done_event(session: Session, claim: ExportClaim, file: ExportedFile) -> None:
    """The event says that the file is done, not where it is: a caller with a key can ask for that."""
    data = {
        "export_id": str(claim.key.id),
        "format": claim.order.format.value,
        "rows": file.rows,
        "bytes": file.bytes,
        "sha256": file.sha256,
    }
    enqueue_event(session, claim.key.workspace_id, EventType.EXPORT_DONE, data)


_FREE: dict[str, Any] = {"claim_token": None, "claimant": None, "claim_expires_at": None}


def _ended(state: ExportState) -> dict[str, Any]:
    return {**_FREE, "state": state.value, "ended_at": func.now()}


def _failed(failure: Failure) -> dict[str, Any]:
    return {**_ended(ExportState.FAILED), "failure_code": failure.code, "failure_reason": failure.reason}


def _is(key: ExportId) -> tuple[ColumnElement[bool], ...]:
    return ExportRow.workspace_id == key.workspace_id, ExportRow.id == key.id


def _change(session: Session, claim: ExportClaim, **values: Any) -> bool:
    """Whether the claim was valid, and so the change was made."""
    changed = update(ExportRow).where(*_is(claim.key), ExportRow.claim_token == claim.token)
    return bool(session.execute(changed.values(**values, updated_at=func.now()).returning(ExportRow.id)).all())


def _locked(session: Session, key: ExportId) -> ExportRow | None:
    return session.scalars(select(ExportRow).where(*_is(key)).with_for_update()).one_or_none()


def _held_by_another(session: Session, row: ExportRow, claimant: str) -> bool:
    expires = row.claim_expires_at
    return row.claimant != claimant and expires is not None and expires > _now(session)


def _now(session: Session) -> datetime:
    return session.scalars(select(func.now())).one()


@cache
def _filters() -> TypeAdapter[CreativeFilter]:
    return TypeAdapter(CreativeFilter)


def _order(row: ExportRow) -> ExportOrder:
    return ExportOrder(
        ExportFormat(row.format),
        _filters().validate_python(row.filters),
        row.with_embeddings,
        Separator(row.separator),
    )


def _export(row: ExportRow) -> Export:
    file = None
    if row.object_key is not None and row.rows is not None and row.bytes is not None and row.sha256 is not None:
        file = ExportedFile(row.object_key, row.rows, row.bytes, row.sha256)
    return Export(
        key=ExportId(row.workspace_id, row.id),
        order=_order(row),
        state=ExportState(row.state),
        done=row.done,
        total=row.total,
        created_at=row.created_at,
        ended_at=row.ended_at,
        failure=None if row.failure_code is None else Failure(row.failure_code, row.failure_reason or ""),
        file=file,
    )
