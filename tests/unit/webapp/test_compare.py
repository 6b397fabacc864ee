"""Comparisons: the sides of an address, and rows that say what differs, by how much and how surely."""

from typing import Any

from adlens_web import routes
from adlens_web.pages.analytics.figures import Title
from adlens_web.pages.compare import differences
from adlens_web.pages.compare.differences import FIRST, Bar, SideFilters

TITLES = {"group": {"g-1": ("Весна", "Весна")}, "topic": {"cups": ("Кружки", "Cups")}}


def part(count: int, share: float | None) -> dict[str, Any]:
    return {"count": count, "share": share, "link": f"/creatives?group_id=g-1&word={count}"}


def compared(key: str, verdict: str = "no difference seen", **other: Any) -> dict[str, Any]:
    return {
        "key": key,
        "title": None,
        "a": part(30, 0.3),
        "b": part(10, 0.1),
        "difference": 0.2,
        "interval": [0.1, 0.3],
        "p": 0.01,
        "p_corrected": 0.2,
        "verdict": verdict,
        **other,
    }


def comparison(**sections: list[dict[str, Any]]) -> dict[str, Any]:
    return {name: sections.get(name, []) for name in ("traits", *differences.SECTIONS)}


def test_a_side_is_a_group_a_period_and_what_else_its_filter_says() -> None:
    side = differences.side_filters("group_id=g-1&from=2026-03-01&topic=cups", TITLES)
    assert side == SideFilters("g-1", "2026-03-01", "", Title("Тематика: Кружки", "Topic: Cups"))
    changed = differences.replace_filter("group_id=g-1&topic=cups", "group", "")
    assert changed == "topic=cups"
    assert differences.replace_filter(changed, "before", "2026-04-01") == "topic=cups&before=2026-04-01"


def test_the_address_of_a_comparison_holds_both_sides_encoded() -> None:
    assert routes.comparison("group_id=g-1") == "/analytics/compare?a=group_id%3Dg-1"
    assert routes.comparison("group_id=g-1", "group_id=g-2") == (
        "/analytics/compare?a=group_id%3Dg-1&b=group_id%3Dg-2&beside=other"
    )
    assert routes.comparison("", other=True) == "/analytics/compare?beside=other"


def test_a_row_has_shares_in_percent_links_and_a_bar_around_zero() -> None:
    (section,) = differences.sections_of(comparison(words=[compared("кружка", "higher")]))
    (row,) = section.rows
    assert (row.name, row.kind, row.verdict) == (Title("кружка", "кружка"), "percent", "higher")
    assert (row.a.value, row.a.count, row.a.address) == (30, 30, "/creatives?group=g-1&word=30")
    assert (row.difference, row.low, row.high) == (20, 10, 30)
    assert row.bar == Bar(True, 66.67, 33.33, 83.33)


def test_creatives_that_nobody_is_sure_of_are_a_row_of_their_own() -> None:
    (section,) = differences.sections_of(comparison(topics=[compared("unsure"), compared("none")]))
    assert [row.name for row in section.rows] == [
        Title("Не уверены", "Not sure"),
        Title("Тематика не найдена", "No topic found"),
    ]


def test_without_enough_data_nothing_is_drawn_and_it_is_said() -> None:
    little = compared("cup", "not enough data", interval=None, difference=None, p=None, a=part(0, None))
    (section,) = differences.sections_of(comparison(objects=[little]))
    (row,) = section.rows
    assert (row.name.en, row.verdict, row.bar, row.a.value) == ("Cup", "unknown", Bar(), None)


def test_what_differs_comes_first_and_none_of_it_is_folded_away() -> None:
    alike = [compared(f"слово{number}") for number in range(3)]
    apart = [compared(f"редкость{number}", "lower", difference=-0.1) for number in range(FIRST + 2)]
    (section,) = differences.sections_of(comparison(words=[*alike, *apart]))
    assert [row.verdict for row in section.rows] == ["lower"] * (FIRST + 2)
    assert [row.verdict for row in section.more] == ["same"] * 3


def test_means_have_a_measure_each_and_lead_nowhere() -> None:
    trait = {
        "trait": "objects",
        "a": {"mean": 2.5, "size": 40},
        "b": {"mean": 2.0, "size": 40},
        "difference": 0.5,
        "interval": [-0.5, 1.5],
        "p": 0.3,
        "p_corrected": 1.0,
        "verdict": "no difference seen",
    }
    (section,) = differences.sections_of(comparison(traits=[trait, {**trait, "trait": "text_share"}]))
    objects, share = section.rows if section.rows[0].kind == "decimal" else section.rows[::-1]
    assert (objects.kind, objects.a.value, objects.a.count, objects.bar.at) == ("decimal", 2.5, -1, 66.67)
    assert (share.kind, share.a.value) == ("percent", 250)
