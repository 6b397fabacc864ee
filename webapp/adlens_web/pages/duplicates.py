"""Near-duplicates of a group: families of creatives that are one picture over and over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import reflex as rx

from adlens_web.components.cards import Card, card_of, creative_card
from adlens_web.components.react import link
from adlens_web.components.shell import page as shell
from adlens_web.components.states import empty, further, loading
from adlens_web.routes import CREATIVES, GROUPS, address
from adlens_web.session import Session, acts, loads
from adlens_web.texts import number, t

PAGE = 10
SHOWN = 12
"""Members of a family that are shown."""


@dataclass
class Family:
    """`cards` begin with the representative; `size` counts all of them."""

    name: str
    size: int
    cards: list[Card]


def family_of(family: Mapping[str, Any], group: str) -> Family:
    cards = [card_of(member, {"group": group}) for member in family["members"][:SHOWN]]
    for card in cards[:1]:
        card.similarity = 0  # it is like itself
    return Family(cards[0].creative_id if cards else "", family["size"], cards)


class DuplicatesState(Session):
    ready: bool = False
    group: str = ""
    title: str = ""
    families: list[Family] = []  # noqa: RUF012 - Reflex copies the defaults of states
    further: str = ""
    """The cursor of what follows; empty at the end."""

    @rx.var
    def gallery(self) -> str:
        return address(CREATIVES, group=self.group)

    @rx.event
    @loads
    async def load(self) -> None:
        group = self.router.url.query_parameters.get("group", "")
        if group != self.group:
            self.ready, self.group, self.title = False, group, group
        told = await self.get(f"/groups/{group}")
        self.title = told["name"] or group
        self.families = await self._next("")
        self.ready = True

    @rx.event
    @acts
    async def more(self) -> None:
        self.families += await self._next(self.further)

    async def _next(self, cursor: str) -> list[Family]:
        found = await self.get(f"/groups/{self.group}/duplicates", limit=PAGE, cursor=cursor)
        self.further = found["next_cursor"] or ""
        return [family_of(family, self.group) for family in found["items"]]


State = DuplicatesState


def page() -> rx.Component:
    return shell(
        t("duplicates.title"),
        rx.el.p(t("duplicates.text", group=State.title), class_name="lead"),
        rx.cond(
            State.ready,
            rx.cond(
                State.families.length() > 0,
                rx.el.div(
                    rx.foreach(State.families, _family),
                    further(State),
                    class_name="stack",
                ),
                rx.el.section(
                    empty(
                        "copy_check",
                        t("duplicates.none_title"),
                        t("duplicates.none_text"),
                        link(t("groups.creatives"), to=State.gallery, class_name="btn"),
                    ),
                    class_name="card",
                ),
            ),
            rx.cond(Session.problem == "", loading(3, "260px")),
        ),
        here=GROUPS,
        reload=State.load,
        head=link(
            rx.icon("arrow_left", size=16, aria_hidden=True), t("groups.creatives"), to=State.gallery, class_name="btn"
        ),
    )


def _family(family: rx.Var[Family]) -> rx.Component:
    return rx.el.section(
        rx.el.h2(t("duplicates.family", count=number(family.size))),
        rx.el.ul(rx.foreach(family.cards, creative_card), class_name="grid gallery"),
        rx.cond(
            family.size > family.cards.length(),
            rx.el.p(t("duplicates.shown", count=number(family.cards.length())), class_name="small muted"),
        ),
        class_name="card stack family",
        key=family.name,
    )
