"""The gallery: search, filters, cards, pages."""

from __future__ import annotations

from typing import Any

import reflex as rx

from adlens_web.components.browse import foldable
from adlens_web.components.cards import creative_card
from adlens_web.components.exports import export_button, exports_dialog
from adlens_web.components.polling import poll
from adlens_web.components.react import link
from adlens_web.components.shell import page as shell
from adlens_web.components.states import empty
from adlens_web.pages.creatives.filter_fields import debounced_input, filter_fields
from adlens_web.pages.creatives.state import PAGE
from adlens_web.pages.creatives.state import CreativesState as State
from adlens_web.routes import ANALYTICS, CREATIVES, DUPLICATES, UPLOAD
from adlens_web.session import Session
from adlens_web.texts import both, number, one_of, t

ORDERS = {
    "-uploaded_at": "newest",
    "uploaded_at": "oldest",
    "filename": "name",
    "-filename": "name_reversed",
    "-topic_confidence": "most_confident",
    "topic_confidence": "least_confident",
}


def page() -> rx.Component:
    return shell(
        t("creatives.title"),
        poll(State.pause, State.refresh),
        rx.el.div(
            foldable(filter_fields(), summary=t("creatives.filters"), class_name="card filters", id="filters"),
            rx.el.section(
                _toolbar(),
                _chips(),
                _corrections(),
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
        debounced_input("q", State.selected["q"], t("creatives.search_hint"), type="search", max_length=100),
        class_name="search-field gallery-search",
        role="search",
        aria_label=t("creatives.search"),
    )


def _corrections() -> rx.Component:
    return rx.cond(
        State.corrections.length() > 0,
        rx.el.ul(
            rx.foreach(
                State.corrections,
                lambda one: rx.el.li(t("creatives.corrected", words=one.words), key=one.typed),
            ),
            class_name="small muted",
            id="corrections",
        ),
    )


def _placeholders() -> rx.Component:
    return rx.el.div(
        *(rx.el.div(class_name="skeleton creative-card") for _ in range(12)),
        rx.el.span(t("state.loading"), class_name="visually-hidden"),
        class_name="grid gallery",
        role="status",
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
            _page_arrows(),
            rx.cond(State.total > 0, export_button(State.selected, "btn", id="export")),
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
    total: rx.Var[str] = rx.cond(State.more_than_total, number(State.total).to(str) + "+", number(State.total))
    return total


def _page_arrows() -> rx.Component:
    """Small arrows above the gallery: the pager is below it."""
    return rx.cond(
        (State.previous != "") | (State.following != ""),
        rx.el.div(
            _page_arrow(State.previous, "chevron_left", t("action.back"), "small icon"),
            _page_arrow(State.following, "chevron_right", t("action.next"), "small icon"),
            class_name="row turns",
        ),
    )


def _page_arrow(to: rx.Var[str], icon: str, label: rx.Var[str], size: str) -> rx.Component:
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
                    State.more_than_total,
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
                (State.selected["group"] != "") & ~State.selected["group"].contains(","),
                rx.fragment(
                    rx.el.li(
                        link(
                            t("creatives.analytics"),
                            to=f"{ANALYTICS}?group=" + State.selected["group"],
                            class_name="small",
                        )
                    ),
                    rx.el.li(
                        link(
                            t("duplicates.title"),
                            to=f"{DUPLICATES}?group=" + State.selected["group"],
                            class_name="small",
                        )
                    ),
                ),
            ),
            rx.el.li(link(t("creatives.compare"), to=State.comparison_address, class_name="small", id="compare-rest")),
            class_name="row chips",
            aria_label=t("creatives.active_filters"),
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
