"""The two sides of the address, and their comparison by the API."""

from __future__ import annotations

import asyncio
from typing import Any

import reflex as rx

from adlens_web import filters, routes
from adlens_web.api import answers
from adlens_web.api.client import ApiProblem
from adlens_web.bounds import Filter, Word
from adlens_web.filters import Titles
from adlens_web.pages.analytics import figures
from adlens_web.pages.analytics.figures import GroupOption, Title
from adlens_web.pages.compare import differences
from adlens_web.pages.compare.differences import REST, ComparedSide, Section, SideFilters
from adlens_web.session import Session, loads
from adlens_web.texts import say

MOST_GROUPS = 100
NO_FILTERS = SideFilters("", "", "", Title("", ""))


class CompareState(Session):
    ready: bool = False
    a: SideFilters = NO_FILTERS
    b: SideFilters = NO_FILTERS
    other: bool = False
    """Whether the second side has filters of its own; else it is all others."""
    groups: list[GroupOption] = []  # noqa: RUF012 - Reflex copies the defaults of states
    sides: list[ComparedSide] = []  # noqa: RUF012
    """Empty while there is nothing to compare."""
    refusal: str = ""
    """Why the API does not compare these two."""
    sections: list[Section] = []  # noqa: RUF012
    tested: int = 0
    left_out: int = 0
    _a: str = ""
    _b: str = ""
    """The sides as query strings of the API."""
    _taxonomy: answers.Taxonomy | None = None
    _titles: dict[str, dict[str, tuple[str, str]]] = {}  # noqa: RUF012

    @rx.event
    @loads
    async def load(self) -> None:
        query = self.router.url.query_parameters
        self._a, self._b = query.get("a", ""), query.get("b", "")
        self.other = bool(self._b) or query.get("beside") == "other"
        await self._load_groups()
        self.a, self.b = (differences.side_filters(side, self._titles) for side in (self._a, self._b))
        await self._compare()
        self.ready = True

    @rx.event
    def choose(self, side: Word, name: Word, value: Filter) -> Any:
        a, b = (
            differences.replace_filter(query, name, value) if side == one else query
            for one, query in (("a", self._a), ("b", self._b))
        )
        return rx.redirect(routes.comparison(a, b, other=self.other), replace=True)

    @rx.event
    def compare_with(self, second: Word) -> Any:
        """`other` for a second side with filters of its own, `rest` for all others."""
        other = second == "other"
        return rx.redirect(routes.comparison(self._a, self._b if other else "", other=other), replace=True)

    async def _compare(self) -> None:
        self.sides, self.sections, self.refusal = [], [], ""
        if not self._a or (self.other and not self._b):
            return
        try:
            found = await self._api.compare(self._a, self._b if self.other else REST)
        except ApiProblem as problem:
            if problem.code != "invalid_value":
                raise
            self.refusal = problem.detail
            return
        first, second = _names(self._a, self._b if self.other else "", self._titles)
        self.sides = [differences.compared_side(found["a"], first), differences.compared_side(found["b"], second)]
        self.sections = differences.sections_of(found)
        self.tested, self.left_out = found["tested"], found["left_out"]["objects"] + found["left_out"]["words"]

    async def _load_groups(self) -> None:
        """The newest groups, and those that are compared."""
        if self._taxonomy is None:
            self._taxonomy = await self._api.taxonomy()
        sides = [filters.from_api(side).get("group", "") for side in (self._a, self._b)]
        (groups, _), selected = await asyncio.gather(
            self._api.groups(MOST_GROUPS),
            asyncio.gather(*(self._api.group(id_) for id_ in dict.fromkeys(sides) if id_ and "," not in id_)),
        )
        self.groups = figures.merge_options(figures.group_options(groups), figures.group_options(selected))
        self._titles = filters.titles_of(self._taxonomy, [*groups, *selected])


def _names(a: str, b: str, titles: Titles) -> tuple[Title, Title]:
    rest = Title(say("ru", "compare.rest"), say("en", "compare.rest"))
    return _name(a, titles), _name(b, titles) if b else rest


def _name(side: str, titles: Titles) -> Title:
    """The name of a group if the side is a group and nothing else; else all its filters."""
    selected = filters.from_api(side)
    if selected.keys() == {"group"}:
        return Title(*filters.value_title("group", selected["group"], titles))
    return Title(*filters.describe(selected, titles))
