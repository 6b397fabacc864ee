"""Exports: order a file of creatives, follow its progress, download it. One state for all pages."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import reflex as rx

from adlens_web import filters
from adlens_web.api.answers import Export
from adlens_web.api.client import ApiProblem
from adlens_web.bounds import Filters, Id, Word
from adlens_web.browser import download, open_dialog
from adlens_web.filters import Titles
from adlens_web.polling import Polling
from adlens_web.session import Session, acts

DIALOG = "exports"
FORMATS = ("csv", "parquet", "coco", "jsonl")
SEPARATORS = ("comma", "semicolon", "tab")
LATEST = 10
MOST_GROUPS = 100
POLLING = Polling(soonest=1000, latest=10_000)
_RANGES = ("objects", "width", "height", "aspect", "confidence", "text_share")
NUMBERS = ("min_share", *(f"{end}_{name}" for name in _RANGES for end in ("min", "max")))


@dataclass
class ExportRow:
    """`percent` is the progress, below 0 while the creatives are not counted; `ru` and `en` name their filters, empty
    for all creatives. `rows` and `bytes_` are those of the file. Only CSV has a `separator`."""

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


def row_of(export: Export, titles: Titles) -> ExportRow:
    progress, failure = export["progress"], export["failure"]
    ru, en = filters.describe(_selected(export["filters"]), titles)
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
        failure=failure["code"] if failure else "",
        reason=failure["reason"] if failure else "",
    )


def order_of(selected: Mapping[str, str], format_: str, *, embeddings: bool, separator: str) -> dict[str, Any]:
    """The body of `POST /exports` for the creatives that a gallery with these filters shows."""
    given = filters.to_api({**selected, "sort": ""})
    body: dict[str, Any] = {}
    for name, value in given.items():
        if not value:
            continue
        if name in ("group_id", "topic"):
            body[name] = value if isinstance(value, list) else [value]
        else:
            body[name] = float(str(value)) if name in NUMBERS else value
    csv_options = {"separator": separator} if format_ == "csv" else {}
    return {"format": format_, "filters": body, "include_embeddings": embeddings, **csv_options}


def _selected(export_filters: Mapping[str, Any]) -> dict[str, str]:
    """The filters of an export as an address has them."""
    return {
        "group" if name == "group_id" else name: ",".join(map(str, value)) if isinstance(value, list) else str(value)
        for name, value in export_filters.items()
    }


class Exporting(Session):
    selected: dict[str, str] = {}  # noqa: RUF012 - Reflex copies the defaults of states
    """The filters of the creatives to export."""
    rows: list[ExportRow] = []  # noqa: RUF012
    ready: bool = False
    format: str = FORMATS[0]
    separator: str = SEPARATORS[0]
    embeddings: bool = False
    pause: int = 0
    """Until the next request, in milliseconds; 0 while no file is being written."""
    export_answers: int = 0
    """Counts the answers for this list, as `answers` does for the page."""
    _titles: dict[str, dict[str, tuple[str, str]]] = {}  # noqa: RUF012

    @rx.var
    def description(self) -> tuple[str, str]:
        """The filters in words."""
        return filters.describe(filters.from_address(self.selected), self._titles)

    @rx.event
    @acts
    async def open(self, selected: Filters) -> Any:
        self.selected, self.pause = selected, 0
        await self._load_titles()
        await self._load_exports()
        return open_dialog(DIALOG)

    @rx.event
    @acts
    async def load(self) -> None:
        """For a page that lists the latest exports."""
        await self._load_titles()
        await self._load_exports()

    @rx.event
    @acts
    async def order(self) -> None:
        body = order_of(self.selected, self.format, embeddings=self.embeddings, separator=self.separator)
        await self._api.order_export(body)
        self.pause = 0
        await self._load_exports()

    @rx.event
    async def refresh(self) -> None:
        """Asks again for the list. A failed request is repeated and shown nowhere: no page depends on it."""
        try:
            await self._load_exports()
        except ApiProblem:
            self.pause = POLLING.latest
            self.export_answers += 1

    @rx.event
    @acts
    async def download(self, export_id: Id) -> Any:
        """Asks for the link at the click, as links expire soon."""
        url = (await self._api.export(export_id))["url"]
        return download(url) if url else None

    @rx.event
    @acts
    async def delete(self, export_id: Id) -> None:
        await self._api.delete_export(export_id)
        await self._load_exports()

    @rx.event
    def choose_format(self, format_: Word) -> None:
        self.format = format_

    @rx.event
    def choose_separator(self, separator: Word) -> None:
        self.separator = separator

    @rx.event
    def include_embeddings(self, wanted: bool) -> None:
        self.embeddings = wanted

    async def _load_titles(self) -> None:
        taxonomy, (groups, _) = await asyncio.gather(self._api.taxonomy(), self._api.groups(MOST_GROUPS))
        self._titles = filters.titles_of(taxonomy, groups)

    async def _load_exports(self) -> None:
        rows = [row_of(export, self._titles) for export in await self._api.exports(LATEST)]
        changed = rows != self.rows
        self.rows, self.ready = rows, True
        pending = any(row.state in ("PENDING", "RUNNING") for row in rows)
        self.pause = POLLING.next_pause(self.pause, changed=changed, pending=pending)
        self.export_answers += 1
