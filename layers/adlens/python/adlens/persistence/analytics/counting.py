"""Counts that breakdowns and comparisons share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Integer,
    Select,
    Text,
    func,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY

from adlens.domain.colors import COLOR_CLASSES
from adlens.domain.figures import By, Totals
from adlens.persistence.schema import Facts, FindingKind, Vocabulary
from adlens.persistence.search.plan import FilterPlan

KINDS = {By.OBJECT: FindingKind.OBJECT, By.WORD: FindingKind.WORD}

SUMS = (
    func.count().label("creatives"),
    func.count().filter(Facts.analysed).label("analysed"),
    func.count(Facts.topic_confidence).label("topics"),
    func.sum(Facts.topic_confidence).label("confidence"),
    # Both are 0 where there are no findings.
    func.sum(Facts.object_count).label("objects"),
    func.sum(Facts.text_share).label("text_share"),
)


def count_by_class(counted: CTE, mask: ColumnElement[int], *sums: Any) -> Select[Any]:
    """`sums` of what was counted by sets of colour classes, for each class."""
    names = literal([color_class.name for color_class in COLOR_CLASSES], ARRAY(Text))
    listed = func.unnest(names).table_valued("name", with_ordinality="place").render_derived(name="class")
    has_it = mask.op(">>")(listed.c.place.cast(Integer) - 1).op("&")(1) == 1
    rows = select(listed.c.name.label("key"), *sums).select_from(counted).join(listed, has_it)
    return rows.group_by(listed.c.name)


def count_objects(plan: FilterPlan) -> Select[Any]:
    named = select(func.unnest(Facts.objects).label("key")).where(*plan.conditions).subquery("named")
    return select(named.c.key, func.count().label("creatives")).group_by(named.c.key)


def count_words(plan: FilterPlan, among: int | None = None, most: int | None = None) -> Select[Any]:
    """With `among`, only words as frequent as the one at this place at least, of those in `most` creatives at most."""
    listed = select(func.unnest(Facts.words).label("token")).where(*plan.conditions).subquery("listed")
    counted = select(listed.c.token, func.count().label("creatives")).group_by(listed.c.token).cte("counted")
    creatives = counted.c.creatives
    named = (
        select(Vocabulary.word.label("key"), creatives)
        .join(counted, counted.c.token == Vocabulary.token)
        .where(Vocabulary.workspace_id == plan.workspace_id, Vocabulary.counted)
    )
    if among is None:
        return named
    further = select(creatives) if most is None else select(creatives).where(creatives <= most)
    least = further.order_by(creatives.desc()).offset(among).limit(1).scalar_subquery()
    return named.where(creatives >= func.coalesce(least, 0))


Sums = tuple[int, int, int, float, int, float]
"""As SUMS."""


def read_sums(row: Any, prefix: str = "") -> Sums:
    creatives, analysed, topics, confidence, objects, text_share = (
        getattr(row, f"{prefix}{one.name}") or 0 for one in SUMS
    )
    return int(creatives), int(analysed), int(topics), float(confidence), int(objects), float(text_share)


def add_up(parts: Sequence[Sums]) -> Totals:
    return _totals_of(*(sum(column) for column in zip(*parts, strict=True))) if parts else Totals(0, 0)


def read_totals(row: Any, prefix: str = "") -> Totals:
    return _totals_of(*read_sums(row, prefix))


def _totals_of(
    creatives: int, analysed: int, topics: int, confidence: float, objects: int, text_share: float
) -> Totals:
    return Totals(
        creatives,
        analysed,
        confidence / topics if topics else None,
        objects / analysed if analysed else None,
        text_share / analysed if analysed else None,
    )
