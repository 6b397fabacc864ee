"""A filter compiled once: its SQL over `Facts`, how narrow it is, and which roll-up counts its creatives.

Galleries, search, analytics, exports and lift read creatives through such a plan.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, select, true
from sqlalchemy.orm import Session

from adlens.domain.analysis import Decision
from adlens.domain.gallery import CERTAIN, NO_TOPIC, CreativeFilter
from adlens.domain.search import Term
from adlens.domain.words import fold
from adlens.persistence.checks import check_group
from adlens.persistence.schema import (
    Facts,
    FindingKind,
    GroupFindingRollup,
    GroupRollup,
    GroupTopicRollup,
    WorkspaceFindingRollup,
    WorkspaceRollup,
    WorkspaceTopicRollup,
)
from adlens.persistence.search import conditions
from adlens.persistence.search.arrays import one_of
from adlens.persistence.search.phrases import read_phrase
from adlens.persistence.search.tokens import Tokens


@dataclass(frozen=True, slots=True)
class Color:
    """The condition that a swatch like `hex` covers at least `min_share` percent, in two grades."""

    workspace_id: UUID
    hex: str
    min_share: float

    def matches(self, palette: Any) -> ColumnElement[bool]:
        """Exact: measures the swatches of `palette`, a column like `Facts.palette`."""
        return conditions.has_color(palette, self.hex, self.min_share)

    def may_match(self) -> ColumnElement[bool]:
        """True of all that match and a few more; an index finds them."""
        return conditions.may_have_color(Tokens(self.workspace_id), self.hex, self.min_share)


@dataclass(frozen=True, slots=True)
class FilterPlan:
    """`terms` are the words of the filter's phrase; `besides_color` are all conditions but that of `color`."""

    workspace_id: UUID
    filters: CreativeFilter
    terms: tuple[Term, ...]
    besides_color: tuple[ColumnElement[bool], ...]
    color: Color | None

    # --- conditions ---

    @property
    def conditions(self) -> tuple[ColumnElement[bool], ...]:
        if self.color is None:
            return self.besides_color
        indexed = () if self.is_narrow else (self.color.may_match(),)
        return *self.besides_color, *indexed, self.color.matches(Facts.palette)

    def select(self, *columns: Any) -> Select[Any]:
        """`columns` of the facts of the creatives that match."""
        return select(*columns).where(*self.conditions)

    # --- narrowness ---

    @property
    def has_words(self) -> bool:
        return bool(self.filters.word or self.filters.phrase or self.filters.text)

    @property
    def has_words_only(self) -> bool:
        """Whether a phrase or a word is all that the filter asks for."""
        words = CreativeFilter(phrase=self.filters.phrase, word=self.filters.word)
        return self.filters == words and not (words.phrase and words.word)

    @property
    def is_narrow(self) -> bool:
        """Whether something besides a colour leaves few creatives, whose colours are measured faster than looked up:
        an index of arrays takes time for each of a colour's tokens and each creative that has one.
        """
        return bool(self.filters.group_ids) or self.has_words

    @property
    def uses_arrays(self) -> bool:
        """Whether GIN indexes of arrays serve it. PostgreSQL takes tokens that it does not know for many times too
        frequent.
        """
        return self.has_words or bool(self.filters.hex or self.filters.color_class or self.filters.object_class)

    def count_words(self, session: Session) -> tuple[int, int | None]:
        """The least and the most creatives that have the words of the filter, by roll-ups; None where these have no
        upper bound.
        """
        if self.terms:
            known = [term.most for term in self.terms if term.most is not None]
            return (self.terms[0].least if len(self.terms) == 1 else 0), min(known, default=None)
        if self.filters.word is None:
            return 0, None
        key = {"kind": FindingKind.WORD.value, "name": fold(self.filters.word)}
        statement = select(WorkspaceFindingRollup.creatives).filter_by(workspace_id=self.workspace_id, **key)
        count = session.scalars(statement).one_or_none()
        return count or 0, count

    # --- roll-ups ---

    @property
    def rollup_key(self) -> Mapping[str, Any] | None:
        """The columns that find the roll-ups of exactly these creatives, when they are a whole workspace or group."""
        group_ids = self.filters.group_ids
        if len(group_ids) > 1 or self.filters != CreativeFilter(group_ids=group_ids):
            return None
        return {"workspace_id": self.workspace_id} | ({"group_id": group_ids[0]} if group_ids else {})

    def count_by_rollup(self, session: Session) -> int | None:
        """How many creatives match, where a roll-up has the number: of a workspace or a group, by one finding or by
        topic and decision. None where none has.
        """
        statement = self._rollup_count()
        return None if statement is None else int(session.scalars(statement).one_or_none() or 0)

    def _rollup_count(self) -> Select[Any] | None:
        filters = self.filters
        asked = {f.name: value for f in fields(filters) if (value := getattr(filters, f.name)) != f.default}
        groups = asked.pop("group_ids", ())
        if len(groups) > 1 or NO_TOPIC in filters.topics or len(filters.topics) > 1:
            return None
        key = {"workspace_id": self.workspace_id} | ({"group_id": groups[0]} if groups else {})
        whole, by_topic, by_finding = (
            (GroupRollup, GroupTopicRollup, GroupFindingRollup)
            if groups
            else (WorkspaceRollup, WorkspaceTopicRollup, WorkspaceFindingRollup)
        )
        table: Any
        match asked:
            case {"topic_decisions": _} if asked.keys() <= {"topics", "topic_decisions"}:
                return _count_by_decision(by_topic, key, filters)
            case {} if not asked:
                table = whole
            case {"topics": (topic,)} if len(asked) == 1:
                table, key = by_topic, key | {"topic": topic}
            case {"color_class": name} if len(asked) == 1:
                table, key = by_finding, key | {"kind": FindingKind.COLOR_CLASS.value, "name": name}
            case {"object_class": name} if len(asked) == 1:
                table, key = by_finding, key | {"kind": FindingKind.OBJECT.value, "name": name}
            case _:
                return None
        return select(table.creatives).filter_by(**key)


