"""The port `TrashRepository` on PostgreSQL.

The trash of a workspace is a workspace of its own, without keys: what is in it is in no list, search or figure of the
other. Findings, figures of delivery and corrections follow their creative by foreign keys.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Engine, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from adlens.domain.creative import CreativeId, Status
from adlens.domain.events import AnalysisRequested
from adlens.domain.paging import Page
from adlens.domain.ports.trash import TrashRepository
from adlens.domain.trash import TrashedCreative
from adlens.persistence import schema
from adlens.persistence.analytics.rollups import keeping_rollups
from adlens.persistence.checks import check_group, lock_exports
from adlens.persistence.creatives import turns
from adlens.persistence.creatives.locks import lock_all
from adlens.persistence.creatives.reanalysis import UNFINISHED
from adlens.persistence.creatives.removals import delete_rows, schedule_removals
from adlens.persistence.creatives.states import clear_claim
from adlens.persistence.creatives.traces import remove_traces
from adlens.persistence.paging import cursor_of, fetch_page, read_cursor
from adlens.persistence.search.vocabulary import add_words
from adlens.persistence.session import transactional

_GROUPS = text("""
    INSERT INTO groups (workspace_id, id, name, created_at)
    SELECT :target, id, name, created_at FROM groups WHERE workspace_id = :source AND id = ANY (:ids)
    ORDER BY id ON CONFLICT DO NOTHING
""")
_EMPTY_GROUPS = text("""
    DELETE FROM groups g WHERE workspace_id = :workspace_id AND NOT EXISTS (
        SELECT FROM creatives c WHERE c.workspace_id = g.workspace_id AND c.group_id = g.id)
