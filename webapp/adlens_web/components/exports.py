"""The dialog that orders a file of creatives, and the list of the latest files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import reflex as rx

from adlens_web.browser import close_dialog
from adlens_web.components.file_size import file_size
from adlens_web.components.polling import polling
from adlens_web.exporting import DIALOG, FORMATS, SEPARATORS, Exporting, ExportRow
from adlens_web.texts import both, moment, number, one_of, t


def export_button(selected: Any, class_name: str, **attrs: Any) -> rx.Component:
    """Opens the dialog for the creatives that the filters `selected` leave; the page has `exports_dialog`."""
    return rx.el.button(
        rx.icon("download", size=16, aria_hidden=True),
        t("exports.export"),
        on_click=Exporting.open(selected),
        type="button",
        class_name=class_name,
        **attrs,
    )


def exports_dialog() -> rx.Component:
    return rx.el.dialog(
        rx.el.div(
            rx.el.div(
                rx.el.h2(t("exports.title"), id=f"{DIALOG}-title"),
                rx.el.button(
                    rx.icon("x", size=18, aria_hidden=True),
                    on_click=close_dialog(DIALOG),
                    type="button",
                    aria_label=t("exports.close"),
                    title=t("exports.close"),
                    class_name="btn ghost icon small",
                ),
                class_name="row between",
            ),
            rx.el.p(
                rx.cond(
                    Exporting.description[1] != "",
                    both(Exporting.description[0], Exporting.description[1]),
                    t("exports.all"),
                ),
                class_name="muted export-what",
            ),
            rx.el.form(
                _select("format", FORMATS, Exporting.format, Exporting.choose_format),
                rx.cond(
                    Exporting.format == "csv",
                    _select("separator", SEPARATORS, Exporting.separator, Exporting.choose_separator),
                ),
                rx.el.label(
                    rx.el.input(
                        type="checkbox",
                        checked=Exporting.embeddings,
                        on_change=Exporting.include_embeddings,
                        id="export-embeddings",
                    ),
                    " ",
                    t("exports.embeddings"),
                    class_name="check small",
                ),
                rx.el.button(t("exports.order"), type="submit", class_name="btn primary", id="export-order"),
                on_submit=Exporting.order,
                class_name="stack-s",
            ),
            rx.cond(Exporting.rows.length() > 0, rx.el.h3(t("exports.latest"))),
            exports_list(),
            class_name="stack",
        ),
        id=DIALOG,
        aria_labelledby=f"{DIALOG}-title",
        class_name="wide-dialog",
    )


def _select(option: str, values: Sequence[str], selected: rx.Var[str], on_change: Any) -> rx.Component:
    return rx.el.div(
        rx.el.label(t(f"exports.{option}"), html_for=f"export-{option}"),
        rx.el.select(
            *(rx.el.option(t(f"exports.{option}s.{value}"), value=value) for value in values),
            id=f"export-{option}",
            value=selected,
            on_change=on_change,
            class_name="input",
        ),
        class_name="field",
    )


def exports_list() -> rx.Component:
    """The latest exports. Asks for them again while one is being written."""
    return rx.fragment(
        polling(every=Exporting.pause, answers=Exporting.export_answers, on_tick=Exporting.refresh),
        rx.cond(
            Exporting.rows.length() > 0,
            rx.el.ul(rx.foreach(Exporting.rows, _row), class_name="exports"),
            rx.cond(Exporting.ready, rx.el.p(t("exports.none"), class_name="muted small")),
        ),
    )


def _row(row: rx.Var[ExportRow]) -> rx.Component:
    name = one_of("exports.formats", row.format)
    return rx.el.li(
        rx.el.div(
            rx.el.span(
                rx.el.span(name, class_name="strong"),
                rx.cond(
                    row.separator != "",
                    rx.el.span(" · ", one_of("exports.separators", row.separator), class_name="small muted"),
                ),
            ),
            rx.el.span(rx.cond(row.en != "", both(row.ru, row.en), t("exports.all")), class_name="small muted cut"),
            rx.el.span(
                moment(row.created_at),
                rx.cond(
                    row.state == "DONE",
                    rx.fragment(" · ", t("exports.rows", count=number(row.rows)), " · ", file_size(row.bytes_)),
                ),
                class_name="small muted",
            ),
            rx.match(
                row.state,
                ("DONE", rx.fragment()),
                ("FAILED", rx.el.span(one_of("problem", row.failure, row.reason), class_name="small bad-ink")),
                _progress(row),
            ),
            class_name="export-facts",
        ),
        rx.cond(
            row.state == "DONE",
            rx.el.button(
                rx.icon("download", size=16, aria_hidden=True),
                t("exports.download"),
                on_click=Exporting.download(row.export_id),
                type="button",
                class_name="btn small download",
            ),
        ),
        rx.el.button(
            rx.icon("trash_2", size=16, aria_hidden=True),
            on_click=Exporting.delete(row.export_id),
            type="button",
            aria_label=t("action.delete"),
            title=t("action.delete"),
            class_name="btn small icon danger",
        ),
        key=row.export_id,
        class_name="export",
        custom_attrs={"data-export": row.export_id, "data-state": row.state},
    )


def _progress(row: rx.Var[ExportRow]) -> rx.Component:
    return rx.cond(
        row.percent >= 0,
        rx.el.div(
            rx.el.span(width=row.percent.to(str) + "%"),
            class_name="bar",
            role="progressbar",
            aria_label=t("exports.progress"),
            aria_valuenow=row.percent,
            aria_valuemin="0",
            aria_valuemax="100",
        ),
        rx.el.span(t("exports.waiting"), class_name="small busy-ink", role="status"),
    )
