"""What the rows say about the object stores: the port `FileRecordRepository` on PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Engine, Select, and_, collate, delete, func, select, true, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from adlens.domain.creative import preview_key
from adlens.domain.stored_files import CheckState, FileKind, FileRecord
from adlens.persistence import schema
from adlens.persistence.session import transactional

_PREVIEW = preview_key("")


class PostgresFileRecords:
    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @transactional
    def page(
        self,
        session: Session,
        kind: FileKind,
        after: str,
        limit: int,
        settled: datetime,
        kept_since: datetime | None,
    ) -> list[FileRecord]:
        rows = session.execute(_records(kind, settled, kept_since, _own_key(kind, after)).limit(limit))
        return [FileRecord(_object_key(kind, key), is_due) for key, is_due in rows]

    @transactional
    def without_row(self, session: Session, kind: FileKind, keys: Sequence[str]) -> list[str]:
        row, removal = schema.ExportRow if kind is FileKind.EXPORTS else schema.Creative, schema.Removal
        owned = [_own_key(kind, key) for key in keys]
        known = {
            key and _object_key(kind, key)
            for column in (row.object_key, removal.object_key)
            for key in session.scalars(select(column).where(_bytewise(column).in_(owned)))
        }
        return [key for key in keys if key not in known]

    @transactional
    def forget_files(self, session: Session, kind: FileKind, keys: Sequence[str], settled: datetime) -> None:
        owned = [_own_key(kind, key) for key in keys]
        if kind is FileKind.EXPORTS:
            row = schema.ExportRow
            session.execute(delete(row).where(row.object_key.in_(owned), row.updated_at < settled))
            return
        creative = schema.Creative
        gone: dict[str, Any] = (
            {"etag": None, "event_etag": None} if kind is FileKind.UPLOADS else {"has_preview": False}
        )
        session.execute(
            update(creative)
            .where(_bytewise(creative.object_key).in_(owned), creative.updated_at < settled)
            .values(**gone)
        )

    @transactional
    def state(self, session: Session, kind: FileKind) -> CheckState:
        row = session.get(schema.StorageCheck, kind.value)
        return CheckState() if row is None else CheckState(**{name: getattr(row, name) for name in _STATE})

    @transactional
    def save(self, session: Session, kind: FileKind, state: CheckState) -> None:
        values = {name: getattr(state, name) for name in _STATE}
        session.execute(
            upsert(schema.StorageCheck)
            .values(store=kind.value, **values)
            .on_conflict_do_update(index_elements=["store"], set_=values)
        )


_STATE = tuple(CheckState.__dataclass_fields__)


def _records(kind: FileKind, settled: datetime, kept_since: datetime | None, after: str) -> Select[tuple[str, bool]]:
    if kind is FileKind.EXPORTS:
        export = schema.ExportRow
        key, is_due = _bytewise(export.object_key), export.updated_at < settled
    else:
        creative = schema.Creative
        key = _bytewise(creative.object_key)
        arrived = func.coalesce(creative.event_etag, creative.etag).is_not(None)
        is_due = and_(
            arrived if kind is FileKind.UPLOADS else creative.has_preview,
            creative.updated_at < settled,
            true() if kept_since is None else creative.uploaded_at > kept_since,
        )
    return select(key, is_due).where(key > after).order_by(key)


def _bytewise(key: Any) -> ColumnElement[str]:
    """A key that is compared and ordered as the stores order theirs."""
    return collate(key, "C")


def _object_key(kind: FileKind, own: str) -> str:
    """The key in the store of what belongs to the row with this key."""
    return preview_key(own) if kind is FileKind.PREVIEWS else own


def _own_key(kind: FileKind, key: str) -> str:
    return key.removesuffix(_PREVIEW) if kind is FileKind.PREVIEWS else key
