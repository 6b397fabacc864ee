"""The gallery of a group or of all creatives, filtered and sorted as its address says."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import reflex as rx

from adlens_web import filters
from adlens_web.api import answers
from adlens_web.bounds import Filter, Word
from adlens_web.cards import Card, card_of
from adlens_web.pages.creatives.options import (
    NO_OPTIONS,
    Chip,
    Correction,
    Options,
    chips_of,
    corrections_of,
    options_of,
    words_of,
)
from adlens_web.polling import Polling
from adlens_web.routes import CREATIVES, address, comparison
from adlens_web.session import Session, loads

PAGE = 48
MOST_GROUPS = 100
POLLING = Polling(soonest=2000, latest=15_000)
PARSERS = {
    "min_confidence": filters.fraction,
    "max_confidence": filters.fraction,
    "min_share": filters.share,
    "min_objects": filters.count,
}
"""From the text that people type into a filter to the value in its address."""
TYPED = ("q", "text", "word", "hex", "from", "before", *PARSERS)
"""Filters that replace the entry of the browser's history: else every letter would be one."""
NO_COLOR = "#808080"
"""An empty colour field: the browser always shows a colour."""


class CreativesState(Session):
    ready: bool = False
    selected: dict[str, str] = filters.from_address({})
    """The filters and the sort by name."""
    options: Options = NO_OPTIONS
    cards: list[Card] = []  # noqa: RUF012 - Reflex copies the defaults of states
    total: int = 0
    more_than_total: bool = False
    """The API stops counting at a limit."""
    corrections: list[Correction] = []  # noqa: RUF012
    page: int = 1
    previous: str = ""
    """The address of the page before; empty on the first."""
    following: str = ""
    pause: int = 0
    """Until the next request, in milliseconds; 0 while no creative of the page is being analysed."""
    _cursors: dict[int, str] = {}  # noqa: RUF012
    """Of the pages that were visited, in the gallery of `_cursors_of`."""
    _cursors_of: dict[str, str] = {}  # noqa: RUF012
    _taxonomy: answers.Taxonomy | None = None

    @rx.var
    def chips(self) -> list[Chip]:
        return chips_of(self.selected, self.options)

    @rx.var
    def sort(self) -> str:
        return self.selected["sort"] or filters.NEWEST

    @rx.var
    def min_confidence(self) -> str:
        return filters.percent(self.selected["min_confidence"])

    @rx.var
    def max_confidence(self) -> str:
        return filters.percent(self.selected["max_confidence"])

    @rx.var
    def hex(self) -> str:
        return f"#{self.selected['hex'].removeprefix('#')}" if self.selected["hex"] else NO_COLOR

    @rx.var
    def since(self) -> str:
        return filters.day(self.selected["from"])

    @rx.var
    def until(self) -> str:
        return filters.day(self.selected["before"])

    @rx.var
    def decisions(self) -> list[str]:
        return [decision for decision in self.selected["topic_decision"].split(",") if decision]

    @rx.var
    def comparison_address(self) -> str:
        """The page that compares these creatives with all others."""
        return comparison(filters.to_api_query({**self.selected, "sort": ""}))

    @rx.var
    def first(self) -> int:
        """The number of the first card, from 1."""
        return (self.page - 1) * PAGE + 1

    @rx.var
    def unfiltered(self) -> str:
        return address(CREATIVES, sort=self.selected["sort"])

    @rx.event
    @loads
    async def load(self) -> None:
        query = self.router.url.query_parameters
        selected = filters.from_address(query)
        other_group = not self.ready or selected["group"] != self.selected["group"]
        self.selected = selected
        page, cursor = query.get("page", ""), query.get("cursor", "")
        self.page = int(page) if cursor and page.isdecimal() else 1
        if self._cursors_of != selected:
            self._cursors_of, self._cursors = selected, {1: ""}
        self._cursors[self.page] = cursor
        if other_group or self.page == 1:
            await asyncio.gather(self._load_page(), self._load_options())
        else:
            await self._load_page()
        self.ready = True

    @rx.event
    @loads
    async def refresh(self) -> None:
        """Asks again for the same page, while creatives are being analysed."""
        await self._load_page(again=True)

    @rx.event
    def choose(self, name: Word, value: Filter) -> Any:
        """Changes one filter, or the sort; the gallery begins with its first page."""
        if name in PARSERS:
            value = PARSERS[name](value)
        return self._change(name, value.strip())

    @rx.event
    def toggle_decision(self, decision: Word) -> Any:
        return self._change("topic_decision", filters.toggle_decision(self.selected["topic_decision"], decision))

    def _change(self, name: str, value: str) -> Any:
        if value == self.selected[name]:
            return None
        # Now, not when the address has changed: the next click may come before.
        self.selected = {**self.selected, name: value}
        return rx.redirect(address(CREATIVES, **self.selected), replace=name in TYPED)

    async def _load_page(self, again: bool = False) -> None:
        request = self._api.search if self.selected["q"] else self._api.creatives
        gallery = await request(filters.to_api(self.selected), limit=PAGE, cursor=self._cursors[self.page])
        query = {**self.selected, **self._position(self.page)}
        terms: Sequence[answers.Term] = gallery.get("terms", ())
        words = words_of(terms)
        cards = [card_of(creative, query, words) for creative in gallery["items"]]
        if again:
            # Every answer signs its URLs anew; a picture that is shown keeps the one it has.
            known = {card.creative_id: card.preview for card in self.cards if card.status == "SUCCESS"}
            for card in cards:
                card.preview = known.get(card.creative_id) or card.preview
        changed = cards != self.cards
        self.cards, self.total, self.more_than_total = cards, gallery["total"], gallery["more_than_total"]
        self.corrections = corrections_of(terms)
        if next_cursor := gallery["next_cursor"]:
            self._cursors[self.page + 1] = next_cursor
        self.following = self._page_address(self.page + 1) if next_cursor else ""
        self.previous = self._page_address(self.page - 1) if self.page > 1 else ""
        pending = any(card.status in ("PENDING", "PROCESSING") for card in cards)
        self.pause = POLLING.next_pause(self.pause, changed=changed, pending=pending)

    async def _load_options(self) -> None:
        group = "" if "," in self.selected["group"] else self.selected["group"]
        if self._taxonomy is None:
            self._taxonomy = await self._api.taxonomy()
        (groups, _), analytics, *selected_group = await asyncio.gather(
            self._api.groups(MOST_GROUPS), self._api.analytics(group), *([self._api.group(group)] if group else [])
        )
        self.options = options_of(self._taxonomy, [*groups, *selected_group], analytics, self.selected["object"])

    def _position(self, page: int) -> dict[str, str]:
        cursor = self._cursors.get(page, "")
        return {"page": str(page), "cursor": cursor} if cursor else {}

    def _page_address(self, page: int) -> str:
        """The first page's where the cursor of `page` is not known."""
        return address(CREATIVES, **self.selected, **self._position(page))
