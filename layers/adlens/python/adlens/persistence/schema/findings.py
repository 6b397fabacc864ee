"""What analyses found, and which models made them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pgvector.sqlalchemy import BIT, HALFVEC
from sqlalchemy import (
    BigInteger,
    Computed,
    Identity,
    Index,
    Text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from adlens.persistence.schema.base import (
    Base,
    CreativeKey,
    Json,
    JsonList,
    Now,
    Position,
    Seconds,
    Share,
    Timestamp,
    WorkspaceKey,
    creative_reference,
)


class StageRun(Base):
    """A stage of the analysis under way, or of the last one. A stage without a row has not started."""

    __tablename__ = "stage_runs"
    __table_args__ = (creative_reference(),)

    workspace_id: Mapped[WorkspaceKey]
    creative_id: Mapped[CreativeKey]
    stage: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str]
    started_at: Mapped[Timestamp | None]
    seconds: Mapped[Seconds | None]
    reason: Mapped[str | None] = mapped_column(Text)


class Analysis(Base):
    """The findings that are no lists. `class_scores` is null when no objects were looked for, `topic` when none was.

    `stages` are the stage runs that made these findings; `stage_runs` may be those of a newer analysis. `words` are
    the distinct words of the text, without those that mean nothing alone. `topic_corrected`: a person chose the topic;
    `topic_sure` stays the model's. `weak_objects` are objects with the columns of `detected_objects`.
    """

    __tablename__ = "analyses"
    __table_args__ = (creative_reference(),)

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
    topic_corrected: Mapped[bool] = mapped_column(server_default="false")
    topic_sure: Mapped[bool] = mapped_column(server_default="false")
    weak_objects: Mapped[JsonList] = mapped_column(server_default="[]")


class _Box:
    x1: Mapped[float]
    y1: Mapped[float]
    x2: Mapped[float]
    y2: Mapped[float]


class TextBlock(_Box, Base):
    __tablename__ = "text_blocks"
    __table_args__ = (creative_reference(),)

    workspace_id: Mapped[WorkspaceKey]
    creative_id: Mapped[CreativeKey]
    position: Mapped[Position]
    text: Mapped[str] = mapped_column(Text)
    confidence: Mapped[Share]
    polygon: Mapped[JsonList]
    language: Mapped[str | None]


class DetectedObject(_Box, Base):
    __tablename__ = "detected_objects"
    __table_args__ = (creative_reference(),)

    workspace_id: Mapped[WorkspaceKey]
    creative_id: Mapped[CreativeKey]
    position: Mapped[Position]
    class_name: Mapped[str]
    confidence: Mapped[Share]


class Swatch(Base):
    __tablename__ = "swatches"
    __table_args__ = (creative_reference(),)

    workspace_id: Mapped[WorkspaceKey]
    creative_id: Mapped[CreativeKey]
    position: Mapped[Position]
    hex: Mapped[str]
    percent: Mapped[Share]
    role: Mapped[str]
    color_class: Mapped[str]


CODE = """(binary_quantize(vector)::bit(512)
|| ('x' || md5(workspace_id::text || bundle_checksum))::bit(128)
|| ('x' || md5(bundle_checksum || workspace_id::text))::bit(128))::bit(768)"""


class Embedding(Base):
    """`vector` has no fixed length: it is the model's, and `bundle_checksum` says which model's.

    `code` is what an index can hold of all of them: the signs of the first 512 numbers, then 256 bits that are the same
    for what may be compared, one workspace's vectors of one bundle, and differ in about half from all others'.
    """

    __tablename__ = "embeddings"
    __table_args__ = (
        creative_reference(),
        Index(
            "embeddings_alike",
            "code",
            postgresql_using="hnsw",
            postgresql_ops={"code": "bit_hamming_ops"},
        ),
    )

    workspace_id: Mapped[WorkspaceKey]
    creative_id: Mapped[CreativeKey]
    bundle_checksum: Mapped[str]
    vector: Mapped[Any] = mapped_column(HALFVEC())
    code: Mapped[str] = mapped_column(BIT(768), Computed(CODE, persisted=True), deferred=True)


class TopicCorrection(Base):
    """A topic that a person chose. All rows stay, as training data. A row without a topic takes back the one before."""

    __tablename__ = "topic_corrections"
    __table_args__ = (creative_reference(), Index("topic_corrections_of_creative", "workspace_id", "creative_id"))

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    workspace_id: Mapped[UUID]
    creative_id: Mapped[UUID]
    predicted: Mapped[str | None]
    topic: Mapped[str | None]
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
