"""Shapes of what a workspace's users can set."""

from __future__ import annotations

from pydantic import Field

from functions.api.shapes import Shape


class SettingsOut(Shape):
    DOMINANT_COLORS_COUNT: int = Field(examples=[3])
    SECONDARY_COLORS_COUNT: int = Field(examples=[3])


class SettingOut(Shape):
    key: str = Field(examples=["DOMINANT_COLORS_COUNT"])
    value: int = Field(examples=[3])
    description: str
