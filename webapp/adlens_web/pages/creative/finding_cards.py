"""The cards of the palette, the text and the objects."""

from __future__ import annotations

from typing import Any

import reflex as rx

from adlens_web.components.cards import piece, strip
from adlens_web.pages.creative.findings import Color, Finding
from adlens_web.pages.creative.parts import finding_card, nothing_found, percent
from adlens_web.pages.creative.state import CreativeState as State
from adlens_web.texts import both, number, t


def palette_card() -> rx.Component:
    return finding_card(
        "creative.palette",
        rx.cond(
            State.dominant.length() > 0,
            rx.fragment(
                strip(State.strip),
                rx.el.h3(t("creative.dominant")),
                rx.el.ul(rx.foreach(State.dominant, _color), class_name="colors"),
                rx.cond(
                    State.secondary.length() > 0,
                    rx.fragment(
                        rx.el.h3(t("creative.secondary")),
                        rx.el.ul(rx.foreach(State.secondary, _color), class_name="colors"),
                    ),
                ),
            ),
            nothing_found("creative.no_colors"),
        ),
        stage="color",
    )


def _color(color: rx.Var[Color]) -> rx.Component:
    return rx.el.li(
        rx.el.span(background=color.hex, class_name="swatch big", aria_hidden=True),
        rx.el.span(
            rx.el.span(
                rx.el.span(color.hex, class_name="mono"), _copy(color.hex, t("creative.copy_color", hex=color.hex))
            ),
            rx.el.span(both(color.ru, color.en), " ", percent(color.percent, 1), class_name="muted"),
            class_name="color-facts",
        ),
    )


def _copy(value: rx.Var[str], label: rx.Var[str], **attrs: Any) -> rx.Component:
    return rx.el.button(
        rx.icon("copy", size=15, aria_hidden=True),
        on_click=[rx.set_clipboard(value), rx.toast.success(t("action.copied"))],
        aria_label=label,
        title=label,
        class_name="btn ghost small icon",
        **attrs,
    )


def text_card() -> rx.Component:
    return finding_card(
        "creative.text",
        rx.cond(
            State.lines.length() > 0,
            _finding_list("text", State.lines),
            nothing_found("creative.no_text"),
        ),
        stage="ocr",
        tool=rx.cond(
            State.lines.length() > 0,
            rx.el.div(
                _coordinate_units(),
                rx.el.button(
                    rx.icon("copy", size=15, aria_hidden=True),
                    t("creative.copy_text"),
                    on_click=[rx.set_clipboard(State.text), rx.toast.success(t("action.copied"))],
                    class_name="btn small",
                    id="copy-text",
                ),
                class_name="row",
            ),
        ),
    )


def objects_card() -> rx.Component:
    return finding_card(
        "creative.objects",
        rx.cond(
            State.objects.length() > 0,
            _finding_list("object", State.objects),
            rx.cond(
                State.weak.length() > 0,
                rx.el.p(t("creative.no_sure_objects"), class_name="muted"),
                nothing_found("creative.no_objects"),
            ),
        ),
        rx.cond(
            State.weak.length() > 0,
            rx.el.details(
                rx.el.summary(t("creative.weak", count=State.weak.length()), class_name="small"),
                rx.el.p(t("creative.weak_text"), class_name="hint"),
                _finding_list("weak", State.weak),
                id="weak-objects",
            ),
        ),
        stage="detection",
        tool=rx.cond((State.objects.length() > 0) & (State.lines.length() == 0), _coordinate_units()),
    )


def _finding_list(kind: str, found: rx.Var[list[Finding]]) -> rx.Component:
    return rx.el.ol(rx.foreach(found, lambda finding, index: _row(kind, finding, index)), class_name="finding-list")


def _coordinate_units() -> rx.Component:
    """Coordinates in percent of the picture, or in pixels."""
    return rx.el.div(
        *(
            rx.el.button(
                sign,
                on_click=State.show_pixels(in_pixels),
                aria_pressed=State.in_pixels == in_pixels,
                aria_label=t(f"creative.{name}"),
                title=t(f"creative.{name}"),
                class_name="btn small",
            )
            for sign, in_pixels, name in (("%", False, "in_percent"), ("px", True, "in_pixels"))
        ),
        class_name="joined",
        role="group",
        aria_label=t("creative.measure"),
    )


def _row(kind: str, found: rx.Var[Finding], index: rx.Var[int]) -> rx.Component:
    def coordinates(box: rx.Var[list[Any]], digits: int) -> dict[str, rx.Var[str]]:
        return {side: number(box[at], digits) for at, side in enumerate(("x1", "y1", "x2", "y2"))}

    return rx.el.li(
        rx.el.button(
            rx.el.span(
                rx.cond(found.hit, rx.fragment(rx.foreach(found.pieces, piece)), both(found.ru, found.en)),
                class_name="finding-text",
            ),
            rx.el.span(
                rx.cond(
                    State.in_pixels & (found.pixels.length() > 0),
                    t("creative.at_pixels", **coordinates(found.pixels, 0)),
                    t("creative.at_percent", **coordinates(found.percents, 1)),
                ),
                class_name="small muted",
            ),
            rx.el.span(percent(found.percent), class_name="number small", title=t("creative.confidence")),
            type="button",
            class_name="finding",
            custom_attrs={"data-row": f"{kind}-" + index.to(str)},
        ),
    )
