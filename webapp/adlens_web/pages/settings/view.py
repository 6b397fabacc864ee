"""The palette, language and theme, access, exports and models."""

from __future__ import annotations

import reflex as rx
from reflex.style import set_color_mode

from adlens_web.components.exports import exports_list
from adlens_web.components.react import link
from adlens_web.components.shell import page as shell
from adlens_web.components.sign_in import sign_in
from adlens_web.components.states import empty, loading
from adlens_web.exporting import Exporting
from adlens_web.pages.settings.state import SettingsState as State
from adlens_web.pages.settings.state import StageModel
from adlens_web.routes import KEYS, SETTINGS
from adlens_web.session import Session
from adlens_web.texts import one_of, t
from adlens_web.texts.language import Language

BUNDLES = ("compact", "upstream", "base")
COLORS = {"DOMINANT_COLORS_COUNT": ("settings.dominant", 1), "SECONDARY_COLORS_COUNT": ("settings.secondary", 0)}
MOST_COLORS = 10


def page() -> rx.Component:
    return shell(
        t("settings.title"),
        rx.cond(
            State.ready,
            rx.el.div(
                *(_palette(), _appearance(), _access(), _exports(), _models()),
                rx.el.p("AdLens ", State.version, class_name="small muted", id="version"),
                class_name="stack",
            ),
            loading(4, "140px"),
        ),
        here=SETTINGS,
        reload=State.load,
    )


def _palette() -> rx.Component:
    return rx.el.section(
        rx.el.h2(t("settings.palette")),
        rx.el.p(t("settings.palette_text"), class_name="muted"),
        rx.el.div(*(_count(name, key, fewest) for name, (key, fewest) in COLORS.items()), class_name="row"),
        class_name="card stack",
    )


def _count(setting: str, key: str, fewest: int) -> rx.Component:
    return rx.el.div(
        rx.el.label(t(key), html_for=setting),
        rx.el.select(
            *(rx.el.option(str(number), value=str(number)) for number in range(fewest, MOST_COLORS + 1)),
            id=setting,
            value=State.counts[setting].to_string(),
            on_change=State.change(setting),
            class_name="input",
        ),
        class_name="field",
        width="180px",
    )


def _appearance() -> rx.Component:
    return rx.el.section(
        rx.el.h2(t("settings.appearance")),
        rx.el.div(
            rx.el.div(
                rx.el.label(t("settings.language"), html_for="chosen-language"),
                rx.el.select(
                    rx.el.option("Русский", value="ru"),
                    rx.el.option("English", value="en"),
                    id="chosen-language",
                    value=Language.language,
                    on_change=Session.set_language,
                    class_name="input",
                ),
                class_name="field",
                width="180px",
            ),
            rx.el.div(
                rx.el.label(t("settings.theme"), html_for="chosen-theme"),
                rx.el.select(
                    *(rx.el.option(t(f"settings.{theme}"), value=theme) for theme in ("system", "light", "dark")),
                    id="chosen-theme",
                    value=rx.color_mode,
                    on_change=set_color_mode,
                    class_name="input",
                ),
                class_name="field",
                width="180px",
            ),
            class_name="row",
        ),
        class_name="card stack",
    )


def _access() -> rx.Component:
    return rx.el.section(
        rx.el.h2(t("settings.access")),
        rx.el.p(t("settings.workspace", name=Session.workspace), class_name="strong"),
        rx.el.p(rx.cond(State.open_to_all, t("settings.open"), t("settings.signed_in")), class_name="muted"),
        rx.cond(
            Session.signed_in,
            rx.el.div(rx.el.button(t("nav.sign_out"), on_click=Session.sign_out, class_name="btn")),
            rx.el.details(rx.el.summary(t("settings.other_key")), sign_in(), class_name="stack-s"),
        ),
        link(
            rx.icon("key_round", size=16, aria_hidden=True),
            t("keys.open"),
            to=KEYS,
            class_name="btn small",
            id="keys-link",
        ),
        class_name="card stack-s",
    )


def _exports() -> rx.Component:
    return rx.el.section(
        rx.el.h2(t("exports.title")),
        rx.el.p(t("exports.kept"), class_name="muted"),
        exports_list(),
        class_name="card stack-s",
        on_mount=Exporting.load,
        id="exports-latest",
    )


def _models() -> rx.Component:
    return rx.el.section(
        rx.el.div(
            rx.el.h2(t("settings.models")),
            rx.cond(
                State.bundle != "",
                rx.el.span(t("settings.bundle", name=State.bundle), class_name="chip accent"),
            ),
            class_name="row between",
        ),
        rx.el.p(t("settings.models_text"), class_name="muted"),
        rx.cond(
            State.models.length() > 0,
            rx.fragment(
                rx.cond(
                    State.graded.length() > 0,
                    rx.el.div(
                        rx.el.h3(t("settings.graded")),
                        rx.el.dl(rx.foreach(State.graded, _grade), class_name="stack-s"),
                        class_name="stack-s",
                        id="bundle-quality",
                    ),
                ),
                _which_bundle(),
                rx.el.details(
                    rx.el.summary(t("settings.each_stage"), class_name="small"),
                    rx.el.div(rx.foreach(State.models, _model), class_name="grid halves"),
                    class_name="fold",
                ),
            ),
            empty("cpu", t("settings.models"), t("settings.no_models")),
        ),
        class_name="card stack",
    )


def _grade(model: rx.Var[StageModel]) -> rx.Component:
    return rx.el.div(
        rx.el.dt(one_of("stage", model.stage), class_name="small muted"), rx.el.dd(model.quality, lang="en")
    )


def _which_bundle() -> rx.Component:
    return rx.el.details(
        rx.el.summary(t("settings.which"), class_name="small"),
        rx.el.dl(
            *(
                rx.el.div(
                    rx.el.dt(name, class_name="mono"), rx.el.dd(t(f"settings.bundles.{name}"), class_name="small")
                )
                for name in BUNDLES
            ),
            class_name="stack-s",
        ),
        rx.el.p(
            t("settings.change_bundle"),
            " ",
            rx.el.code("adlens up --bundle upstream", class_name="mono"),
            class_name="hint",
        ),
        class_name="fold",
        id="which-bundle",
    )


def _model(model: rx.Var[StageModel]) -> rx.Component:
    rows = (("engine", model.engine), ("quality", model.quality), ("limits", model.limits))
    return rx.el.section(
        rx.el.h3(one_of("stage", model.stage)),
        rx.el.dl(
            *(_fact(name, value) for name, value in (*rows, ("licence", model.licence), ("source", model.source))),
            class_name="stack-s",
        ),
        class_name="stack-s",
    )


def _fact(name: str, value: rx.Var[str]) -> rx.Component:
    return rx.cond(
        value != "",
        rx.el.div(
            rx.el.dt(t(f"settings.{name}"), class_name="small muted"),
            rx.el.dd(value, class_name="small"),
        ),
    )
