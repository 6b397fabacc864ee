"""Browsing a workspace's creatives: filtered, in any order, and from one to the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Engine, func, literal, select, true
from sqlalchemy.orm import Session

from adlens.domain.errors import UnknownCreative
from adlens.domain.gallery import (
    CreativeFilter,
    CreativeOrder,
    Gallery,
    Neighbours,
    Total,
)
from adlens.domain.search import Term
from adlens.persistence.paging import cursor_of, read_cursor, some
from adlens.persistence.schema import Facts
from adlens.persistence.search.cards import cards
from adlens.persistence.search.filters import (
    asks_for_arrays,
    asks_for_words,
    conditions,
    counted_before,
    creatives_with_words,
    has_color,
    is_narrow,
    matching,
    may_have_color,
)
from adlens.persistence.search.keyset import Keyset, keyset_of
from adlens.persistence.search.tokens import Tokens
from adlens.persistence.session import transactional


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
        return browse(session, workspace_id, chosen, order, limit, cursor)

    @transactional
    def neighbours(
        self, session: Session, workspace_id: UUID, creative_id: UUID, chosen: CreativeFilter, order: CreativeOrder
    ) -> Neighbours:
        """Where a creative stands among those that `chosen` is true of, or would stand when it is not one of them.

        Raises UnknownCreative and UnknownGroup.
        """
        keyset = keyset_of(order)
        key = session.execute(
            matching(session, workspace_id, CreativeFilter(), keyset.key).where(Facts.creative_id == creative_id)
        ).one_or_none()
        if key is None:
            raise UnknownCreative(f"There is no creative {creative_id}.")
        own = (key[0], creative_id)
        where = conditions(session, workspace_id, chosen)
        ids = select(Facts.creative_id).where(*where)
        previous = session.scalars(keyset.ordered(ids.where(keyset.before(*own)), backwards=True).limit(1)).first()
        following = session.scalars(keyset.ordered(ids.where(keyset.after(*own))).limit(1)).first()
        before = _counted(session, [*where, keyset.before(*own)])
        return Neighbours(
            previous,
            following,
            None if before.more else before.count + 1,
            _total(session, workspace_id, chosen, where),
        )


def browse(
    session: Session,
    workspace_id: UUID,
    chosen: CreativeFilter,
    order: CreativeOrder,
    limit: int | None = None,
    cursor: str | None = None,
    terms: Sequence[Term] | None = None,
) -> Gallery:
    """The creatives that `chosen` is true of; `terms` are those of its phrase, when they have been read already."""
    keyset = keyset_of(order)
    after = None if cursor is None else read_cursor(cursor, keyset.read, UUID, order)
    if chosen.hex is not None and not is_narrow(chosen):
        seen = _among_the_next(session, workspace_id, chosen, keyset, after, limit)
        if seen is not None:
            total, rows, more = seen
            return _gallery(session, workspace_id, total, rows, more, order)
    others = conditions(session, workspace_id, replace(chosen, hex=None, min_share=0.0), terms)
    least, most = creatives_with_words(session, workspace_id, chosen, terms)
    known = counted_before(session, workspace_id, chosen)
    if known is not None:
        total = Total(known)
    elif least > GATHERED and _has_words_only(chosen):
        total = Total(MOST_COUNTED, True)
    else:
        total, listed = _few(session, workspace_id, chosen, others, keyset, after, limit, most)
        if listed is not None:
            rows, more = listed
            return _gallery(session, workspace_id, total, rows, more, order)
    statement = select(Facts.creative_id, keyset.key.label("sort_key")).where(*others)
    if chosen.hex is not None:
        statement = statement.where(has_color(Facts.palette, chosen.hex, chosen.min_share))
    rows, more = some(session, keyset.page(statement, after), limit)
    return _gallery(session, workspace_id, total, rows, more, order)


def _has_words_only(chosen: CreativeFilter) -> bool:
    return chosen == CreativeFilter(phrase=chosen.phrase, word=chosen.word) and not (chosen.phrase and chosen.word)


def _gallery(
    session: Session, workspace_id: UUID, total: Total, rows: Sequence[Any], more: bool, order: CreativeOrder
) -> Gallery:
    ids = [row.creative_id for row in rows]
    found = cards(session, workspace_id, ids)
    return Gallery(
        tuple(found[id_] for id_ in ids if id_ in found),
        total,
        cursor_of(rows[-1].sort_key, rows[-1].creative_id, order) if more else None,
    )


PROBED = 5_000
"""Creatives whose colours are measured before an index is asked which have a colour."""


def _among_the_next(
    session: Session,
    workspace_id: UUID,
    chosen: CreativeFilter,
    keyset: Keyset,
    after: tuple[Any, UUID] | None,
    limit: int | None,
) -> tuple[Total, Sequence[Any], bool] | None:
    """As `_few`, from the next PROBED creatives that the other conditions are true of: what a frequent colour is found
    among fastest. None when these are not enough for a page.
    """
    others = conditions(session, workspace_id, replace(chosen, hex=None, min_share=0.0))

    def probe(after: tuple[Any, UUID] | None, limit: int | None) -> tuple[Sequence[Any], int, bool]:
        columns = (Facts.creative_id, keyset.key.label("sort_key"), Facts.palette)
        some_ = keyset.page(select(*columns).where(*others), after).limit(PROBED)
        window = some_.cte("window").prefix_with("MATERIALIZED")
        own = Keyset(window.c.sort_key, keyset.descending, keyset.read, window.c.creative_id)
        size = select(func.count()).select_from(window).scalar_subquery()
        found = own.ordered(
            select(
                window.c.creative_id,
                window.c.sort_key,
                func.count().over().label("number"),
                size.label("size"),
            ).where(has_color(window.c.palette, chosen.hex or "", chosen.min_share))
        )
        rows = session.execute(found if limit is None else found.limit(limit + 1)).all()
        return (rows, rows[0].number, rows[0].size < PROBED) if rows else ((), 0, False)

    rows, number, whole = probe(after, limit)
    more = limit is not None and len(rows) > limit
    if not more and not (whole and rows):
        return None
    if after is not None:
        _, number, whole = probe(None, 0)
    return Total(number, not whole), rows[:limit], more


GATHERED = 10_000
"""Creatives with words that are gathered before they are put in order. Fewer are too far apart for a walk in that order
until a page is full, more take longer to gather than that walk.
"""

COLORED = 2_000
"""The same of creatives with a colour, which take longer to gather."""

ORDERED = 30_000
"""Creatives with words that are put in order before their colours are measured, one after the other."""


def _few(
    session: Session,
    workspace_id: UUID,
    chosen: CreativeFilter,
    others: Sequence[ColumnElement[bool]],
    keyset: Keyset,
    after: tuple[Any, UUID] | None,
    limit: int | None,
    with_words: int | None,
) -> tuple[Total, tuple[Sequence[Any], bool] | None]:
    """How many there are and, when these are few, the page after a key and whether more follow it; None when a walk in
    the gallery's order finds it faster. `others` are the conditions besides the colour. At most `with_words` have the
    words of the filter; None when nobody knows.

    All of them are gathered before they are put in order. PostgreSQL would rather walk through an index in that order
    until the page is full, because it takes arrays with something in common for many times too frequent.
    """
    columns = (Facts.creative_id, keyset.key.label("sort_key"))
    most = MOST_COUNTED
    is_ordered = False
    gathered = select(*columns).where(*others)
    if chosen.hex is not None:
        # Apart: to measure fewer colours PostgreSQL would read the whole workspace's index as well.
        among_others = select(*columns, Facts.palette).where(*others)
        if is_narrow(chosen):
            is_ordered = after is None and with_words is not None and with_words <= ORDERED
            among_others = keyset.ordered(among_others) if is_ordered else among_others
        else:
            most = COLORED
            among_others = among_others.where(may_have_color(Tokens(workspace_id), chosen.hex, chosen.min_share))
        among = among_others.cte("among").prefix_with("MATERIALIZED")
        colored = has_color(among.c.palette, chosen.hex, chosen.min_share)
        gathered = select(among.c.creative_id, among.c.sort_key).where(colored)
    elif asks_for_arrays(chosen):
        # Materialized: planned for all its rows, read until there are enough.
        most = GATHERED if asks_for_words(chosen) else MOST_COUNTED
        among = gathered.cte("among").prefix_with("MATERIALIZED")
        gathered = select(among.c.creative_id, among.c.sort_key)
    found = gathered.limit(most + 1).cte("found").prefix_with("MATERIALIZED")
    count = select(func.count()).select_from(found).scalar_subquery()
    own = Keyset(found.c.sort_key, keyset.descending, keyset.read, found.c.creative_id)
    page = own.page(select(found) if is_ordered else select(found).where(count <= most), after)
    listed = (page if limit is None else page.limit(limit + 1)).subquery("page")
    counted = select(count.label("number")).subquery("counted")
    read = session.execute(
        Keyset(listed.c.sort_key, keyset.descending, keyset.read, listed.c.creative_id).ordered(
            select(counted.c.number, listed).select_from(counted.outerjoin(listed, true()))
        )
    ).all()
    number = read[0].number
    total = _up_to_most(number)
    if number > most and not (is_ordered and limit is not None and limit <= most):
        return total, None
    rows = [row for row in read if row.creative_id is not None]
    return total, (rows, False) if limit is None else (rows[:limit], len(rows) > limit)


MOST_COUNTED = 1_000
"""Rows are counted one by one up to here; roll-ups know larger numbers."""


def _total(session: Session, workspace_id: UUID, chosen: CreativeFilter, where: Sequence[ColumnElement[bool]]) -> Total:
    """How many creatives the filter leaves: from a roll-up where one answers, else counted for a while."""
    known = counted_before(session, workspace_id, chosen)
    return Total(known) if known is not None else _counted(session, where)


def _counted(session: Session, where: Sequence[ColumnElement[bool]]) -> Total:
    rows = select(literal(1)).select_from(Facts).where(*where).limit(MOST_COUNTED + 1).subquery()
    return _up_to_most(session.scalars(select(func.count()).select_from(rows)).one())


def _up_to_most(count: int) -> Total:
    return Total(min(count, MOST_COUNTED), count > MOST_COUNTED)
