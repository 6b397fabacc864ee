"""Files of figures against the real database: what matches, what does not, and that nothing is lost between."""

from __future__ import annotations

import random
import tracemalloc
import uuid
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text

from adlens.domain.creative import CreativeId, NewCreative
from adlens.domain.errors import InvalidValue, LimitReached, UnknownCreative
from adlens.domain.performance import MOST_LISTED, KeyKind, MalformedRow, Metrics, PerformanceReport, Reason, SentRow
from adlens.persistence.performance import repository
from adlens.persistence.performance.repository import PostgresPerformance

DAY = date(2026, 3, 1)


def row(kind: KeyKind, key: object, *figures: Any, day: date = DAY, placement: str = "", line: int = 2) -> SentRow:
    impressions, clicks, conversions, spend = figures or (100, 10, 1, "0.1")
    return SentRow(line, kind, str(key), day, placement, Metrics(impressions, clicks, conversions, Decimal(spend)))


def by_id(key: CreativeId, *figures: Any, **more: Any) -> SentRow:
    return row(KeyKind.CREATIVE_ID, key.id, *figures, **more)


@dataclass
class Rows:
    """A table with these rows."""

    given: Iterable[SentRow | MalformedRow]
    ignored_columns: tuple[str, ...] = ("campaign",)

    def rows(self) -> Iterator[SentRow | MalformedRow]:
        return iter(self.given)


@pytest.fixture
def send(tenant) -> Callable[..., PerformanceReport]:
    def store(*rows: SentRow | MalformedRow) -> PerformanceReport:
        return PostgresPerformance(tenant.engine).store(tenant.workspace_id, Rows(rows))

    return store


def stored(tenant: Any) -> dict[tuple[uuid.UUID, date, str], tuple[Any, ...]]:
    rows = tenant.rows("SELECT * FROM performance WHERE workspace_id = :workspace_id")
    return {
        (r["creative_id"], r["day"], r["placement"]): (r["impressions"], r["clicks"], r["conversions"], r["spend"])
        for r in rows
    }


def named(tenant: Any, filename: str, sha256: str | None = None) -> CreativeId:
    key = CreativeId(tenant.workspace_id, uuid.uuid4())
    tenant.repository.register(tenant.workspace_id, "grp", [NewCreative(key.id, filename, 10)])
    if sha256 is not None:
        with tenant.engine.begin() as connection:
            connection.execute(
                text(
                    "UPDATE creatives SET sha256 = :sha256, format = 'PNG', width = 1, height = 1, bytes = 1, "
                    "phash = :phash WHERE workspace_id = :w AND id = :id"
                ),
                {"sha256": sha256, "phash": "f" * 16, "w": tenant.workspace_id, "id": key.id},
            )
    return key


def test_rows_find_their_creative_by_id_content_and_file_name(tenant, send) -> None:
    one, two, three = named(tenant, "a.png"), named(tenant, "b.png", "b" * 64), named(tenant, "Кружка 'x' %s.png")
    report = send(by_id(one), row(KeyKind.SHA256, "b" * 64, line=3), row(KeyKind.FILENAME, "Кружка 'x' %s.png", line=4))
    assert (report.rows, report.matched_rows, report.unmatched_rows, report.stored, report.changed) == (3, 3, 0, 3, 3)
    assert {key for key, _, _ in stored(tenant)} == {one.id, two.id, three.id}
    assert report.sent == report.matched == Metrics(300, 30, 3, Decimal("0.3"))


def test_rows_of_the_same_creative_day_and_placement_add_up_whatever_names_it(tenant, send) -> None:
    key = named(tenant, "a.png", "a" * 64)
    send(
        by_id(key, 100, 10, 1, "0.1"),
        row(KeyKind.FILENAME, "a.png", 1000, 20, 2, "0.2"),
        row(KeyKind.SHA256, "a" * 64, 10000, 30, 3, "0.000000000003"),
        by_id(key, 5, 5, 5, "5", placement="feed"),
        by_id(key, 7, 7, 7, "7", day=DAY + timedelta(1)),
    )
    assert stored(tenant) == {
        (key.id, DAY, ""): (11100, 60, 6, Decimal("0.300000000003")),
        (key.id, DAY, "feed"): (5, 5, 5, Decimal(5)),
        (key.id, DAY + timedelta(1), ""): (7, 7, 7, Decimal(7)),
    }


