"""Shapes of a workspace's settings."""

from __future__ import annotations

from pydantic import Field

from adlens.services.workspace_settings import Setting
from functions.api.shapes import Shape


class SettingsOut(Shape):
    DOMINANT_COLORS_COUNT: int = Field(examples=[3])
    SECONDARY_COLORS_COUNT: int = Field(examples=[3])


class SettingOut(Shape):
    key: str = Field(examples=["DOMINANT_COLORS_COUNT"])
    value: int = Field(examples=[3])
    description: str


def setting_out(setting: Setting) -> SettingOut:
    return SettingOut(key=setting.kind.key, value=setting.value, description=setting.kind.description)
