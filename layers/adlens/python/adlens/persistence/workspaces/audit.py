"""The audit log of workspaces."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from adlens.domain.audit import Action, AuditEntry
from adlens.domain.paging import Page
from adlens.domain.ports.audit import AuditLog
from adlens.domain.workspaces import Caller
from adlens.persistence import schema
from adlens.persistence.paging import cursor_of, fetch_page, read_cursor
from adlens.persistence.session import transactional


class PostgresAuditLog(AuditLog):
    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @transactional
    def record(self, session: Session, by: Caller, action: Action, subject: str, details: Mapping[str, str]) -> None:
        add_entry(session, by.workspace_id, by, action, subject, details)

    @transactional
    def page(
        self, session: Session, workspace_id: UUID, limit: int, cursor: str | None, action: Action | None
    ) -> Page[AuditEntry]:
        entry = schema.AuditEntry
        statement = select(entry).where(entry.workspace_id == workspace_id).order_by(entry.id.desc())
        if action is not None:
            statement = statement.where(entry.action == action.value)
        if cursor is not None:
            statement = statement.where(entry.id < read_cursor(cursor, _entry_id, _entry_id, "audit")[1])
        rows, more = fetch_page(session, statement, limit)
        return Page(tuple(map(_entry, rows)), cursor_of(rows[-1].id, rows[-1].id, "audit") if more else None)


def add_entry(
    session: Session,
    workspace_id: UUID,
    by: Caller | None,
    action: Action,
    subject: str,
    details: Mapping[str, str],
) -> None:
    """Within the transaction of what it is about. `by` is None for an operator."""
    session.add(
        schema.AuditEntry(
            workspace_id=workspace_id,
            key_id=by and by.key_id,
            key_name=by and by.key_name,
            action=action.value,
            subject=subject,
            details=dict(details),
        )
    )


def _entry_id(text: object) -> int:
    """Raises ValueError for what no row can have."""
    id_ = int(str(text))
    if not 0 < id_ < 2**63:
        raise ValueError("out of range")
    return id_


def _entry(row: schema.AuditEntry) -> AuditEntry:
    return AuditEntry(row.id, row.at, row.key_id, row.key_name, Action(row.action), row.subject, row.details)
