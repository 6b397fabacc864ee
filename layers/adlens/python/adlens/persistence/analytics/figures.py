"""Figures over any set of creatives, in one pass over their facts, or from a roll-up where one tells the same."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import (
    Engine,
    literal,
    select,
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
from adlens.persistence.search.filters import conditions
from adlens.persistence.session import transactional

MOST_OBJECTS, MOST_WORDS = 30, 50
"""Findings of a kind that are compared: the most frequent of both sides together, which says nothing of either."""


class PostgresFigures:
    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @transactional
    def breakdown(
        self,
        session: Session,
        workspace_id: UUID,
        chosen: CreativeFilter,
        by: By,
        limit: int,
        cursor: str | None = None,
    ) -> Figures:
        """Largest row first, or earliest. Rows by object and by word have no means.

        Raises UnknownGroup, and InvalidValue for a foreign cursor or for too many rows by time.
        """
        # Totals and rows are of one moment.
        use_repeatable_read(session)
        of = conditions(session, workspace_id, chosen)
        if by.of_time:
            return count_by_time(session, chosen, of, by, limit, cursor)
        if by in KINDS:
            return count_by_finding(session, workspace_id, chosen, of, by, limit, cursor)
        return count_by_column(session, workspace_id, chosen, of, by, limit, cursor)

    @transactional
    def sides(self, session: Session, workspace_id: UUID, a: CreativeFilter, b: CreativeFilter) -> Sides:
        """What two sets of creatives have. Raises UnknownGroup, and InvalidValue when a creative is in both."""
        use_repeatable_read(session)
        of_a, of_b = (conditions(session, workspace_id, of) for of in (a, b))
        if b != CreativeFilter(rest_of=a) and session.scalar(select(literal(1)).where(*of_a, *of_b).limit(1)):
            raise InvalidValue("Some creatives are in both a and b: let the filters leave none in common.", "b")
        both = BothSides(session, of_a, of_b)
        totals, topics = both.topics()
        if b == CreativeFilter(rest_of=a):
            of_objects = count_with_rest(workspace_id, By.OBJECT, count_objects(of_a))
            of_words = count_with_rest(workspace_id, By.WORD, count_words(workspace_id, of_a))
        else:
            of_objects, of_words = both.objects(), both.words(workspace_id)
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


def use_repeatable_read(session: Session) -> None:
    """Lets all statements of the transaction see the same data."""
    session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
