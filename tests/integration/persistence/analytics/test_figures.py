"""Figures and comparisons on a real database, beside a recount of raw rows that shares no code with them."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from adlens.domain.analysis import Analysis, Decision
from adlens.domain.comparison import Trait, compare
from adlens.domain.creative import Failure, Status
from adlens.domain.errors import InvalidValue, UnknownGroup
from adlens.domain.figures import MOST_BUCKETS, By, Row, analysed_of
from adlens.domain.gallery import CreativeFilter, CreativeOrder
from adlens.persistence.analytics.figures import PostgresFigures
from adlens.persistence.search.gallery import PostgresGallery

Findings = Callable[..., Analysis]
FIRST = datetime(2026, 1, 29, 22, 30, tzinfo=UTC)
CREATIVES = 90


@dataclass
class Raw:
    """A creative as the tables of findings have it."""

    id: UUID
    group_id: str
    status: str
    uploaded_at: datetime
    analysed: bool
    topic: str | None
    decision: str | None
    confidence: float | None
    words: set[str]
    classes: set[str]
    objects: list[str]
    text_share: float


@pytest.fixture(scope="module")
def figures(engine: Engine) -> PostgresFigures:
    return PostgresFigures(engine)


@pytest.fixture(scope="module")
def gallery(engine: Engine) -> PostgresGallery:
    return PostgresGallery(engine)


@pytest.fixture(scope="module")
def market(new_tenant: Callable[[], Any], findings: Findings) -> Any:
    """Creatives of five groups and seven weeks, some without findings, and a stranger's."""
    tenant, stranger = new_tenant(), new_tenant()
    stranger.analysed(stranger.add("grp_0"), findings(3), "grp_0")
    chance = random.Random(5)
    for seed in range(CREATIVES):
        group_id = f"grp_{min(chance.randrange(5), chance.randrange(5))}"
        key = tenant.add(group_id)
        if seed % 10 == 0:
            tenant.repository.fail(tenant.claimed(key, group_id=group_id), Failure("invalid_image", "Cut off."), "a")
        elif seed % 7:
            tenant.analysed(key, findings(seed), group_id)
            if seed % 11 == 0:
                tenant.repository.correct_topic(key, "bags")
        moment = FIRST + timedelta(minutes=chance.randrange(50 * 24 * 60))
        with tenant.engine.begin() as connection:
            for table, id_ in (("creatives", "id"), ("creative_facts", "creative_id")):
                connection.execute(
                    text(f"UPDATE {table} SET uploaded_at = :moment WHERE workspace_id = :of AND {id_} = :id"),
                    {"moment": moment, "of": tenant.workspace_id, "id": key.id},
                )
    return tenant


@pytest.fixture(scope="module")
def raw(market: Any) -> list[Raw]:
    def listed(table: str, column: str) -> dict[UUID, list[Any]]:
        found: dict[UUID, list[Any]] = defaultdict(list)
        for row in market.rows(f"SELECT creative_id, {column} AS it FROM {table} WHERE workspace_id = :workspace_id"):
            found[row["creative_id"]].append(row["it"])
        return found

    objects, classes = listed("detected_objects", "class_name"), listed("swatches", "color_class")
    areas = listed("text_blocks", "(x2 - x1) * (y2 - y1)")
    analyses = {
        row["creative_id"]: row for row in market.rows("SELECT * FROM analyses WHERE workspace_id = :workspace_id")
    }
    found = []
    for row in market.rows("SELECT * FROM creatives WHERE workspace_id = :workspace_id"):
        id_, of = row["id"], analyses.get(row["id"])
        found.append(
            Raw(
                id_,
                row["group_id"],
                row["status"],
                row["uploaded_at"],
                of is not None,
                of and of["topic"],
                market.decision_of(of) if of else None,
                None if not of or of["topic_confidence"] is None else float(of["topic_confidence"]),
                set(of["words"]) if of else set(),
                set(classes[id_]),
                objects[id_],
                min(1.0, sum(areas[id_])),
            )
        )
    return found


def test_all_decisions_are_among_them(raw: list[Raw]) -> None:
    assert {of.decision for of in raw} == {"sure", "unsure", "person", None}


