"""The conditions of a filter, one by one, as SQL over `Facts`. `search.plan` puts them together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Float, and_, case, column, func, literal, literal_column, or_, select

from adlens.domain.analysis import Decision
from adlens.domain.color_distance import NEAR, shades_of
from adlens.domain.colors import from_hex
from adlens.domain.gallery import NO_TOPIC, UNSURE, CreativeFilter
from adlens.domain.search import Term
from adlens.domain.words import fold
from adlens.persistence.schema import Facts
from adlens.persistence.search.arrays import have_all, have_any, have_one, have_rare, one_of
from adlens.persistence.search.tokens import SHARES, Tokens


def certain_topic() -> ColumnElement[str | None]:
    """The topic where it is sure or a person's, UNSURE where it is a guess, null without one."""
    return case((Facts.topic_decision == Decision.UNSURE.value, UNSURE), else_=Facts.topic)


def has_topic(topics: Sequence[str]) -> ColumnElement[bool]:
    """One of `topics`, among which NO_TOPIC may be."""
    named = [topic for topic in topics if topic != NO_TOPIC]
    is_named = [one_of(Facts.topic, named)] if named else []
    return or_(*is_named, *([Facts.topic.is_(None)] if NO_TOPIC in topics else []))


def has_findings(tokens: Tokens, filters: CreativeFilter) -> Iterator[ColumnElement[bool]]:
    """The colour class and the objects that a filter asks for."""
    marks: list[int] = []
    if filters.color_class is not None:
        marks.append(tokens.color_class(filters.color_class))
    if filters.object_class is not None:
        marks.append(tokens.objects(filters.object_class, filters.min_objects or 1))
    elif filters.min_objects is not None:
        yield and_(Facts.analysed, Facts.object_count >= filters.min_objects)
    if filters.max_objects is not None:
        yield and_(Facts.analysed, Facts.object_count <= filters.max_objects)
    if marks:
        yield have_all(Facts.marks, marks)


def is_in_ranges(filters: CreativeFilter) -> Iterator[ColumnElement[bool]]:
    """The numbers and moments between which a filter asks for creatives, and their status."""
    aspect = Facts.width.cast(Float) / Facts.height
    text_share = case((Facts.analysed, Facts.text_share))
    for value, least, most in (
        (Facts.topic_confidence, filters.min_confidence, filters.max_confidence),
        (text_share, filters.min_text_share, filters.max_text_share),
        (Facts.width, filters.min_width, filters.max_width),
        (Facts.height, filters.min_height, filters.max_height),
        (aspect, filters.min_aspect, filters.max_aspect),
        (Facts.uploaded_at, filters.uploaded_from, None),
    ):
        if least is not None:
            yield value >= least
        if most is not None:
            yield value <= most
    if filters.uploaded_before is not None:
        yield Facts.uploaded_at < filters.uploaded_before
    if filters.status is not None:
        yield Facts.status == filters.status.value


# --- words ----------------------------------------------------------------------------------------------------------


def has_word(tokens: Tokens, word: str) -> ColumnElement[bool]:
    """Exactly this word in the picture."""
    return have_all(Facts.words, [tokens.word(fold(word))])


def has_term(tokens: Tokens, term: Term) -> ColumnElement[bool]:
    """A word of `term`, or all of its parts, in the picture."""
    whole = have_one(Facts.words, [tokens.word(word) for word in term.words])
    return or_(whole, and_(*(has_term(tokens, part) for part in term.parts))) if term.parts else whole


def has_term_or_name(tokens: Tokens, term: Term) -> ColumnElement[bool]:
    """The same in the picture or in its file name."""
    named = have_any(Facts.marks, [tokens.name(word) for word in term.words])
    whole = or_(has_term(tokens, term), named)
    return or_(whole, and_(*(has_term_or_name(tokens, part) for part in term.parts))) if term.parts else whole


# --- colours --------------------------------------------------------------------------------------------------------

# `color_distance.cell_of` with five bits a channel, of a number that `facts.packed` made.
_FINE_CUBE = "((swatch.packed >> 29 & 31) * 1024 + (swatch.packed >> 21 & 31) * 32 + (swatch.packed >> 13 & 31))"


def may_have_color(tokens: Tokens, hex_: str, min_share: float) -> ColumnElement[bool]:
    """True where `has_color` is, and of a few more; an index finds them. To check it row by row takes longer than to
    measure.
    """
    level = max(share for share in SHARES if share <= min_share)
    return have_rare(Facts.marks, [tokens.color(cell, level) for cell in sorted(shades_of(from_hex(hex_)).coarse)])


def has_color(palette: ColumnElement[Any] | Any, hex_: str, min_share: float) -> ColumnElement[bool]:
    """A swatch of `palette` within NEAR of a colour covers at least `min_share` percent. Only swatches in cells on the
    border of that range are measured.
    """
    shades = shades_of(from_hex(hex_))
    swatches = func.unnest(palette).table_valued(column("packed", BigInteger)).render_derived(name="swatch")
    swatch = swatches.c.packed
    cube: Any = literal_column(_FINE_CUBE, BigInteger)
    l, a, b = shades.lab  # noqa: E741 - the usual names
    near = or_(
        one_of(cube, sorted(shades.inside)),
        and_(
            one_of(cube, sorted(shades.border)),
            func.color_distance(swatch, l, a, b, type_=Float) <= NEAR,
        ),
    )
    covers = literal_column("swatch.packed & 1023", BigInteger) >= min_share * 10
    return select(literal(1)).select_from(swatches).where(covers, near).correlate_except(swatches).exists()
