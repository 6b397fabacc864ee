"""The size of the palette, who works here, and the models that analyse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import reflex as rx

from adlens_web.api.answers import STAGES, StageName
from adlens_web.bounds import Word
from adlens_web.session import Session, acts, loads

GRADED: tuple[StageName, ...] = ("classification", "detection")
"""Stages whose quality differs most between bundles, and matters most on photographs."""


@dataclass
class StageModel:
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
        self.counts = await self._api.settings()
        me = await self._api.me()
        self.workspace, self.open_to_all = me["workspace"]["name"], not self.session
        health = await self._api.health()
        self.version, models = health["version"], health["models"]
        self.bundle = (models.get("detail") or "") if models["status"] == "ok" else ""
        stages = models.get("stages", {})
        self.models = [
            StageModel(
                stage=stage,
                engine=model["engine"],
                quality=model.get("quality") or "",
                limits=model.get("limits") or "",
                licence=model.get("licence") or "",
                source=model.get("source") or "",
            )
            for stage in STAGES
            if (model := stages.get(stage))
        ]
        self.ready = True

    @rx.event
    @acts
    async def change(self, setting: Word, value: Word) -> Any:
        """Keeps a setting as soon as it is chosen."""
        self.counts = await self._api.change_settings({setting: int(value)})
        return rx.toast.success(self._say("state.saved"))