def holds(chosen: CreativeFilter, of: Raw) -> bool:
    """Whether a filter is true of a creative."""
    count = of.objects.count(chosen.object_class) if chosen.object_class else len(of.objects)
    found = [
        not chosen.group_ids or of.group_id in chosen.group_ids,
        not chosen.topics or (of.topic or "none") in chosen.topics,
        not chosen.topic_decisions or of.decision in chosen.topic_decisions,
        chosen.color_class is None or chosen.color_class in of.classes,
        chosen.object_class is None or count > 0,
        chosen.min_objects is None or (of.analysed and count >= chosen.min_objects),
        chosen.word is None or chosen.word in of.words,
        chosen.status is None or of.status == chosen.status.value,
        chosen.min_confidence is None or (of.confidence is not None and of.confidence >= chosen.min_confidence),
        chosen.min_text_share is None or (of.analysed and of.text_share >= chosen.min_text_share),
        chosen.uploaded_from is None or of.uploaded_at >= chosen.uploaded_from,
        chosen.uploaded_before is None or of.uploaded_at < chosen.uploaded_before,
        chosen.within is None or holds(chosen.within, of),
        chosen.rest_of is None or not holds(chosen.rest_of, of),
    ]
    return all(found)


def some_filter(chance: random.Random, raw: list[Raw], deep: bool = True) -> CreativeFilter:
    """What some creative has, so that it is not always of nothing."""
    of = chance.choice(raw)
    day = of.uploaded_at.replace(hour=0, minute=0)
    every: dict[str, Any] = {
        "group_ids": tuple({of.group_id, chance.choice(raw).group_id}),
        "topics": (of.topic or "none", chance.choice(raw).topic or "none"),
        "topic_decisions": tuple(chance.sample(list(Decision), chance.choice([1, 1, 2]))),
        "color_class": min(of.classes, default=None),
        "object_class": min(of.objects, default=None),
        "min_objects": chance.randrange(3),
        "word": max(of.words, default=None),
        "status": Status(of.status),
        "min_confidence": chance.random(),
        "min_text_share": chance.random() / 4,
        "uploaded_from": day - timedelta(days=chance.randrange(20)),
        "uploaded_before": day + timedelta(days=chance.randrange(20), hours=5),
    }
    if deep:
        every["within"] = some_filter(chance, raw, deep=False)
        every["rest_of"] = some_filter(chance, raw, deep=False)
    names = chance.sample(sorted(every), chance.choice([0, 1, 1, 2, 3]))
    return CreativeFilter(**{name: every[name] for name in names})


FILTERS = 12


@pytest.mark.parametrize("by", By)
def test_figures_are_those_of_a_recount(
    market: Any, raw: list[Raw], figures: PostgresFigures, gallery: PostgresGallery, by: By
) -> None:
    chance = random.Random(by.value)
    for chosen in [CreativeFilter(), CreativeFilter(group_ids=("grp_0",))] + [
        some_filter(chance, raw) for _ in range(FILTERS)
    ]:
        found = figures.breakdown(market.workspace_id, chosen, by, 1000)
        having = [of for of in raw if holds(chosen, of)]
        same_totals(found.totals, having)
        assert found.next_cursor is None
        expected = recounted(by, having)
        shown = {row.key: row for row in found.rows}
        if by.of_time:
            assert [key for key, row in shown.items() if row.totals.creatives] == sorted(expected)
            assert list(shown) == whole_time(by, chosen, having)
        else:
            assert list(shown) == sorted(expected, key=lambda key: (-len(expected[key]), key))
        for key, row in shown.items():
            same_row(row, by, expected.get(key, []), having)
            # What a figure leads to is what it counts.
            if not row.totals.creatives and chance.random() < 0.9:
                continue
            assert listed(gallery, market, row.chosen) == {of.id for of in expected.get(key, [])}
        assert listed(gallery, market, analysed_of(chosen)) == {of.id for of in having if of.analysed}


@pytest.mark.parametrize("limit", [1, 2, 5])
def test_pages_of_words_are_parts_of_the_whole(
    market: Any, raw: list[Raw], figures: PostgresFigures, limit: int
) -> None:
    chance = random.Random(limit)
    some = [some_filter(chance, raw) for _ in range(3)]
    for chosen in [CreativeFilter(uploaded_from=FIRST), *some]:
        whole = figures.breakdown(market.workspace_id, chosen, By.WORD, 1000).rows
        rows: list[Row] = []
        cursor = None
        while page := figures.breakdown(market.workspace_id, chosen, By.WORD, limit, cursor):
            rows += page.rows
            cursor = page.next_cursor
            if cursor is None:
                break
        assert rows == list(whole)


