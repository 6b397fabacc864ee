"""The table that lift is estimated from: the database adds up figures to one row per creative and placement."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, Float, Select, exists, func, select
from sqlalchemy.orm import Session

from adlens.domain.colors import COLOR_CLASSES
from adlens.domain.errors import InvalidValue
from adlens.domain.gallery import CreativeFilter
from adlens.domain.lift import (
    MOST_WORDS,
    OBJECT_COUNT_BANDS,
    TEXT_SHARE_BANDS,
    Band,
    Element,
    ElementKind,
    PerformanceTable,
)
from adlens.persistence.schema import Analysis, Facts, Performance
from adlens.persistence.search.conditions import certain_topic
from adlens.persistence.search.plan import FilterPlan, compile_filter
from adlens.persistence.session import transactional, use_repeatable_read

MOST_CREATIVES = 100_000
RAREST_WORD = 10
"""Creatives that a word must be in: with fewer, chance explains any difference."""

_PIECE = 5000


class PostgresPerformanceFigures:
    def __init__(self, engine: Engine, most_creatives: int = MOST_CREATIVES) -> None:
        self.engine = engine
        self._most_creatives = most_creatives

    @transactional
    def table(self, session: Session, workspace_id: UUID, filters: CreativeFilter) -> PerformanceTable:
        """Raises UnknownGroup, and InvalidValue when more creatives match than can be compared in time."""
        use_repeatable_read(session)
        plan = compile_filter(session, workspace_id, filters)
        positions: dict[UUID, int] = {}
        groups: dict[str, int] = {}
        group_of: list[int] = []
        elements: dict[Element, list[int]] = defaultdict(list)
        topic = certain_topic().label("topic")
        columns = (Facts.creative_id, Facts.group_id, topic, Facts.color_classes, Facts.objects)
        statement = _select_delivered(plan, *columns, Facts.object_count, Facts.text_share)
        statement = statement.order_by(Facts.group_id, Facts.creative_id).limit(self._most_creatives + 1)
        for row in _streamed(session, statement):
            position = len(positions)
            if position == self._most_creatives:
                raise InvalidValue(
                    f"More than {self._most_creatives} creatives with figures are meant; ask about fewer groups.",
                    "group_id",
                )
            positions[row.creative_id] = position
            group_of.append(groups.setdefault(row.group_id, len(groups)))
            for element in _elements(row):
                elements[element].append(position)
        for word, creative_id in _streamed(session, _words(plan)):
            elements[Element(ElementKind.WORD, word)].append(positions[creative_id])
        placements: dict[str, int] = {}
        rows = [
            (
                positions[row.creative_id],
                placements.setdefault(row.placement, len(placements)),
                int(row.impressions),
                int(row.clicks),
                row.conversions,
                row.spend,
            )
            for row in _streamed(session, _figures(plan))
        ]
        columns_of_rows = zip(*rows, strict=True) if rows else ()
        return PerformanceTable(group_of, {element: sorted(has) for element, has in elements.items()}, *columns_of_rows)


def _figures(plan: FilterPlan) -> Select[Any]:
    selected = _select_delivered(plan, Facts.creative_id).subquery()
    own = Performance.creative_id, Performance.placement
    return (
        select(
            *own,
            func.sum(Performance.impressions).label("impressions"),
            func.sum(Performance.clicks).label("clicks"),
            func.sum(Performance.conversions).cast(Float).label("conversions"),
            func.sum(Performance.spend).cast(Float).label("spend"),
        )
        .join(selected, selected.c.creative_id == Performance.creative_id)
        .where(Performance.workspace_id == plan.workspace_id)
        .group_by(*own)
        .order_by(*own)
    )


def _select_delivered(plan: FilterPlan, *columns: Any) -> Select[Any]:
    """Creatives with findings and figures. Those that were not analysed are left out: their elements are unknown."""
    delivered = exists().where(
        Performance.workspace_id == Facts.workspace_id, Performance.creative_id == Facts.creative_id
    )
    return plan.select(*columns).where(Facts.analysed, delivered)


def _streamed(session: Session, statement: Select[Any]) -> Iterator[Any]:
    return iter(session.execute(statement, execution_options={"yield_per": _PIECE}))


def _elements(row: Any) -> Iterator[Element]:
    if row.topic is not None:
        yield Element(ElementKind.TOPIC, row.topic)
    for bit, color_class in enumerate(COLOR_CLASSES):
        if row.color_classes >> bit & 1:
            yield Element(ElementKind.COLOR_CLASS, color_class.name)
    for name in row.objects:
        yield Element(ElementKind.OBJECT, name)
    yield Element(ElementKind.TEXT_SHARE, _band(TEXT_SHARE_BANDS, row.text_share))
    yield Element(ElementKind.OBJECT_COUNT, _band(OBJECT_COUNT_BANDS, row.object_count))


def _band(bands: tuple[Band, ...], value: float) -> str:
    return next(band.name for band in reversed(bands) if value >= band.low)


def _words(plan: FilterPlan) -> Select[Any]:
    """The most frequent words, and the creatives that have them."""
    selected = _select_delivered(plan, Facts.creative_id).cte("selected")
    words = (
        select(func.unnest(Analysis.words).label("word"), Analysis.creative_id)
        .join(selected, selected.c.creative_id == Analysis.creative_id)
        .where(Analysis.workspace_id == plan.workspace_id)
        .cte("words")
    )
    frequent = (
        select(words.c.word)
        .group_by(words.c.word)
        .having(func.count() >= RAREST_WORD)
        .order_by(func.count().desc(), words.c.word)
        .limit(MOST_WORDS)
        .subquery()
    )
    return select(words.c.word, words.c.creative_id).join(frequent, frequent.c.word == words.c.word)
