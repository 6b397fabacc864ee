"""The two sides of the address, and what the API says of them."""

from __future__ import annotations

import asyncio
from typing import Any

import reflex as rx

from adlens_web import filters, routes
from adlens_web.api_client import ApiProblem
from adlens_web.filters import Titles
from adlens_web.pages.analytics import figures
from adlens_web.pages.analytics.figures import Choice, Said
from adlens_web.pages.compare import differences
from adlens_web.pages.compare.differences import REST, Section, Side, Whole
from adlens_web.session import Session, loads
from adlens_web.texts import say

MOST_GROUPS = 100
NOTHING = Side("", "", "", Said("", ""))


class CompareState(Session):
    ready: bool = False
    a: Side = NOTHING
    b: Side = NOTHING
    other: bool = False
    """Whether the second side is chosen, too; else it is all others."""
    groups: list[Choice] = []  # noqa: RUF012 - Reflex copies the defaults of states
    sides: list[Whole] = []  # noqa: RUF012
    """Empty while there is nothing to compare."""
    refused: str = ""
    """Why the API does not compare these two."""
    sections: list[Section] = []  # noqa: RUF012
    tested: int = 0
    left_out: int = 0
    _a: str = ""
    _b: str = ""
    """The sides as query strings of the API."""
    _taxonomy: dict[str, Any] = {}  # noqa: RUF012
    _titles: dict[str, dict[str, tuple[str, str]]] = {}  # noqa: RUF012

    @rx.event
    @loads
    async def load(self) -> None:
        query = self.router.url.query_parameters
        self._a, self._b = query.get("a", ""), query.get("b", "")
        self.other = bool(self._b) or query.get("beside") == "other"
        if not self._taxonomy:
            self._taxonomy = await self.get("/taxonomy")
        await self._know_groups()
        self.a, self.b = (differences.side_of(side, self._titles) for side in (self._a, self._b))
        await self._compare()
        self.ready = True

    @rx.event
    def choose(self, side: str, name: str, value: str) -> Any:
        a, b = (
            differences.changed(query, name, value) if side == one else query
            for one, query in (("a", self._a), ("b", self._b))
        )
        return rx.redirect(routes.comparison(a, b, other=self.other), replace=True)

    @rx.event
    def put_beside(self, what: str) -> Any:
        other = what == "other"
        return rx.redirect(routes.comparison(self._a, self._b if other else "", other=other), replace=True)

    async def _compare(self) -> None:
        self.sides, self.sections, self.refused = [], [], ""
        if not self._a or (self.other and not self._b):
            return
        try:
            found = await self.get("/analytics/compare", a=self._a, b=self._b if self.other else REST)
        except ApiProblem as problem:
            if problem.code != "invalid_value":
                raise
            self.refused = problem.detail
            return
        names = _names(self._a, self._b if self.other else "", self._titles)
        self.sides = [differences.whole_of(found[side], name) for side, name in zip("ab", names, strict=True)]
        self.sections = differences.sections_of(found)
        self.tested, self.left_out = found["tested"], sum(found["left_out"].values())

    async def _know_groups(self) -> None:
        """The newest groups, and those that are compared."""
        asked = [filters.from_api(side).get("group", "") for side in (self._a, self._b)]
        groups, *chosen = await asyncio.gather(
            self.get("/groups", limit=MOST_GROUPS),
            *(self.get(f"/groups/{id_}") for id_ in dict.fromkeys(asked) if id_ and "," not in id_),
        )
        self.groups = figures.united(figures.choices(groups), figures.choices(chosen))
        self._titles = filters.titles_of(self._taxonomy, [*groups, *chosen])


def _names(a: str, b: str, titles: Titles) -> list[Said]:
    first = Said(*filters.described(filters.from_api(a), titles))
    rest = Said(say("ru", "compare.rest"), say("en", "compare.rest"))
    return [first, Said(*filters.described(filters.from_api(b), titles)) if b else rest]
