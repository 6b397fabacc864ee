"""Browsing a workspace's creatives: filtered, in any order, and from one to the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import CTE, ColumnElement, Engine, Select, func, literal, select, true
from sqlalchemy.orm import Session

from adlens.domain.errors import UnknownCreative
from adlens.domain.gallery import CreativeFilter, CreativeOrder, Gallery, Neighbours, Total
from adlens.persistence.paging import cursor_of, fetch_page, read_cursor
from adlens.persistence.schema import Facts
from adlens.persistence.search.cards import read_cards
from adlens.persistence.search.keyset import Key, Keyset, keyset_of
from adlens.persistence.search.plan import Color, FilterPlan, compile_filter
from adlens.persistence.session import transactional


class PostgresGallery:
    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @transactional
    def browse(
        self,
        session: Session,
        workspace_id: UUID,
        filters: CreativeFilter,
        order: CreativeOrder,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Gallery:
        """The creatives that match. Raises UnknownGroup, and InvalidValue for a foreign cursor."""
        return browse(session, compile_filter(session, workspace_id, filters), order, limit, cursor)

    @transactional
    def neighbours(
        self, session: Session, workspace_id: UUID, creative_id: UUID, filters: CreativeFilter, order: CreativeOrder
    ) -> Neighbours:
        """Where a creative stands among those that match, or would stand when it is not one of them.

        Raises UnknownCreative and UnknownGroup.
        """
        keyset = keyset_of(order)
        sort_key = session.execute(
            select(keyset.key).where(Facts.workspace_id == workspace_id, Facts.creative_id == creative_id)
        ).one_or_none()
        if sort_key is None:
            raise UnknownCreative(f"There is no creative {creative_id}.")
        key = (sort_key[0], creative_id)
        plan = compile_filter(session, workspace_id, filters)
        ids = plan.select(Facts.creative_id)
        previous = session.scalars(keyset.ordered(ids.where(keyset.before(key)), backwards=True).limit(1)).first()
        following = session.scalars(keyset.ordered(ids.where(keyset.after(key))).limit(1)).first()
        before = _count(session, [*plan.conditions, keyset.before(key)])
        known = plan.count_by_rollup(session)
        return Neighbours(
            previous,
            following,
            None if before.more else before.count + 1,
            _count(session, plan.conditions) if known is None else Total(known),
        )


def browse(
    session: Session, plan: FilterPlan, order: CreativeOrder, limit: int | None = None, cursor: str | None = None
) -> Gallery:
    """Raises InvalidValue for a foreign cursor."""
    keyset = keyset_of(order)
    after = None if cursor is None else read_cursor(cursor, keyset.read, UUID, order)
    page = _find_page(session, plan, keyset, after, limit)
    ids = [row.creative_id for row in page.rows]
    cards = read_cards(session, plan.workspace_id, ids)
    return Gallery(
        tuple(cards[id_] for id_ in ids if id_ in cards),
        page.total,
        cursor_of(page.rows[-1].sort_key, page.rows[-1].creative_id, order) if page.has_more else None,
    )


# --- ways to a page -------------------------------------------------------------------------------------------------

MOST_COUNTED = 1_000
"""Rows are counted one by one up to here; roll-ups know larger numbers."""

PROBED = 5_000
"""Creatives whose colours are measured before an index is asked which have a colour."""

GATHERED = 10_000
"""Creatives with words that are gathered before they are sorted. Fewer are too far apart for a walk in that order until
a page is full, more take longer to gather than that walk.
"""

COLORED = 2_000
"""The same of creatives with a colour, which take longer to gather."""

ORDERED = 30_000
"""Creatives with words that are sorted before their colours are measured, one after the other."""


@dataclass(frozen=True, slots=True)
class _Page:
    """`rows` have `creative_id` and `sort_key`."""

    total: Total
    rows: Sequence[Any]
    has_more: bool


def _find_page(session: Session, plan: FilterPlan, keyset: Keyset, after: Key | None, limit: int | None) -> _Page:
    if plan.color is not None and not plan.is_narrow:
        probed = _probe(session, plan, plan.color, keyset, after, limit)
        if probed is not None:
            return probed
    known = plan.count_by_rollup(session)
    least, most = plan.count_words(session)
    if known is not None:
        total = Total(known)
    elif least > GATHERED and plan.has_words_only:
        total = Total(MOST_COUNTED, True)
    else:
        gathered = _gather(session, plan, keyset, after, limit, most)
        if isinstance(gathered, _Page):
            return gathered
        total = gathered
    walk = select(Facts.creative_id, keyset.key.label("sort_key")).where(*plan.besides_color)
    if plan.color is not None:
        walk = walk.where(plan.color.matches(Facts.palette))
    rows, has_more = fetch_page(session, keyset.page(walk, after), limit)
    return _Page(total, rows, has_more)


def _probe(
    session: Session, plan: FilterPlan, color: Color, keyset: Keyset, after: Key | None, limit: int | None
) -> _Page | None:
    """The page from the next PROBED creatives that meet all other conditions: the fastest way to a frequent colour.
    None when they do not fill a page.
    """

    def measure(after: Key | None, limit: int | None) -> tuple[Sequence[Any], Total]:
        columns = (Facts.creative_id, keyset.key.label("sort_key"), Facts.palette)
        window = _materialized(keyset.page(select(*columns).where(*plan.besides_color), after).limit(PROBED), "window")
        size = select(func.count()).select_from(window).scalar_subquery()
        colored = keyset.of(window).ordered(
            select(
                window.c.creative_id,
                window.c.sort_key,
                func.count().over().label("number"),
                size.label("size"),
            ).where(color.matches(window.c.palette))
        )
        rows = session.execute(colored if limit is None else colored.limit(limit + 1)).all()
        return rows, Total(rows[0].number, rows[0].size >= PROBED) if rows else Total(0, True)

    rows, total = measure(after, limit)
    has_more = limit is not None and len(rows) > limit
    if not has_more and total.more:
        return None
    if after is not None:
        _, total = measure(None, 0)
    return _Page(total, rows[:limit], has_more)


def _gather(
    session: Session, plan: FilterPlan, keyset: Keyset, after: Key | None, limit: int | None, with_words: int | None
) -> _Page | Total:
    """The page, when few enough creatives match to gather all of them and then sort; only their number, when a walk in
    the gallery's order is faster. At most `with_words` have the words of the filter; None when that is unknown.

    PostgreSQL would rather walk through an index in that order until the page is full, because it takes arrays with
    something in common for many times too frequent.
    """
    columns = (Facts.creative_id, keyset.key.label("sort_key"))
    most = MOST_COUNTED
    is_ordered = False
    gathered = select(*columns).where(*plan.besides_color)
    if plan.color is not None:
        # Apart: to measure fewer colours PostgreSQL would read the whole workspace's index as well.
        candidates = select(*columns, Facts.palette).where(*plan.besides_color)
        if plan.is_narrow:
            is_ordered = after is None and with_words is not None and with_words <= ORDERED
            candidates = keyset.ordered(candidates) if is_ordered else candidates
        else:
            most = COLORED
            candidates = candidates.where(plan.color.may_match())
        among = _materialized(candidates, "among")
        gathered = select(among.c.creative_id, among.c.sort_key).where(plan.color.matches(among.c.palette))
    elif plan.uses_arrays:
        # Materialized: planned for all its rows, read until there are enough.
        most = GATHERED if plan.has_words else MOST_COUNTED
        among = _materialized(gathered, "among")
        gathered = select(among.c.creative_id, among.c.sort_key)
    found = _materialized(gathered.limit(most + 1), "found")
    count = select(func.count()).select_from(found).scalar_subquery()
    page = keyset.of(found).page(select(found) if is_ordered else select(found).where(count <= most), after)
    listed = (page if limit is None else page.limit(limit + 1)).subquery("page")
    counted = select(count.label("number")).subquery("counted")
    read = session.execute(
        keyset.of(listed).ordered(select(counted.c.number, listed).select_from(counted.outerjoin(listed, true())))
    ).all()
    number = read[0].number
    total = _up_to_most(number)
    if number > most and not (is_ordered and limit is not None and limit <= most):
        return total
    rows = [row for row in read if row.creative_id is not None]
    return _Page(total, rows[:limit], limit is not None and len(rows) > limit)


def _materialized(statement: Select[Any], name: str) -> CTE:
    return statement.cte(name).prefix_with("MATERIALIZED")


# --- totals ---------------------------------------------------------------------------------------------------------


def _count(session: Session, where: Sequence[ColumnElement[bool]]) -> Total:
    rows = select(literal(1)).select_from(Facts).where(*where).limit(MOST_COUNTED + 1).subquery()
    return _up_to_most(session.scalars(select(func.count()).select_from(rows)).one())


def _up_to_most(count: int) -> Total:
    return Total(min(count, MOST_COUNTED), count > MOST_COUNTED)
