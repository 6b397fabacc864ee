"""Figures, charts and the table of topics. Every count leads to its creatives."""

from __future__ import annotations

from typing import Any

import reflex as rx

from adlens_web.components.chart import amount, chart
from adlens_web.components.polling import poll
from adlens_web.components.react import link
from adlens_web.components.shell import page as shell
from adlens_web.components.states import empty, loading
from adlens_web.pages.analytics.figures import ALL, TIMES, Figure, GroupOption, Side, TopicRow, TopicSide
from adlens_web.pages.analytics.state import AnalyticsState as State
from adlens_web.routes import ANALYTICS, UPLOAD
from adlens_web.session import Session
from adlens_web.texts import both, one_of, t


def page() -> rx.Component:
    return shell(
        t("analytics.title"),
        poll(State.pause, State.refresh),
        rx.cond(
            State.ready & ~(State.stale & (Session.problem != "")),
            rx.el.div(
                _progress(),
                rx.cond(
                    State.analysed > 0,
                    rx.fragment(_figures(), _charts(), _times(), _topics()),
                    rx.cond(State.creatives > 0, _nothing_analysed(), _no_creatives()),
                ),
                class_name=rx.cond(State.stale, "stack analytics stale", "stack analytics"),
                aria_busy=State.stale,
            ),
            rx.cond(Session.problem == "", loading(4, "220px")),
        ),
        here=ANALYTICS,
        reload=State.load,
        head=_group_fields(),
    )


def _group_fields() -> rx.Component:
    return rx.el.div(
        rx.cond(
            State.searchable,
            rx.el.div(
                rx.el.label(t("analytics.search"), html_for="search-groups"),
                rx.el.input(
                    id="search-groups", type="search", on_change=State.search_groups.debounce(300), class_name="input"
                ),
                class_name="field",
            ),
        ),
        rx.el.div(
            rx.el.label(t("analytics.group"), html_for="group"),
            rx.el.select(
                rx.el.option(t("analytics.all"), value=""),
                rx.foreach(State.options, _option),
                id="group",
                value=State.group,
                on_change=State.choose_group,
                class_name="input",
            ),
            class_name="field",
        ),
        rx.el.div(
            rx.el.label(t("analytics.beside"), html_for="beside"),
            rx.el.select(
                rx.el.option(t("analytics.nothing"), value=""),
                rx.cond(State.group != "", rx.el.option(t("analytics.all"), value=ALL)),
                rx.foreach(State.options, lambda one: rx.cond(one.group != State.group, _option(one))),
                id="beside",
                value=State.beside,
                on_change=State.compare_with,
                class_name="input",
            ),
            class_name="field",
        ),
        link(
            rx.icon("scale", size=16, aria_hidden=True),
            t("compare.title"),
            to=State.comparison_address,
            class_name="btn",
            id="differences",
        ),
        class_name="analytics-choice",
    )


def _option(option: rx.Var[GroupOption]) -> rx.Component:
    return rx.el.option(option.label, value=option.group)


def _progress() -> rx.Component:
    return rx.cond(
        State.pause > 0,
        rx.el.div(
            rx.icon("loader_circle", size=20, class_name="spin"),
            rx.el.div(rx.foreach(State.sides, _progress_of)),
            class_name="banner busy",
            role="status",
        ),
    )


def _progress_of(side: rx.Var[Side]) -> rx.Component:
    return rx.cond(
        side.pending > 0,
        rx.el.p(
            rx.cond(State.sides.length() > 1, _title(side.name) + ": ", ""),
            t("analytics.analysing", done=side.creatives - side.pending, total=side.creatives),
        ),
    )


def _no_creatives() -> rx.Component:
    return rx.el.section(
        empty(
            "chart_column",
            t("analytics.empty_title"),
            t("analytics.empty_text"),
            link(t("analytics.upload"), to=UPLOAD, class_name="btn primary"),
        ),
        class_name="card",
    )


def _nothing_analysed() -> rx.Component:
    return rx.el.section(
        empty("hourglass", t("analytics.waiting_title"), t("analytics.waiting_text")), class_name="card"
    )


def _figures() -> rx.Component:
    return rx.el.dl(rx.foreach(State.figures, _figure), class_name="grid figures")


