"""Workspaces and their API keys."""

from __future__ import annotations

import hashlib
import re
import secrets
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Engine, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from adlens.domain.audit import Action
from adlens.domain.errors import Conflict, ExpiredKey, InvalidValue, UnknownKey
from adlens.domain.workspaces import MOST_KEYS, ApiKey, Caller, Scope, Workspace
from adlens.persistence import schema
from adlens.persistence.session import transactional
from adlens.persistence.workspaces.audit import add_entry
from adlens.persistence.workspaces.limits import identify

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
        ours = select(schema.Workspace).where(schema.Workspace.trash_of.is_(None))
        rows = session.scalars(ours.order_by(schema.Workspace.created_at, schema.Workspace.id))
        return [Workspace(row.id, row.name, row.created_at) for row in rows]

    def named(self, name: str) -> Workspace:
        """The oldest workspace of this name, made when there is none."""
        known = next((workspace for workspace in self.all() if workspace.name == name), None)
        return known or self.create(name)

    @transactional
    def create_key(
        self,
        session: Session,
        workspace_id: UUID,
        name: str,
        scope: Scope = Scope.ADMIN,
        expires_at: datetime | None = None,
        by: Caller | None = None,
    ) -> tuple[ApiKey, str]:
        """A new key and its text, `adl_<prefix>_<secret>`, of which only the SHA-256 is stored.

        A fast hash will do: the secret has 256 random bits, so there is nothing to guess. Raises InvalidValue, and
        Conflict when the workspace has MOST_KEYS in use.
        """
        _lock_keys(session, workspace_id)
        row, key = _new_key(session, workspace_id, name, scope, expires_at)
        add_entry(session, workspace_id, by, Action.KEY_CREATE, str(row.id), {"name": name, "scope": scope})
        return _api_key(row), key

    @transactional
    def rotate(
        self,
        session: Session,
        workspace_id: UUID,
        key_id: UUID,
        overlap: timedelta,
        expires_at: datetime | None = None,
        by: Caller | None = None,
    ) -> tuple[ApiKey, str]:
        _lock_keys(session, workspace_id)
        old = session.scalars(
            select(schema.ApiKey).where(
                schema.ApiKey.workspace_id == workspace_id, schema.ApiKey.id == key_id, _in_use()
            )
        ).one_or_none()
        if old is None:
            raise UnknownKey(f"There is no key {key_id} in use.")
        now = session.scalars(select(func.now())).one()
        if expires_at is None and old.expires_at is not None:
            expires_at = now + (old.expires_at - old.created_at)
        row, key = _new_key(session, workspace_id, old.name, Scope(old.scope), expires_at)
        old.expires_at = min(now + overlap, old.expires_at or now + overlap)
        details = {"name": old.name, "replaced_by": str(row.id), "works_until": old.expires_at.isoformat()}
        add_entry(session, workspace_id, by, Action.KEY_ROTATE, str(old.id), details)
        return _api_key(row), key

    @transactional
    def verify(self, session: Session, key: str) -> Caller | None:
        """Whose key it is, with the request counted; None when it is unknown, malformed or revoked. Raises ExpiredKey,
        and LimitReached.
        """
        match = _KEY.fullmatch(key)
        # Comparing digests in SQL tells nothing: nobody can steer the digest of a guess.
        row = match and identify(session, match[1], _digest(key))
        if not row:
            return None
        if row.is_expired:
            raise ExpiredKey("This API key has expired. Ask an administrator of the workspace for a new one.")
        if not row.is_noted:  # once a minute is enough, and spares a write per request
            session.execute(
                update(schema.ApiKey)
                .where(schema.ApiKey.id == row.id)
                .values(last_used_at=func.now())
                .execution_options(synchronize_session=False)
            )
        return Caller(row.workspace_id, row.name, row.id, Scope(row.scope))

    @transactional
    def change_plan(self, session: Session, workspace_id: UUID, plan: str) -> None:
        """Raises InvalidValue without such a workspace or plan."""
        row = session.get(schema.Workspace, workspace_id)
        if row is None:
            raise InvalidValue(f"There is no workspace {workspace_id}.", "workspace_id")
        plans = session.scalars(select(schema.Plan.name).order_by(schema.Plan.name)).all()
        if plan not in plans:
            raise InvalidValue(f"There is no plan {plan!r}; there are {', '.join(plans)}.", "plan")
        row.plan = plan

    @transactional
    def keys(self, session: Session, workspace_id: UUID) -> list[ApiKey]:
        rows = session.scalars(
            select(schema.ApiKey)
            .where(schema.ApiKey.workspace_id == workspace_id)
            .order_by(schema.ApiKey.created_at, schema.ApiKey.id)
        )
        return [_api_key(row) for row in rows]

    @transactional
    def revoke(self, session: Session, workspace_id: UUID, key_id: UUID, by: Caller | None = None) -> bool:
        """Refuses the key from now on; False when the workspace has no such key in use."""
        name = session.scalars(
            update(schema.ApiKey)
            .where(schema.ApiKey.workspace_id == workspace_id, schema.ApiKey.id == key_id)
            .where(schema.ApiKey.revoked_at.is_(None))
            .values(revoked_at=func.now())
            .returning(schema.ApiKey.name)
            .execution_options(synchronize_session=False)
        ).first()
        if name is None:
            return False
        add_entry(session, workspace_id, by, Action.KEY_REVOKE, str(key_id), {"name": name})
        return True

    @transactional
    def revoke_all(self, session: Session, workspace_id: UUID) -> None:
        session.execute(
            update(schema.ApiKey)
            .where(schema.ApiKey.workspace_id == workspace_id, schema.ApiKey.revoked_at.is_(None))
            .values(revoked_at=func.now())
        )

    @transactional
    def erase_creatives(self, session: Session, workspace_id: UUID, limit: int) -> Mapping[str, int]:
        trash = select(schema.Workspace.id).where(schema.Workspace.trash_of == workspace_id)
        return _erase(session, workspace_id, limit) or {
            name: count for id_ in session.scalars(trash) for name, count in _erase(session, id_, limit).items()
        }

    @transactional
    def erase(self, session: Session, workspace_id: UUID) -> Mapping[str, int]:
        counts = _count(session, workspace_id, {})
        gone = delete(schema.Workspace).where(schema.Workspace.id == workspace_id).returning(schema.Workspace.id)
        workspaces = len(session.execute(gone).all())
        return counts | ({schema.Workspace.__tablename__: workspaces} if workspaces else {})


