"""Browsing a workspace's creatives: filtered, in any order, from one to the next, and by likeness."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Engine, Select, func, literal, or_, select, tuple_
from sqlalchemy.orm import Session

from adlens.domain.analysis import SwatchRole
from adlens.domain.creative import Status
from adlens.domain.errors import UnknownCreative
from adlens.domain.gallery import (
    LEAST_SIMILARITY,
    CreativeCard,
    CreativeFilter,
    CreativeOrder,
    Gallery,
    Neighbours,
    SimilarCreative,
)
from adlens.domain.words import fold
from adlens.persistence import mapping
from adlens.persistence.paging import cursor_of, like_part, read_cursor, some
from adlens.persistence.queries import check_group
from adlens.persistence.session import transactional
from adlens.persistence.tables import Analysis, Creative, DetectedObject, Embedding, Swatch, TextBlock, storable


class PostgresGallery:
    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @transactional
    def browse(
        self,
        session: Session,
        workspace_id: UUID,
        chosen: CreativeFilter,
        order: CreativeOrder,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Gallery:
        """The creatives that `chosen` is true of. Raises UnknownGroup, and InvalidValue for a foreign cursor."""
        keyset = _keyset(order)
        statement = keyset.ordered(_matching(session, workspace_id, chosen, *_CARD, keyset.key.label("sort_key")))
        if cursor is not None:
            statement = statement.where(keyset.after(*read_cursor(cursor, keyset.read, UUID, order)))
        rows, more = some(session, statement, limit)
        return Gallery(
            _cards(session, workspace_id, rows),
            session.scalars(_matching(session, workspace_id, chosen, func.count())).one(),
            cursor_of(rows[-1].sort_key, rows[-1].Creative.id, order) if more else None,
        )

    @transactional
    def neighbours(
        self, session: Session, workspace_id: UUID, creative_id: UUID, chosen: CreativeFilter, order: CreativeOrder
    ) -> Neighbours:
        """Where a creative stands among those that `chosen` is true of, or would stand when it is not one of them.

        Raises UnknownCreative and UnknownGroup.
        """
        keyset = _keyset(order)
        key = session.execute(
            _matching(session, workspace_id, CreativeFilter(), keyset.key).where(Creative.id == creative_id)
        ).one_or_none()
        if key is None:
            raise UnknownCreative(f"There is no creative {creative_id}.")
        own = (key[0], creative_id)
        ids, count = (_matching(session, workspace_id, chosen, what) for what in (Creative.id, func.count()))
        previous, following, before, total = session.execute(
            select(
                keyset.ordered(ids.where(keyset.before(*own)), backwards=True).limit(1).scalar_subquery(),
                keyset.ordered(ids.where(keyset.after(*own))).limit(1).scalar_subquery(),
                count.where(keyset.before(*own)).scalar_subquery(),
                count.scalar_subquery(),
            )
        ).one()
        return Neighbours(previous, following, before + 1, total)

    @transactional
    def similar(
        self, session: Session, workspace_id: UUID, creative_id: UUID, limit: int
    ) -> tuple[SimilarCreative, ...]:
        """The creatives most like one, best first, none less than LEAST_SIMILARITY; compared are embeddings of the same
        model bundle. Raises UnknownCreative.
        """
        if session.get(Creative, (workspace_id, creative_id)) is None:
            raise UnknownCreative(f"There is no creative {creative_id}.")
        own = session.get(Embedding, (workspace_id, creative_id))
        if own is None:
            return ()
        distance = Embedding.vector.cosine_distance(own.vector)
        # The level is checked on what was sorted: nothing else may be measured, for other bundles' vectors have other
        # lengths.
        nearest = session.execute(
            select(*_CARD, (1 - distance).label("similarity"))
            .join_from(Embedding, Creative, _of_creative(Embedding))
            .outerjoin(Analysis, _of_creative(Analysis))
            .where(Embedding.workspace_id == workspace_id, Embedding.bundle_checksum == own.bundle_checksum)
            .where(Embedding.creative_id != creative_id)
            .order_by(distance, Embedding.creative_id)
            .limit(limit)
        ).all()
        rows = [row for row in nearest if row.similarity >= LEAST_SIMILARITY]
        cards = _cards(session, workspace_id, rows)
        return tuple(SimilarCreative(card, min(row.similarity, 1.0)) for card, row in zip(cards, rows, strict=True))


# --- cards ----------------------------------------------------------------------------------------------------------

_CARD = (Creative, Analysis.topic, Analysis.topic_confidence)


def _cards(session: Session, workspace_id: UUID, rows: Sequence[Any]) -> tuple[CreativeCard, ...]:
    """Cards of rows that hold `_CARD`, with their swatches in one query."""
    swatches: dict[UUID, list[Swatch]] = defaultdict(list)
    for swatch in session.scalars(
        select(Swatch)
        .where(Swatch.workspace_id == workspace_id, Swatch.creative_id.in_([row.Creative.id for row in rows]))
        .where(Swatch.role == SwatchRole.DOMINANT.value)
        .order_by(Swatch.creative_id, Swatch.position)
    ):
        swatches[swatch.creative_id].append(swatch)
    return tuple(
        CreativeCard(
            id=row.Creative.id,
            group_id=row.Creative.group_id,
            filename=row.Creative.filename,
            object_key=row.Creative.object_key,
            status=Status(row.Creative.status),
            uploaded_at=row.Creative.uploaded_at,
            facts=mapping.facts(row.Creative),
            failure=mapping.failure(row.Creative),
            topic=row.topic,
            topic_confidence=row.topic_confidence,
            dominant=mapping.palette(swatches[row.Creative.id]),
            has_preview=row.Creative.has_preview,
        )
        for row in rows
    )


# --- filters --------------------------------------------------------------------------------------------------------


def _matching(session: Session, workspace_id: UUID, chosen: CreativeFilter, *columns: Any) -> Select[Any]:
    """`columns` of the creatives that `chosen` is true of. Raises UnknownGroup."""
    statement = (
        select(*columns)
        .select_from(Creative)
        .outerjoin(Analysis, _of_creative(Analysis))
        .where(Creative.workspace_id == workspace_id)
    )
    if chosen.group_id is not None:
        check_group(session, workspace_id, chosen.group_id)
        statement = statement.where(Creative.group_id == chosen.group_id)
    if chosen.status is not None:
        statement = statement.where(Creative.status == chosen.status.value)
    if chosen.topic is not None:
        statement = statement.where(Analysis.topic == storable(chosen.topic))
    if chosen.min_confidence is not None:
        statement = statement.where(Analysis.topic_confidence >= chosen.min_confidence)
    if chosen.max_confidence is not None:
        statement = statement.where(Analysis.topic_confidence <= chosen.max_confidence)
    if chosen.color_class is not None:
        statement = statement.where(_has(Swatch, Swatch.color_class == storable(chosen.color_class)))
    if chosen.object_class is not None:
        statement = statement.where(_has(DetectedObject, DetectedObject.class_name == storable(chosen.object_class)))
    if chosen.word is not None:
        statement = statement.where(Analysis.words.contains([storable(fold(chosen.word))]))
    if chosen.text is not None:
        part = like_part(chosen.text)
        statement = statement.where(or_(Creative.filename.ilike(part), _has(TextBlock, TextBlock.text.ilike(part))))
    return statement


def _has(table: type[Swatch | DetectedObject | TextBlock], condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return select(literal(1)).where(_of_creative(table), condition).correlate(Creative).exists()


def _of_creative(table: type[Analysis | Embedding | Swatch | DetectedObject | TextBlock]) -> ColumnElement[bool]:
    return (table.workspace_id == Creative.workspace_id) & (table.creative_id == Creative.id)


# --- order ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Keyset:
    """An order by `key`, then by id, in one direction. `read` makes a key of what JSON kept of it."""

    key: ColumnElement[Any]
    descending: bool
    read: Callable[[Any], Any]

    def ordered(self, statement: Select[Any], backwards: bool = False) -> Select[Any]:
        columns = (self.key, Creative.id)
        return statement.order_by(*((c.desc() for c in columns) if self.descending is not backwards else columns))

    def after(self, key: Any, id_: UUID) -> ColumnElement[bool]:
        own = tuple_(self.key, Creative.id)
        return own < (key, id_) if self.descending else own > (key, id_)

    def before(self, key: Any, id_: UUID) -> ColumnElement[bool]:
        own = tuple_(self.key, Creative.id)
        return own > (key, id_) if self.descending else own < (key, id_)


def _keyset(order: CreativeOrder) -> _Keyset:
    match order.column:
        case "uploaded_at":
            return _Keyset(Creative.uploaded_at.expression, order.descending, datetime.fromisoformat)
        case "filename":
            return _Keyset(Creative.filename.expression, order.descending, str)
        case _:
            # Beyond every confidence, at the end of either direction.
            nothing = -1 if order.descending else 2
            return _Keyset(func.coalesce(Analysis.topic_confidence, nothing), order.descending, float)
