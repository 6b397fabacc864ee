"""Which creatives are meant: one filter for galleries, search, analytics and exports, as SQL over `Facts`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Float,
    Select,
    and_,
    case,
    column,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
)
from sqlalchemy.orm import Session

from adlens.domain.analysis import Decision
from adlens.domain.color_distance import NEAR, shades_of
from adlens.domain.colors import from_hex
from adlens.domain.gallery import CERTAIN, NO_TOPIC, UNSURE, CreativeFilter
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
from adlens.persistence.search.arrays import have_all, have_any, have_one, have_rare, one_of
from adlens.persistence.search.phrases import read_phrase
from adlens.persistence.search.tokens import SHARES, Tokens


def matching(session: Session, workspace_id: UUID, chosen: CreativeFilter, *columns: Any) -> Select[Any]:
    """`columns` of the facts of the creatives that `chosen` is true of. Raises UnknownGroup."""
    return select(*columns).where(*conditions(session, workspace_id, chosen))


def conditions(
    session: Session, workspace_id: UUID, chosen: CreativeFilter, terms: Sequence[Term] | None = None
) -> list[ColumnElement[bool]]:
    """What holds of the facts of the creatives that `chosen` is true of. Raises UnknownGroup.

    `terms` are those of its phrase, when they have been read already.
    """
    tokens = Tokens(workspace_id)
    for group_id in chosen.group_ids:
        check_group(session, workspace_id, group_id)
    return [
        Facts.workspace_id == workspace_id,
        *([one_of(Facts.group_id, chosen.group_ids)] if chosen.group_ids else []),
        *([_topics(chosen.topics)] if chosen.topics else []),
        *(
            [one_of(Facts.topic_decision, [of.value for of in chosen.topic_decisions])]
            if chosen.topic_decisions
            else []
        ),
        *_things(tokens, chosen),
        *_texts(session, workspace_id, chosen, terms),
        *([may_have_color(tokens, chosen.hex, chosen.min_share)] if chosen.hex and not is_narrow(chosen) else []),
        *([has_color(Facts.palette, chosen.hex, chosen.min_share)] if chosen.hex else []),
        *_ranges(chosen),
        *(conditions(session, workspace_id, chosen.within) if chosen.within else []),
        *([and_(*conditions(session, workspace_id, chosen.rest_of)).is_not(true())] if chosen.rest_of else []),
    ]


def _topics(topics: Sequence[str]) -> ColumnElement[bool]:
    named = [topic for topic in topics if topic != NO_TOPIC]
    some = [one_of(Facts.topic, named)] if named else []
    return or_(*some, *([Facts.topic.is_(None)] if NO_TOPIC in topics else []))


def _things(tokens: Tokens, chosen: CreativeFilter) -> Iterator[ColumnElement[bool]]:
    marks: list[int] = []
    if chosen.color_class is not None:
        marks.append(tokens.color_class(chosen.color_class))
    if chosen.object_class is not None:
        marks.append(tokens.objects(chosen.object_class, chosen.min_objects or 1))
    elif chosen.min_objects is not None:
        yield and_(Facts.analysed, Facts.object_count >= chosen.min_objects)
    if chosen.max_objects is not None:
        yield and_(Facts.analysed, Facts.object_count <= chosen.max_objects)
    if marks:
        yield have_all(Facts.marks, marks)


def _texts(
    session: Session, workspace_id: UUID, chosen: CreativeFilter, terms: Sequence[Term] | None
) -> Iterator[ColumnElement[bool]]:
    tokens = Tokens(workspace_id)

    def said(term: Term) -> ColumnElement[bool]:
        whole = have_one(Facts.words, [tokens.word(word) for word in term.words])
        return or_(whole, and_(*map(said, term.parts))) if term.parts else whole

    def said_or_named(term: Term) -> ColumnElement[bool]:
        whole = or_(said(term), have_any(Facts.marks, [tokens.name(word) for word in term.words]))
        return or_(whole, and_(*map(said_or_named, term.parts))) if term.parts else whole

    if chosen.word is not None:
        yield have_all(Facts.words, [tokens.word(fold(chosen.word))])
    if chosen.phrase is not None:
        yield from map(said, terms if terms is not None else read_phrase(session, workspace_id, chosen.phrase, "q"))
    if chosen.text is not None:
        yield from map(said_or_named, read_phrase(session, workspace_id, chosen.text))


def _ranges(chosen: CreativeFilter) -> Iterator[ColumnElement[bool]]:
    aspect = Facts.width.cast(Float) / Facts.height
    text_share = case((Facts.analysed, Facts.text_share))
    for value, least, most in (
        (Facts.topic_confidence, chosen.min_confidence, chosen.max_confidence),
        (text_share, chosen.min_text_share, chosen.max_text_share),
        (Facts.width, chosen.min_width, chosen.max_width),
        (Facts.height, chosen.min_height, chosen.max_height),
        (aspect, chosen.min_aspect, chosen.max_aspect),
        (Facts.uploaded_at, chosen.uploaded_from, None),
    ):
        if least is not None:
            yield value >= least
        if most is not None:
            yield value <= most
    if chosen.uploaded_before is not None:
        yield Facts.uploaded_at < chosen.uploaded_before
    if chosen.status is not None:
        yield Facts.status == chosen.status.value


def counted_before(session: Session, workspace_id: UUID, chosen: CreativeFilter) -> int | None:
    """How many creatives `chosen` leaves when a roll-up tells: of all or of one group, by one finding or by topic and
    decision.
    """
    asked = {field.name: value for field in fields(chosen) if (value := getattr(chosen, field.name)) != field.default}
    groups = asked.pop("group_ids", ())
    if len(groups) > 1 or NO_TOPIC in chosen.topics or len(chosen.topics) > 1:
        return None
    of_group = {"group_id": groups[0]} if groups else {}
    if "topic_decisions" in asked and asked.keys() <= {"topics", "topic_decisions"}:
        return _counted_by_decision(session, workspace_id, chosen, of_group)
    if len(asked) > 1:
        return None
    table: Any
    own: dict[str, str]
    match asked:
        case {} if not asked:
            table, own = (GroupRollup if groups else WorkspaceRollup), {}
        case {"topics": (topic,)}:
            table, own = (GroupTopicRollup if groups else WorkspaceTopicRollup), {"topic": topic}
        case {"color_class": name}:
            table, own = _findings(groups), {"kind": FindingKind.COLOR_CLASS.value, "name": name}
        case {"object_class": name}:
            table, own = _findings(groups), {"kind": FindingKind.OBJECT.value, "name": name}
        case _:
            return None
    statement = select(table.creatives).filter_by(workspace_id=workspace_id, **of_group, **own)
    return session.scalars(statement).one_or_none() or 0


def creatives_with_words(
    session: Session, workspace_id: UUID, chosen: CreativeFilter, terms: Sequence[Term] | None = None
) -> tuple[int, int | None]:
    """The least and the most creatives that have the words of `chosen`, as roll-ups count them; None where they do not.
    `terms` are those of its phrase.
    """
    if terms:
        known = [term.most for term in terms if term.most is not None]
        return (terms[0].least if len(terms) == 1 else 0), min(known, default=None)
    if chosen.word is None:
        return 0, None
    counted = WorkspaceFindingRollup
    count = session.scalars(
        select(counted.creatives).filter_by(
            workspace_id=workspace_id, kind=FindingKind.WORD.value, name=fold(chosen.word)
        )
    ).one_or_none()
    return count or 0, count


def _counted_by_decision(
    session: Session, workspace_id: UUID, chosen: CreativeFilter, of_group: Mapping[str, str]
) -> int | None:
    """Roll-ups do not tell the model's decisions from a person's."""
    table: Any = GroupTopicRollup if of_group else WorkspaceTopicRollup
    counted = {
        frozenset({Decision.UNSURE}): table.unsure,
        frozenset(CERTAIN): table.creatives - table.unsure,
        frozenset(Decision): table.creatives,
    }.get(frozenset(chosen.topic_decisions))
    if counted is None:
        return None
    statement = select(func.coalesce(func.sum(counted), 0)).filter_by(workspace_id=workspace_id, **of_group)
    if chosen.topics:
        statement = statement.where(table.topic == chosen.topics[0])
    return int(session.scalars(statement).one())


def certain_topic() -> ColumnElement[str | None]:
    """The topic of facts where it is sure or a person's, UNSURE where it is a guess, null without one."""
    return case((Facts.topic_decision == Decision.UNSURE.value, UNSURE), else_=Facts.topic)