def test_a_file_sent_again_changes_nothing_and_a_corrected_one_replaces(tenant, send) -> None:
    key = named(tenant, "a.png")
    file = [by_id(key), by_id(key), by_id(key, placement="feed")]
    first, before = send(*file), tenant.rows("SELECT * FROM performance WHERE workspace_id = :workspace_id")
    again = send(*file)
    assert (first.stored, first.changed, again.stored, again.changed) == (2, 2, 2, 0)
    assert tenant.rows("SELECT * FROM performance WHERE workspace_id = :workspace_id") == before
    corrected = send(by_id(key, 50, 5, 0, "0"))
    assert (corrected.stored, corrected.changed) == (1, 1)
    assert stored(tenant)[key.id, DAY, ""] == (50, 5, 0, Decimal(0))
    assert stored(tenant)[key.id, DAY, "feed"] == (100, 10, 1, Decimal("0.1"))


def test_what_several_creatives_have_is_ambiguous_and_not_guessed(tenant, send) -> None:
    named(tenant, "same.png", "c" * 64)
    named(tenant, "same.png", "c" * 64)
    report = send(
        row(KeyKind.FILENAME, "same.png", 1, 1, 1, "1", line=2),
        row(KeyKind.FILENAME, "same.png", 2, 1, 1, "1", line=5),
        row(KeyKind.SHA256, "c" * 64, line=3),
        row(KeyKind.FILENAME, "nobody's.png", line=4),
        row(KeyKind.CREATIVE_ID, uuid.uuid4(), line=6),
        row(KeyKind.CREATIVE_ID, "banner-17", line=7),
        row(KeyKind.CREATIVE_ID, "g3e70682-c209-1cac-a29f-6fbed82c07cd", line=8),
    )
    assert stored(tenant) == {}
    assert [(lost.line, lost.reason, lost.rows) for lost in report.not_matched] == [
        (2, Reason.AMBIGUOUS, 2),
        (3, Reason.AMBIGUOUS, 1),
        (4, Reason.UNKNOWN, 1),
        (6, Reason.UNKNOWN, 1),
        (7, Reason.NO_ID, 1),
        (8, Reason.NO_ID, 1),
    ]
    assert report.not_matched[0].figures == Metrics(3, 2, 2, Decimal(2))
    assert report.unmatched == report.sent
    assert sum((lost.figures for lost in report.not_matched), Metrics()) == report.unmatched


def test_every_unit_that_was_sent_is_matched_or_not(tenant, send) -> None:
    chance = random.Random(5)
    known = [named(tenant, f"{n}.png") for n in range(30)]
    named(tenant, "0.png")  # ambiguous
    rows: list[SentRow | MalformedRow] = []
    for line in range(2, 1500):
        n = chance.randrange(45)
        names = {KeyKind.FILENAME: f"{n}.png", KeyKind.CREATIVE_ID: str(known[n].id if n < 30 else uuid.uuid4())}
        kind = chance.choice(list(names))
        figures = (
            chance.randrange(10**9),
            chance.randrange(10**6),
            chance.randrange(10**5),
            chance.random().hex()[4:9],
        )
        spend = Decimal(int(figures[3], 16)) / 10 ** chance.randrange(8)
        day, placement = DAY + timedelta(chance.randrange(5)), chance.choice(["", "feed"])
        if chance.random() < 0.05:
            rows.append(MalformedRow(line, "bad"))
            continue
        impressions = figures[0] + figures[1]
        rows.append(SentRow(line, kind, names[kind], day, placement, Metrics(impressions, *figures[1:3], spend)))
    report = send(*rows)
    well_formed = [r for r in rows if isinstance(r, SentRow)]
    assert report.sent == sum((r.figures for r in well_formed), Metrics())
    assert report.sent == report.matched + report.unmatched
    assert report.rows == report.matched_rows + report.unmatched_rows + report.malformed == len(rows)
    kept = stored(tenant).values()
    assert Metrics(*(sum(column) for column in zip(*kept, strict=True))) == report.matched
    assert sum((lost.figures for lost in report.not_matched), Metrics()) == report.unmatched
    assert sum(lost.rows for lost in report.not_matched) == report.unmatched_rows


def test_lists_end_after_a_thousand_and_the_rest_is_counted(tenant, send) -> None:
    malformed = [MalformedRow(n, "bad") for n in range(MOST_LISTED + 5)]
    report = send(*malformed, *(row(KeyKind.FILENAME, f"{n}.png", line=n) for n in range(MOST_LISTED + 7)))
    assert (len(report.not_matched), report.not_matched_keys) == (MOST_LISTED, MOST_LISTED + 7)
    assert (len(report.malformed_rows), report.malformed) == (MOST_LISTED, MOST_LISTED + 5)


