"""The card of the file: format, size, group, and the time of each stage."""

from __future__ import annotations

import reflex as rx

from adlens_web.components.file_size import file_size
from adlens_web.components.react import link
from adlens_web.pages.creative.findings import StageFact
from adlens_web.pages.creative.parts import finding_card
from adlens_web.pages.creative.state import CreativeState as State
from adlens_web.routes import CREATIVES
from adlens_web.texts import moment, number, one_of, t


def file_card() -> rx.Component:
    facts = (
        ("format", State.format_ != "", State.format_),
        ("dimensions", State.width > 0, t("creative.size", width=State.width, height=State.height)),
        ("background", State.background != "", _background()),
        ("file_size", State.bytes_ >= 0, file_size(State.bytes_)),
        ("uploaded", State.uploaded_at != "", moment(State.uploaded_at)),
        ("models", State.models != "", State.models),
    )
    return finding_card(
        "creative.facts",
        rx.el.dl(
            *(
                rx.cond(there, rx.el.div(rx.el.dt(t(f"creative.{name}")), rx.el.dd(value)))
                for name, there, value in facts
            ),
            rx.el.div(
                rx.el.dt(t("creative.group")),
                rx.el.dd(link(State.group, to=f"{CREATIVES}?group=" + State.group, class_name="cut")),
            ),
            class_name="facts",
        ),
        rx.el.h3(t("creative.stages")),
        rx.el.dl(
            rx.foreach(State.stages, _stage),
            rx.cond(
                State.seconds > 0,
                rx.el.div(
                    rx.el.dt(t("creative.all_stages")), rx.el.dd(t("unit.seconds", value=number(State.seconds, 2)))
                ),
            ),
            class_name="facts",
        ),
    )


def _background() -> rx.Component:
    return rx.fragment(
        rx.el.span(
            rx.el.span(background=State.background, class_name="swatch", aria_hidden=True),
            rx.el.span(State.background, class_name="mono"),
            class_name="row",
            id="background",
        ),
        rx.el.span(t("creative.background_text"), class_name="small muted background-reason"),
    )


def _stage(stage: rx.Var[StageFact]) -> rx.Component:
    return rx.el.div(
        rx.el.dt(one_of("stage", stage.stage)),
        rx.el.dd(
            rx.cond(
                stage.status == "SUCCESS",
                t("unit.seconds", value=number(stage.seconds, 2)),
                rx.fragment(
                    one_of("status", stage.status),
                    rx.cond(
                        (stage.reason != "") & (stage.status == "ERROR"),
                        rx.el.span(stage.reason, class_name="small muted stage-reason"),
                    ),
                ),
            ),
        ),
        custom_attrs={"data-stage": stage.stage, "data-status": stage.status},
    )