def _findings(groups: Sequence[str]) -> type[GroupFindingRollup | WorkspaceFindingRollup]:
    return GroupFindingRollup if groups else WorkspaceFindingRollup


# `color_distance.cell_of` with five bits a channel, of a number that `facts.packed` made.
_FINE_CUBE = "((swatch.packed >> 29 & 31) * 1024 + (swatch.packed >> 21 & 31) * 32 + (swatch.packed >> 13 & 31))"


def is_narrow(chosen: CreativeFilter) -> bool:
    """Whether something besides a colour leaves few creatives, whose colours are measured faster than looked up: an
    index of arrays takes time for each of a colour's tokens and each creative that has one.
    """
    return bool(chosen.group_ids) or asks_for_words(chosen)


def asks_for_arrays(chosen: CreativeFilter) -> bool:
    """Whether GIN indexes of arrays serve it. PostgreSQL takes tokens that it does not know for many times too
    frequent.
    """
    return bool(chosen.hex or chosen.color_class or chosen.object_class or asks_for_words(chosen))


def asks_for_words(chosen: CreativeFilter) -> bool:
    return bool(chosen.word or chosen.phrase or chosen.text)


def may_have_color(tokens: Tokens, hex_: str, min_share: float) -> ColumnElement[bool]:
    """What an index finds of `has_color`: a little more. Beside each row it takes longer than measuring."""
    level = max(share for share in SHARES if share <= min_share)
    return have_rare(Facts.marks, [tokens.color(cell, level) for cell in sorted(shades_of(from_hex(hex_)).coarse)])


def has_color(palette: ColumnElement[Any] | Any, hex_: str, min_share: float) -> ColumnElement[bool]:
    """A swatch within NEAR of a colour covers at least so many percent. Only colours of the border are measured."""
    shades = shades_of(from_hex(hex_))
    swatches = func.unnest(palette).table_valued(column("packed", BigInteger)).render_derived(name="swatch")
    swatch = swatches.c.packed
    cube: Any = literal_column(_FINE_CUBE, BigInteger)
    l, a, b = shades.lab  # noqa: E741 - as everybody calls it
    near = or_(
        one_of(cube, sorted(shades.inside)),
        and_(
            one_of(cube, sorted(shades.border)),
            func.color_distance(swatch, l, a, b, type_=Float) <= NEAR,
        ),
    )
    covers = literal_column("swatch.packed & 1023", BigInteger) >= min_share * 10
    return select(literal(1)).select_from(swatches).where(covers, near).correlate_except(swatches).exists()
