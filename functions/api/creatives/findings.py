"""Shapes of single findings: lines of text, objects, colours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from adlens.domain.analysis import DetectedObject, Swatch, SwatchRole, TextBlock
from adlens.domain.colors import BY_NAME
from functions.api.shapes import Fraction, HexColor, Shape, named

BBox = Annotated[
    tuple[float, float, float, float],
    Field(description="x1, y1, x2, y2 as fractions of the upright picture's width and height."),
]


class TextBlockOut(Shape):
    text: str
    bbox: BBox
    confidence: Fraction
    polygon: list[tuple[float, float]] = Field(description="Corners, clockwise from the text's top left; may be empty.")
    language: str | None


class DetectedObjectOut(Shape):
    class_name: str = named("class", examples=["cup"])
    confidence: Fraction
    bbox: BBox


class ColorOut(Shape):
    rgb: tuple[int, int, int]
    hex: HexColor
    percent: float = Field(description="Share of the picture, 0 to 100.")
    color_class: str = named("class", examples=["Красный"])
    class_en: str = Field(examples=["red"])


def text_block_out(block: TextBlock) -> TextBlockOut:
    return TextBlockOut(
        text=block.text,
        bbox=block.bbox.as_tuple(),
        confidence=block.confidence,
        polygon=list(block.polygon),
        language=block.language,
    )


def detected_object_out(found: DetectedObject) -> DetectedObjectOut:
    return DetectedObjectOut(class_name=found.class_name, confidence=found.confidence, bbox=found.bbox.as_tuple())


def color_out(swatch: Swatch) -> ColorOut:
    return ColorOut(
        rgb=swatch.rgb,
        hex=swatch.hex,
        percent=round(swatch.percent, 2),
        color_class=BY_NAME[swatch.color_class].title_ru,
        class_en=swatch.color_class,
    )


def colors_out(palette: Sequence[Swatch], role: SwatchRole) -> list[ColorOut]:
    return [color_out(swatch) for swatch in palette if swatch.role is role]
