"""Workspaces, their API keys, settings, BI readers and audit log."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Identity,
    Index,
    Text,
    desc,
)
from sqlalchemy.orm import Mapped, mapped_column

from adlens.persistence.schema.base import Base, Json, Now, Timestamp


class Plan(Base):
    """What a workspace may use; NULL is no limit."""

    __tablename__ = "plans"

    name: Mapped[str] = mapped_column(primary_key=True)
    key_requests_per_second: Mapped[int | None]
    workspace_requests_per_second: Mapped[int | None]
    uploads_per_day: Mapped[int | None] = mapped_column(BigInteger)
    bytes_per_day: Mapped[int | None] = mapped_column(BigInteger)
    unfinished_creatives: Mapped[int | None] = mapped_column(BigInteger)
    unfinished_exports: Mapped[int | None]


class Usage(Base):
    """What a workspace has announced on a day, in UTC."""

    __tablename__ = "usage"

    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    uploads: Mapped[int] = mapped_column(BigInteger)
    bytes: Mapped[int] = mapped_column(BigInteger)


class RequestTurn(Base):
    """Before `next_at`, less a burst, a key or a workspace may send no request."""

    __tablename__ = "request_turns"
    __table_args__ = ({"prefixes": ["UNLOGGED"]},)

    subject: Mapped[UUID] = mapped_column(primary_key=True)
    next_at: Mapped[Timestamp]


class Workspace(Base):
    __tablename__ = "workspaces"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    plan: Mapped[str] = mapped_column(ForeignKey("plans.name"), server_default="standard")
    trash_of: Mapped[UUID | None] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"), unique=True)
    created_at: Mapped[Now]


class ApiKey(Base):
    """`digest` is the SHA-256 of the whole key; `prefix` finds the row and is safe to show."""

    __tablename__ = "api_keys"
    __table_args__ = (Index("api_keys_workspace", "workspace_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"))
    prefix: Mapped[str] = mapped_column(unique=True)
    digest: Mapped[bytes]
    name: Mapped[str] = mapped_column(Text)
    scope: Mapped[str] = mapped_column(server_default="admin")
    created_at: Mapped[Now]
    expires_at: Mapped[Timestamp | None]
    last_used_at: Mapped[Timestamp | None]
    revoked_at: Mapped[Timestamp | None]


class Setting(Base):
    __tablename__ = "settings"

    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[int]
    updated_at: Mapped[Now]


class BiReader(Base):
    """Which workspace a login role sees."""

    __tablename__ = "bi_readers"

    role: Mapped[str] = mapped_column(primary_key=True)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"))
    created_at: Mapped[Now]


class AuditEntry(Base):
    """Append-only for the functions. `key_id` is no reference: an entry outlives its key."""

    __tablename__ = "audit_log"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"))
    at: Mapped[Now]
    key_id: Mapped[UUID | None]
    key_name: Mapped[str | None] = mapped_column(Text)
    action: Mapped[str]
    subject: Mapped[str] = mapped_column(Text)
    details: Mapped[Json]


Index("audit_log_newest", AuditEntry.workspace_id, desc(AuditEntry.id))
