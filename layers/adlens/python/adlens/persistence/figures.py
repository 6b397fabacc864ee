"""Figures over any set of creatives, in one pass over their facts, or from a roll-up where one tells the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CTE,
    ColumnElement,
    Date,
    Engine,
    Float,
    Integer,
    Select,
    Subquery,
    Text,
    and_,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from adlens.domain.colors import COLOR_CLASSES
from adlens.domain.comparison import Side, Sides, Trait
from adlens.domain.errors import InvalidValue
from adlens.domain.figures import By, Figures, Row, Totals, bucket_of, buckets, having
from adlens.domain.gallery import NO_TOPIC, CreativeFilter
from adlens.domain.statistics import Bin, Sample
from adlens.persistence.filters import certain_topic, conditions
from adlens.persistence.paging import cursor_of, read_cursor
from adlens.persistence.session import transactional
from adlens.persistence.tables import (
    Facts,
    FindingKind,
    Group,
    GroupFindingRollup,
    Vocabulary,
    WorkspaceFindingRollup,
)

MOST_OBJECTS, MOST_WORDS = 30, 50
"""Findings of a kind that are compared: the most frequent of both sides together, which says nothing of either."""
_BINS = 16

_KINDS = {By.OBJECT: FindingKind.OBJECT, By.WORD: FindingKind.WORD}
_KEYS: Mapping[By, Any] = {By.TOPIC: certain_topic(), By.COLOR: Facts.color_classes, By.GROUP: Facts.group_id}
_SUMS = (
    func.count().label("creatives"),
    func.count().filter(Facts.analysed).label("analysed"),
    func.count(Facts.topic_confidence).label("topics"),
    func.sum(Facts.topic_confidence).label("confidence"),
    # Both are 0 where there are no findings.
    func.sum(Facts.object_count).label("objects"),
    func.sum(Facts.text_share).label("text_share"),
)


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
        _hold_still(session)
        of = conditions(session, workspace_id, chosen)
        if by.of_time:
            return _by_time(session, chosen, of, by, limit, cursor)
        if by in _KINDS:
            return _by_finding(session, workspace_id, chosen, of, by, limit, cursor)
        return _by_column(session, workspace_id, chosen, of, by, limit, cursor)

    @transactional
    def sides(self, session: Session, workspace_id: UUID, a: CreativeFilter, b: CreativeFilter) -> Sides:
        """What two sets of creatives have. Raises UnknownGroup, and InvalidValue when a creative is in both."""
        _hold_still(session)
        of_a, of_b = (conditions(session, workspace_id, of) for of in (a, b))
        if b != CreativeFilter(rest_of=a) and session.scalar(select(literal(1)).where(*of_a, *of_b).limit(1)):
            raise InvalidValue("Some creatives are in both a and b: let the filters leave none in common.", "b")
        both = _Both(session, of_a, of_b)
        totals, topics = both.topics()
        if b == CreativeFilter(rest_of=a):
            of_objects = _and_the_rest(workspace_id, By.OBJECT, _objects(of_a))
            of_words = _and_the_rest(workspace_id, By.WORD, _words(workspace_id, of_a))
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


def _hold_still(session: Session) -> None:
    """Lets all statements of the transaction see the same data."""
    session.connection(execution_options={"isolation_level": "REPEATABLE READ"})


# --- breakdowns -----------------------------------------------------------------------------------------------------


def _by_column(
    session: Session,
    workspace_id: UUID,
    chosen: CreativeFilter,
    of: Sequence[ColumnElement[bool]],
    by: By,
    limit: int,
    cursor: str | None,
) -> Figures:
    """Topics, groups and colour classes, by one column: a set of classes is taken apart after it was counted."""
    key = _KEYS[by]
    counted = select(key.label("key"), *_SUMS).where(*of).group_by(key).cte("counted")
    whole = select(*(func.sum(counted.c[one.name]).label(f"all_{one.name}") for one in _SUMS)).subquery("whole")
    page = _page(_rows(counted, by), by, limit, cursor).subquery("page")
    order = (page.c.creatives.desc(), page.c.key)
    found = session.execute(select(whole, page).select_from(whole.outerjoin(page, true())).order_by(*order)).all()
    totals = _totals(found[0], "all_")
    rows, next_cursor = _cut([row for row in found if row.key is not None], by, limit)
    names = _names(session, workspace_id, [row.key for row in rows]) if by is By.GROUP else {}
    return Figures(
        chosen,
        totals,
        tuple(_row(chosen, totals, by, row.key, _totals(row), names.get(row.key)) for row in rows),
        next_cursor,
    )


def _rows(counted: CTE, by: By) -> Select[Any]:
    columns = counted.c
    match by:
        case By.TOPIC:
            # A creative without findings has no topic either, and is in no row.
            sums = (columns[one.name] for one in _SUMS[1:])
            key, creatives = func.coalesce(columns.key, NO_TOPIC).label("key"), columns.analysed.label("creatives")
            return select(key, creatives, *sums).where(columns.analysed > 0)
        case By.COLOR:
            sums = (func.sum(columns[one.name]).label(one.name) for one in _SUMS)
            return _by_class(counted, columns.key, *sums)
        case _:
            return select(counted)


def _by_class(counted: CTE, mask: ColumnElement[int], *sums: Any) -> Select[Any]:
    """`sums` of what was counted by sets of colour classes, for each class."""
    names = literal([color_class.name for color_class in COLOR_CLASSES], ARRAY(Text))
    listed = func.unnest(names).table_valued("name", with_ordinality="place").render_derived(name="class")
    has_it = mask.op(">>")(listed.c.place.cast(Integer) - 1).op("&")(1) == 1
    rows = select(listed.c.name.label("key"), *sums).select_from(counted).join(listed, has_it)
    return rows.group_by(listed.c.name)


def _by_finding(
    session: Session,
    workspace_id: UUID,
    chosen: CreativeFilter,
    of: Sequence[ColumnElement[bool]],
    by: By,
    limit: int,
    cursor: str | None,
) -> Figures:
    totals = _totals(session.execute(select(*_SUMS).where(*of)).one())
    kept = _rollup(workspace_id, chosen, by)
    if kept is None and by is By.WORD:
        found = _most_frequent_words(session, workspace_id, of, limit, cursor)
    else:
        found = session.execute(_page(_objects(of) if kept is None else kept, by, limit, cursor)).all()
    rows, next_cursor = _cut(found, by, limit)
    return Figures(
        chosen,
        totals,
        tuple(_row(chosen, totals, by, row.key, Totals(int(row.creatives), int(row.creatives))) for row in rows),
        next_cursor,
    )


def _rollup(workspace_id: UUID, chosen: CreativeFilter, by: By) -> Select[Any] | None:
    """The counts of a whole workspace or group, which are kept."""
    table: Any = WorkspaceFindingRollup
    place: dict[str, Any] = {"workspace_id": workspace_id}
    if len(chosen.group_ids) == 1:
        table = GroupFindingRollup
        place["group_id"] = chosen.group_ids[0]
    if chosen not in (CreativeFilter(), CreativeFilter(group_ids=chosen.group_ids[:1])):
        return None
    return select(table.name.label("key"), table.creatives).filter_by(**place, kind=_KINDS[by].value)


def _objects(of: Sequence[ColumnElement[bool]]) -> Select[Any]:
    named = select(func.unnest(Facts.objects).label("key")).where(*of).subquery("named")
    return select(named.c.key, func.count().label("creatives")).group_by(named.c.key)


def _words(
    workspace_id: UUID, of: Sequence[ColumnElement[bool]], among: int | None = None, most: int | None = None
) -> Select[Any]:
    """With `among`, only words as frequent as the one at this place at least, of those in `most` creatives at most."""
    said = select(func.unnest(Facts.words).label("token")).where(*of).subquery("said")
    counted = select(said.c.token, func.count().label("creatives")).group_by(said.c.token).cte("counted")
    creatives = counted.c.creatives
    named = (
        select(Vocabulary.word.label("key"), creatives)
        .join(counted, counted.c.token == Vocabulary.token)
        .where(Vocabulary.workspace_id == workspace_id, Vocabulary.counted)
    )
    if among is None:
        return named
    further = select(creatives) if most is None else select(creatives).where(creatives <= most)
    least = further.order_by(creatives.desc()).offset(among).limit(1).scalar_subquery()
    return named.where(creatives >= func.coalesce(least, 0))


def _most_frequent_words(
    session: Session, workspace_id: UUID, of: Sequence[ColumnElement[bool]], limit: int, cursor: str | None
) -> Sequence[Any]:
    """A page and one more. Words are looked up by what was counted, which takes longer than counting: first only the
    most frequent, and all when too many of these are stop words.
    """
    most = None if cursor is None else read_cursor(cursor, _count, str, By.WORD.value)[0]
    found = session.execute(_page(_words(workspace_id, of, 4 * limit, most), By.WORD, limit, cursor)).all()
    if len(found) > limit:
        return found
    return session.execute(_page(_words(workspace_id, of), By.WORD, limit, cursor)).all()


def _by_time(
    session: Session,
    chosen: CreativeFilter,
    of: Sequence[ColumnElement[bool]],
    by: By,
    limit: int,
    cursor: str | None,
) -> Figures:
    # By days, whatever the unit: for these there are statistics (facts_days), without which the planner expects as many
    # rows as there are moments.
    day = Facts.uploaded_at.op("AT TIME ZONE")(literal_column("'UTC'")).cast(Date)
    counted: dict[datetime, list[_Sums]] = defaultdict(list)
    for row in session.execute(select(day.label("day"), *_SUMS).where(*of).group_by(day)):
        counted[bucket_of(by, datetime.combine(row.day, time(), UTC))].append(_sums(row))
    totals = _sum_up([sums for days in counted.values() for sums in days])
    first = chosen.uploaded_from or min(counted, default=None)
    end = chosen.uploaded_before or (max(counted) + timedelta(microseconds=1) if counted else None)
    starts = [] if first is None or end is None else buckets(by, first, end)
    keys = [start.date().isoformat() for start in starts]
    at = 0 if cursor is None else _place(keys, cursor, by)
    rows = [
        _row(chosen, totals, by, key, _sum_up(counted.get(start, [])))
        for key, start in zip(keys[at : at + limit], starts[at : at + limit], strict=True)
    ]
    more = at + limit < len(keys)
    return Figures(chosen, totals, tuple(rows), cursor_of(0, rows[-1].key, by.value) if more else None)


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


def _row(chosen: CreativeFilter, whole: Totals, by: By, key: str, totals: Totals, name: str | None = None) -> Row:
    size = whole.analysed if by.of_findings else whole.creatives
    return Row(key, totals, totals.creatives / size if size else None, having(chosen, by, key), name)


def _names(session: Session, workspace_id: UUID, group_ids: Sequence[str]) -> dict[str, str | None]:
    rows = select(Group.id, Group.name).where(Group.workspace_id == workspace_id, Group.id.in_(group_ids))
    return {row.id: row.name for row in session.execute(rows)}


_Sums = tuple[int, int, int, float, int, float]
"""As _SUMS."""


def _sums(row: Any, prefix: str = "") -> _Sums:
    creatives, analysed, topics, confidence, objects, text_share = (
        getattr(row, f"{prefix}{one.name}") or 0 for one in _SUMS
    )
    return int(creatives), int(analysed), int(topics), float(confidence), int(objects), float(text_share)


def _sum_up(parts: Sequence[_Sums]) -> Totals:
    return _told(*(sum(column) for column in zip(*parts, strict=True))) if parts else Totals(0, 0)


def _totals(row: Any, prefix: str = "") -> Totals:
    return _told(*_sums(row, prefix))


def _told(creatives: int, analysed: int, topics: int, confidence: float, objects: int, text_share: float) -> Totals:
    return Totals(
        creatives,
        analysed,
        confidence / topics if topics else None,
        objects / analysed if analysed else None,
        text_share / analysed if analysed else None,
    )


# --- comparisons ----------------------------------------------------------------------------------------------------

Counts = dict[str, tuple[int, int]]
"""Creatives of a and of b that have something."""


class _Both:
    """Two sets of creatives side by side."""

    def __init__(
        self, session: Session, of_a: Sequence[ColumnElement[bool]], of_b: Sequence[ColumnElement[bool]]
    ) -> None:
        self.session = session
        self.of_a, self.of_b = of_a, of_b

    def rows(self, *columns: Any) -> Subquery:
        """`columns` of the facts of all creatives, and whether they are in a."""
        return union_all(
            select(*columns, literal_column("true").label("in_a")).where(*self.of_a),
            select(*columns, literal_column("false").label("in_a")).where(*self.of_b),
        ).subquery("both")

    def topics(self) -> tuple[dict[bool, Totals], Counts]:
        topic = certain_topic().label("topic")
        both = self.rows(topic, Facts.analysed, Facts.topic_confidence, Facts.object_count, Facts.text_share)
        columns = both.c
        found = self.session.execute(
            select(
                *(columns.in_a, columns.topic),
                func.count().label("creatives"),
                func.count().filter(columns.analysed).label("analysed"),
                func.count(columns.topic_confidence).label("topics"),
                func.sum(columns.topic_confidence).label("confidence"),
                func.sum(columns.object_count).label("objects"),
                func.sum(columns.text_share).label("text_share"),
            ).group_by(columns.in_a, columns.topic)
        ).all()
        counts: dict[str, dict[bool, int]] = defaultdict(dict)
        for row in found:
            if row.analysed:
                counts[NO_TOPIC if row.topic is None else row.topic][row.in_a] = row.analysed
        return (
            {side: _sum_up([_sums(row) for row in found if row.in_a is side]) for side in (True, False)},
            {key: (of.get(True, 0), of.get(False, 0)) for key, of in sorted(counts.items())},
        )

    def colors(self) -> Select[Any]:
        both = self.rows(Facts.color_classes)
        counted = select(both.c.color_classes, *_of_each(both)).group_by(both.c.color_classes).cte("counted")
        sums = (func.sum(counted.c.a).label("a"), func.sum(counted.c.b).label("b"))
        return _by_class(counted, counted.c.color_classes, *sums)

    def objects(self) -> Select[Any]:
        both = self.rows(Facts.objects)
        named = select(func.unnest(both.c.objects).label("key"), both.c.in_a).subquery("named")
        return select(named.c.key, *_of_each(named)).group_by(named.c.key)

    def words(self, workspace_id: UUID) -> Select[Any]:
        both = self.rows(Facts.words)
        said = select(func.unnest(both.c.words).label("token"), both.c.in_a).subquery("said")
        counted = select(said.c.token, *_of_each(said)).group_by(said.c.token).subquery("counted")
        return (
            select(Vocabulary.word.label("key"), counted.c.a, counted.c.b)
            .join(counted, counted.c.token == Vocabulary.token)
            .where(Vocabulary.workspace_id == workspace_id, Vocabulary.counted)
        )

    def most_frequent(self, counts: Select[Any], most: int) -> tuple[Counts, int]:
        """The first of them, and how many more there are."""
        counted = counts.subquery("counts")
        columns = counted.c
        found = self.session.execute(
            select(columns.key, columns.a, columns.b, func.count().over().label("kinds"))
            .order_by((columns.a + columns.b).desc(), columns.key)
            .limit(most)
        ).all()
        left_out = found[0].kinds - len(found) if found else 0
        return {row.key: (int(row.a), int(row.b)) for row in found}, left_out

    def traits(self) -> dict[Trait, tuple[Sample, Sample]]:
        """By bins, counted together and then added up for each trait."""
        both = self.rows(Facts.analysed, Facts.object_count, Facts.text_share, Facts.topic_confidence)
        columns = both.c
        # Floats: the squares of integers would overflow.
        values = {
            Trait.OBJECTS: columns.object_count.cast(Float),
            Trait.TEXT_SHARE: columns.text_share,
            Trait.TOPIC_CONFIDENCE: columns.topic_confidence,
        }
        width = {Trait.OBJECTS: 1, Trait.TEXT_SHARE: _BINS, Trait.TOPIC_CONFIDENCE: _BINS}
        bins = {trait: func.floor(value * width[trait]) for trait, value in values.items()}
        counted = (
            select(
                columns.in_a,
                *(bins[trait].label(f"{trait}_bin") for trait in Trait),
                func.count().label("size"),
                *(func.sum(values[trait]).label(f"{trait}_total") for trait in Trait),
                *(func.sum(values[trait] * values[trait]).label(f"{trait}_squares") for trait in Trait),
            )
            .where(columns.analysed)
            .group_by(columns.in_a, *bins.values())
            .cte("counted")
        )
        of = counted.c
        summed = union_all(
            *(
                select(
                    literal(trait.value).label("trait"),
                    of.in_a,
                    func.sum(of.size).label("size"),
                    func.sum(of[f"{trait}_total"]).label("total"),
                    func.sum(of[f"{trait}_squares"]).label("squares"),
                )
                .where(of[f"{trait}_bin"].is_not(None))
                .group_by(of.in_a, of[f"{trait}_bin"])
                for trait in Trait
            )
        )
        found: dict[tuple[str, bool], list[Bin]] = defaultdict(list)
        for row in self.session.execute(summed):
            found[row.trait, row.in_a].append(Bin(int(row.size), float(row.total), float(row.squares)))
        # In one order: a bootstrap draws for one after the other.
        samples = {key: Sample(tuple(sorted(of, key=lambda one: one.total / one.count))) for key, of in found.items()}
        nothing = Sample(())
        return {
            trait: (samples.get((trait.value, True), nothing), samples.get((trait.value, False), nothing))
            for trait in Trait
        }


def _and_the_rest(workspace_id: UUID, by: By, of_a: Select[Any]) -> Select[Any]:
    """What a has, and what is left of the whole workspace, whose counts are kept."""
    own, whole = of_a.subquery("own"), WorkspaceFindingRollup
    a = func.coalesce(own.c.creatives, 0)
    counts = select(whole.name.label("key"), a.label("a"), (whole.creatives - a).label("b"))
    return counts.outerjoin(own, own.c.key == whole.name).where(
        whole.workspace_id == workspace_id, whole.kind == _KINDS[by].value
    )


def _of_each(both: Subquery) -> tuple[ColumnElement[int], ColumnElement[int]]:
    return func.count().filter(both.c.in_a).label("a"), func.count().filter(~both.c.in_a).label("b")
