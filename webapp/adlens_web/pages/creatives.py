"""Creatives: the gallery of a group or of all, filtered and sorted as its address says."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import reflex as rx

from adlens_web import filters
from adlens_web.components.browse import foldable
from adlens_web.components.cards import Card, card_of, creative_card
from adlens_web.components.exports import export_button, exports_dialog
from adlens_web.components.react import heartbeat, link
from adlens_web.components.shell import page as shell
from adlens_web.components.states import empty
from adlens_web.routes import ANALYTICS, CREATIVES, DUPLICATES, UPLOAD, address, comparison
from adlens_web.session import Session, loads
from adlens_web.texts import both, number, object_title, one_of, t

PAGE = 48
MOST_GROUPS = 100
STATUSES = ("SUCCESS", "ERROR", "PROCESSING", "PENDING")
SOON_MS, LATE_MS = 2000, 15000
ORDERS = {
    "-uploaded_at": "newest",
    "uploaded_at": "oldest",
    "filename": "name",
    "-filename": "name_reversed",
    "-topic_confidence": "most_confident",
    "topic_confidence": "least_confident",
}
WRITTEN = {
    "min_confidence": filters.fraction,
    "max_confidence": filters.fraction,
    "min_share": filters.share,
    "min_objects": filters.count,
}
"""What people type into a filter, as its address has it."""
TYPED = ("q", "text", "word", "hex", "from", "before", *WRITTEN)
"""Filters whose every letter would be an entry of the browser's history."""
NO_HEX = "#808080"
"""What the browser shows where no colour was chosen: it always shows one."""


@dataclass
class Choice:
    """`value` is that of the filter; `hex` is the colour that stands for a class of colours."""

    value: str
    ru: str
    en: str
    hex: str = ""


@dataclass
class Chip:
    """A filter in force; `address` is the gallery without it. `hex` is the colour that it is about."""

    name: str
    ru: str
    en: str
    address: str
    hex: str = ""


@dataclass
class Guess:
    """A word of the search, and the words besides that were looked for."""

    typed: str
    words: str


@dataclass
class Choices:
    """What can be filtered by; objects and words are those of the group. `unsure` of its creatives have a guess for a
    topic."""

    groups: list[Choice]
    topics: list[Choice]
    colors: list[Choice]
    objects: list[Choice]
    words: list[str]
    unsure: int


NO_CHOICES = Choices([], [], [], [], [], 0)


def choices_of(
    taxonomy: Mapping[str, Any], groups: Sequence[Mapping[str, Any]], analytics: Mapping[str, Any], chosen: str
) -> Choices:
    """From the API's topics and colours, its groups (each is listed once), and the analytics of what is shown. The
    `chosen` class of objects is listed even where it is none of the most frequent."""
    names = {group["group_id"]: group["name"] or group["group_id"] for group in groups}
    classes = dict.fromkeys([*(entry["class"] for entry in analytics["objects"]), *([chosen] if chosen else [])])
    return Choices(
        groups=[Choice(id_, name, name) for id_, name in names.items()],
        topics=[Choice(entry["topic"], entry["title"]["ru"], entry["title"]["en"]) for entry in taxonomy["topics"]],
        colors=[
            Choice(entry["class_en"], entry["class"], entry["class_en"].capitalize(), entry["hex"])
            for entry in taxonomy["color_classes"]
        ],
        objects=[Choice(name, *object_title(name)) for name in classes],
        words=[entry["word"] for entry in analytics["words"]],
        unsure=sum(entry["unsure"] for entry in analytics["topics"]),
    )


def titles_of(choices: Choices) -> dict[str, dict[str, tuple[str, str]]]:
    known = {"group": choices.groups, "topic": choices.topics, "color": choices.colors}
    return {name: {choice.value: (choice.ru, choice.en) for choice in some} for name, some in known.items()}


