"""Charts of marks, each with its table; and numbers as a language writes them. See chart.jsx and amount.jsx."""

from __future__ import annotations

from typing import Any

import reflex as rx

from adlens_web.texts import section_of
from adlens_web.texts.language import Language

rx.asset("drawings.js", shared=True)
_AMOUNT = rx.asset("amount.jsx", shared=True).importable_path


class Amount(rx.Component):
    """`kind` is count, decimal, percent, seconds, or points, which are written with `unit`."""

    library = _AMOUNT
    tag = "Amount"

    value: rx.Var[Any]
    kind: rx.Var[str]
    signed: rx.Var[bool]
    unit: rx.Var[str]
    language: rx.Var[str]


class Chart(rx.Component):
    """`kind` is bars, columns, donut or stack. `on_pick` gets the address of the clicked mark."""

    library = rx.asset("chart.jsx", shared=True).importable_path
    tag = "Chart"
    lib_dependencies: list[str] = ["plotly.js-basic-dist-min@4.1.1"]  # noqa: RUF012 - Reflex's own convention

    kind: rx.Var[str]
    label: rx.Var[str]
    name: rx.Var[str]
    marks: rx.Var[list[Any]]
    sides: rx.Var[list[Any]]
    language: rx.Var[str]
    texts: rx.Var[dict[str, str]]
    on_pick: rx.EventHandler[rx.event.passthrough_event_spec(str)]


def amount(value: Any, kind: Any, **props: Any) -> rx.Component:
    return Amount.create(value=value, kind=kind, language=Language.language, **props)


def chart(kind: str, label: rx.Var[str], name: rx.Var[str], marks: Any, sides: Any, **props: Any) -> rx.Component:
    """`label` is the title of the chart, `name` that of its marks."""
    return Chart.create(
        kind=kind,
        label=label,
        name=name,
        marks=marks,
        sides=sides,
        language=Language.language,
        texts=section_of("chart"),
        on_pick=rx.redirect,
        **props,
    )
