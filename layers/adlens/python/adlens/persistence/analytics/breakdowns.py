"""Figures by topic, colour class, group, object, word or time, a page at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CTE,
    Date,
    Select,
    and_,
    func,
    literal_column,
    or_,
    select,
    true,
)
from sqlalchemy.orm import Session

from adlens.domain.figures import By, Figures, Row, Totals, bucket_of, buckets, having
from adlens.domain.gallery import NO_TOPIC, CreativeFilter
from adlens.persistence.analytics.counting import (
    KINDS,
    SUMS,
    Sums,
    add_up,
    count_by_class,
    count_objects,
    count_words,
    read_sums,
    read_totals,
)
from adlens.persistence.paging import cursor_of, read_cursor
from adlens.persistence.schema import Facts, Group, GroupFindingRollup, WorkspaceFindingRollup
from adlens.persistence.search.conditions import certain_topic
from adlens.persistence.search.plan import FilterPlan

_KEYS: Mapping[By, Any] = {By.TOPIC: certain_topic(), By.COLOR: Facts.color_classes, By.GROUP: Facts.group_id}


def count_by_column(session: Session, plan: FilterPlan, by: By, limit: int, cursor: str | None) -> Figures:
    """Topics, groups and colour classes, by one column: a set of classes is taken apart after it was counted."""
    key = _KEYS[by]
    counted = select(key.label("key"), *SUMS).where(*plan.conditions).group_by(key).cte("counted")
    whole = select(*(func.sum(counted.c[one.name]).label(f"all_{one.name}") for one in SUMS)).subquery("whole")
    page = _page(_rows(counted, by), by, limit, cursor).subquery("page")
    order = (page.c.creatives.desc(), page.c.key)
    found = session.execute(select(whole, page).select_from(whole.outerjoin(page, true())).order_by(*order)).all()
    totals = read_totals(found[0], "all_")
    rows, next_cursor = _cut([row for row in found if row.key is not None], by, limit)
    names = _names(session, plan.workspace_id, [row.key for row in rows]) if by is By.GROUP else {}
    return Figures(
        plan.filters,
        totals,
        tuple(_row(plan.filters, totals, by, row.key, read_totals(row), names.get(row.key)) for row in rows),
        next_cursor,
    )


def _rows(counted: CTE, by: By) -> Select[Any]:
    columns = counted.c
    match by:
        case By.TOPIC:
            # A creative without findings has no topic either, and is in no row.
            sums = (columns[one.name] for one in SUMS[1:])
            key, creatives = func.coalesce(columns.key, NO_TOPIC).label("key"), columns.analysed.label("creatives")
            return select(key, creatives, *sums).where(columns.analysed > 0)
        case By.COLOR:
            sums = (func.sum(columns[one.name]).label(one.name) for one in SUMS)
            return count_by_class(counted, columns.key, *sums)
        case _:
            return select(counted)


def count_by_finding(session: Session, plan: FilterPlan, by: By, limit: int, cursor: str | None) -> Figures:
    totals = read_totals(session.execute(select(*SUMS).where(*plan.conditions)).one())
    kept = _rollup(plan, by)
    if kept is None and by is By.WORD:
        found = _most_frequent_words(session, plan, limit, cursor)
    else:
        found = session.execute(_page(count_objects(plan) if kept is None else kept, by, limit, cursor)).all()
    rows, next_cursor = _cut(found, by, limit)
    return Figures(
        plan.filters,
        totals,
        tuple(_row(plan.filters, totals, by, row.key, Totals(int(row.creatives), int(row.creatives))) for row in rows),
        next_cursor,
    )


def _rollup(plan: FilterPlan, by: By) -> Select[Any] | None:
    """The counts of a whole workspace or group, which are kept."""
    if plan.rollup_key is None:
        return None
    table: Any = GroupFindingRollup if "group_id" in plan.rollup_key else WorkspaceFindingRollup
    return select(table.name.label("key"), table.creatives).filter_by(**plan.rollup_key, kind=KINDS[by].value)


def _most_frequent_words(session: Session, plan: FilterPlan, limit: int, cursor: str | None) -> Sequence[Any]:
    """A page and one more. Words are looked up by what was counted, which takes longer than counting: first only the
    most frequent, and all when too many of these are stop words.
    """
    most = None if cursor is None else read_cursor(cursor, _count, str, By.WORD.value)[0]
    found = session.execute(_page(count_words(plan, 4 * limit, most), By.WORD, limit, cursor)).all()
    if len(found) > limit:
        return found
    return session.execute(_page(count_words(plan), By.WORD, limit, cursor)).all()


def count_by_time(session: Session, plan: FilterPlan, by: By, limit: int, cursor: str | None) -> Figures:
    # By days, whatever the unit: for these there are statistics (facts_days), without which the planner expects as many
    # rows as there are moments.
    day = Facts.uploaded_at.op("AT TIME ZONE")(literal_column("'UTC'")).cast(Date)
    counted: dict[datetime, list[Sums]] = defaultdict(list)
    for row in session.execute(select(day.label("day"), *SUMS).where(*plan.conditions).group_by(day)):
        counted[bucket_of(by, datetime.combine(row.day, time(), UTC))].append(read_sums(row))
    totals = add_up([sums for days in counted.values() for sums in days])
    first = plan.filters.uploaded_from or min(counted, default=None)
    end = plan.filters.uploaded_before or (max(counted) + timedelta(microseconds=1) if counted else None)
    starts = [] if first is None or end is None else buckets(by, first, end)
    keys = [start.date().isoformat() for start in starts]
    at = 0 if cursor is None else _place(keys, cursor, by)
    rows = [
        _row(plan.filters, totals, by, key, add_up(counted.get(start, [])))
        for key, start in zip(keys[at : at + limit], starts[at : at + limit], strict=True)
    ]
    more = at + limit < len(keys)
    return Figures(plan.filters, totals, tuple(rows), cursor_of(0, rows[-1].key, by.value) if more else None)


def _place(keys: Sequence[str], cursor: str, by: By) -> int:
    """Where the page after that of a cursor begins."""
    _, last = read_cursor(cursor, _count, str, by.value)
    return sum(key <= last for key in keys)


def _page(rows: Select[Any], by: By, limit: int, cursor: str | None) -> Select[Any]:
    """The rows after a cursor, the largest first, and one more."""
    counted = rows.subquery("rows")
    columns = counted.c
    statement = select(counted).order_by(columns.creatives.desc(), columns.key).limit(limit + 1)
    if cursor is None:
        return statement
    creatives, key = read_cursor(cursor, _count, str, by.value)
    further = and_(columns.creatives == creatives, columns.key > key)
    return statement.where(or_(columns.creatives < creatives, further))


def _count(value: Any) -> int:
    count = int(value)
    if not 0 <= count < 2**63:
        raise ValueError("no number of creatives")
    return count


def _cut(rows: Sequence[Any], by: By, limit: int) -> tuple[Sequence[Any], str | None]:
    more = len(rows) > limit
    rows = rows[:limit]
    return rows, cursor_of(int(rows[-1].creatives), rows[-1].key, by.value) if more else None


def _row(filters: CreativeFilter, whole: Totals, by: By, key: str, totals: Totals, name: str | None = None) -> Row:
    size = whole.analysed if by.of_findings else whole.creatives
    return Row(key, totals, totals.creatives / size if size else None, having(filters, by, key), name)


def _names(session: Session, workspace_id: UUID, group_ids: Sequence[str]) -> dict[str, str | None]:
    rows = select(Group.id, Group.name).where(Group.workspace_id == workspace_id, Group.id.in_(group_ids))
    return {row.id: row.name for row in session.execute(rows)}
