"""Groups, creatives, and what waits for analysis or removal."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Index,
    Text,
    desc,
)
from sqlalchemy.orm import Mapped, mapped_column

from adlens.persistence.schema.base import (
    Base,
    Count,
    CreativeKey,
    GroupKey,
    Now,
    Timestamp,
    WorkspaceKey,
    creative_reference,
    group_reference,
)


class Group(Base):
    __tablename__ = "groups"

    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True)
    id: Mapped[GroupKey]
    created_at: Mapped[Now]
    name: Mapped[str | None] = mapped_column(Text)


Index("groups_newest", Group.workspace_id, desc(Group.created_at), desc(Group.id))


class Creative(Base):
    """`revision` counts the analyses asked for, `analysed_revision` is the last one that ended.

    `event_etag` and `sequencer` are those of the newest object event heard of; `etag` is that of the bytes last read,
    which may be newer than the event that led to them. The claim columns are set while a worker analyses it.
    """

    __tablename__ = "creatives"
    __table_args__ = (
        group_reference(),
        Index("creatives_of_group", "workspace_id", "group_id", "uploaded_at", "id"),
        Index("creatives_object_key", "object_key"),  # COLLATE "C": in the order of a store's keys
        Index("creatives_trashed", "trashed_at", postgresql_where="trashed_at IS NOT NULL"),
        Index("creatives_unfinished", "updated_at", postgresql_where="status IN ('PENDING', 'PROCESSING')"),
        Index(
            "creatives_never_analysed",
            "workspace_id",
            postgresql_where="status IN ('PENDING', 'PROCESSING') AND analysed_revision = 0",
        ),
    )

    workspace_id: Mapped[WorkspaceKey]
    id: Mapped[CreativeKey]
    group_id: Mapped[str]
    filename: Mapped[str] = mapped_column(Text)
    object_key: Mapped[str]
    uploaded_at: Mapped[Now]
    updated_at: Mapped[Now]
    trashed_at: Mapped[Timestamp | None]

    status: Mapped[str] = mapped_column(server_default="PENDING")
    failure_code: Mapped[str | None]
    failure_reason: Mapped[str | None] = mapped_column(Text)

    revision: Mapped[int] = mapped_column(server_default="1")
    analysed_revision: Mapped[int] = mapped_column(server_default="0")
    etag: Mapped[str | None]
    event_etag: Mapped[str | None]
    sequencer: Mapped[str | None]
    claim_token: Mapped[UUID | None]
    claimant: Mapped[str | None]
    claimed_revision: Mapped[int | None]
    claim_expires_at: Mapped[Timestamp | None]

    size: Mapped[int | None] = mapped_column(BigInteger)
    format: Mapped[str | None]
    width: Mapped[int | None]
    height: Mapped[int | None]
    bytes: Mapped[int | None] = mapped_column(BigInteger)
    sha256: Mapped[str | None]
    phash: Mapped[str | None]
    ground: Mapped[str | None]
    has_preview: Mapped[bool] = mapped_column(server_default="false")


class Waiting(Base):
    """A creative that waits for the analysis `revision`, until that has ended (`persistence.creatives.turns`): the
    lowest `turn` is next. `again` tells repeated analyses from uploads. `taken_by` is the queue message that has taken
    it, until `free_at` for itself alone.
    """

    __tablename__ = "waiting"
    __table_args__ = (
        creative_reference(),
        Index("waiting_turns", "turn", postgresql_where="taken_by IS NULL"),
        Index("waiting_taken", "taken_by", postgresql_where="taken_by IS NOT NULL"),
        Index("waiting_of_flow", "workspace_id", "again", "turn"),
    )

    workspace_id: Mapped[WorkspaceKey]
    creative_id: Mapped[CreativeKey]
    revision: Mapped[int]
    again: Mapped[bool]
    turn: Mapped[int] = mapped_column(BigInteger)
    taken_by: Mapped[str | None]
    free_at: Mapped[Timestamp | None]


class Removal(Base):
    """A file that is to go from its store at `due`: soon after the deletion, and once more when no form and no worker
    of before can store any (`services.remove_files`). `store` is a `domain.stored_files.FileKind`: that of an upload
    has its preview removed as well. It outlives the workspace.
    """

    __tablename__ = "removals"
    __table_args__ = (Index("removals_due", "due"),)

    workspace_id: Mapped[WorkspaceKey]
    object_key: Mapped[str] = mapped_column(primary_key=True)
    store: Mapped[str] = mapped_column(server_default="uploads")
    deleted_at: Mapped[Now]
    due: Mapped[Now]


class StorageCheck(Base):
    """The check of a store, as `domain.stored_files.CheckState`."""

    __tablename__ = "storage_checks"

    store: Mapped[str] = mapped_column(primary_key=True)
    after: Mapped[str] = mapped_column(server_default="")
    objects: Mapped[Count]
    rows: Mapped[Count]
    last_objects: Mapped[Count]
    last_rows: Mapped[Count]