def _erase(session: Session, workspace_id: UUID, limit: int) -> dict[str, int]:
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


def _lock_keys(session: Session, workspace_id: UUID) -> None:
    """Keys of a workspace are made one after the other. Raises InvalidValue without such a workspace."""
    if session.get(schema.Workspace, workspace_id, with_for_update={"key_share": True}) is None:
        raise InvalidValue(f"There is no workspace {workspace_id}.", "workspace_id")


def _in_use() -> ColumnElement[bool]:
    key = schema.ApiKey
    return key.revoked_at.is_(None) & or_(key.expires_at.is_(None), key.expires_at > func.now())


def _new_key(
    session: Session, workspace_id: UUID, name: str, scope: Scope, expires_at: datetime | None
) -> tuple[schema.ApiKey, str]:
    in_use = select(func.count()).where(schema.ApiKey.workspace_id == workspace_id, _in_use())
    if session.scalars(in_use).one() >= MOST_KEYS:
        raise Conflict(f"The workspace has {MOST_KEYS} keys in use. Revoke one first.")
    if expires_at is not None and expires_at <= session.scalars(select(func.now())).one():
        raise InvalidValue("A key expires in the future.", "expires_at")
    prefix = "".join(secrets.choice(_LETTERS) for _ in range(8))
    key = f"adl_{prefix}_{secrets.token_urlsafe(32)}"
    row = schema.ApiKey(
        id=uuid.uuid4(),
        workspace_id=workspace_id,
        prefix=prefix,
        digest=_digest(key),
        name=name,
        scope=scope.value,
        expires_at=expires_at,
    )
    session.add(row)
    session.flush()
    session.refresh(row)
    return row, key


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()


def _api_key(row: schema.ApiKey) -> ApiKey:
    return ApiKey(
        row.id,
        row.name,
        row.prefix,
        Scope(row.scope),
        row.created_at,
        row.expires_at,
        row.last_used_at,
        row.revoked_at,
    )
