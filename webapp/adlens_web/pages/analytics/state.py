"""What the address asks for, filled from the API, and kept up to date while creatives are being analysed."""

from __future__ import annotations

import asyncio
from typing import Any

import reflex as rx

from adlens_web import filters, routes
from adlens_web.pages.analytics import figures
from adlens_web.pages.analytics.figures import TIMES, Choice, Counts, Figure, Mark, Side, TopicRow
from adlens_web.session import Session, acts, loads

MOST_GROUPS = 100
MOST_ROWS = 1000
"""As many as the API tells of at once."""
SOON_MS, LATE_MS = 3000, 20000


class AnalyticsState(Session):
    ready: bool = False
    stale: bool = False
    """Whether what is shown belongs to another address."""
    group: str = ""
    beside: str = ""
    choices: list[Choice] = []  # noqa: RUF012 - Reflex copies the defaults of states
    searchable: bool = False
    """Whether there may be more groups than the choices."""
    sought: str = ""
    """Part of the names or ids of the groups that are offered."""
    pause: int = 0
    """Until the next look, in milliseconds; 0 once everything is analysed."""

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
    """What a column of the chart over time stands for."""

    @rx.var
    def creatives(self) -> int:
        return sum(side.creatives for side in self.sides)

    @rx.var
    def analysed(self) -> int:
        return sum(side.analysed for side in self.sides)

    @rx.var
    def differences(self) -> str:
        """The page that tells what sets the groups of this one apart, or the group and all others."""
        groups = [group for group in figures.sides_of(self.group, self.beside) if group]
        return routes.comparison(*(filters.to_query({"group": group}) for group in groups or [""]))

    @rx.event
    def load(self) -> Any:
        asked = self.router.url.query_parameters
        group, beside = asked.get("group", ""), asked.get("beside", "")
        self.stale = (group, beside) != (self.group, self.beside)
        self.group, self.beside = group, beside
        return AnalyticsState.fill

    @rx.event
    @loads
    async def fill(self) -> None:
        ids = figures.sides_of(self.group, self.beside)
        groups, *told = await asyncio.gather(
            self.get("/groups", limit=MOST_GROUPS),
            *(self.get(f"/analytics/group/{id_}" if id_ else "/analytics/all") for id_ in ids),
            *(self.get(f"/groups/{id_}") for id_ in ids if id_),
        )
        answers, chosen = told[: len(ids)], {group["group_id"]: group for group in told[len(ids) :]}
        self._choose_from(groups, [*chosen.values()])
        before = self.sides
        # What is being analysed is among the newest groups, as good as always.
        self.sides = [
            figures.side(chosen.get(id_), figures.waiting([chosen[id_]] if id_ else groups), answer)
            for id_, answer in zip(ids, answers, strict=True)
        ]
        self.figures = figures.figures(answers)
        self.topics = figures.topic_bars(self.sides, answers)
        order = figures.most(self.sides, figures.counts(answers, "topics", "topic"))
        self.colors = figures.slices(self.sides, answers)
        self.topic_colors = figures.segments(self.sides, answers, order)
        self.rows = figures.topic_rows(self.sides, answers, order)
        objects = await self._complete("objects", "object", figures.counts(answers, "objects", "class"))
        names = figures.object_names([key for found in objects for key in found])
        self.objects = figures.bars(self.sides, objects, "object", names)
        words = await self._complete("words", "word", figures.counts(answers, "words", "word"))
        self.words = figures.bars(self.sides, words, "word")
        await self._tell_times()
        self.pause = self._next_look(changed=before != self.sides)
        self.ready, self.stale = True, False

    @rx.event
    @acts
    async def search(self, text: str) -> None:
        """Offers the groups whose names or ids have `text` in them, and those that are shown."""
        self.sought = text.strip()
        shown = [choice for choice in self.choices if choice.group in (self.group, self.beside)]
        found = await self.get("/groups", limit=MOST_GROUPS, search=self.sought)
        self.choices = figures.united(shown, figures.choices(found))

    @rx.event
    def choose(self, group: str) -> Any:
        return rx.redirect(figures.page_address(group, self.beside))

    @rx.event
    def put_beside(self, beside: str) -> Any:
        return rx.redirect(figures.page_address(self.group, beside))

    @rx.event
    @acts
    async def put_by(self, by: str) -> None:
        self.by = by
        await self._tell_times()

    async def _tell_times(self) -> None:
        told = await asyncio.gather(
            *(self.get("/analytics", by=self.by, group_id=side.group, limit=MOST_ROWS) for side in self.sides)
        )
        self.times = figures.times(self.sides, told)

    def _choose_from(self, groups: list[Any], chosen: list[Any]) -> None:
        if self.sought:
            self.choices = figures.united(figures.choices(chosen), self.choices)
        else:
            self.choices = figures.united(figures.choices(groups), figures.choices(chosen))
            self.searchable = len(groups) == MOST_GROUPS

    async def _complete(self, listed: str, filter_: str, counted: list[Counts]) -> list[Counts]:
        """Asks for what the API did not list of one side but of the other: every bar is right, short ones too."""
        gaps = figures.untold(listed, counted, figures.most(self.sides, counted))
        found = await asyncio.gather(
            *(self.get("/creatives", group_id=self.sides[side].group, limit=1, **{filter_: key}) for side, key in gaps)
        )
        for (side, key), answer in zip(gaps, found, strict=True):
            counted[side][key] = answer["total"]
        return counted

    def _next_look(self, *, changed: bool) -> int:
        if not any(side.waiting for side in self.sides):
            return 0
        return SOON_MS if changed or not self.pause else min(LATE_MS, round(self.pause * 1.5))
