"""The palette a colour is reported in: seventeen classes, each made of reference colours.

The table is the vocabulary that marketers already use; how a colour finds its class is `vision.palette`.
"""

from __future__ import annotations

from dataclasses import dataclass

RGB = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class ColorClass:
    """`references` are the sRGB colours of the class, `shown` the one that stands for it in charts."""

    name: str
    title_ru: str
    references: tuple[str, ...]
    shown: str
    achromatic: bool = False


COLOR_CLASSES: tuple[ColorClass, ...] = (
    ColorClass("red", "Красный", ("#ff0000", "#ff8080", "#800000"), "#bc0e0e"),
    ColorClass("brown", "Коричневый", ("#804040", "#804000", "#806040"), "#663300"),
    ColorClass("pink", "Розовый", ("#ff80ff", "#ff0080", "#ff80bf"), "#ff0080"),
    ColorClass("orange", "Оранжевый", ("#ff8000", "#ffbf80"), "#f27900"),
    ColorClass("yellow", "Желтый", ("#ffff00", "#ffff80", "#808040", "#808000"), "#f2f20c"),
    ColorClass(
        "green",
        "Зеленый",
        (
            "#80ff00",
            "#bfff80",
            "#408000",
            "#608040",
            "#00ff00",
            "#80ff80",
            "#008000",
            "#408040",
            "#00ff80",
            "#80ffbf",
            "#008040",
            "#408060",
        ),
        "#009900",
    ),
    ColorClass("cyan", "Голубой", ("#00ffff", "#80ffff", "#80bfff"), "#29cccc"),
    ColorClass("teal", "Темно-голубой", ("#008080", "#408080"), "#008080"),
    ColorClass("blue", "Синий", ("#0080ff", "#004080", "#406080", "#0000ff", "#000080"), "#0a4bcc"),
    ColorClass("violet", "Фиолетовый", ("#8080ff", "#404080", "#8000ff", "#bf80ff", "#400080", "#604080"), "#7e17e5"),
    ColorClass("magenta", "Маджента", ("#ff00ff",), "#ff00ff"),
    ColorClass("purple", "Сиреневый", ("#800080", "#804080", "#800040", "#804060"), "#b300b3"),
    ColorClass("black", "Черный", ("#000000",), "#000000", achromatic=True),
    ColorClass("dark grey", "Темно-серый", ("#404040",), "#404040", achromatic=True),
    ColorClass("grey", "Серый", ("#808080",), "#808080", achromatic=True),
    ColorClass("light grey", "Светло-серый", ("#bfbfbf",), "#bfbfbf", achromatic=True),
    ColorClass("white", "Белый", ("#ffffff",), "#f7f7f7", achromatic=True),
)

BY_NAME = {color_class.name: color_class for color_class in COLOR_CLASSES}


def to_hex(rgb: RGB) -> str:
    return "#{:02x}{:02x}{:02x}".format(*rgb)


def from_hex(value: str) -> RGB:
    digits = value.removeprefix("#")
    return int(digits[0:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)