def chips_of(asked: Mapping[str, str], choices: Choices) -> list[Chip]:
    """The filters in force, in the order of the page."""
    titles = titles_of(choices)
    return [
        Chip(
            name,
            *filters.said(name, value, titles),
            address(CREATIVES, **filters.without(asked, name)),
            hex=f"#{value.removeprefix('#')}" if name == "hex" else "",
        )
        for name in filters.FILTERS
        if (value := asked[name])
    ]


def guesses_of(terms: Sequence[Mapping[str, Any]]) -> list[Guess]:
    """The words of a search that others were looked for besides."""
    return [Guess(term["typed"], ", ".join(term["guessed"])) for term in terms if term["guessed"]]


def words_of(terms: Sequence[Mapping[str, Any]]) -> set[str]:
    """All words that were looked for."""
    return {word for term in terms for word in term["words"]}


class CreativesState(Session):
    ready: bool = False
    asked: dict[str, str] = filters.asked_for({})
    choices: Choices = NO_CHOICES
    cards: list[Card] = []  # noqa: RUF012 - Reflex copies the defaults of states
    total: int = 0
    more: bool = False
    """Whether there are more than `total`: the API does not count on for ever."""
    guesses: list[Guess] = []  # noqa: RUF012
    page: int = 1
    previous: str = ""
    """The address of the page before; empty on the first."""
    following: str = ""
    pause: int = 0
    """Until the next look, in milliseconds; 0 while nothing that is shown is being analysed."""
    _cursors: dict[int, str] = {}  # noqa: RUF012
    """Of the pages that were seen, in the gallery of `_seen`."""
    _seen: dict[str, str] = {}  # noqa: RUF012
    _taxonomy: dict[str, Any] = {}  # noqa: RUF012

    @rx.var
    def chips(self) -> list[Chip]:
        return chips_of(self.asked, self.choices)

    @rx.var
    def sort(self) -> str:
        return self.asked["sort"] or filters.NEWEST

    @rx.var
    def least(self) -> str:
        return filters.percent(self.asked["min_confidence"])

    @rx.var
    def most(self) -> str:
        return filters.percent(self.asked["max_confidence"])

    @rx.var
    def hex(self) -> str:
        return f"#{self.asked['hex'].removeprefix('#')}" if self.asked["hex"] else NO_HEX

    @rx.var
    def since(self) -> str:
        return filters.day(self.asked["from"])

    @rx.var
    def until(self) -> str:
        return filters.day(self.asked["before"])

    @rx.var
    def decisions(self) -> list[str]:
        return [one for one in self.asked["topic_decision"].split(",") if one]

    @rx.var
    def compared(self) -> str:
        """The page that compares what is shown with all others."""
        asked = {**self.asked, "sort": ""}
        return comparison(filters.to_query(asked))

    @rx.var
    def first(self) -> int:
        """The number of the first card, from 1."""
        return (self.page - 1) * PAGE + 1

    @rx.var
    def unfiltered(self) -> str:
        return address(CREATIVES, sort=self.asked["sort"])

    @rx.event
    @loads
    async def load(self) -> None:
        query = self.router.url.query_parameters
        asked = filters.asked_for(query)
        anew = not self.ready or asked["group"] != self.asked["group"]
        self.asked = asked
        page, cursor = query.get("page", ""), query.get("cursor", "")
        self.page = int(page) if cursor and page.isdecimal() else 1
        if self._seen != asked:
            self._seen, self._cursors = asked, {1: ""}
        self._cursors[self.page] = cursor
        if anew or self.page == 1:
            await asyncio.gather(self._show(), self._find_choices())
        else:
            await self._show()
        self.ready = True

    @rx.event
    @loads
    async def look(self) -> None:
        """Once more what is shown, while it changes."""
        await self._show(again=True)

    @rx.event
    def choose(self, name: str, value: str) -> Any:
        """One filter, or the sort, anew; the gallery begins with its first page."""
        if name in WRITTEN:
            value = WRITTEN[name](value)
        return self._ask(name, value.strip())

    @rx.event
    def toggle_decision(self, decision: str) -> Any:
        """Asks for one decision about topics more, or no longer."""
        return self._ask("topic_decision", filters.toggled(self.asked["topic_decision"], decision))

    def _ask(self, name: str, value: str) -> Any:
        if value == self.asked[name]:
            return None
        # At once, not when the address has changed: the next click may come before.
        self.asked = {**self.asked, name: value}
        return rx.redirect(address(CREATIVES, **self.asked), replace=name in TYPED)

    async def _show(self, again: bool = False) -> None:
        gallery = await self.get(
            "/search" if self.asked["q"] else "/creatives",
            **filters.for_api(self.asked),
            limit=PAGE,
            cursor=self._cursors[self.page],
        )
        query = {**self.asked, **self._place(self.page)}
        terms = gallery.get("terms", ())
        words = words_of(terms)
        cards = [card_of(creative, query, words) for creative in gallery["items"]]
        if again:
            # Signed URLs change with each answer: one is kept for as long as its card is shown.
            known = {card.creative_id: card.preview for card in self.cards if card.status == "SUCCESS"}
            for card in cards:
                card.preview = known.get(card.creative_id) or card.preview
        changed = cards != self.cards
        self.cards, self.total, self.more = cards, gallery["total"], gallery["more_than_total"]
        self.guesses = guesses_of(terms)
        if further := gallery["next_cursor"]:
            self._cursors[self.page + 1] = further
        self.following = self._address(self.page + 1) if further else ""
        self.previous = self._address(self.page - 1) if self.page > 1 else ""
        waiting = any(card.status in ("PENDING", "PROCESSING") for card in cards)
        self.pause = 0 if not waiting else SOON_MS if changed else min(LATE_MS, round(max(SOON_MS, self.pause) * 1.5))

    async def _find_choices(self) -> None:
        group = "" if "," in self.asked["group"] else self.asked["group"]
        if not self._taxonomy:
            self._taxonomy = await self.get("/taxonomy")
        groups, analytics, *chosen = await asyncio.gather(
            self.get("/groups", limit=MOST_GROUPS),
            self.get(f"/analytics/group/{group}" if group else "/analytics/all"),
            *([self.get(f"/groups/{group}")] if group else []),
        )
        self.choices = choices_of(self._taxonomy, [*groups, *chosen], analytics, self.asked["object"])

    def _place(self, page: int) -> dict[str, str]:
        cursor = self._cursors.get(page, "")
        return {"page": str(page), "cursor": cursor} if cursor else {}

    def _address(self, page: int) -> str:
        """A page's; the first page's where its cursor was never seen."""
        return address(CREATIVES, **self.asked, **self._place(page))


