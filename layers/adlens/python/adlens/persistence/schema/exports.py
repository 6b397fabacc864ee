"""The table of exports."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, ForeignKeyConstraint, Index, Text, Uuid, desc
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from adlens.persistence.schema.base import Base, Count, Json, Now, Timestamp, WorkspaceKey


class ExportRow(Base):
    """`filters` is the whole filter, `group_ids` the groups it names: what lists of exports are filtered by. The claim
    columns are set while a worker writes it, those of the file once it is in the store.
    """

    __tablename__ = "exports"

    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    created_at: Mapped[Now]
    updated_at: Mapped[Now]
    ended_at: Mapped[Timestamp | None]

    format: Mapped[str]
    filters: Mapped[Json]
    group_ids: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    with_embeddings: Mapped[bool] = mapped_column(server_default="false")
    separator: Mapped[str] = mapped_column(server_default="comma")

    state: Mapped[str] = mapped_column(server_default="PENDING")
    done: Mapped[Count]
    total: Mapped[int | None] = mapped_column(BigInteger)
    failure_code: Mapped[str | None]
    failure_reason: Mapped[str | None] = mapped_column(Text)

    claim_token: Mapped[UUID | None]
    claimant: Mapped[str | None]
    claim_expires_at: Mapped[Timestamp | None]

    object_key: Mapped[str | None]
    rows: Mapped[int | None] = mapped_column(BigInteger)
    bytes: Mapped[int | None] = mapped_column(BigInteger)
    sha256: Mapped[str | None]


class ExportContents(Base):
    """The creatives that are in the file of an export, by parts."""

    __tablename__ = "export_contents"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "export_id"], ["exports.workspace_id", "exports.id"], ondelete="CASCADE"),
        Index("export_contents_creatives", "creative_ids", postgresql_using="gin"),
    )

    workspace_id: Mapped[WorkspaceKey]
    export_id: Mapped[UUID] = mapped_column(primary_key=True)
    part: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    creative_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))


Index("exports_newest", ExportRow.workspace_id, desc(ExportRow.created_at), desc(ExportRow.id))

Index("exports_ended", ExportRow.ended_at, postgresql_where="ended_at IS NOT NULL")

Index("exports_unfinished", ExportRow.updated_at, postgresql_where="ended_at IS NULL")
