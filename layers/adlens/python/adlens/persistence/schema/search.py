"""What creatives are filtered, counted and searched by."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Index,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from adlens.persistence.schema.base import Base, CreativeKey, Timestamp, WorkspaceKey, creative_reference


class Facts(Base):
    """What creatives are filtered and counted by: one narrow row each. Triggers of `creatives` make it and keep its
    status; what was found comes with the analysis (`persistence.search.facts`).

    `color_classes` has the bit n set for the class at n of `domain.colors.COLOR_CLASSES`; `objects` names each class
    found once, `object_count` counts all objects; `text_share` is the part of the picture under text, in [0, 1].
    `marks` and `words` are hashes that say what the creative has (`persistence.search.tokens`); `palette` packs its
    swatches (`persistence.search.facts`). `topic_decision` is a value of `domain.analysis.Decision`, null without a
    topic.
    """

    __tablename__ = "creative_facts"
    __table_args__ = (
        creative_reference(),
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
    """Words that a workspace's creatives have, by their token in `Facts.words`; `keys` are hashes that lead from a
    stem, a misspelling or a part to the word (`persistence.search.tokens`). `counted` words are those of
    `Analysis.words`.
    """

    __tablename__ = "vocabulary"
    __table_args__ = (Index("vocabulary_keys", "keys", postgresql_using="gin"),)

    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True)
    token: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    word: Mapped[str]
    counted: Mapped[bool]
    keys: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))


class GoneWord(Base):
    """A word of a creative that was deleted or has changed: forgotten if no other creative has it
    (`persistence.search.gone_words`). `token` is that of the vocabulary.
    """

    __tablename__ = "gone_words"

    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True)
    token: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