State = CreativesState


def page() -> rx.Component:
    return shell(
        t("creatives.title"),
        heartbeat(every=rx.cond(Session.problem == "", State.pause, 0), beat=Session.tries, on_tick=State.look),
        rx.el.div(
            foldable(_filters(), summary=t("creatives.filters"), class_name="card filters", id="filters"),
            rx.el.section(
                _toolbar(),
                _chips(),
                _guesses(),
                rx.cond(
                    State.ready,
                    rx.cond(
                        State.cards.length() > 0,
                        rx.el.ul(
                            rx.foreach(State.cards, creative_card),
                            class_name=rx.cond(rx.State.is_hydrated, "grid gallery", "grid gallery stale"),
                            aria_busy=~rx.State.is_hydrated,
                            id="gallery",
                        ),
                        rx.el.div(
                            rx.cond(State.chips.length() > 0, _nothing_found(), _no_creatives()), class_name="card"
                        ),
                    ),
                    rx.cond(Session.problem == "", _placeholders()),
                ),
                _pager(),
                class_name="stack browse-found",
                aria_label=t("creatives.title"),
            ),
            class_name="browse",
        ),
        exports_dialog(),
        here=CREATIVES,
        reload=State.load,
        head=_search(),
    )


def _search() -> rx.Component:
    return rx.el.div(
        rx.el.label(t("creatives.search"), html_for="q", class_name="visually-hidden"),
        rx.icon("search", size=18, aria_hidden=True),
        _debounced("q", State.asked["q"], t("creatives.search_hint"), type="search", max_length=100),
        class_name="search-field gallery-search",
        role="search",
        aria_label=t("creatives.search"),
    )


