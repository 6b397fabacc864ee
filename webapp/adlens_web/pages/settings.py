"""Settings: the palette's size, language and theme, the key, and which models are at work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import reflex as rx
from reflex.style import set_color_mode

from adlens_web.components.exports import Exporting, exports_list
from adlens_web.components.shell import page as shell
from adlens_web.components.sign_in import sign_in
from adlens_web.components.states import empty, loading
from adlens_web.routes import SETTINGS
from adlens_web.session import Session, acts, loads
from adlens_web.texts import one_of, t

STAGES = ("ocr", "detection", "classification", "color")
GRADED = ("classification", "detection")
"""Stages whose quality differs most between bundles, and matters most on photographs."""
BUNDLES = ("compact", "upstream", "base")
COLORS = {"DOMINANT_COLORS_COUNT": ("settings.dominant", 1), "SECONDARY_COLORS_COUNT": ("settings.secondary", 0)}
MOST_COLORS = 10


@dataclass
class StageModel:
    """What is known of the model of one stage."""

    stage: str
    engine: str
    quality: str
    limits: str
    licence: str
    source: str


class SettingsState(Session):
    ready: bool = False
    counts: dict[str, int] = {}  # noqa: RUF012 - Reflex copies the defaults of states
    open_to_all: bool = False
    version: str = ""
    bundle: str = ""
    models: list[StageModel] = []  # noqa: RUF012

    @rx.var
    def graded(self) -> list[StageModel]:
        return [model for stage in GRADED for model in self.models if model.stage == stage and model.quality]

    @rx.event
    @loads
    async def load(self) -> None:
        self.counts = await self.get("/settings/")
        me = await self.get("/me")
        self.workspace, self.open_to_all = me["workspace"]["name"], not self.key
        health = await self.get("/health")
        models = health["models"]
        self.version = health["version"]
        self.bundle = models["detail"] if models["status"] == "ok" else ""
        told = models["stages"]
        self.models = [
            StageModel(
                stage, *(told[stage].get(name) or "" for name in ("engine", "quality", "limits", "licence", "source"))
            )
            for stage in STAGES
            if stage in told
        ]
        self.ready = True

    @rx.event
    @acts
    async def change(self, setting: str, value: str) -> Any:
        """Keeps one setting as soon as it is chosen."""
        self.counts = await self.call("PUT", "/settings/", json={setting: int(value)})
        return rx.toast.success(self.say("state.saved"))


def page() -> rx.Component:
    return shell(
        t("settings.title"),
        rx.cond(
            SettingsState.ready,
            rx.el.div(
                *(_palette(), _appearance(), _access(), _exports(), _models()),
                rx.el.p("AdLens ", SettingsState.version, class_name="small muted", id="version"),
                class_name="stack",
            ),
            loading(4, "140px"),
        ),
        here=SETTINGS,
        reload=SettingsState.load,
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
            value=SettingsState.counts[setting].to_string(),
            on_change=SettingsState.change(setting),
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
                    value=Session.language,
                    on_change=Session.speak,
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
        rx.el.p(rx.cond(SettingsState.open_to_all, t("settings.open"), t("settings.signed_in")), class_name="muted"),
        rx.cond(
            Session.signed_in,
            rx.el.div(rx.el.button(t("nav.sign_out"), on_click=Session.sign_out, class_name="btn")),
            rx.el.details(rx.el.summary(t("settings.other_key")), sign_in(), class_name="stack-s"),
        ),
        class_name="card stack-s",
    )


def _exports() -> rx.Component:
    return rx.el.section(
        rx.el.h2(t("exports.title")),
        rx.el.p(t("exports.kept"), class_name="muted"),
        exports_list(),
        class_name="card stack-s",
        on_mount=Exporting.show,
        id="exports-latest",
    )


def _models() -> rx.Component:
    return rx.el.section(
        rx.el.div(
            rx.el.h2(t("settings.models")),
            rx.cond(
                SettingsState.bundle != "",
                rx.el.span(t("settings.bundle", name=SettingsState.bundle), class_name="chip accent"),
            ),
            class_name="row between",
        ),
        rx.el.p(t("settings.models_text"), class_name="muted"),
        rx.cond(
            SettingsState.models.length() > 0,
            rx.fragment(
                rx.cond(
                    SettingsState.graded.length() > 0,
                    rx.el.div(
                        rx.el.h3(t("settings.graded")),
                        rx.el.dl(rx.foreach(SettingsState.graded, _grade), class_name="stack-s"),
                        class_name="stack-s",
                        id="bundle-quality",
                    ),
                ),
                _which_bundle(),
                rx.el.details(
                    rx.el.summary(t("settings.each_stage"), class_name="small"),
                    rx.el.div(rx.foreach(SettingsState.models, _model), class_name="grid halves"),
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
