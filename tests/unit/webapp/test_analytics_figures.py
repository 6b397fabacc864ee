"""What the API tells becomes what the page of analytics shows, and leads to the creatives it counts."""

from datetime import UTC, datetime
from typing import Any

import pytest

from adlens.domain.analytics import Analytics, TopicFigures
from adlens.domain.creative import GroupSummary, Status
from adlens_web.pages.analytics import figures
from adlens_web.pages.analytics.figures import ALL, GroupOption, Side, SideCount, Title
from functions.api.analytics.overview import analytics_out
from functions.api.groups.schemas import group_out

MUGS = "grp_20260301_101500_a1b2c3"
COUNTED = {
    "creatives": 8,
    "analysed": 4,
    "mean_ocr_confidence": 0.9,
    "mean_object_confidence": None,
    "mean_topic_confidence": 0.75,
    "processing_seconds": 6.0,
    "topics": (TopicFigures("cups", 3, 0.95, None, 0.8, 1.5, 1), TopicFigures("other", 1, None, None, 0.6, 1.5, 0)),
    "colors": (),
    "class_percents": {"dark grey": 300.0, "red": 100.0},
    "topic_class_percents": {"cups": {"red": 60.0, "dark grey": 20.0}},
    "objects": (("cup", 3), ("spoon", 1)),
    "color_classes": (("dark grey", 4), ("red", 2)),
    "words": (("кружка", 2),),
}


def answer(**other: Any) -> dict[str, Any]:
    """The API's own words for these figures."""
    return analytics_out(Analytics(**(COUNTED | other))).model_dump(mode="json")


def group(group_id: str = MUGS, name: str | None = "Mugs & co", **by_status: int) -> dict[str, Any]:
    statuses = {Status(status): count for status, count in by_status.items()}
    created = datetime(2026, 3, 1, tzinfo=UTC)
    summary = GroupSummary(group_id, name, sum(by_status.values()), created, statuses, (), {})
    return group_out(summary).model_dump(mode="json")


def side_of_group(**other: Any) -> Side:
    return figures.side(group(SUCCESS=8), 0, answer(**other))


def side_of_all(**other: Any) -> Side:
    return figures.side(None, 0, answer(**other))


@pytest.mark.parametrize(
    ("asked", "sides"),
    [
        (("", ""), [""]),
        ((MUGS, ""), [MUGS]),
        ((MUGS, ALL), [MUGS, ""]),
        ((MUGS, "grp_other"), [MUGS, "grp_other"]),
        (("", MUGS), ["", MUGS]),
        ((MUGS, MUGS), [MUGS]),
        (("", ALL), [""]),
    ],
)
def test_an_address_puts_nothing_beside_itself(asked: tuple[str, str], sides: list[str]) -> None:
    assert figures.sides_of(*asked) == sides


def test_an_address_says_what_is_shown_and_no_more() -> None:
    assert figures.page_address("", "") == "/analytics"
    assert figures.page_address("", ALL) == "/analytics"
    assert figures.page_address(MUGS, MUGS) == f"/analytics?group={MUGS}"
    assert figures.page_address(MUGS, ALL) == f"/analytics?group={MUGS}&beside=all"
    assert figures.page_address("", MUGS) == f"/analytics?beside={MUGS}"


def test_whatever_stands_in_a_word_reaches_the_page_of_creatives() -> None:
    assert figures.creatives_address("") == "/creatives"
    assert figures.creatives_address(MUGS, word="a&b", color="dark grey") == (
        f"/creatives?group={MUGS}&word=a%26b&color=dark%20grey"
    )


def test_a_side_is_called_by_the_name_of_its_group_or_by_its_id() -> None:
    assert side_of_group() == Side(MUGS, Title("Mugs & co", "Mugs & co"), f"/creatives?group={MUGS}", 8, 4, 0)
    assert figures.side(group(name=None), 0, answer()).name == Title(MUGS, MUGS)
    assert side_of_all().name == Title("Все креативы", "All creatives")
    assert side_of_all().address == "/creatives"


def test_creatives_that_wait_or_are_at_work_are_waited_for() -> None:
    assert figures.pending_count([group(PENDING=2, PROCESSING=1, SUCCESS=5, ERROR=1), group(PENDING=1)]) == 4


