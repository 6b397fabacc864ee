"""Files of creatives: ask for one, see how far it is, fetch it. The state is one for all pages."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import reflex as rx

from adlens_web import filters
from adlens_web.api_client import ApiProblem
from adlens_web.components.dialog import ask
from adlens_web.components.react import heartbeat
from adlens_web.filters import Titles
from adlens_web.session import Session, acts
from adlens_web.texts import both, moment, number, one_of, t

DIALOG = "exports"
FORMATS = ("csv", "parquet", "coco", "jsonl")
SEPARATORS = ("comma", "semicolon", "tab")
LATEST = 10
MOST_GROUPS = 100
SOON_MS, LATE_MS = 1000, 10000
_ENDS = ("objects", "width", "height", "aspect", "confidence", "text_share")
NUMBERS = ("min_share", *(f"{end}_{what}" for what in _ENDS for end in ("min", "max")))


@dataclass
class ExportRow:
    """`percent` is how far it is, below 0 while it is not counted; `ru` and `en` say of which creatives, empty for all.
    `rows` and `bytes_` are those of the file. `separator` is that of CSV, empty for other formats."""

    export_id: str
    format: str
    separator: str
    ru: str
    en: str
    created_at: str
    state: str
    percent: float
    rows: int
    bytes_: int
    failure: str
    reason: str


def row_of(export: Mapping[str, Any], titles: Titles) -> ExportRow:
    progress, failure = export["progress"], export["failure"] or {}
    ru, en = filters.described(_asked(export["filters"]), titles)
    return ExportRow(
        export_id=export["export_id"],
        format=export["format"],
        separator=export["separator"] if export["format"] == "csv" else "",
        ru=ru,
        en=en,
        created_at=export["created_at"],
        state=export["state"],
        percent=-1.0 if progress["total"] is None else round(100 * progress["done"] / max(1, progress["total"]), 1),
        rows=export["rows"] or 0,
        bytes_=export["bytes"] or 0,
        failure=failure.get("code", ""),
        reason=failure.get("reason", ""),
    )


def order_of(asked: Mapping[str, str], format_: str, *, embeddings: bool, separator: str) -> dict[str, Any]:
    """What `POST /exports` is told to write the creatives that a gallery shows."""
    given = filters.for_api({**asked, "sort": ""})
    body: dict[str, Any] = {}
    for name, value in given.items():
        if not value:
            continue
        if name in ("group_id", "topic"):
            body[name] = value if isinstance(value, list) else [value]
        else:
            body[name] = float(str(value)) if name in NUMBERS else value
    of_csv = {"separator": separator} if format_ == "csv" else {}
    return {"format": format_, "filters": body, "include_embeddings": embeddings, **of_csv}


def _asked(told: Mapping[str, Any]) -> dict[str, str]:
    """The filters of an export as an address has them."""
    return {
        "group" if name == "group_id" else name: ",".join(map(str, value)) if isinstance(value, list) else str(value)
        for name, value in told.items()
    }


class Exporting(Session):
    asked: dict[str, str] = {}  # noqa: RUF012 - Reflex copies the defaults of states
    """The filters of what is to be exported."""
    rows: list[ExportRow] = []  # noqa: RUF012
    ready: bool = False
    format: str = FORMATS[0]
    separator: str = SEPARATORS[0]
    embeddings: bool = False
    pause: int = 0
    """Until the next look, in milliseconds; 0 while nothing is being written."""
    beat: int = 0
    _titles: dict[str, dict[str, tuple[str, str]]] = {}  # noqa: RUF012

    @rx.var
    def whole(self) -> tuple[str, str]:
        return filters.described(filters.asked_for(self.asked), self._titles)

    @rx.event
    @acts
    async def open(self, asked: dict[str, str]) -> Any:
        self.asked, self.pause = asked, 0
        await self._learn()
        await self._list()
        return ask(DIALOG)

    @rx.event
    @acts
    async def show(self) -> None:
        """The latest exports, for a page that lists them."""
        await self._learn()
        await self._list()

    @rx.event
    @acts
    async def order(self) -> None:
        body = order_of(self.asked, self.format, embeddings=self.embeddings, separator=self.separator)
        await self.call("POST", "/exports", json=body)
        self.pause = 0
        await self._list()

    @rx.event
    async def look(self) -> None:
        """Once more what is written. A look that fails is followed by another: no page depends on it."""
        try:
            await self._list()
        except ApiProblem:
            self.pause = LATE_MS
            self.beat += 1

    @rx.event
    @acts
    async def fetch(self, export_id: str) -> Any:
        """The link is asked for now: it does not hold for long. The answer is an attachment, so the page stays."""
        url = (await self.get(f"/exports/{export_id}"))["url"]
        return rx.call_script(f"window.location.assign({json.dumps(url)})") if url else None

    @rx.event
    @acts
    async def drop(self, export_id: str) -> None:
        await self.call("DELETE", f"/exports/{export_id}")
        await self._list()

    @rx.event
    def choose(self, format_: str) -> None:
        self.format = format_

    @rx.event
    def separate_by(self, separator: str) -> None:
        self.separator = separator

    @rx.event
    def add_embeddings(self, wanted: bool) -> None:
        self.embeddings = wanted

    async def _learn(self) -> None:
        """What groups, topics and colours are called."""
        taxonomy, groups = await asyncio.gather(self.get("/taxonomy"), self.get("/groups", limit=MOST_GROUPS))
        self._titles = filters.titles_of(taxonomy, groups)

    async def _list(self) -> None:
        rows = [row_of(export, self._titles) for export in await self.get("/exports", limit=LATEST)]
        changed = rows != self.rows
        self.rows, self.ready = rows, True
        under_way = any(row.state in ("PENDING", "RUNNING") for row in rows)
        slower = min(LATE_MS, round(max(SOON_MS, self.pause) * 1.5))
        self.pause = 0 if not under_way else SOON_MS if changed or not self.pause else slower
        self.beat += 1


def export_button(asked: Any, look: str, **attrs: Any) -> rx.Component:
    """Opens the dialog for the creatives that the filters `asked` leave; the page has `exports_dialog`."""
    return rx.el.button(
        rx.icon("download", size=16, aria_hidden=True),
        t("exports.export"),
        on_click=Exporting.open(asked),
        type="button",
        class_name=look,
        **attrs,
    )


def exports_dialog() -> rx.Component:
    return rx.el.dialog(
        rx.el.div(
            rx.el.div(
                rx.el.h2(t("exports.title"), id=f"{DIALOG}-title"),
                rx.el.button(
                    rx.icon("x", size=18, aria_hidden=True),
                    on_click=rx.call_script(f"document.getElementById('{DIALOG}').close()"),
                    type="button",
                    aria_label=t("exports.close"),
                    title=t("exports.close"),
                    class_name="btn ghost icon small",
                ),
                class_name="row between",
            ),
            rx.el.p(
                rx.cond(Exporting.whole[1] != "", both(Exporting.whole[0], Exporting.whole[1]), t("exports.all")),
                class_name="muted export-what",
            ),
            rx.el.form(
                _choice("format", FORMATS, Exporting.format, Exporting.choose),
                rx.cond(
                    Exporting.format == "csv",
                    _choice("separator", SEPARATORS, Exporting.separator, Exporting.separate_by),
                ),
                rx.el.label(
                    rx.el.input(
                        type="checkbox",
                        checked=Exporting.embeddings,
                        on_change=Exporting.add_embeddings,
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


def _choice(what: str, names: Sequence[str], chosen: rx.Var[str], choose: Any) -> rx.Component:
    return rx.el.div(
        rx.el.label(t(f"exports.{what}"), html_for=f"export-{what}"),
        rx.el.select(
            *(rx.el.option(t(f"exports.{what}s.{name}"), value=name) for name in names),
            id=f"export-{what}",
            value=chosen,
            on_change=choose,
            class_name="input",
        ),
        class_name="field",
    )


def exports_list() -> rx.Component:
    """The latest exports; it looks again while one is being written."""
    return rx.fragment(
        heartbeat(every=Exporting.pause, beat=Exporting.beat, on_tick=Exporting.look),
        rx.cond(
            Exporting.rows.length() > 0,
            rx.el.ul(rx.foreach(Exporting.rows, _row), class_name="exports"),
            rx.cond(Exporting.ready, rx.el.p(t("exports.none"), class_name="muted small")),
        ),
    )


def _row(row: rx.Var[ExportRow]) -> rx.Component:
    size = rx.cond(
        row.bytes_ < 1024 * 1024,
        t("unit.kilobytes", value=number(row.bytes_ / 1024, 1)),
        t("unit.megabytes", value=number(row.bytes_ / (1024 * 1024), 1)),
    )
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
                    rx.fragment(" · ", t("exports.rows", count=number(row.rows)), " · ", size),
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
                on_click=Exporting.fetch(row.export_id),
                type="button",
                class_name="btn small download",
            ),
        ),
        rx.el.button(
            rx.icon("trash_2", size=16, aria_hidden=True),
            on_click=Exporting.drop(row.export_id),
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
