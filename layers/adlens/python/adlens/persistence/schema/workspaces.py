"""Workspaces, their API keys, settings and BI readers."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import (
    ForeignKey,
    Index,
    Text,
)
from sqlalchemy.orm import Mapped, mapped_column

from adlens.persistence.schema.base import Base, Now, Timestamp


class Workspace(Base):
    __tablename__ = "workspaces"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
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
    created_at: Mapped[Now]
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
