"""The fields of the two sides, and the tables of their differences. Every count leads to its creatives."""

from __future__ import annotations

from typing import Any

import reflex as rx

from adlens_web.components.chart import amount
from adlens_web.components.react import link
from adlens_web.components.shell import page as shell
from adlens_web.components.states import empty, loading
from adlens_web.pages.analytics.figures import GroupOption
from adlens_web.pages.compare.differences import ComparedSide, Row, Section, SideFilters, SideValue
from adlens_web.pages.compare.state import CompareState as State
from adlens_web.routes import ANALYTICS
from adlens_web.session import Session
from adlens_web.texts import both, number, one_of, t


def page() -> rx.Component:
    return shell(
        t("compare.title"),
        rx.cond(
            State.ready,
            rx.el.div(
                rx.el.div(_first(), _second(), class_name="grid halves"),
                rx.cond(
                    State.sides.length() > 1,
                    rx.fragment(_sides(), rx.foreach(State.sections, _section)),
                    rx.el.section(
                        rx.cond(
                            State.refusal != "",
                            empty(
                                "circle_alert",
                                t("compare.refused_title"),
                                t("compare.refused_text"),
                                rx.el.p(State.refusal, class_name="small", lang="en"),
                            ),
                            empty("scale", t("compare.empty_title"), t("compare.empty_text")),
                        ),
                        class_name="card",
                    ),
                ),
                class_name=rx.cond(rx.State.is_hydrated, "stack analytics", "stack analytics stale"),
            ),
            rx.cond(Session.problem == "", loading(3, "180px")),
        ),
        here=ANALYTICS,
        reload=State.load,
        head=link(
            rx.icon("arrow_left", size=16, aria_hidden=True), t("analytics.title"), to=ANALYTICS, class_name="btn"
        ),
    )


def _first() -> rx.Component:
    return rx.el.section(
        rx.el.h2(_dot(0), _side_name(0), class_name="row"), _filter_fields("a", State.a), class_name="card stack"
    )


def _second() -> rx.Component:
    return rx.el.section(
        rx.el.h2(_dot(1), _side_name(1), class_name="row"),
        rx.el.div(
            rx.el.label(t("compare.beside"), html_for="beside"),
            rx.el.select(
                rx.el.option(t("compare.rest"), value="rest"),
                rx.el.option(t("compare.other"), value="other"),
                id="beside",
                value=rx.cond(State.other, "other", "rest"),
                on_change=State.compare_with,
                class_name="input",
            ),
            class_name="field",
        ),
        rx.cond(State.other, _filter_fields("b", State.b)),
        class_name="card stack",
    )


def _filter_fields(side: str, selected: rx.Var[SideFilters]) -> rx.Component:
    return rx.fragment(
        rx.el.div(
            rx.el.label(t("compare.group"), html_for=f"{side}-group"),
            rx.el.select(
                rx.el.option(t("creatives.all_groups"), value=""),
                rx.foreach(State.groups, _option),
                id=f"{side}-group",
                value=selected.group,
                on_change=State.choose(side, "group"),
                class_name="input",
            ),
            class_name="field",
        ),
        rx.el.div(
            *(
                rx.el.div(
                    rx.el.label(t(f"creatives.filter.{name}"), html_for=f"{side}-{name}"),
                    rx.el.input(
                        id=f"{side}-{name}",
                        type="date",
                        value=value,
                        on_change=State.choose(side, name),
                        class_name="input",
                    ),
                    class_name="field",
                )
                for name, value in (("from", selected.since), ("before", selected.until))
            ),
            class_name="filter-dates",
        ),
        rx.cond(selected.others.en != "", rx.el.p(_title(selected.others), class_name="small muted")),
    )


def _option(option: rx.Var[GroupOption]) -> rx.Component:
    return rx.el.option(option.label, value=option.group)


def _sides() -> rx.Component:
    return rx.el.section(
        rx.el.ul(rx.foreach(State.sides, _side), class_name="stack-s"),
        rx.el.p(
            rx.cond(State.tested > 0, t("compare.how", tested=number(State.tested)), t("compare.too_few")),
            class_name="small muted",
        ),
        rx.cond(
            State.left_out > 0,
            rx.el.p(t("compare.left_out", count=number(State.left_out)), class_name="small muted"),
        ),
        class_name="card stack-s",
        id="compare-sides",
    )


