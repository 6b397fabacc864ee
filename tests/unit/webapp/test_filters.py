"""The address of the gallery: what it asks for, and back."""

import pytest

from adlens_web import filters, routes


def test_an_address_asks_for_what_it_names_only() -> None:
    asked = filters.from_address({"topic": "cups", "text": "  350 мл ", "page": "3", "unknown": "x"})
    assert {name: value for name, value in asked.items() if value} == {"topic": "cups", "text": "350 мл"}
    assert asked.keys() == {*filters.FILTERS, "sort"}


def test_the_api_calls_the_group_by_its_id() -> None:
    asked = filters.to_api(filters.from_address({"group": "grp_20260301_101500_a1b2c3", "sort": "filename"}))
    assert (asked["group_id"], asked["sort"]) == ("grp_20260301_101500_a1b2c3", "filename")
    assert "group" not in asked


@pytest.mark.parametrize(
    ("values", "value", "chosen"),
    [
        ("", "unsure", "unsure"),
        ("unsure", "unsure", ""),
        ("unsure", "sure", "sure,unsure"),
        ("person,sure", "sure", "person"),
        ("nonsense", "person", "person"),
    ],
)
def test_decisions_are_put_in_and_taken_out(values: str, value: str, chosen: str) -> None:
    assert filters.toggle_decision(values, value) == chosen


def test_several_decisions_go_to_the_api_one_by_one_and_come_back() -> None:
    asked = {"topic_decision": filters.SETTLED}
    assert filters.to_api(asked) == {"topic_decision": ["sure", "person"]}
    assert filters.from_api(filters.to_api_query(asked)) == asked


@pytest.mark.parametrize(
    ("fraction", "percent"), [("0.6", "60"), ("0.05", "5"), ("1", "100"), ("0", "0"), ("0.555", "55.5"), ("", "")]
)
def test_fractions_are_percents_to_people(fraction: str, percent: str) -> None:
    assert filters.percent(fraction) == percent
    assert filters.fraction(percent) == fraction


@pytest.mark.parametrize(
    ("typed", "fraction"), [("150", "1"), ("-3", "0"), ("12,5", "0.125"), ("many", ""), ("nan", "")]
)
def test_what_people_type_becomes_a_fraction_or_nothing(typed: str, fraction: str) -> None:
    assert filters.fraction(typed) == fraction


def test_addresses_leave_out_what_is_empty_and_quote_the_rest() -> None:
    assert routes.address("/creatives", group="", word="кофе & чай") == (
        "/creatives?word=%D0%BA%D0%BE%D1%84%D0%B5%20%26%20%D1%87%D0%B0%D0%B9"
    )
    assert routes.address("/groups", search="") == "/groups"
    assert routes.creative("c-1", {"topic": "cups", "sort": ""}) == "/creative/c-1?topic=cups"
