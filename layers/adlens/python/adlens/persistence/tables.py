"""The tables. Check constraints and the order of creation live in `migrations`, where the database enforces them.

Clients make the ids of creatives and groups, so these are unique within a workspace only: every key starts with
`workspace_id`, and every foreign key carries it along. A row can never point into another workspace.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pgvector.sqlalchemy import Vector
from sqlalchemy import (
    BigInteger,
    DateTime,
    Dialect,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Numeric,
    Text,
    TypeDecorator,
    Uuid,
    desc,
    func,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


def storable(value: str) -> str:
    """`value` without what PostgreSQL's UTF-8 text cannot hold: NUL and lone surrogates, as broken file names have."""
    return value.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


class FreeText(TypeDecorator[str]):
    """Text from outside: file names, recognised text, reasons."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else storable(value)


Timestamp = Annotated[datetime, mapped_column(DateTime(timezone=True))]
Now = Annotated[datetime, mapped_column(DateTime(timezone=True), server_default=func.now())]
# Six fixed digits instead of binary fractions: sums are exact, so roll-ups kept by differences equal a recount.
Share = Annotated[float, mapped_column(Numeric(9, 6, asdecimal=False))]
Seconds = Annotated[float, mapped_column(Numeric(14, 6, asdecimal=False))]
Sum = Annotated[Decimal, mapped_column(Numeric(20, 6), server_default="0")]
Count = Annotated[int, mapped_column(BigInteger, server_default="0")]
WorkspaceKey = Annotated[UUID, mapped_column(Uuid, primary_key=True)]
CreativeKey = Annotated[UUID, mapped_column(Uuid, primary_key=True)]
GroupKey = Annotated[str, mapped_column(Text, primary_key=True)]
Position = Annotated[int, mapped_column(primary_key=True, autoincrement=False)]
Json = Annotated[dict[str, Any], mapped_column(JSONB)]
JsonList = Annotated[list[Any], mapped_column(JSONB)]


class Base(DeclarativeBase):
    type_annotation_map = {str: Text}  # noqa: RUF012 - SQLAlchemy's own convention


def _of_creative() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["workspace_id", "creative_id"], ["creatives.workspace_id", "creatives.id"], ondelete="CASCADE"
    )


def _of_group() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["workspace_id", "group_id"], ["groups.workspace_id", "groups.id"], ondelete="CASCADE")


class Workspace(Base):
    __tablename__ = "workspaces"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(FreeText)
    created_at: Mapped[Now]


class ApiKey(Base):
    """`digest` is the SHA-256 of the whole key; `prefix` finds the row and is safe to show."""

    __tablename__ = "api_keys"
    __table_args__ = (Index("api_keys_workspace", "workspace_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"))
    prefix: Mapped[str] = mapped_column(unique=True)
    digest: Mapped[bytes]
    name: Mapped[str] = mapped_column(FreeText)
    created_at: Mapped[Now]
    last_used_at: Mapped[Timestamp | None]
    revoked_at: Mapped[Timestamp | None]


class Setting(Base):
    __tablename__ = "settings"

    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[int]
    updated_at: Mapped[Now]


class Group(Base):
    __tablename__ = "groups"

    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True)
    id: Mapped[GroupKey]
    created_at: Mapped[Now]
    name: Mapped[str | None] = mapped_column(FreeText)


Index("groups_newest", Group.workspace_id, desc(Group.created_at), desc(Group.id))


class Creative(Base):
    """`revision` counts the analyses asked for, `analysed_revision` is the last one that ended.

    `event_etag` and `sequencer` are those of the newest object event heard of; `etag` is that of the bytes last read,
    which may be newer than the event that led to them. The claim columns are set while somebody is at it.
    """

    __tablename__ = "creatives"
    __table_args__ = (
        _of_group(),
        Index("creatives_of_group", "workspace_id", "group_id", "uploaded_at", "id"),
        Index("creatives_by_time", "workspace_id", "uploaded_at", "id"),
        Index("creatives_by_name", "workspace_id", "filename", "id"),
        Index("creatives_unfinished", "updated_at", postgresql_where="status IN ('PENDING', 'PROCESSING')"),
    )

    workspace_id: Mapped[WorkspaceKey]
    id: Mapped[CreativeKey]
    group_id: Mapped[str]
    filename: Mapped[str] = mapped_column(FreeText)
    object_key: Mapped[str]
    uploaded_at: Mapped[Now]
    updated_at: Mapped[Now]

    status: Mapped[str] = mapped_column(server_default="PENDING")
    failure_code: Mapped[str | None]
    failure_reason: Mapped[str | None] = mapped_column(FreeText)

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
    has_preview: Mapped[bool] = mapped_column(server_default="false")


class StageRun(Base):
    """A stage of the analysis under way, or of the last one. A stage without a row has not started."""

    __tablename__ = "stage_runs"
    __table_args__ = (_of_creative(),)

    workspace_id: Mapped[WorkspaceKey]
    creative_id: Mapped[CreativeKey]
    stage: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str]
    started_at: Mapped[Timestamp | None]
    seconds: Mapped[Seconds | None]
    reason: Mapped[str | None] = mapped_column(FreeText)


class Analysis(Base):
    """The findings that are no lists. `class_scores` is null when no objects were looked for, `topic` when none was.

    `stages` are the stage runs that made these findings; `stage_runs` may already tell of a newer analysis. `words` are
    the distinct words of the text, without those that mean nothing alone.
    """

    __tablename__ = "analyses"
    __table_args__ = (
        _of_creative(),
        Index("analyses_of_topic", "workspace_id", "topic", "topic_confidence"),
        Index("analyses_words", "words", postgresql_using="gin"),
    )

    workspace_id: Mapped[WorkspaceKey]
    creative_id: Mapped[CreativeKey]
    revision: Mapped[int]
    analysed_at: Mapped[Now]
    seconds: Mapped[Seconds]
    stages: Mapped[JsonList]
    bundle_name: Mapped[str]
    bundle_version: Mapped[str]
    bundle_checksum: Mapped[str]
    engines: Mapped[Json]
    has_text: Mapped[bool]
    has_palette: Mapped[bool]
    class_scores: Mapped[Json | None] = mapped_column(JSONB(none_as_null=True))
    topic: Mapped[str | None]
    topic_confidence: Mapped[Share | None]
    topic_scores: Mapped[Json | None] = mapped_column(JSONB(none_as_null=True))
    topic_evidence: Mapped[JsonList | None] = mapped_column(JSONB(none_as_null=True))
    words: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")


class _Box:
    x1: Mapped[float]
    y1: Mapped[float]
    x2: Mapped[float]
    y2: Mapped[float]


class TextBlock(_Box, Base):
    __tablename__ = "text_blocks"
    __table_args__ = (_of_creative(),)

    workspace_id: Mapped[WorkspaceKey]
    creative_id: Mapped[CreativeKey]
    position: Mapped[Position]
    text: Mapped[str] = mapped_column(FreeText)
    confidence: Mapped[Share]
    polygon: Mapped[JsonList]
    language: Mapped[str | None]


class DetectedObject(_Box, Base):
    __tablename__ = "detected_objects"
    __table_args__ = (_of_creative(), Index("detected_objects_of_class", "workspace_id", "class_name", "creative_id"))

    workspace_id: Mapped[WorkspaceKey]
    creative_id: Mapped[CreativeKey]
    position: Mapped[Position]
    class_name: Mapped[str]
    confidence: Mapped[Share]


class Swatch(Base):
    __tablename__ = "swatches"
    __table_args__ = (_of_creative(), Index("swatches_of_class", "workspace_id", "color_class", "creative_id"))

    workspace_id: Mapped[WorkspaceKey]
    creative_id: Mapped[CreativeKey]
    position: Mapped[Position]
    hex: Mapped[str]
    percent: Mapped[Share]
    role: Mapped[str]
    color_class: Mapped[str]


class Embedding(Base):
    """`vector` has no fixed length: it is the model's, and `bundle_checksum` says which model's."""

    __tablename__ = "embeddings"
    __table_args__ = (_of_creative(),)

    workspace_id: Mapped[WorkspaceKey]
    creative_id: Mapped[CreativeKey]
    bundle_checksum: Mapped[str]
    vector: Mapped[Any] = mapped_column(Vector())


class TopicCorrection(Base):
    """What a person said a creative's topic is: training data, so all of them are kept."""

    __tablename__ = "topic_corrections"
    __table_args__ = (_of_creative(), Index("topic_corrections_of_creative", "workspace_id", "creative_id"))

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    workspace_id: Mapped[UUID]
    creative_id: Mapped[UUID]
    predicted: Mapped[str | None]
    topic: Mapped[str]
    corrected_at: Mapped[Now]


