"""Figures over any set of creatives, in one pass over their facts, or from a roll-up where one has them."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import (
    Engine,
    literal,
)
from sqlalchemy.orm import Session

from adlens.domain.colors import COLOR_CLASSES
from adlens.domain.comparison import Side, Sides
from adlens.domain.errors import InvalidValue
from adlens.domain.figures import By, Figures
from adlens.domain.gallery import CreativeFilter
from adlens.persistence.analytics.breakdowns import count_by_column, count_by_finding, count_by_time
from adlens.persistence.analytics.comparisons import BothSides, count_with_rest
from adlens.persistence.analytics.counting import KINDS, count_objects, count_words
from adlens.persistence.search.plan import compile_filter
from adlens.persistence.session import transactional, use_repeatable_read

MOST_OBJECTS, MOST_WORDS = 30, 50
"""Findings of a kind that are compared: the most frequent of both sides together, so that the choice favours
neither.
"""


class PostgresFigures:
    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @transactional
    def breakdown(
        self,
        session: Session,
        workspace_id: UUID,
        filters: CreativeFilter,
        by: By,
        limit: int,
        cursor: str | None = None,
    ) -> Figures:
        """Largest row first, or earliest. Rows by object and by word have no means.

        Raises UnknownGroup, and InvalidValue for a foreign cursor or for too many rows by time.
        """
        # Totals and rows are of one moment.
        use_repeatable_read(session)
        plan = compile_filter(session, workspace_id, filters)
        if by.of_time:
            return count_by_time(session, plan, by, limit, cursor)
        if by in KINDS:
            return count_by_finding(session, plan, by, limit, cursor)
        return count_by_column(session, plan, by, limit, cursor)

    @transactional
    def sides(self, session: Session, workspace_id: UUID, a: CreativeFilter, b: CreativeFilter) -> Sides:
        """What two sets of creatives have. Raises UnknownGroup, and InvalidValue when a creative is in both."""
        use_repeatable_read(session)
        plan_a, plan_b = (compile_filter(session, workspace_id, filters) for filters in (a, b))
        b_is_rest = b == CreativeFilter(rest_of=a)
        if not b_is_rest and session.scalar(plan_a.select(literal(1)).where(*plan_b.conditions).limit(1)):
            raise InvalidValue("Some creatives are in both a and b: let the filters leave none in common.", "b")
        both = BothSides(session, plan_a, plan_b)
        totals, topics = both.topics()
        if b_is_rest:
            of_objects = count_with_rest(plan_a, By.OBJECT, count_objects(plan_a))
            of_words = count_with_rest(plan_a, By.WORD, count_words(plan_a))
        else:
            of_objects, of_words = both.objects(), both.words()
        objects, objects_left_out = both.most_frequent(of_objects, MOST_OBJECTS)
        words, words_left_out = both.most_frequent(of_words, MOST_WORDS)
        colors, _ = both.most_frequent(both.colors(), len(COLOR_CLASSES))
        return Sides(
            Side(a, totals[True]),
            Side(b, totals[False]),
            {By.TOPIC: topics, By.COLOR: colors, By.OBJECT: objects, By.WORD: words},
            both.traits(),
            {By.OBJECT: objects_left_out, By.WORD: words_left_out},
        )