def _figure(figure: rx.Var[Figure]) -> rx.Component:
    compared = State.sides.length() > 1
    return rx.el.div(
        rx.el.dt(one_of("analytics.figure", figure.name)),
        rx.el.dd(
            rx.cond(compared, _dot(0)),
            rx.cond(
                figure.name == "creatives",
                link(amount(figure.amounts[0], figure.kind), to=State.sides[0].address),
                amount(figure.amounts[0], figure.kind),
            ),
        ),
        rx.cond(
            compared,
            rx.el.dd(
                rx.el.span(
                    _dot(1),
                    rx.cond(
                        figure.name == "creatives",
                        link(amount(figure.amounts[1], figure.kind), to=State.sides[1].address),
                        amount(figure.amounts[1], figure.kind),
                    ),
                ),
                rx.cond(
                    figure.difference.is_not_none(),
                    rx.el.span(
                        amount(
                            figure.difference,
                            rx.cond(figure.kind == "percent", "points", figure.kind),
                            signed=True,
                            unit=t("unit.points"),
                        ),
                        class_name="difference",
                        title=t("analytics.difference"),
                    ),
                ),
                class_name="second",
            ),
        ),
        class_name="card figure",
        id="figure-" + figure.name,
    )


def _charts() -> rx.Component:
    return rx.el.div(
        _chart("topics", "bars", "topic", State.topics),
        _chart("colors", "donut", "color", State.colors),
        _chart("topic-colors", "stack", "color", State.topic_colors, wide=True),
        _chart("objects", "bars", "object", State.objects),
        _chart("words", "bars", "word", State.words),
        class_name="grid halves",
    )


def _times() -> rx.Component:
    return rx.el.section(
        rx.el.div(
            rx.el.div(
                rx.el.h2(t("analytics.chart.times")), rx.el.p(t("analytics.about.times"), class_name="muted small")
            ),
            rx.el.div(
                rx.el.label(t("analytics.by"), html_for="by", class_name="visually-hidden"),
                rx.el.select(
                    *(rx.el.option(t(f"analytics.time.{name}"), value=name) for name in TIMES),
                    id="by",
                    value=State.by,
                    on_change=State.choose_unit,
                    class_name="input",
                ),
            ),
            class_name="row between",
        ),
        chart(
            "columns", t("analytics.chart.times"), t("analytics.mark.time"), State.times, State.sides, id="chart-times"
        ),
        class_name="card stack",
    )


def _chart(name: str, kind: str, mark: str, marks: Any, *, wide: bool = False) -> rx.Component:
    """`mark` is the title of the marks in the table."""
    key = name.replace("-", "_")
    return rx.el.section(
        rx.el.div(
            rx.el.h2(t(f"analytics.chart.{key}")),
            rx.el.p(t(f"analytics.about.{key}"), class_name="muted small"),
        ),
        rx.cond(
            marks.length() > 0,
            chart(
                kind, t(f"analytics.chart.{key}"), t(f"analytics.mark.{mark}"), marks, State.sides, id=f"chart-{name}"
            ),
            rx.el.p(t(f"analytics.none.{key}"), class_name="muted none"),
        ),
        class_name="card stack wide" if wide else "card stack",
    )


def _topics() -> rx.Component:
    columns = ("count", "unsure", "text", "objects", "topic", "average_time")
    return rx.cond(
        State.rows.length() > 0,
        rx.el.section(
            rx.el.div(
                rx.el.h2(t("analytics.table.title")),
                rx.el.p(t("analytics.table.about"), class_name="muted small"),
            ),
            rx.el.div(
                rx.el.table(
                    rx.el.thead(
                        rx.el.tr(
                            rx.el.th(t("analytics.mark.topic"), scope="col"),
                            *(
                                rx.el.th(t(f"analytics.table.{name}"), scope="col", class_name="number")
                                for name in columns
                            ),
                        )
                    ),
                    rx.foreach(State.rows, _topic),
                    class_name="table",
                    id="topics-table",
                ),
                class_name="table-box",
            ),
            class_name="card stack",
        ),
    )


def _topic(row: rx.Var[TopicRow]) -> rx.Component:
    return rx.el.tbody(rx.foreach(row.sides, lambda side: _topic_side(row, side)))


def _topic_side(row: rx.Var[TopicRow], side: rx.Var[TopicSide]) -> rx.Component:
    return rx.el.tr(
        rx.el.th(
            link(_title(row.name), to=side.address),
            rx.cond(
                State.sides.length() > 1,
                rx.el.span(_dot(side.side), _title(State.sides[side.side].name), class_name="muted of"),
            ),
            scope="row",
        ),
        rx.el.td(amount(side.count, "count"), class_name="number"),
        rx.el.td(
            rx.cond(side.unsure > 0, link(amount(side.unsure, "count"), to=side.unsure_address), "—"),
            class_name="number",
        ),
        *(
            rx.el.td(amount(value, kind), class_name="number")
            for value, kind in (
                (side.text, "percent"),
                (side.objects, "percent"),
                (side.topic, "percent"),
                (side.seconds, "seconds"),
            )
        ),
    )


def _dot(index: rx.Var[int] | int) -> rx.Component:
    return rx.el.span(class_name=rx.cond(index == 0, "dot first", "dot second"), aria_hidden=True)


def _title(name: Any) -> rx.Var[str]:
    return both(name.ru, name.en)
