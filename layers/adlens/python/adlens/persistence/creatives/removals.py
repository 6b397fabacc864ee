"""Files that are to be removed from their stores: the port `RemovalRepository` on PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Engine, delete, select, text, update
from sqlalchemy.orm import Session

from adlens.domain.ports.creatives import Removal
from adlens.domain.stored_files import FileKind
from adlens.persistence import schema
from adlens.persistence.analytics.rollups import keeping_rollups
from adlens.persistence.session import transactional

_SCHEDULE = text("""
    INSERT INTO removals (workspace_id, object_key)
    SELECT :workspace_id, unnest(CAST(:keys AS text[])) ON CONFLICT (workspace_id, object_key)
    DO UPDATE SET deleted_at = now(), due = now()
""")


class PostgresRemovals:
    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @transactional
    def due(self, session: Session, now: datetime, limit: int) -> list[Removal]:
        removal = schema.Removal
        due = select(removal.store, removal.object_key).where(removal.due <= now)
        rows = session.execute(due.order_by(removal.due, removal.object_key).limit(limit))
        return [Removal(FileKind(store), key) for store, key in rows]

    @transactional
    def removed(self, session: Session, keys: Sequence[str], now: datetime, window: timedelta) -> None:
        removal = schema.Removal
        ours = removal.due <= now, removal.object_key.in_(keys)  # the first has an index
        session.execute(delete(removal).where(*ours, removal.deleted_at <= now - window))
        session.execute(update(removal).where(*ours).values(due=removal.deleted_at + window))


def delete_rows(session: Session, workspace_id: UUID, rows: Sequence[schema.Creative]) -> None:
    """Deletes creatives, which the caller has locked, with their findings, and keeps the roll-ups of their groups."""
    for group_id in sorted({row.group_id for row in rows}):
        ids = [row.id for row in rows if row.group_id == group_id]
        with keeping_rollups(session, workspace_id, group_id, ids):
            session.execute(
                delete(schema.Creative)
                .where(schema.Creative.workspace_id == workspace_id, schema.Creative.id.in_(ids))
                .execution_options(synchronize_session=False)
            )


def schedule_removals(session: Session, workspace_id: UUID, object_keys: Sequence[str]) -> None:
    """Schedules the removal of files, in the transaction that deletes their creatives."""
    session.execute(_SCHEDULE, {"workspace_id": workspace_id, "keys": list(object_keys)})


def cancel_removals(session: Session, workspace_id: UUID, object_keys: Sequence[str]) -> None:
    """Keeps files: creatives that were deleted are registered anew."""
    removal = schema.Removal
    session.execute(delete(removal).where(removal.workspace_id == workspace_id, removal.object_key.in_(object_keys)))
