"""The group that is uploaded and analysed: its progress, page by page."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import reflex as rx

from adlens_web.api import answers
from adlens_web.api.client import ApiProblem
from adlens_web.bounds import Id
from adlens_web.pages.upload.rows import Row, row_of
from adlens_web.polling import Polling
from adlens_web.routes import UPLOAD, address
from adlens_web.session import Session, acts, loads

PAGE = 50
POLLING = Polling(soonest=700, latest=5000)
PREVIEWS_EVERY_S = 5


class UploadState(Session):
    ready: bool = False
    group: str = ""
    title: str = ""
    """The group's name; empty for a group without a name."""
    rows: list[Row] = []  # noqa: RUF012 - Reflex copies the defaults of states
    count: int = 0
    succeeded: int = 0
    failed: int = 0
    ended: bool = False
    """Whether the analysis of all creatives that the API knows has ended; the browser may send more: see `done`."""
    sending: str = ""
    """The group that the browser is sending files to."""
    pause: int = 0
    """Until the next request, in milliseconds; 0 once the analysis has ended."""
    cursors: list[str] = [""]  # noqa: RUF012
    """Of each page up to the one that is shown."""
    next_cursor: str = ""
    _titles: dict[str, tuple[str, str]] = {}  # noqa: RUF012
    _previews: dict[str, str] = {}  # noqa: RUF012
    _card_cursors: list[str] = [""]  # noqa: RUF012
    """Of the gallery's pages, which list the same creatives in the same order."""
    _previews_loaded_at: float = 0

    @rx.var
    def finished(self) -> int:
        return self.succeeded + self.failed

    @rx.var
    def done(self) -> bool:
        return self.ended and self.sending != self.group

    @rx.var
    def first(self) -> int:
        """The number of the first row that is shown, from 1."""
        return (len(self.cursors) - 1) * PAGE + 1

    @rx.event
    @loads
    async def load(self) -> Any:
        """Shows the group of the address. An address without a group leads to the last group shown, until
        `start_over`."""
        group = self.router.url.query_parameters.get("group", "")
        if not group and self.group:
            return rx.redirect(_page_address(self.group), replace=True)
        if group != self.group:
            self._show(group)
        if not self._titles:
            topics = (await self._api.taxonomy())["topics"]
            self._titles = {topic["topic"]: (topic["title"]["ru"], topic["title"]["en"]) for topic in topics}
        if group:
            try:
                self.title = (await self._api.group(group))["name"] or ""
            except ApiProblem as problem:
                if problem.code == "unknown_group":
                    self._show("")  # else the page without a group would lead back here
                raise
            await self._load_progress()
        self.ready = True
        return None

    @rx.event
    @loads
    async def refresh(self) -> None:
        if self.group:
            await self._load_progress()

    @rx.event
    def follow(self, started: Id, sending: Id) -> Any:
        """The browser has `started` a group, or is `sending` files to one; empty for none. See Uploader.on_change."""
        self.sending = sending
        if started and started != self.group:
            return rx.redirect(_page_address(started))
        if self.group and (sending == self.group or not self.ended):
            self.pause = POLLING.soonest
        return None

    @rx.event
    @acts
    async def turn_page(self, forward: bool) -> None:
        self.cursors = [*self.cursors, self.next_cursor] if forward else self.cursors[:-1]
        self._previews_loaded_at = 0
        await self._load_progress()

    @rx.event
    def start_over(self) -> Any:
        self._show("")
        return rx.redirect(UPLOAD)

    def _show(self, group: str) -> None:
        self.group, self.title, self.rows, self.cursors, self.next_cursor = group, "", [], [""], ""
        self.count = self.succeeded = self.failed = self.pause = 0
        self.ended, self.ready = False, not group
        self._previews, self._card_cursors, self._previews_loaded_at = {}, [""], 0

    async def _load_progress(self) -> None:
        progress = await self._api.group_progress(self.group, limit=PAGE, cursor=self.cursors[-1])
        creatives, by_status = progress["creatives"], progress["by_status"]
        await self._load_previews(creatives, progress["done"])
        rows = [
            row_of(creative, self._titles, self._previews.get(creative["creative_id"], "")) for creative in creatives
        ]
        changed = rows != self.rows or progress["count"] != self.count
        self.pause = POLLING.next_pause(self.pause, changed=changed, pending=not progress["done"])
        if changed:
            self.rows = rows
        self.count, self.next_cursor, self.ended = progress["count"], progress["next_cursor"] or "", progress["done"]
        self.succeeded, self.failed = by_status["SUCCESS"], by_status["ERROR"]

    async def _load_previews(self, creatives: Sequence[answers.CreativeProgress], done: bool) -> None:
        """Every answer signs its URLs anew: a row keeps the first one, so that its picture does not load again."""
        wanted = {creative["creative_id"] for creative in creatives if creative["status"] == "SUCCESS"}
        recent = time.monotonic() - self._previews_loaded_at <= PREVIEWS_EVERY_S
        if wanted <= self._previews.keys() or (recent and not done):
            return
        self._previews_loaded_at = time.monotonic()
        page = len(self.cursors) - 1
        while True:
            cards = await self._load_cards(self._card_cursors[min(page, len(self._card_cursors) - 1)])
            if page < len(self._card_cursors) or not cards["next_cursor"]:
                break
            self._card_cursors = [*self._card_cursors, cards["next_cursor"]]
        urls = {card["creative_id"]: card["preview_url"] or card["file_path"] for card in cards["items"]}
        self._previews = {id_: self._previews.get(id_) or urls[id_] for id_ in wanted & urls.keys()}

    async def _load_cards(self, cursor: str) -> answers.Gallery:
        filters = {"group_id": self.group, "sort": "uploaded_at"}
        return await self._api.creatives(filters, limit=PAGE, cursor=cursor)


def _page_address(group: str) -> str:
    return address(UPLOAD, group=group)