def _guesses() -> rx.Component:
    return rx.cond(
        State.guesses.length() > 0,
        rx.el.ul(
            rx.foreach(
                State.guesses,
                lambda guess: rx.el.li(t("creatives.guessed", typed=guess.typed, words=guess.words), key=guess.typed),
            ),
            class_name="small muted",
            id="guesses",
        ),
    )


def _placeholders() -> rx.Component:
    return rx.el.div(
        *(rx.el.div(class_name="skeleton creative-card") for _ in range(12)),
        rx.el.span(t("state.loading"), class_name="visually-hidden"),
        class_name="grid gallery",
        role="status",
    )


def _filters() -> rx.Component:
    return rx.el.div(
        _typed("text", t("creatives.text_hint"), type="search"),
        _select("group", t("creatives.all_groups"), State.choices.groups),
        _select("topic", t("creatives.all_topics"), State.choices.topics),
        _decisions(),
        _colors(),
        _like(),
        _select("object", t("creatives.all_objects"), State.choices.objects),
        _objects(),
        _word(),
        _dates(),
        _confidence(),
        _states(),
        class_name="stack filter-fields",
        role="search",
        aria_label=t("creatives.filters"),
    )


def _debounced(name: str, value: rx.Var[str], hint: rx.Var[str], **attrs: Any) -> rx.Component:
    return rx.debounce_input(
        rx.el.input(
            id=name,
            value=value,
            placeholder=hint,
            on_change=State.choose(name),
            class_name="input",
            auto_complete="off",
            **attrs,
        ),
        debounce_timeout=350,
    )


def _typed(name: str, hint: rx.Var[str], **attrs: Any) -> rx.Component:
    return rx.el.div(
        rx.el.label(t(f"creatives.filter.{name}"), html_for=name),
        _debounced(name, State.asked[name], hint, **attrs),
        class_name="field",
    )


def _select(name: str, everything: rx.Var[str], choices: rx.Var[list[Choice]]) -> rx.Component:
    return rx.el.div(
        rx.el.label(t(f"creatives.filter.{name}"), html_for=name),
        rx.el.select(
            rx.el.option(everything, value=""),
            rx.foreach(choices, lambda choice: rx.el.option(both(choice.ru, choice.en), value=choice.value)),
            id=name,
            value=State.asked[name],
            on_change=State.choose(name),
            class_name="input",
        ),
        class_name="field",
    )


def _decisions() -> rx.Component:
    def choice(decision: str) -> rx.Component:
        return rx.el.label(
            rx.el.input(
                id=f"decision-{decision}",
                type="checkbox",
                checked=State.decisions.contains(decision),
                on_change=State.toggle_decision(decision),
            ),
            t(f"decision.{decision}"),
            rx.cond(
                (State.choices.unsure > 0) & (decision == "unsure"),
                rx.el.span(number(State.choices.unsure), class_name="share muted", id="unsure-count"),
            ),
        )

    return rx.el.div(
        rx.el.span(t("creatives.filter.topic_decision"), class_name="label", id="decision-label"),
        rx.el.div(
            *map(choice, filters.DECISIONS), class_name="filter-choices", role="group", aria_labelledby="decision-label"
        ),
        class_name="field",
    )


def _word() -> rx.Component:
    return rx.fragment(
        _typed("word", t("creatives.word_hint"), list="words"),
        rx.el.datalist(rx.foreach(State.choices.words, lambda word: rx.el.option(value=word)), id="words"),
    )


def _colors() -> rx.Component:
    chosen = State.asked["color"]

    def swatch(color: rx.Var[Choice]) -> rx.Component:
        name = both(color.ru, color.en)
        return rx.el.button(
            background=color.hex,
            type="button",
            on_click=State.choose("color", rx.cond(chosen == color.value, "", color.value)),
            aria_label=name,
            title=name,
            aria_pressed=chosen == color.value,
            class_name="swatch pick",
            custom_attrs={"data-color": color.value},
        )

    return rx.el.div(
        rx.el.span(t("creatives.filter.color"), class_name="label", id="color-label"),
        rx.el.div(
            rx.foreach(State.choices.colors, swatch), class_name="swatches", role="group", aria_labelledby="color-label"
        ),
        class_name="field",
    )


