"""Rows by time, and which creatives a row counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from adlens.domain.analysis import Decision
from adlens.domain.errors import InvalidValue
from adlens.domain.figures import MOST_BUCKETS, By, buckets, having
from adlens.domain.gallery import CERTAIN, CreativeFilter
from adlens.domain.topics import taxonomy


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def just_after(text: str) -> datetime:
    return at(text) + timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("by", "first", "last", "starts"),
    [
        (By.DAY, "2026-02-27T23:59", "2026-03-01T00:00", ["2026-02-27", "2026-02-28", "2026-03-01"]),
        (By.WEEK, "2026-01-01", "2026-01-12", ["2025-12-29", "2026-01-05", "2026-01-12"]),
        (By.MONTH, "2025-12-31", "2026-02-01", ["2025-12-01", "2026-01-01", "2026-02-01"]),
        (By.DAY, "2026-01-02", "2026-01-01", []),
    ],
)
def test_no_day_week_or_month_is_missing(by: By, first: str, last: str, starts: list[str]) -> None:
    assert buckets(by, at(first), just_after(last)) == [at(start) for start in starts]


def test_days_are_those_of_utc() -> None:
    late = datetime.fromisoformat("2026-03-01T01:00+03:00")
    assert buckets(By.DAY, late, late + timedelta(hours=1)) == [at("2026-02-28")]


@pytest.mark.parametrize("by", [By.DAY, By.WEEK, By.MONTH])
def test_there_is_an_end_to_rows_and_to_the_calendar(by: By) -> None:
    unit = {By.DAY: 1, By.WEEK: 7, By.MONTH: 30}[by]
    first = at("2020-01-01")
    assert len(buckets(by, first, first + timedelta(days=unit * (MOST_BUCKETS - 1)))) <= MOST_BUCKETS
    with pytest.raises(InvalidValue):
        buckets(by, first, first + timedelta(days=31 * unit * MOST_BUCKETS))
    assert buckets(by, at("9999-12-30"), at("9999-12-31T23:59"))[-1] <= at("9999-12-31")
    assert buckets(by, at("0001-01-01"), at("0001-01-02"))[0] == at("0001-01-01")


def test_a_row_keeps_the_filter_and_adds_to_it() -> None:
    chosen = CreativeFilter(topics=("cups", "bags"), color_class="red", uploaded_from=at("2026-01-01T12:00"))
    assert having(chosen, By.TOPIC, "bags").topics == ("bags",)
    assert having(chosen, By.COLOR, "red") == chosen
    assert having(chosen, By.COLOR, "blue") == CreativeFilter(color_class="blue", within=chosen)
    day = having(chosen, By.DAY, "2026-01-01")
    assert (day.uploaded_from, day.uploaded_before) == (at("2026-01-01T12:00"), at("2026-01-02"))
    assert having(chosen, By.MONTH, "2026-02-01").uploaded_before == at("2026-03-01")


def test_a_row_of_a_topic_counts_the_sure_and_one_row_all_that_are_not() -> None:
    chosen = CreativeFilter(topics=("cups", "bags"))
    assert having(chosen, By.TOPIC, "cups") == CreativeFilter(topics=("cups",), topic_decisions=CERTAIN)
    assert having(chosen, By.TOPIC, "unsure") == replace(chosen, topic_decisions=(Decision.UNSURE,))
    by_people = CreativeFilter(topic_decisions=(Decision.UNSURE, Decision.PERSON))
    assert having(by_people, By.TOPIC, "cups").topic_decisions == (Decision.PERSON,)
    assert "unsure" not in taxonomy().topics


def test_a_number_of_objects_is_not_made_one_of_a_class() -> None:
    chosen = CreativeFilter(min_objects=3)
    assert having(chosen, By.OBJECT, "cup") == CreativeFilter(object_class="cup", within=chosen)
    of_class = CreativeFilter(min_objects=3, object_class="cup")
    assert having(of_class, By.OBJECT, "cup") == of_class


def test_without_a_topic_means_analysed_and_without_one() -> None:
    assert having(CreativeFilter(), By.TOPIC, "none") == CreativeFilter(topics=("none",), min_text_share=0.0)
    assert having(CreativeFilter(max_text_share=0.5), By.TOPIC, "none").min_text_share is None