def same_totals(totals: Any, having: list[Raw]) -> None:
    analysed = [of for of in having if of.analysed]
    assert (totals.creatives, totals.analysed) == (len(having), len(analysed))
    assert totals.mean_topic_confidence == mean(of.confidence for of in having if of.confidence is not None)
    assert totals.mean_objects == mean(len(of.objects) for of in analysed)
    assert totals.mean_text_share == mean(of.text_share for of in analysed)


def same_row(row: Row, by: By, own: list[Raw], having: list[Raw]) -> None:
    if by in (By.OBJECT, By.WORD):
        assert (row.totals.creatives, row.totals.analysed) == (len(own), len(own))
    else:
        same_totals(row.totals, own)
    whole = [of for of in having if of.analysed or not by.of_findings]
    assert row.share == (pytest.approx(len(own) / len(whole)) if whole else None)


def mean(values: Iterable[float | None]) -> Any:
    known = [value for value in values if value is not None]
    return pytest.approx(sum(known) / len(known)) if known else None


def recounted(by: By, having: list[Raw]) -> dict[str, list[Raw]]:
    rows: dict[str, list[Raw]] = defaultdict(list)
    for of in having:
        for key in keys_of(by, of):
            rows[key].append(of)
    return rows


def keys_of(by: By, of: Raw) -> Iterable[str]:
    day = of.uploaded_at.astimezone(UTC).date()
    return {
        By.TOPIC: [("unsure" if of.decision == "unsure" else of.topic) or "none"] if of.analysed else [],
        By.COLOR: of.classes,
        By.OBJECT: set(of.objects),
        By.WORD: of.words,
        By.GROUP: [of.group_id],
        By.DAY: [str(day)],
        By.WEEK: [str(day - timedelta(days=day.isoweekday() - 1))],
        By.MONTH: [f"{day:%Y-%m}-01"],
    }[by]


def whole_time(by: By, chosen: CreativeFilter, having: list[Raw]) -> list[str]:
    """Every row from the first to the last day, whether there is something in it or not."""
    moments = [of.uploaded_at for of in having]
    first = chosen.uploaded_from or min(moments, default=None)
    last = (chosen.uploaded_before or max(moments, default=FIRST)) - timedelta(
        microseconds=1 if chosen.uploaded_before else 0
    )
    if first is None or (chosen.uploaded_before is None and not moments):
        return []
    days = [first.date() + timedelta(days=day) for day in range((last.date() - first.date()).days + 1)]
    return list(dict.fromkeys(key for day in days for key in keys_of(by, raw_at(day))))


def raw_at(day: Any) -> Raw:
    moment = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return Raw(UUID(int=0), "", "", moment, False, None, None, None, set(), set(), [], 0.0)


def listed(gallery: PostgresGallery, market: Any, chosen: CreativeFilter) -> set[UUID]:
    return {card.id for card in gallery.browse(market.workspace_id, chosen, CreativeOrder.NEWEST).cards}


@pytest.mark.parametrize("by", By)
def test_pages_are_the_whole_list(market: Any, figures: PostgresFigures, by: By) -> None:
    for chosen in (CreativeFilter(), CreativeFilter(min_text_share=0)):
        whole = figures.breakdown(market.workspace_id, chosen, by, 1000)
        paged, cursor = [], None
        for _ in whole.rows:
            page = figures.breakdown(market.workspace_id, chosen, by, 2, cursor)
            assert page.totals == whole.totals
            paged += page.rows
            cursor = page.next_cursor
            if cursor is None:
                break
        assert tuple(paged) == whole.rows


def test_a_cursor_is_for_its_breakdown_only(market: Any, figures: PostgresFigures) -> None:
    cursor = figures.breakdown(market.workspace_id, CreativeFilter(), By.TOPIC, 1).next_cursor
    for wrong in (cursor, "x", "WzFlOTk5LCAieCIsICJjb2xvciJd", "Wzk5OTk5OTk5OTk5OTk5OTk5OTk5LCAieCIsICJjb2xvciJd"):
        with pytest.raises(InvalidValue) as refused:
            figures.breakdown(market.workspace_id, CreativeFilter(), By.COLOR, 1, wrong)
        assert refused.value.field == "cursor"


def test_too_many_days_are_refused(market: Any, figures: PostgresFigures) -> None:
    since = datetime(2020, 1, 1, tzinfo=UTC)
    with pytest.raises(InvalidValue) as refused:
        figures.breakdown(market.workspace_id, CreativeFilter(uploaded_from=since), By.DAY, 10)
    assert (refused.value.field, str(MOST_BUCKETS) in str(refused.value)) == ("by", True)
    assert figures.breakdown(market.workspace_id, CreativeFilter(uploaded_from=since), By.MONTH, 10).rows