def _like() -> rx.Component:
    """Any colour, and how much of the picture it covers at least."""
    return rx.el.div(
        rx.el.span(t("creatives.like"), class_name="label", id="like-label"),
        rx.el.div(
            rx.debounce_input(
                rx.el.input(
                    id="hex",
                    type="color",
                    value=State.hex,
                    on_change=State.choose("hex"),
                    aria_label=t("creatives.filter.hex"),
                    class_name="input color-input",
                ),
                debounce_timeout=350,
            ),
            _debounced(
                "min_share",
                State.asked["min_share"],
                t("creatives.share_hint"),
                input_mode="numeric",
                disabled=State.asked["hex"] == "",
                aria_label=t("creatives.filter.min_share"),
            ),
            class_name="filter-pair",
            role="group",
            aria_labelledby="like-label",
        ),
        class_name="field",
    )


def _objects() -> rx.Component:
    return rx.el.div(
        rx.el.label(t("creatives.filter.min_objects"), html_for="min_objects"),
        _debounced("min_objects", State.asked["min_objects"], t("creatives.objects_hint"), input_mode="numeric"),
        class_name="field",
    )


def _dates() -> rx.Component:
    return rx.el.div(
        *(
            rx.el.div(
                rx.el.label(t(f"creatives.filter.{name}"), html_for=name),
                rx.el.input(id=name, type="date", value=value, on_change=State.choose(name), class_name="input"),
                class_name="field",
            )
            for name, value in (("from", State.since), ("before", State.until))
        ),
        class_name="filter-dates",
    )


def _confidence() -> rx.Component:
    ends = (("min_confidence", State.least, "from"), ("max_confidence", State.most, "to"))
    return rx.el.div(
        rx.el.span(t("creatives.confidence"), class_name="label", id="confidence-label"),
        rx.el.div(
            *(
                _debounced(
                    name,
                    value,
                    t(f"creatives.confidence_{end}"),
                    input_mode="numeric",
                    aria_label=t(f"creatives.filter.{name}"),
                )
                for name, value, end in ends
            ),
            class_name="filter-pair",
            role="group",
            aria_labelledby="confidence-label",
        ),
        class_name="field",
    )


def _states() -> rx.Component:
    chosen = State.asked["status"]
    return rx.el.div(
        rx.el.label(t("creatives.filter.status"), html_for="status"),
        rx.el.select(
            rx.el.option(t("creatives.all_states"), value=""),
            *(rx.el.option(t(f"status.{status}"), value=status) for status in STATUSES),
            id="status",
            value=chosen,
            on_change=State.choose("status"),
            class_name="input",
        ),
        class_name="field",
    )


def _toolbar() -> rx.Component:
    return rx.el.div(
        rx.el.p(
            rx.cond(
                State.ready,
                rx.cond(
                    State.total > PAGE,
                    t(
                        "creatives.range",
                        first=number(State.first),
                        last=number(State.first + State.cards.length() - 1),
                        total=_total(),
                    ),
                    t("creatives.total", total=_total()),
                ),
                " ",
            ),
            class_name="strong",
            role="status",
            id="total",
        ),
        rx.el.div(
            _turns(),
            rx.cond(State.total > 0, export_button(State.asked, "btn", id="export")),
            rx.el.label(t("creatives.sort"), html_for="sort", class_name="visually-hidden"),
            rx.el.select(
                *(rx.el.option(t(f"creatives.order.{key}"), value=sort) for sort, key in ORDERS.items()),
                id="sort",
                value=State.sort,
                on_change=State.choose("sort"),
                class_name="input",
            ),
            class_name="row",
        ),
        class_name="row between browse-tools",
    )