def _side(side: rx.Var[ComparedSide], index: rx.Var[int]) -> rx.Component:
    return rx.el.li(
        _dot(index),
        rx.el.span(_title(side.name), class_name="strong"),
        link(t("creatives.total", total=number(side.creatives)), to=side.address),
        rx.el.span(t("compare.analysed", count=number(side.analysed)), class_name="muted"),
        class_name="row",
    )


def _section(section: rx.Var[Section]) -> rx.Component:
    return rx.el.section(
        rx.el.h2(one_of("compare.section", section.name)),
        _table(section.rows),
        rx.cond(
            section.more.length() > 0,
            rx.el.details(
                rx.el.summary(t("compare.more", count=section.more.length()), class_name="small"),
                _table(section.more),
            ),
        ),
        class_name="card stack",
        key=section.name,
        custom_attrs={"data-section": section.name},
    )


def _table(rows: Any) -> rx.Component:
    return rx.el.div(
        rx.el.table(
            rx.el.thead(
                rx.el.tr(
                    rx.el.th(t("compare.trait_title"), scope="col"),
                    *(
                        rx.el.th(_side_name(side), scope="col", title=_side_name(side), class_name="number side-name")
                        for side in (0, 1)
                    ),
                    rx.el.th(t("compare.difference"), scope="col", class_name="number"),
                    rx.el.th(t("compare.interval"), scope="col"),
                    rx.el.th(t("compare.verdict_title"), scope="col"),
                )
            ),
            rx.el.tbody(rx.foreach(rows, _row)),
            class_name="table compare-table",
        ),
        class_name="table-box",
        tab_index=0,
        role="group",
        aria_label=t("compare.title"),
    )


def _row(row: rx.Var[Row]) -> rx.Component:
    kind = rx.cond(row.kind == "percent", "points", row.kind)
    return rx.el.tr(
        rx.el.th(_title(row.name), scope="row"),
        _value(row, row.a, 0),
        _value(row, row.b, 1),
        rx.el.td(amount(row.difference, kind, signed=True, unit=t("unit.points")), class_name="number strong"),
        rx.el.td(
            rx.cond(
                row.bar.known,
                rx.el.span(
                    rx.el.span(
                        rx.el.span(
                            left=row.bar.left.to(str) + "%", width=row.bar.width.to(str) + "%", class_name="reach"
                        ),
                        rx.el.span(left=row.bar.at.to(str) + "%", class_name="at"),
                        class_name="interval-bar",
                        aria_hidden=True,
                    ),
                    rx.el.span(
                        amount(row.low, kind, signed=True, unit=t("unit.points")),
                        " … ",
                        amount(row.high, kind, signed=True, unit=t("unit.points")),
                        class_name="small muted",
                    ),
                    class_name="interval",
                ),
                "—",
            )
        ),
        rx.el.td(_verdict(row.verdict)),
    )


def _value(row: rx.Var[Row], value: rx.Var[SideValue], side: int) -> rx.Component:
    share = amount(value.value, row.kind)
    return rx.el.td(
        _dot(side),  # where the table has no room for columns
        rx.cond(
            value.count >= 0,
            rx.fragment(
                rx.cond(value.count > 0, link(share, to=value.address), share),
                rx.el.span(" ", number(value.count), class_name="small muted"),
            ),
            share,
        ),
        class_name="number",
    )


def _verdict(verdict: rx.Var[str]) -> rx.Component:
    return rx.match(
        verdict,
        ("higher", _chip("arrow_up", "higher")),
        ("lower", _chip("arrow_down", "lower")),
        ("same", rx.el.span(t("compare.verdict.same"), class_name="small muted")),
        rx.el.span(t("compare.verdict.unknown"), class_name="small muted"),
    )


def _chip(icon: str, verdict: str) -> rx.Component:
    return rx.el.span(
        rx.icon(icon, size=14, aria_hidden=True), t(f"compare.verdict.{verdict}"), class_name="chip accent"
    )


def _side_name(side: int) -> rx.Var[str]:
    """The name of a side that is compared, else its number."""
    name: rx.Var[str] = rx.cond(
        State.sides.length() > 1, _title(State.sides[side].name), t("compare.second") if side else t("compare.first")
    )
    return name


def _dot(index: rx.Var[int] | int) -> rx.Component:
    return rx.el.span(class_name=rx.cond(index == 0, "dot first", "dot second"), aria_hidden=True)


def _title(name: Any) -> rx.Var[str]:
    return both(name.ru, name.en)