def test_groups_are_offered_once() -> None:
    newest = figures.group_options([group(SUCCESS=8), group("grp_b", None, SUCCESS=2)])
    assert newest == [GroupOption(MUGS, "Mugs & co · 8"), GroupOption("grp_b", "grp_b · 2")]
    assert figures.merge_options(newest, figures.group_options([group(SUCCESS=8), group("grp_c", "C")])) == [
        *newest,
        GroupOption("grp_c", "C · 0"),
    ]


def test_figures_of_one_side_have_no_difference() -> None:
    told = {figure.name: figure for figure in figures.figures([answer()])}
    assert told["creatives"].amounts == [8]
    assert told["text"].amounts == [pytest.approx(90)]
    assert told["objects"].amounts == [None]
    assert told["total_time"].amounts == [6.0]
    assert told["average_time"].amounts == [1.5]
    assert {figure.difference for figure in told.values()} == {None}


def test_figures_of_two_sides_tell_by_how_much_the_first_is_more() -> None:
    told = {figure.name: figure for figure in figures.figures([answer(), answer(mean_ocr_confidence=0.95)])}
    assert told["text"].difference == pytest.approx(-5)
    assert told["creatives"].difference == 0
    assert told["objects"].difference is None, "neither side has any"


def test_a_bar_is_a_share_of_what_is_analysed_and_leads_to_what_it_counts() -> None:
    sides, answers = [side_of_group()], [answer()]
    bars = figures.bars(
        sides, [figures.object_counts(answer) for answer in answers], "object", figures.object_names(["cup", "spoon"])
    )
    assert [bar.name.en for bar in bars] == ["Cup", "Spoon"]
    assert bars[0].parts == [SideCount(3, 75.0, f"/creatives?group={MUGS}&object=cup")]


def test_guesses_are_in_a_bar_of_their_own_after_all_topics() -> None:
    cups, other, unsure = figures.topic_bars([side_of_group()], [answer()])
    assert (cups.name, other.name, unsure.name) == (
        Title("Кружки", "Cups"),
        Title("Другое", "Other"),
        Title("Не уверены", "Not sure"),
    )
    assert cups.parts == [SideCount(2, 50.0, f"/creatives?group={MUGS}&topic=cups&topic_decision=sure%2Cperson")]
    assert unsure.parts == [SideCount(1, 25.0, f"/creatives?group={MUGS}&topic_decision=unsure")]
    assert [bar.unsure for bar in (cups, other, unsure)] == [False, False, True]


def test_a_topic_that_is_nothing_but_guesses_has_no_bar() -> None:
    guesses = answer(topics=(TopicFigures("cups", 3, 0.95, None, 0.3, 1.5, 3),))
    (bar,) = figures.topic_bars([side_of_all()], [guesses])
    assert (bar.unsure, bar.parts[0].count) == (True, 3)


def test_without_guesses_there_is_no_bar_for_them() -> None:
    sure = answer(topics=(TopicFigures("cups", 3, 0.95, None, 0.8, 1.5, 0),))
    assert [bar.name.en for bar in figures.topic_bars([side_of_all()], [sure])] == ["Cups"]
    beside = figures.topic_bars([side_of_all(), side_of_group()], [sure, answer()])
    assert [part.count for part in beside[-1].parts] == [0, 1], "one side has guesses"


def test_bars_beside_each_other_are_in_the_order_of_the_longest() -> None:
    sides = [side_of_group(), side_of_all(analysed=100)]
    counted = [{"cup": 1, "tie": 3}, {"person": 80, "cup": 30}]
    bars = figures.bars(sides, counted, "object", figures.object_names(["cup", "tie", "person", "no class"]))
    assert [bar.name.en for bar in bars] == ["Person", "Tie", "Cup"]
    assert bars[0].parts == [
        SideCount(0, 0.0, f"/creatives?group={MUGS}&object=person"),
        SideCount(80, 80.0, "/creatives?object=person"),
    ]


def test_there_are_never_more_bars_than_can_be_read() -> None:
    counted = [{f"word{number}": 100 - number for number in range(50)}]
    bars = figures.bars([side_of_all()], counted, "word")
    assert [bar.name for bar in bars[:2]] == [Title("word0", "word0"), Title("word1", "word1")]
    assert len(bars) == figures.MOST_BARS