""")


class PostgresTrash(TrashRepository):
    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @transactional
    def put(self, session: Session, workspace_id: UUID, ids: Sequence[UUID]) -> int:
        return self._put(session, workspace_id, lock_all(session, [(workspace_id, id_) for id_ in ids]))

    @transactional
    def put_group(self, session: Session, workspace_id: UUID, group_id: str) -> int:
        creative = schema.Creative
        of_group = creative.workspace_id == workspace_id, creative.group_id == group_id
        rows = session.scalars(select(creative).where(*of_group).order_by(creative.id).with_for_update()).all()
        check_group(session, workspace_id, group_id)
        count = self._put(session, workspace_id, rows)
        group = schema.Group
        session.execute(delete(group).where(group.workspace_id == workspace_id, group.id == group_id))
        return count

    def _put(self, session: Session, workspace_id: UUID, rows: Sequence[schema.Creative]) -> int:
        if not rows:
            return 0
        for row in rows:
            clear_claim(row)
            if row.status in UNFINISHED:
                row.status = Status.PENDING
            turns.forget(session, workspace_id, row.id, row.revision)
        session.flush()
        _move(session, workspace_id, _trash_of(session, workspace_id), rows, func.now())
        return len(rows)

    @transactional
    def page(self, session: Session, workspace_id: UUID, limit: int, cursor: str | None) -> Page[TrashedCreative]:
        creative, group, workspace = schema.Creative, schema.Group, schema.Workspace
        statement = (
            select(creative.id, creative.filename, creative.group_id, group.name, creative.trashed_at)
            .join(workspace, workspace.id == creative.workspace_id)
            .join(group, (group.workspace_id == creative.workspace_id) & (group.id == creative.group_id))
            .where(workspace.trash_of == workspace_id)
            .order_by(creative.trashed_at.desc(), creative.id.desc())
        )
        if cursor is not None:
            before = read_cursor(cursor, datetime.fromisoformat, UUID, "trash")
            statement = statement.where(func.row(creative.trashed_at, creative.id) < func.row(*before))
        rows, more = fetch_page(session, statement, limit)
        last = rows[-1] if rows else None
        items = tuple(TrashedCreative(*row) for row in rows)
        return Page(items, cursor_of(last.trashed_at, last.id, "trash") if more and last else None)

    @transactional
    def restore(
        self, session: Session, workspace_id: UUID, ids: Sequence[UUID]
    ) -> tuple[int, Sequence[AnalysisRequested]]:
        in_use = _in_use(session, workspace_id, ids)
        rows = [row for row in _trashed(session, workspace_id, ids) if row.id not in in_use]
        if not rows:
            return 0, ()
        lines = select(schema.TextBlock.text).where(
            schema.TextBlock.workspace_id == rows[0].workspace_id,
            schema.TextBlock.creative_id.in_([row.id for row in rows]),
        )
        add_words(session, workspace_id, [*session.scalars(lines), *(row.filename for row in rows)])
        interrupted = {row.id: row.revision for row in rows if row.status in UNFINISHED and row.event_etag is not None}
        _move(session, rows[0].workspace_id, workspace_id, rows, None)
        turns.enqueue(session, workspace_id, interrupted, again=False)
        requests = [AnalysisRequested(CreativeId(workspace_id, id_), revision) for id_, revision in interrupted.items()]
        return len(rows), requests

    @transactional
    def purge(self, session: Session, workspace_id: UUID, ids: Sequence[UUID]) -> Sequence[str]:
        return _purge(session, workspace_id, ids)

    @transactional
    def purge_older(self, session: Session, before: datetime, limit: int) -> int:
        creative, workspace = schema.Creative, schema.Workspace
        overdue = session.execute(
            select(workspace.trash_of, creative.id)
            .join(workspace, workspace.id == creative.workspace_id)
            .where(creative.trashed_at < before)
            .order_by(creative.trashed_at, creative.id)
            .limit(limit)
        ).all()
        for workspace_id, rows in groupby(sorted(map(tuple, overdue)), key=lambda row: row[0]):
            _purge(session, workspace_id, [id_ for _, id_ in rows])
        return len(overdue)


def is_trashed(workspace_id: UUID) -> ColumnElement[bool]:
    """The condition that a creative is in the trash of this workspace."""
    trash = select(schema.Workspace.id).where(schema.Workspace.trash_of == workspace_id)
    return schema.Creative.workspace_id.in_(trash)


def _trash_of(session: Session, workspace_id: UUID) -> UUID:
    """The workspace that is the trash of this one, made with the first use."""
    workspace = schema.Workspace
    session.execute(upsert(workspace).values(id=uuid4(), name="trash", trash_of=workspace_id).on_conflict_do_nothing())
    return session.scalars(select(workspace.id).where(workspace.trash_of == workspace_id)).one()


def _trashed(session: Session, workspace_id: UUID, ids: Sequence[UUID]) -> Sequence[schema.Creative]:
    """Locks creatives of the trash."""
    creative = schema.Creative
    chosen = select(creative).where(is_trashed(workspace_id), creative.id.in_(ids))
    return session.scalars(chosen.order_by(creative.id).with_for_update()).all()


def _in_use(session: Session, workspace_id: UUID, ids: Sequence[UUID]) -> set[UUID]:
    """Those ids that the workspace has as well: somebody has uploaded under them again."""
    creative = schema.Creative
    return {*session.scalars(select(creative.id).where(creative.workspace_id == workspace_id, creative.id.in_(ids)))}


def _move(
    session: Session,
    source: UUID,
    target: UUID,
    rows: Sequence[schema.Creative],
    trashed_at: ColumnElement[datetime] | None,
) -> None:
    creative = schema.Creative
    of_groups = {
        group_id: [row.id for row in rows if row.group_id == group_id] for group_id in {r.group_id for r in rows}
    }
    session.execute(_GROUPS, {"source": source, "target": target, "ids": list(of_groups)})
    session.expunge_all()  # their keys change
    for group_id, ids in sorted(of_groups.items()):
        with keeping_rollups(session, source, group_id, ids), keeping_rollups(session, target, group_id, ids):
            session.execute(
                update(creative)
                .where(creative.workspace_id == source, creative.id.in_(ids))
                .values(workspace_id=target, trashed_at=trashed_at)
                .execution_options(synchronize_session=False)
            )


def _purge(session: Session, workspace_id: UUID, ids: Sequence[UUID]) -> Sequence[str]:
    lock_exports(session, workspace_id, shared=True)
    rows = _trashed(session, workspace_id, ids)
    if not rows:
        return ()
    trash, in_use = rows[0].workspace_id, _in_use(session, workspace_id, ids)
    keys = [row.object_key for row in rows if row.id not in in_use]
    remove_traces(session, workspace_id, {row.id: row.filename for row in rows}, facts_of=trash)
    delete_rows(session, trash, rows)
    session.execute(_EMPTY_GROUPS, {"workspace_id": trash})
    schedule_removals(session, workspace_id, keys)
    return keys
