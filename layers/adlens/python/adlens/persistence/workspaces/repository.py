"""Workspaces and their API keys."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import uuid
from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import Engine, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from adlens.domain.errors import InvalidValue
from adlens.domain.workspaces import ApiKey, Caller, Workspace
from adlens.persistence import schema
from adlens.persistence.session import transactional

_KEY = re.compile(r"adl_([a-z0-9]{8})_[A-Za-z0-9_-]{43}")
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


class PostgresWorkspaces:
    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @transactional
    def create(self, session: Session, name: str, workspace_id: UUID | None = None) -> Workspace:
        """Makes a workspace; one that already has this id is left as it is and returned."""
        id_ = workspace_id or uuid.uuid4()
        session.execute(insert(schema.Workspace).values(id=id_, name=name).on_conflict_do_nothing())
        row = session.get_one(schema.Workspace, id_)
        return Workspace(row.id, row.name, row.created_at)

    @transactional
    def get(self, session: Session, workspace_id: UUID) -> Workspace:
        """Raises InvalidValue when there is none."""
        row = session.get(schema.Workspace, workspace_id)
        if row is None:
            raise InvalidValue(f"There is no workspace {workspace_id}.", "workspace_id")
        return Workspace(row.id, row.name, row.created_at)

    @transactional
    def all(self, session: Session) -> list[Workspace]:
        rows = session.scalars(select(schema.Workspace).order_by(schema.Workspace.created_at, schema.Workspace.id))
        return [Workspace(row.id, row.name, row.created_at) for row in rows]

    def named(self, name: str) -> Workspace:
        """The oldest workspace of this name, made when there is none."""
        known = next((workspace for workspace in self.all() if workspace.name == name), None)
        return known or self.create(name)

    @transactional
    def create_key(self, session: Session, workspace_id: UUID, name: str) -> tuple[ApiKey, str]:
        """A new key and its text, `adl_<prefix>_<secret>`, of which only the SHA-256 is stored.

        A fast hash will do: the secret has 256 random bits, so there is nothing to guess.
        """
        if session.get(schema.Workspace, workspace_id) is None:
            raise InvalidValue(f"There is no workspace {workspace_id}.", "workspace_id")
        prefix = "".join(secrets.choice(_LETTERS) for _ in range(8))
        key = f"adl_{prefix}_{secrets.token_urlsafe(32)}"
        row = schema.ApiKey(id=uuid.uuid4(), workspace_id=workspace_id, prefix=prefix, digest=_digest(key), name=name)
        session.add(row)
        session.flush()
        session.refresh(row)
        return _api_key(row), key

    @transactional
    def verify(self, session: Session, key: str) -> Caller | None:
        """Whose key it is; None when it is unknown, malformed or revoked."""
        match = _KEY.fullmatch(key)
        if match is None:
            return None
        api_key = schema.ApiKey
        # Once a minute is enough to see whether a key is in use, and spares a write per request.
        used_before = func.now() - text("interval '1 minute'")
        is_noted = func.coalesce(api_key.last_used_at >= used_before, False)
        row = session.execute(
            select(
                *(api_key.id, api_key.workspace_id, api_key.digest, api_key.name, api_key.revoked_at),
                is_noted.label("is_noted"),
            ).where(api_key.prefix == match[1])
        ).one_or_none()
        if row is None or not hmac.compare_digest(row.digest, _digest(key)) or row.revoked_at is not None:
            return None
        if not row.is_noted:
            session.execute(
                update(api_key)
                .where(api_key.id == row.id, ~is_noted)
                .values(last_used_at=func.now())
                .execution_options(synchronize_session=False)
            )
        return Caller(row.workspace_id, row.name)

    @transactional
    def keys(self, session: Session, workspace_id: UUID) -> list[ApiKey]:
        rows = session.scalars(
            select(schema.ApiKey)
            .where(schema.ApiKey.workspace_id == workspace_id)
            .order_by(schema.ApiKey.created_at, schema.ApiKey.id)
        )
        return [_api_key(row) for row in rows]

    @transactional
    def revoke(self, session: Session, workspace_id: UUID, key_id: UUID) -> bool:
        """Refuses the key from now on; False when the workspace has no such key in use."""
        revoked = session.execute(
            update(schema.ApiKey)
            .where(schema.ApiKey.workspace_id == workspace_id, schema.ApiKey.id == key_id)
            .where(schema.ApiKey.revoked_at.is_(None))
            .values(revoked_at=func.now())
            .returning(schema.ApiKey.id)
        )
        return revoked.first() is not None

    @transactional
    def revoke_all(self, session: Session, workspace_id: UUID) -> None:
        session.execute(
            update(schema.ApiKey)
            .where(schema.ApiKey.workspace_id == workspace_id, schema.ApiKey.revoked_at.is_(None))
            .values(revoked_at=func.now())
        )

    @transactional
    def erase_creatives(self, session: Session, workspace_id: UUID, limit: int) -> Mapping[str, int]:
        creative = schema.Creative
        ours = creative.workspace_id == workspace_id
        first = select(creative.id).where(ours).order_by(creative.id).limit(limit).with_for_update()
        ids = session.scalars(first).all()
        if not ids:
            return {}
        counts = _count(session, workspace_id, {"creative_id": ids}) | {creative.__tablename__: len(ids)}
        gone = ours & creative.id.in_(ids)
        removals = insert(schema.Removal).from_select(
            ["workspace_id", "object_key"], select(creative.workspace_id, creative.object_key).where(gone)
        )
        session.execute(removals.on_conflict_do_nothing())
        session.execute(delete(creative).where(gone).execution_options(synchronize_session=False))
        return counts

    @transactional
    def erase(self, session: Session, workspace_id: UUID) -> Mapping[str, int]:
        counts = _count(session, workspace_id, {})
        gone = delete(schema.Workspace).where(schema.Workspace.id == workspace_id).returning(schema.Workspace.id)
        workspaces = len(session.execute(gone).all())
        return counts | ({schema.Workspace.__tablename__: workspaces} if workspaces else {})


def _count(session: Session, workspace_id: UUID, values: Mapping[str, Sequence[UUID]]) -> dict[str, int]:
    """How many rows of the workspace each table has, with these values; tables without one of the columns, and
    removals, which outlive the workspace, are left out, and so are zeros.
    """
    counts = {}
    for table in schema.Base.metadata.sorted_tables:
        if {"workspace_id", *values} <= {*table.c.keys()} and table is not schema.Removal.__table__:
            where = [table.c[name].in_(those) for name, those in values.items()]
            statement = select(func.count()).select_from(table).where(table.c.workspace_id == workspace_id, *where)
            if count := session.scalar(statement):
                counts[table.name] = count
    return counts


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()


def _api_key(row: schema.ApiKey) -> ApiKey:
    return ApiKey(row.id, row.name, row.prefix, row.created_at, row.last_used_at, row.revoked_at)