def test_of_an_unknown_group_nothing_is_told(market: Any, figures: PostgresFigures) -> None:
    unknown = CreativeFilter(within=CreativeFilter(group_ids=("nowhere",)))
    with pytest.raises(UnknownGroup):
        figures.breakdown(market.workspace_id, unknown, By.TOPIC, 10)
    with pytest.raises(UnknownGroup):
        figures.sides(market.workspace_id, CreativeFilter(), CreativeFilter(rest_of=unknown))


# --- comparisons ----------------------------------------------------------------------------------------------------


def test_sides_are_those_of_a_recount(
    market: Any, raw: list[Raw], figures: PostgresFigures, gallery: PostgresGallery
) -> None:
    chance = random.Random(1)
    compared = 0
    while compared < 12:
        a = some_filter(chance, raw)
        b = chance.choice([CreativeFilter(rest_of=a), some_filter(chance, raw)])
        of_a, of_b = ([of for of in raw if holds(side, of)] for side in (a, b))
        if any(of in of_b for of in of_a):
            with pytest.raises(InvalidValue):
                figures.sides(market.workspace_id, a, b)
            continue
        compared += 1
        sides = figures.sides(market.workspace_id, a, b)
        same_totals(sides.a.totals, of_a)
        same_totals(sides.b.totals, of_b)
        for by in (By.TOPIC, By.COLOR, By.OBJECT, By.WORD):
            in_a, in_b = recounted(by, of_a), recounted(by, of_b)
            assert sides.counts[by] == {key: (len(in_a[key]), len(in_b[key])) for key in {**in_a, **in_b}}
        for side, of in enumerate((of_a, of_b)):
            for trait, values in traits_of(of).items():
                sample = sides.traits[trait][side]
                assert sample.size == len(values)
                if values:
                    middle = sum(values) / len(values)
                    spread = sum((value - middle) ** 2 for value in values)
                    assert sample.mean == pytest.approx(middle)
                    assert sample.variance == pytest.approx(spread / max(1, len(values) - 1), abs=1e-9)
        for row in compare(sides, resamples=9).shares:
            for chosen, of in ((row.a, of_a), (row.b, of_b)):
                assert listed(gallery, market, chosen) == {one.id for one in recounted(row.by, of)[row.key]}


def traits_of(of: list[Raw]) -> dict[Trait, list[float]]:
    return {
        Trait.OBJECTS: [len(one.objects) for one in of if one.analysed],
        Trait.TEXT_SHARE: [one.text_share for one in of if one.analysed],
        Trait.TOPIC_CONFIDENCE: [one.confidence for one in of if one.confidence is not None],
    }


def test_the_same_creatives_are_not_compared_with_themselves(market: Any, figures: PostgresFigures) -> None:
    with pytest.raises(InvalidValue) as refused:
        figures.sides(market.workspace_id, CreativeFilter(group_ids=("grp_0",)), CreativeFilter())
    assert refused.value.field == "b"


def test_the_rest_of_everything_is_nothing(market: Any, figures: PostgresFigures) -> None:
    found = compare(figures.sides(market.workspace_id, CreativeFilter(), CreativeFilter(rest_of=CreativeFilter())))
    assert found.sides.b.totals.creatives == found.tested == 0
    assert all(row.difference.value is None for row in (*found.shares, *found.traits))


def test_only_the_most_frequent_words_are_compared(
    market: Any, figures: PostgresFigures, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = CreativeFilter(group_ids=("grp_0",)), CreativeFilter(group_ids=("grp_1",))
    whole = figures.sides(market.workspace_id, a, b)
    monkeypatch.setattr("adlens.persistence.analytics.figures.MOST_WORDS", 2)
    few = figures.sides(market.workspace_id, a, b)
    frequent = sorted(whole.counts[By.WORD], key=lambda word: (-sum(whole.counts[By.WORD][word]), word))
    assert list(few.counts[By.WORD]) == frequent[:2]
    assert few.left_out[By.WORD] == len(frequent) - 2
    assert whole.left_out[By.WORD] == 0


def test_the_filters_of_these_tests_know_every_part_that_links_are_made_of() -> None:
    known = {
        "group_ids",
        "topics",
        "topic_decisions",
        "color_class",
        "object_class",
        "word",
        "min_text_share",
        "within",
        "rest_of",
    }
    assert known <= {part.name for part in fields(CreativeFilter)}
    assert replace(CreativeFilter(), word="x") != CreativeFilter()
