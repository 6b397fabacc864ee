"""Shapes of a workspace, and of the names of topics and colours."""

from __future__ import annotations

from uuid import UUID

from pydantic import Field

from adlens.domain.workspaces import Scope
from functions.api.shapes import HexColor, Shape, TitleOut, named


class WorkspaceOut(Shape):
    id: UUID
    name: str = Field(examples=["Marketing"])


class MeOut(Shape):
    workspace: WorkspaceOut
    key_name: str | None = Field(examples=["web app"])
    anonymous: bool = Field(description="Whether the request needed no key; local installations only.")
    scope: Scope = Field(description="What the key may do; each scope includes those before it.")


class TopicOut(Shape):
    topic: str = Field(examples=["cups"])
    title: TitleOut


class NamedColorClassOut(Shape):
    color_class: str = named("class", examples=["Красный"])
    class_en: str = Field(examples=["red"])
    hex: HexColor = Field(description="The colour that stands for the class in charts.")


class TaxonomyOut(Shape):
    topics: list[TopicOut]
    color_classes: list[NamedColorClassOut]