def _total() -> rx.Var[str]:
    total: rx.Var[str] = rx.cond(State.more, number(State.total).to(str) + "+", number(State.total))
    return total


def _turns() -> rx.Component:
    """Small, above the gallery: to leaf through without scrolling."""
    return rx.cond(
        (State.previous != "") | (State.following != ""),
        rx.el.div(
            _turn(State.previous, "chevron_left", t("action.back"), "small icon"),
            _turn(State.following, "chevron_right", t("action.next"), "small icon"),
            class_name="row turns",
        ),
    )


def _turn(to: rx.Var[str], icon: str, label: rx.Var[str], size: str) -> rx.Component:
    sign = rx.icon(icon, size=18, aria_hidden=True)
    return rx.cond(
        to != "",
        link(sign, to=to, aria_label=label, title=label, class_name=f"btn {size}"),
        rx.el.button(sign, disabled=True, aria_label=label, class_name=f"btn {size}"),
    )


def _pager() -> rx.Component:
    return rx.cond(
        (State.previous != "") | (State.following != ""),
        rx.el.nav(
            _page_link(
                State.previous, rx.icon("chevron_left", size=18, aria_hidden=True), t("action.back"), id="previous"
            ),
            rx.el.span(
                rx.cond(
                    State.more,
                    t("creatives.page_of_many", page=number(State.page)),
                    t("creatives.page", page=number(State.page), pages=number((State.total + PAGE - 1) // PAGE)),
                ),
                class_name="small muted",
            ),
            _page_link(
                State.following, t("action.next"), rx.icon("chevron_right", size=18, aria_hidden=True), id="next"
            ),
            class_name="pager",
            aria_label=t("creatives.pages"),
        ),
    )


def _page_link(to: rx.Var[str], *content: rx.Component | rx.Var[str], **attrs: Any) -> rx.Component:
    return rx.cond(
        to != "",
        link(*content, to=to, class_name="btn", **attrs),
        rx.el.button(*content, disabled=True, class_name="btn", **attrs),
    )


def _chips() -> rx.Component:
    return rx.cond(
        State.chips.length() > 0,
        rx.el.ul(
            rx.foreach(
                State.chips,
                lambda chip: rx.el.li(
                    link(
                        rx.cond(chip.hex != "", rx.el.span(background=chip.hex, class_name="swatch", aria_hidden=True)),
                        rx.el.span(
                            one_of("creatives.filter", chip.name), ": ", both(chip.ru, chip.en), class_name="cut"
                        ),
                        rx.icon("x", size=14, aria_hidden=True),
                        to=chip.address,
                        aria_label=t(
                            "creatives.without",
                            filter=one_of("creatives.filter", chip.name),
                            value=both(chip.ru, chip.en),
                        ),
                        class_name="chip accent removable",
                    ),
                    key=chip.name,
                ),
            ),
            rx.el.li(link(t("creatives.clear"), to=State.unfiltered, class_name="small", id="clear")),
            rx.cond(
                (State.asked["group"] != "") & ~State.asked["group"].contains(","),
                rx.fragment(
                    rx.el.li(
                        link(
                            t("creatives.analytics"),
                            to=f"{ANALYTICS}?group=" + State.asked["group"],
                            class_name="small",
                        )
                    ),
                    rx.el.li(
                        link(
                            t("duplicates.title"), to=f"{DUPLICATES}?group=" + State.asked["group"], class_name="small"
                        )
                    ),
                ),
            ),
            rx.el.li(link(t("creatives.compare"), to=State.compared, class_name="small", id="compare-rest")),
            class_name="row chips",
            aria_label=t("creatives.chosen"),
        ),
    )


def _nothing_found() -> rx.Component:
    return empty(
        "search_x",
        t("creatives.none_title"),
        t("creatives.none_text"),
        link(t("creatives.clear"), to=State.unfiltered, class_name="btn"),
    )


def _no_creatives() -> rx.Component:
    return empty(
        "images",
        t("creatives.empty_title"),
        t("creatives.empty_text"),
        link(t("creatives.upload"), to=UPLOAD, class_name="btn primary"),
    )
