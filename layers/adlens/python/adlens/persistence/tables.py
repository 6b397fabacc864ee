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

from pgvector.sqlalchemy import BIT, HALFVEC
from sqlalchemy import (
    BigInteger,
    Computed,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Numeric,
    Text,
    Uuid,
    desc,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column

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
    which may be newer than the event that led to them. The claim columns are set while somebody is at it.
    """

    __tablename__ = "creatives"
    __table_args__ = (
        _of_group(),
        Index("creatives_of_group", "workspace_id", "group_id", "uploaded_at", "id"),
        Index("creatives_unfinished", "updated_at", postgresql_where="status IN ('PENDING', 'PROCESSING')"),
    )

    workspace_id: Mapped[WorkspaceKey]
    id: Mapped[CreativeKey]
    group_id: Mapped[str]
    filename: Mapped[str] = mapped_column(Text)
    object_key: Mapped[str]
    uploaded_at: Mapped[Now]
    updated_at: Mapped[Now]

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
    """A creative that waits for the analysis `revision`, until that has ended (`persistence.turns`): the lowest `turn`
    is next. `again` tells repeated analyses from uploads. `taken_by` is the queue message that has taken it, until
    `free_at` for itself alone.
    """

    __tablename__ = "waiting"
    __table_args__ = (
        _of_creative(),
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
    """Files of a deleted creative that are to go from their stores at `due`: soon after the deletion, and once more
    when no form and no worker of before can store any (`services.remove_files`). It outlives the workspace.
    """

    __tablename__ = "removals"
    __table_args__ = (Index("removals_due", "due"),)

    workspace_id: Mapped[WorkspaceKey]
    object_key: Mapped[str] = mapped_column(primary_key=True)
    deleted_at: Mapped[Now]
    due: Mapped[Now]


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
    reason: Mapped[str | None] = mapped_column(Text)


class Analysis(Base):
    """The findings that are no lists. `class_scores` is null when no objects were looked for, `topic` when none was.

    `stages` are the stage runs that made these findings; `stage_runs` may already tell of a newer analysis. `words` are
    the distinct words of the text, without those that mean nothing alone. `topic_corrected`: a person said the topic;
    `topic_sure` stays the model's. `weak_objects` are objects with the columns of `detected_objects`.
    """

    __tablename__ = "analyses"
    __table_args__ = (_of_creative(),)

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
    __table_args__ = (_of_creative(),)

    workspace_id: Mapped[WorkspaceKey]
    creative_id: Mapped[CreativeKey]
    position: Mapped[Position]
    text: Mapped[str] = mapped_column(Text)
    confidence: Mapped[Share]
    polygon: Mapped[JsonList]
    language: Mapped[str | None]


class DetectedObject(_Box, Base):
    __tablename__ = "detected_objects"
    __table_args__ = (_of_creative(),)

    workspace_id: Mapped[WorkspaceKey]
    creative_id: Mapped[CreativeKey]
    position: Mapped[Position]
    class_name: Mapped[str]
    confidence: Mapped[Share]


class Swatch(Base):
    __tablename__ = "swatches"
    __table_args__ = (_of_creative(),)

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
        _of_creative(),
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


class Facts(Base):
    """What creatives are filtered and counted by: one narrow row each. Triggers of `creatives` make it and keep its
    status; what was found comes with the analysis (`persistence.facts`).

    `color_classes` has the bit n set for the class at n of `domain.colors.COLOR_CLASSES`; `objects` names each class
    found once, `object_count` counts all objects; `text_share` is the part of the picture under text, in [0, 1].
    `marks` and `words` are hashes that say what the creative has (`persistence.tokens`); `palette` packs its swatches
    (`persistence.facts`). `topic_decision` is a value of `domain.analysis.Decision`, null without a topic.
    """

    __tablename__ = "creative_facts"
    __table_args__ = (
        _of_creative(),
        Index("facts_by_time", "workspace_id", "uploaded_at", "creative_id"),
        Index("facts_by_name", "workspace_id", "filename", "creative_id"),
        Index("facts_of_topic", "workspace_id", "topic", "uploaded_at", "creative_id"),
        Index("facts_of_decision", "workspace_id", "topic_decision", "uploaded_at", "creative_id"),
        Index("facts_of_group", "workspace_id", "group_id", "uploaded_at", "creative_id"),
        Index(
            "facts_not_successful",
            *("workspace_id", "status", "uploaded_at", "creative_id"),
            postgresql_where="status <> 'SUCCESS'",
        ),
        Index("facts_marks", "marks", postgresql_using="gin"),
        Index("facts_words", "words", postgresql_using="gin"),
    )

    workspace_id: Mapped[WorkspaceKey]
    creative_id: Mapped[CreativeKey]
    uploaded_at: Mapped[Timestamp]
    topic_confidence: Mapped[float | None]
    text_share: Mapped[float] = mapped_column(server_default="0")
    width: Mapped[int | None]
    height: Mapped[int | None]
    color_classes: Mapped[int] = mapped_column(server_default="0")
    object_count: Mapped[int] = mapped_column(server_default="0")
    analysed: Mapped[bool] = mapped_column(server_default="false")
    status: Mapped[str]
    topic: Mapped[str | None]
    group_id: Mapped[str]
    filename: Mapped[str] = mapped_column(Text)
    objects: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    marks: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), server_default="{}")
    words: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), server_default="{}")
    palette: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), server_default="{}")
    topic_decision: Mapped[str | None]


Index("facts_most_confident", Facts.workspace_id, func.coalesce(Facts.topic_confidence, text("-1")), Facts.creative_id)
Index("facts_least_confident", Facts.workspace_id, func.coalesce(Facts.topic_confidence, text("2")), Facts.creative_id)


class Vocabulary(Base):
    """Words that a workspace's creatives have had, by their token in `Facts.words`; `keys` are hashes that lead from a
    stem, a misspelling or a part to the word (`persistence.tokens`). `counted` words are those of `Analysis.words`.
    """

    __tablename__ = "vocabulary"
    __table_args__ = (Index("vocabulary_keys", "keys", postgresql_using="gin"),)

    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True)
    token: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    word: Mapped[str]
    counted: Mapped[bool]
    keys: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))


class TopicCorrection(Base):
    """What a person said a creative's topic is: training data, so all of them are kept. Without a topic it takes back
    what was said before.
    """

    __tablename__ = "topic_corrections"
    __table_args__ = (_of_creative(), Index("topic_corrections_of_creative", "workspace_id", "creative_id"))

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


class _Figures:
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


class _OfTopic:
    topic: Mapped[str] = mapped_column(primary_key=True)
    creatives: Mapped[Count]
    text_blocks: Mapped[Count]
    text_confidence: Mapped[Sum]
    objects: Mapped[Count]
    object_confidence: Mapped[Sum]
    topic_confidence: Mapped[Sum]
    seconds: Mapped[Sum]
    unsure: Mapped[Count]


class _OfFinding:
    kind: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    creatives: Mapped[Count]


class _OfColor:
    hex: Mapped[str] = mapped_column(primary_key=True)
    creatives: Mapped[Count]


class _OfTopicAndColor:
    topic: Mapped[str] = mapped_column(primary_key=True)
    color_class: Mapped[str] = mapped_column(primary_key=True)
    swatches: Mapped[Count]
    percent: Mapped[Sum]


class FindingKind(StrEnum):
    """What `GroupFindingRollup` counts creatives by."""

    OBJECT = "object"
    COLOR_CLASS = "color_class"
    WORD = "word"


class _OfGroup:
    workspace_id: Mapped[WorkspaceKey]
    group_id: Mapped[GroupKey]

    @declared_attr.directive
    def __table_args__(cls) -> tuple[Any, ...]:  # noqa: N805
        return (_of_group(),)


class _OfWorkspace:
    """The sums of the roll-ups of all groups of a workspace, which triggers of these keep."""

    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True)


class GroupRollup(_OfGroup, _Figures, Base):
    """Counts and sums over a group. `topics` and `topic_confidence` are over creatives that have a topic."""

    __tablename__ = "group_rollup"


class GroupTopicRollup(_OfGroup, _OfTopic, Base):
    """`seconds` is what the creatives of the topic took, `unsure` how many of them have it as a guess."""

    __tablename__ = "group_topic_rollup"


class GroupFindingRollup(_OfGroup, _OfFinding, Base):
    """How many creatives of a group have a finding, however often: an object's class, a swatch's class, a word."""

    __tablename__ = "group_finding_rollup"


class GroupColorRollup(_OfGroup, _OfColor, Base):
    """How many creatives of a group have a colour among their dominant swatches."""

    __tablename__ = "group_color_rollup"


class GroupTopicColorRollup(_OfGroup, _OfTopicAndColor, Base):
    """Percents of all swatches added up per topic and colour class; the topic is '' for creatives without one."""

    __tablename__ = "group_topic_color_rollup"


class WorkspaceRollup(_OfWorkspace, _Figures, Base):
    __tablename__ = "workspace_rollup"


class WorkspaceTopicRollup(_OfWorkspace, _OfTopic, Base):
    __tablename__ = "workspace_topic_rollup"


class WorkspaceFindingRollup(_OfWorkspace, _OfFinding, Base):
    __tablename__ = "workspace_finding_rollup"


class WorkspaceColorRollup(_OfWorkspace, _OfColor, Base):
    __tablename__ = "workspace_color_rollup"


class WorkspaceTopicColorRollup(_OfWorkspace, _OfTopicAndColor, Base):
    __tablename__ = "workspace_topic_color_rollup"


_found, _colors = WorkspaceFindingRollup, WorkspaceColorRollup
Index("workspace_findings", _found.workspace_id, _found.kind, desc(_found.creatives), _found.name)
Index("workspace_colors", _colors.workspace_id, desc(_colors.creatives), _colors.hex)

# Tables of other modules, so that whoever knows these knows all.
import adlens.persistence.performance_tables  # noqa: E402, F401
