"""The catalogues: all texts of the pages in Russian and English. `ru.toml` and `en.toml` have the same keys."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

LANGUAGES = ("ru", "en")
PLACEHOLDER = re.compile(r"\{(\w+)\}")


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


CATALOGUES: dict[str, dict[str, str]] = {
    language: dict(_flat(tomllib.loads(Path(__file__).with_name(f"{language}.toml").read_text(encoding="utf-8"))))
    for language in LANGUAGES
}
OBJECTS: dict[str, dict[str, str]] = tomllib.loads(Path(__file__).with_name("objects.toml").read_text(encoding="utf-8"))
"""Titles of the classes that object detectors know, by class and language."""
COLORS: dict[str, str] = tomllib.loads(Path(__file__).with_name("colors.toml").read_text(encoding="utf-8"))
"""Russian titles of the colour classes; their English titles are the classes themselves."""
LOOKS: dict[str, str] = tomllib.loads(Path(__file__).with_name("looks.toml").read_text(encoding="utf-8"))
"""Russian titles of the classes of ImageNet; their English titles are the classes themselves."""


def say(language: str, key: str, **values: object) -> str:
    """The text in a language, placeholders filled. Raises KeyError for an unknown key."""
    return PLACEHOLDER.sub(lambda found: str(values[found[1]]), CATALOGUES[language][key])


def object_title(class_name: str) -> tuple[str, str]:
    """In Russian and English; the class itself where it has no title."""
    title = OBJECTS.get(class_name)
    return (title["ru"], title["en"]) if title else (class_name, class_name)


def looks_title(class_name: str) -> tuple[str, str]:
    """Of a class of ImageNet, in Russian and English."""
    return LOOKS.get(class_name, class_name), class_name


def color_title(class_name: str) -> tuple[str, str]:
    """In Russian and English; the class itself where it has no title."""
    return COLORS.get(class_name, class_name), class_name.capitalize()


def known(key: str) -> bool:
    return key in CATALOGUES["en"]
