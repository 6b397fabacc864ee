"""Roll-ups: counts and sums of groups and of workspaces."""

from __future__ import annotations

from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ForeignKey,
    Index,
    desc,
)
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from adlens.persistence.schema.base import Base, Count, GroupKey, Now, Sum, WorkspaceKey, group_reference


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
        return (group_reference(),)


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