def test_a_side_without_anything_analysed_has_empty_bars() -> None:
    sides = [side_of_all(), side_of_all(analysed=0, color_classes=())]
    assert figures.bars(sides, [{"cup": 3}, {}], "object", figures.object_names(["cup"]))[0].parts[1].percent == 0


def test_what_a_full_list_does_not_tell_is_asked_for() -> None:
    full = {f"word{number}": 9 for number in range(figures.LISTED["words"])}
    assert figures.missing_counts("words", [{"cup": 1}, full], ["cup", "word1"]) == [(1, "cup")]


def test_slices_are_colours_and_a_side_may_lack_one() -> None:
    sides = [side_of_group(), side_of_all()]
    answers = [answer(), answer(class_percents={"cyan": 40.0}, color_classes=(("cyan", 4),))]
    dark, red, cyan = figures.slices(sides, answers)
    assert (dark.name, dark.color) == (Title("Тёмно-серый", "Dark grey"), "#404040")
    assert dark.parts == [
        SideCount(4, 75.0, f"/creatives?group={MUGS}&color=dark%20grey"),
        SideCount(None, None, "/creatives?color=dark%20grey"),
    ]
    assert red.parts[0] == SideCount(2, 25.0, f"/creatives?group={MUGS}&color=red")
    assert [part.percent for part in cyan.parts] == [None, 10.0]


def test_a_topics_colours_lead_to_its_creatives_with_that_colour() -> None:
    red, grey = figures.segments([side_of_all()], [answer()], ["cups", "other"])
    assert (red.row, red.name) == (Title("Кружки", "Cups"), Title("Красный", "Red"))
    assert red.parts == [SideCount(None, 75.0, "/creatives?topic=cups&color=red")]
    assert grey.parts == [SideCount(None, 25.0, "/creatives?topic=cups&color=dark%20grey")]


def test_the_table_has_a_line_for_each_side_that_has_the_topic() -> None:
    sides = [side_of_group(), side_of_all()]
    answers = [answer(), answer(topics=(TopicFigures("other", 7, 0.5, 0.25, 0.6, 2.0, 2),))]
    cups, other = figures.topic_rows(sides, answers, ["cups", "other"])
    assert [line.side for line in cups.sides] == [0]
    assert [(line.side, line.count) for line in other.sides] == [(0, 1), (1, 7)]
    line = other.sides[1]
    assert (line.text, line.objects, line.topic, line.seconds) == (50, 25, pytest.approx(60), 2.0)
    assert line.address == "/creatives?topic=other"
    assert (line.unsure, line.unsure_address) == (2, "/creatives?topic=other&topic_decision=unsure")


def test_a_workspace_without_creatives_shows_nothing() -> None:
    nothing = answer(
        creatives=0, analysed=0, mean_ocr_confidence=None, mean_topic_confidence=None, processing_seconds=0.0,
        topics=(), class_percents={}, topic_class_percents={}, objects=(), color_classes=(), words=(),
    )  # fmt: skip
    sides = [figures.side(None, 0, nothing)]
    assert figures.bars(sides, [figures.word_counts(nothing)], "word") == []
    assert figures.slices(sides, [nothing]) == figures.segments(sides, [nothing], []) == []
    assert [figure.amounts for figure in figures.figures([nothing])] == [[0], [None], [None], [None], [0.0], [None]]


def test_columns_over_time_follow_each_other_and_lead_to_their_creatives() -> None:
    def told(*rows: tuple[str, int]) -> dict[str, Any]:
        return {
            "rows": [
                {"key": key, "creatives": count, "share": count / 10, "link": f"/creatives?group_id=g&from={key}"}
                for key, count in rows
            ]
        }

    sides = [side_of_group(), side_of_all()]
    marks = figures.times(sides, [told(("2026-03-02", 4)), told(("2026-02-23", 1), ("2026-03-02", 9))])
    assert [mark.name.en for mark in marks] == ["2026-02-23", "2026-03-02"]
    assert [part.count for mark in marks for part in mark.parts] == [0, 1, 4, 9]
    assert marks[1].parts[0] == SideCount(4, 40.0, "/creatives?group=g&from=2026-03-02")
    assert len(figures.times([sides[1]], [told(*((f"{year}-01-01", 1) for year in range(1900, 2000)))])) == (
        figures.MOST_TIMES
    )