class ModelBundle(Base):
    """Bundles that workers have reported; the newest `reported_at` is the one in use."""

    __tablename__ = "model_bundles"

    checksum: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    version: Mapped[str]
    engines: Mapped[Json]
    about: Mapped[Json] = mapped_column(server_default="{}")
    first_seen_at: Mapped[Now]
    reported_at: Mapped[Now]


class GroupRollup(Base):
    """Counts and sums over a group. `topics` and `topic_confidence` are over creatives that have a topic."""

    __tablename__ = "group_rollup"
    __table_args__ = (_of_group(),)

    workspace_id: Mapped[WorkspaceKey]
    group_id: Mapped[GroupKey]
    creatives: Mapped[Count]
    analysed: Mapped[Count]
    seconds: Mapped[Sum]
    text_blocks: Mapped[Count]
    text_confidence: Mapped[Sum]
    objects: Mapped[Count]
    object_confidence: Mapped[Sum]
    topics: Mapped[Count]
    topic_confidence: Mapped[Sum]
    updated_at: Mapped[Now]


class GroupTopicRollup(Base):
    """`seconds` is what the creatives of the topic took."""

    __tablename__ = "group_topic_rollup"
    __table_args__ = (_of_group(),)

    workspace_id: Mapped[WorkspaceKey]
    group_id: Mapped[GroupKey]
    topic: Mapped[str] = mapped_column(primary_key=True)
    creatives: Mapped[Count]
    text_blocks: Mapped[Count]
    text_confidence: Mapped[Sum]
    objects: Mapped[Count]
    object_confidence: Mapped[Sum]
    topic_confidence: Mapped[Sum]
    seconds: Mapped[Sum]


