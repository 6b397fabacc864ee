"""The table of jobs."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text, desc
from sqlalchemy.orm import Mapped, mapped_column

from adlens.persistence.schema.base import Base, Count, Json, Now, Timestamp


class JobRow(Base):
    """`instructions` is the order of its kind, `cursor` where the next page begins, `report` a
    `domain.performance.PerformanceReport`. The claim columns are set while a worker is at it.
    """

    __tablename__ = "jobs"

    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    created_at: Mapped[Now]
    updated_at: Mapped[Now]
    ended_at: Mapped[Timestamp | None]

    kind: Mapped[str]
    instructions: Mapped[Json]
    asked_by: Mapped[str | None]

    state: Mapped[str] = mapped_column(server_default="PENDING")
    done: Mapped[Count]
    total: Mapped[Count]
    cursor: Mapped[Json] = mapped_column(server_default="{}")
    failure_code: Mapped[str | None]
    failure_reason: Mapped[str | None] = mapped_column(Text)
    report: Mapped[Json | None] = mapped_column(deferred=True)

    claim_token: Mapped[UUID | None]
    claimant: Mapped[str | None]
    claim_expires_at: Mapped[Timestamp | None]


Index("jobs_newest", JobRow.workspace_id, desc(JobRow.created_at), desc(JobRow.id))

Index("jobs_ended", JobRow.ended_at, postgresql_where="ended_at IS NOT NULL")

Index("jobs_unfinished", JobRow.updated_at, postgresql_where="ended_at IS NULL")
