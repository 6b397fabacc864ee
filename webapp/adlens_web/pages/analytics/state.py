"""The figures of one or two groups, kept up to date while creatives are being analysed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import reflex as rx

from adlens_web import filters, routes
from adlens_web.api.answers import Group
from adlens_web.bounds import Id, Text, Word
from adlens_web.pages.analytics import figures
from adlens_web.pages.analytics.figures import TIMES, Counts, Figure, GroupOption, Mark, Side, TopicRow
from adlens_web.polling import Polling
from adlens_web.session import Session, acts, loads

MOST_GROUPS = 100
MOST_ROWS = 1000
"""The API's limit of a page."""
POLLING = Polling(soonest=3000, latest=20_000)


class AnalyticsState(Session):
    ready: bool = False
    stale: bool = False
    """Whether the page still shows the figures of another address."""
    group: str = ""
    beside: str = ""
    options: list[GroupOption] = []  # noqa: RUF012 - Reflex copies the defaults of states
    searchable: bool = False
    """Whether the workspace may have more groups than `options`."""
    group_search: str = ""
    pause: int = 0
    """Until the next request, in milliseconds; 0 once all creatives are analysed."""

    sides: list[Side] = []  # noqa: RUF012
    figures: list[Figure] = []  # noqa: RUF012
    topics: list[Mark] = []  # noqa: RUF012
    colors: list[Mark] = []  # noqa: RUF012
    topic_colors: list[Mark] = []  # noqa: RUF012
    objects: list[Mark] = []  # noqa: RUF012
    words: list[Mark] = []  # noqa: RUF012
    rows: list[TopicRow] = []  # noqa: RUF012
    times: list[Mark] = []  # noqa: RUF012
    by: str = TIMES[1]
    """The unit of a column of the chart over time."""

    @rx.var
    def creatives(self) -> int:
        return sum(side.creatives for side in self.sides)

    @rx.var
    def analysed(self) -> int:
        return sum(side.analysed for side in self.sides)

    @rx.var
    def comparison_address(self) -> str:
        """The page that compares these groups, or the group with all others."""
        groups = [group for group in figures.sides_of(self.group, self.beside) if group]
        return routes.comparison(*(filters.to_api_query({"group": group}) for group in groups or [""]))

    @rx.event
    def load(self) -> Any:
        query = self.router.url.query_parameters
        group, beside = query.get("group", ""), query.get("beside", "")
        self.stale = (group, beside) != (self.group, self.beside)
        self.group, self.beside = group, beside
        return AnalyticsState.refresh

    @rx.event
    @loads
    async def refresh(self) -> None:
        ids = figures.sides_of(self.group, self.beside)
        (groups, _), analytics, selected = await asyncio.gather(
            self._api.groups(MOST_GROUPS),
            asyncio.gather(*(self._api.analytics(id_) for id_ in ids)),
            asyncio.gather(*(self._api.group(id_) for id_ in ids if id_)),
        )
        by_id = {group["group_id"]: group for group in selected}
        self._offer_groups(groups, selected)
        before = self.sides
        # Creatives that are being analysed are nearly always in the newest groups.
        self.sides = [
            figures.side(by_id.get(id_), figures.pending_count([by_id[id_]] if id_ else groups), one)
            for id_, one in zip(ids, analytics, strict=True)
        ]
        self.figures = figures.figures(analytics)
        self.topics = figures.topic_bars(self.sides, analytics)
        order = figures.most_frequent(self.sides, [figures.topic_counts(one) for one in analytics])
        self.colors = figures.slices(self.sides, analytics)
        self.topic_colors = figures.segments(self.sides, analytics, order)
        self.rows = figures.topic_rows(self.sides, analytics, order)
        objects = await self._add_missing("objects", "object", [figures.object_counts(one) for one in analytics])
        names = figures.object_names([key for counts in objects for key in counts])
        self.objects = figures.bars(self.sides, objects, "object", names)
        words = await self._add_missing("words", "word", [figures.word_counts(one) for one in analytics])
        self.words = figures.bars(self.sides, words, "word")
        await self._load_times()
        pending = any(side.pending for side in self.sides)
        self.pause = POLLING.next_pause(self.pause, changed=before != self.sides, pending=pending)
        self.ready, self.stale = True, False

    @rx.event
    @acts
    async def search_groups(self, text: Text) -> None:
        """Offers the groups with `text` in their names or ids, and those that are shown."""
        self.group_search = text.strip()
        shown = [option for option in self.options if option.group in (self.group, self.beside)]
        found, _ = await self._api.groups(MOST_GROUPS, search=self.group_search)
        self.options = figures.merge_options(shown, figures.group_options(found))

    @rx.event
    def choose_group(self, group: Id) -> Any:
        return rx.redirect(figures.page_address(group, self.beside))

    @rx.event
    def compare_with(self, beside: Id) -> Any:
        return rx.redirect(figures.page_address(self.group, beside))

    @rx.event
    @acts
    async def choose_unit(self, by: Word) -> None:
        self.by = by
        await self._load_times()

    async def _load_times(self) -> None:
        breakdowns = await asyncio.gather(
            *(self._api.breakdown(self.by, side.group, limit=MOST_ROWS) for side in self.sides)
        )
        self.times = figures.times(self.sides, breakdowns)

    def _offer_groups(self, groups: Sequence[Group], selected: Sequence[Group]) -> None:
        if self.group_search:
            self.options = figures.merge_options(figures.group_options(selected), self.options)
        else:
            self.options = figures.merge_options(figures.group_options(groups), figures.group_options(selected))
            self.searchable = len(groups) == MOST_GROUPS

    async def _add_missing(self, listed: str, filter_: str, counts: list[Counts]) -> list[Counts]:
        """Adds the counts that the API's list was too short for on one side: all bars are right, short ones too."""
        missing = figures.missing_counts(listed, counts, figures.most_frequent(self.sides, counts))
        found = await asyncio.gather(
            *(
                self._api.creatives({"group_id": self.sides[index].group, filter_: key}, limit=1)
                for index, key in missing
            )
        )
        for (index, key), gallery in zip(missing, found, strict=True):
            counts[index][key] = gallery["total"]
        return counts