def _count_by_decision(table: Any, key: Mapping[str, Any], filters: CreativeFilter) -> Select[Any] | None:
    """Roll-ups do not tell the model's decisions from a person's."""
    count = {
        frozenset({Decision.UNSURE}): table.unsure,
        frozenset(CERTAIN): table.creatives - table.unsure,
        frozenset(Decision): table.creatives,
    }.get(frozenset(filters.topic_decisions))
    if count is None:
        return None
    statement = select(func.sum(count)).filter_by(**key)
    return statement.where(table.topic == filters.topics[0]) if filters.topics else statement


def compile_filter(session: Session, workspace_id: UUID, filters: CreativeFilter) -> FilterPlan:
    """Reads the groups and words that the filter names. Raises UnknownGroup, and InvalidValue for a phrase without
    words.
    """
    for group_id in filters.group_ids:
        check_group(session, workspace_id, group_id)
    terms = () if filters.phrase is None else tuple(read_phrase(session, workspace_id, filters.phrase, "q"))
    return FilterPlan(
        workspace_id,
        filters,
        terms,
        tuple(_besides_color(session, workspace_id, filters, terms)),
        None if filters.hex is None else Color(workspace_id, filters.hex, filters.min_share),
    )


def _besides_color(
    session: Session, workspace_id: UUID, filters: CreativeFilter, terms: tuple[Term, ...]
) -> Iterator[ColumnElement[bool]]:
    tokens = Tokens(workspace_id)
    yield Facts.workspace_id == workspace_id
    if filters.group_ids:
        yield one_of(Facts.group_id, filters.group_ids)
    if filters.topics:
        yield conditions.has_topic(filters.topics)
    if filters.topic_decisions:
        yield one_of(Facts.topic_decision, [decision.value for decision in filters.topic_decisions])
    yield from conditions.has_findings(tokens, filters)
    if filters.word is not None:
        yield conditions.has_word(tokens, filters.word)
    yield from (conditions.has_term(tokens, term) for term in terms)
    if filters.text is not None:
        terms_or_names = read_phrase(session, workspace_id, filters.text)
        yield from (conditions.has_term_or_name(tokens, term) for term in terms_or_names)
    yield from conditions.is_in_ranges(filters)
    if filters.within is not None:
        yield from compile_filter(session, workspace_id, filters.within).conditions
    if filters.rest_of is not None:
        yield and_(*compile_filter(session, workspace_id, filters.rest_of).conditions).is_not(true())
