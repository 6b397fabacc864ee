"""Near-duplicates of a group: families of creatives that show the same picture."""

from __future__ import annotations

from dataclasses import dataclass

import reflex as rx

from adlens_web.api.answers import DuplicateFamily
from adlens_web.cards import Card, card_of
from adlens_web.routes import CREATIVES, address
from adlens_web.session import Session, acts, loads

PAGE = 10
SHOWN = 12
"""The number of members of a family that are shown."""


@dataclass
class Family:
    """`cards` begin with the representative; `size` counts all members."""

    name: str
    size: int
    cards: list[Card]


def family_of(family: DuplicateFamily, group: str) -> Family:
    cards = [card_of(member, {"group": group}) for member in family["members"][:SHOWN]]
    for card in cards[:1]:
        card.similarity = 0  # the others are compared with it
    return Family(cards[0].creative_id if cards else "", family["size"], cards)


class DuplicatesState(Session):
    ready: bool = False
    group: str = ""
    title: str = ""
    families: list[Family] = []  # noqa: RUF012 - Reflex copies the defaults of states
    next_cursor: str = ""
    """Empty at the end of the list."""

    @rx.var
    def gallery(self) -> str:
        return address(CREATIVES, group=self.group)

    @rx.event
    @loads
    async def load(self) -> None:
        group = self.router.url.query_parameters.get("group", "")
        if group != self.group:
            self.ready, self.group, self.title = False, group, group
        self.title = (await self._api.group(group))["name"] or group
        self.families = await self._load_families("")
        self.ready = True

    @rx.event
    @acts
    async def load_more(self) -> None:
        self.families += await self._load_families(self.next_cursor)

    async def _load_families(self, cursor: str) -> list[Family]:
        found = await self._api.duplicates(self.group, limit=PAGE, cursor=cursor)
        self.next_cursor = found["next_cursor"] or ""
        return [family_of(family, self.group) for family in found["items"]]