class FindingKind(StrEnum):
    """What `GroupFindingRollup` counts creatives by."""

    OBJECT = "object"
    COLOR_CLASS = "color_class"
    WORD = "word"


class GroupFindingRollup(Base):
    """How many creatives of a group have a finding, however often: an object's class, a swatch's class, a word."""

    __tablename__ = "group_finding_rollup"
    __table_args__ = (_of_group(),)

    workspace_id: Mapped[WorkspaceKey]
    group_id: Mapped[GroupKey]
    kind: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    creatives: Mapped[Count]


class GroupColorRollup(Base):
    """How many creatives of a group have a colour among their dominant swatches."""

    __tablename__ = "group_color_rollup"
    __table_args__ = (_of_group(),)

    workspace_id: Mapped[WorkspaceKey]
    group_id: Mapped[GroupKey]
    hex: Mapped[str] = mapped_column(primary_key=True)
    creatives: Mapped[Count]


class GroupTopicColorRollup(Base):
    """Percents of all swatches added up per topic and colour class; the topic is '' for creatives without one."""

    __tablename__ = "group_topic_color_rollup"
    __table_args__ = (_of_group(),)

    workspace_id: Mapped[WorkspaceKey]
    group_id: Mapped[GroupKey]
    topic: Mapped[str] = mapped_column(primary_key=True)
    color_class: Mapped[str] = mapped_column(primary_key=True)
    swatches: Mapped[Count]
    percent: Mapped[Sum]
