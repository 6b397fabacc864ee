"""Search: a gallery, with the lines, objects and swatches that matched in each creative."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, Text, cast, select
from sqlalchemy.orm import Session

from adlens.domain.analysis import DetectedObject, Swatch, TextBlock
from adlens.domain.color_distance import shades_of
from adlens.domain.colors import from_hex
from adlens.domain.gallery import CreativeFilter, CreativeOrder
from adlens.domain.search import Hit, SearchResult, Term
from adlens.domain.words import search_words
from adlens.persistence import mapping, schema
from adlens.persistence.search.gallery import browse
from adlens.persistence.search.plan import compile_filter
from adlens.persistence.session import transactional


class PostgresSearch:
    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @transactional
    def search(
        self,
        session: Session,
        workspace_id: UUID,
        filters: CreativeFilter,
        order: CreativeOrder,
        limit: int,
        cursor: str | None = None,
    ) -> SearchResult:
        """The creatives that match. Raises UnknownGroup, and InvalidValue for a foreign cursor."""
        plan = compile_filter(session, workspace_id, filters)
        gallery = browse(session, plan, order, limit, cursor)
        ids = [card.id for card in gallery.cards]
        text = _lines(session, workspace_id, ids, plan.terms) if plan.terms else {}
        objects = _objects(session, workspace_id, ids, filters.object_class) if filters.object_class else {}
        colors = _swatches(session, workspace_id, ids, filters.hex, filters.min_share) if filters.hex else {}
        hits = tuple(
            Hit(tuple(text.get(id_, ())), tuple(objects.get(id_, ())), tuple(colors.get(id_, ()))) for id_ in ids
        )
        return SearchResult(gallery, hits, plan.terms)


def _lines(
    session: Session, workspace_id: UUID, ids: Sequence[UUID], terms: Sequence[Term]
) -> dict[UUID, list[TextBlock]]:
    asked = {word for term in terms for word in term.all_words}
    found: dict[UUID, list[TextBlock]] = defaultdict(list)
    for row in _children(session, schema.TextBlock, workspace_id, ids, as_text=("polygon",)):
        if not asked.isdisjoint(search_words([row.text])):
            found[row.creative_id].append(mapping.text_block(row, json.loads(row.polygon)))
    return found


def _objects(
    session: Session, workspace_id: UUID, ids: Sequence[UUID], class_name: str
) -> dict[UUID, list[DetectedObject]]:
    found: dict[UUID, list[DetectedObject]] = defaultdict(list)
    for row in _children(session, schema.DetectedObject, workspace_id, ids):
        if row.class_name == class_name:
            found[row.creative_id].append(mapping.detected_object(row))
    return found


def _swatches(
    session: Session, workspace_id: UUID, ids: Sequence[UUID], hex_: str, min_share: float
) -> dict[UUID, list[Swatch]]:
    shades = shades_of(from_hex(hex_))
    found: dict[UUID, list[Swatch]] = defaultdict(list)
    for row in _children(session, schema.Swatch, workspace_id, ids):
        if row.percent >= min_share and shades.hold(from_hex(row.hex)):
            found[row.creative_id] += mapping.palette([row])
    return found


def _children(
    session: Session, table: Any, workspace_id: UUID, ids: Sequence[UUID], as_text: Sequence[str] = ()
) -> Sequence[Any]:
    """The rows of creatives; JSON `as_text` where few rows are looked at closer."""
    columns = [
        cast(column, Text).label(column.name) if column.name in as_text else column
        for column in table.__table__.c
        if column.name != "workspace_id"
    ]
    return session.execute(
        select(*columns)
        .where(table.workspace_id == workspace_id, table.creative_id.in_(ids))
        .order_by(table.creative_id, table.position)
    ).all()
