"""The fields of the filters."""

from __future__ import annotations

from typing import Any

import reflex as rx

from adlens_web import filters
from adlens_web.pages.creatives.options import Option
from adlens_web.pages.creatives.state import CreativesState as State
from adlens_web.texts import both, number, t

STATUSES = ("SUCCESS", "ERROR", "PROCESSING", "PENDING")


def filter_fields() -> rx.Component:
    return rx.el.div(
        _typed("text", t("creatives.text_hint"), type="search"),
        _select("group", t("creatives.all_groups"), State.options.groups),
        _select("topic", t("creatives.all_topics"), State.options.topics),
        _decisions(),
        _colors(),
        _similar_color(),
        _select("object", t("creatives.all_objects"), State.options.objects),
        _objects(),
        _word(),
        _dates(),
        _confidence(),
        _status(),
        class_name="stack filter-fields",
        role="search",
        aria_label=t("creatives.filters"),
    )


def debounced_input(name: str, value: rx.Var[str], hint: rx.Var[str], **attrs: Any) -> rx.Component:
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
        debounced_input(name, State.selected[name], hint, **attrs),
        class_name="field",
    )


def _select(name: str, everything: rx.Var[str], options: rx.Var[list[Option]]) -> rx.Component:
    return rx.el.div(
        rx.el.label(t(f"creatives.filter.{name}"), html_for=name),
        rx.el.select(
            rx.el.option(everything, value=""),
            rx.foreach(options, lambda one: rx.el.option(both(one.ru, one.en), value=one.value)),
            id=name,
            value=State.selected[name],
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
                (State.options.unsure > 0) & (decision == "unsure"),
                rx.el.span(number(State.options.unsure), class_name="share muted", id="unsure-count"),
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
        rx.el.datalist(rx.foreach(State.options.words, lambda word: rx.el.option(value=word)), id="words"),
    )


def _colors() -> rx.Component:
    selected = State.selected["color"]

    def swatch(color: rx.Var[Option]) -> rx.Component:
        name = both(color.ru, color.en)
        return rx.el.button(
            background=color.hex,
            type="button",
            on_click=State.choose("color", rx.cond(selected == color.value, "", color.value)),
            aria_label=name,
            title=name,
            aria_pressed=selected == color.value,
            class_name="swatch pick",
            custom_attrs={"data-color": color.value},
        )

    return rx.el.div(
        rx.el.span(t("creatives.filter.color"), class_name="label", id="color-label"),
        rx.el.div(
            rx.foreach(State.options.colors, swatch), class_name="swatches", role="group", aria_labelledby="color-label"
        ),
        class_name="field",
    )


def _similar_color() -> rx.Component:
    """A colour, and the least share of the picture that it covers."""
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
            debounced_input(
                "min_share",
                State.selected["min_share"],
                t("creatives.share_hint"),
                input_mode="numeric",
                disabled=State.selected["hex"] == "",
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
        debounced_input(
            "min_objects", State.selected["min_objects"], t("creatives.objects_hint"), input_mode="numeric"
        ),
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
    ends = (("min_confidence", State.min_confidence, "from"), ("max_confidence", State.max_confidence, "to"))
    return rx.el.div(
        rx.el.span(t("creatives.confidence"), class_name="label", id="confidence-label"),
        rx.el.div(
            *(
                debounced_input(
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


def _status() -> rx.Component:
    return rx.el.div(
        rx.el.label(t("creatives.filter.status"), html_for="status"),
        rx.el.select(
            rx.el.option(t("creatives.all_states"), value=""),
            *(rx.el.option(t(f"status.{status}"), value=status) for status in STATUSES),
            id="status",
            value=State.selected["status"],
            on_change=State.choose("status"),
            class_name="input",
        ),
        class_name="field",
    )