def test_a_file_that_breaks_off_stores_nothing(tenant) -> None:
    key = named(tenant, "a.png")

    def breaks() -> Iterator[SentRow]:
        for _ in range(6000):
            yield by_id(key)
        raise InvalidValue("The file breaks off.", "body")

    with pytest.raises(InvalidValue):
        PostgresPerformance(tenant.engine).store(tenant.workspace_id, Rows(breaks()))
    assert stored(tenant) == {}


def test_another_workspaces_creatives_do_not_match(tenant, send, new_tenant) -> None:
    other = new_tenant()
    theirs = named(other, "theirs.png", "d" * 64)
    rows = (by_id(theirs), row(KeyKind.SHA256, "d" * 64), row(KeyKind.FILENAME, "theirs.png"))
    report = send(*rows)
    assert (report.matched_rows, report.stored) == (0, 0)
    assert stored(other) == stored(tenant) == {}
    named(tenant, "theirs.png")
    assert send(*rows).matched_rows == 1
    assert stored(other) == {}
    with pytest.raises(UnknownCreative):
        PostgresPerformance(tenant.engine).of_creative(tenant.workspace_id, theirs.id)


def test_days_of_a_creative_come_page_by_page(tenant, send) -> None:
    key, performance = named(tenant, "a.png"), PostgresPerformance(tenant.engine)
    assert performance.of_creative(tenant.workspace_id, key.id).items == ()
    send(*(by_id(key, day=DAY + timedelta(n), placement=place) for n in range(3) for place in ("", "feed")))
    seen, cursor = [], None
    while True:
        page = performance.of_creative(tenant.workspace_id, key.id, 4, cursor)
        seen += [(day.day, day.placement) for day in page.items]
        if (cursor := page.next_cursor) is None:
            break
    assert seen == [(DAY + timedelta(n), place) for n in range(3) for place in ("", "feed")]
    tenant.repository.delete_creatives(tenant.workspace_id, [key.id])
    assert stored(tenant) == {}


def test_files_at_once_and_creatives_deleted_meanwhile_leave_whole_sums(tenant) -> None:
    keys = [named(tenant, f"{n}.png") for n in range(40)]
    performance = PostgresPerformance(tenant.engine)

    def send_all(number: int) -> PerformanceReport:
        order = keys[::-1] if number % 2 else keys
        return performance.store(tenant.workspace_id, Rows(by_id(key, number, 0, 0, "1") for key in order))

    with ThreadPoolExecutor(5) as pool:
        jobs = [pool.submit(send_all, number) for number in range(1, 7)]
        pool.submit(tenant.repository.delete_creatives, tenant.workspace_id, [key.id for key in keys[::3]]).result()
        reports = [job.result() for job in jobs]
    left = stored(tenant)
    assert {key for key, _, _ in left} == {key.id for key in keys} - {key.id for key in keys[::3]}
    assert len(set(left.values())) == 1  # all of one file, the last
    assert all(report.matched_rows + report.unmatched_rows == 40 for report in reports)


@pytest.mark.slow
def test_a_hundred_thousand_rows_take_little_memory(tenant) -> None:
    """The file is made while it is read: what is held is what the repository holds."""
    tenant.add("grp", *(uuid.UUID(int=n + 1) for n in range(500)))

    def rows() -> Iterator[SentRow]:
        for n in range(100_000):
            day = DAY + timedelta(n // 500 % 100)
            yield row(KeyKind.CREATIVE_ID, uuid.UUID(int=n % 500 + 1), n, 0, 0, "0.01", day=day, placement=str(n % 2))

    performance = PostgresPerformance(tenant.engine)
    tracemalloc.start()
    report = performance.store(tenant.workspace_id, Rows(rows()))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (report.rows, report.matched_rows) == (100_000, 100_000)
    assert report.matched.impressions == sum(range(100_000))
    assert report.stored == 50_000
    assert peak < 30_000_000


def test_files_that_are_announced_are_removed_and_so_many_at_most(tenant, monkeypatch) -> None:
    monkeypatch.setattr(repository, "MOST_FILES", 2)
    performance, until = PostgresPerformance(tenant.engine), datetime.now(UTC) + timedelta(days=1)
    for name in ("a", "b"):
        performance.announce_file(tenant.workspace_id, name, until)
    with pytest.raises(LimitReached):
        performance.announce_file(tenant.workspace_id, "c", until)
    removals = tenant.rows("SELECT object_key, store, due FROM removals WHERE workspace_id = :workspace_id ORDER BY 1")
    assert [tuple(row.values()) for row in removals] == [("a", "exports", until), ("b", "exports", until)]
