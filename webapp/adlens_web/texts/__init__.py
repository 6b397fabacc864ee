"""Everything the pages say, in Russian and English.

On a page a text is `t("upload.title")`, which changes with the language in the browser, without a call. A state that
makes up a text takes it from `say`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import reflex as rx
from reflex.vars import VarData

from adlens_web.texts.catalogue import (
    CATALOGUES,
    COLORS,
    LANGUAGES,
    LOOKS,
    OBJECTS,
    PLACEHOLDER,
    color_title,
    known,
    looks_title,
    object_title,
    say,
)
from adlens_web.texts.language import Language

__all__ = [
    "CATALOGUES",
    "COLORS",
    "LANGUAGES",
    "LOOKS",
    "OBJECTS",
    "both",
    "color_title",
    "known",
    "looks_title",
    "moment",
    "number",
    "object_title",
    "one_of",
    "say",
    "section_of",
    "t",
]


def t(key: str, **values: rx.Var[Any] | str | int) -> rx.Var[str]:
    """The text in the language of the browser; placeholders may be filled with Vars."""
    return both(*(_filled(CATALOGUES[language][key], values) for language in LANGUAGES))


def both(russian: rx.Var[Any] | str, english: rx.Var[Any] | str) -> rx.Var[str]:
    """The one of two texts that is in the language of the browser."""
    chosen: rx.Var[str] = rx.cond(Language.language == "ru", russian, english)
    return chosen


def one_of(section: str, value: rx.Var[Any] | str, otherwise: rx.Var[str] | None = None) -> rx.Var[str]:
    """The text `section.<value>` of a Var's value; `otherwise`, or the value itself, where the catalogue has none."""
    cases = [(key.rpartition(".")[2], t(key)) for key in CATALOGUES["en"] if key.rpartition(".")[0] == section]
    chosen: rx.Var[str] = rx.match(value, *cases, value if otherwise is None else otherwise)
    return chosen


def section_of(name: str) -> rx.Var[dict[str, str]]:
    """All texts of a section by the last parts of their keys, for React components, which fill the placeholders."""
    russian, english = (
        {key.rpartition(".")[2]: text for key, text in CATALOGUES[language].items() if key.rpartition(".")[0] == name}
        for language in LANGUAGES
    )
    return both(rx.Var.create(russian), rx.Var.create(english)).to(dict[str, str])


def number(value: rx.Var[Any], digits: int = 0) -> rx.Var[str]:
    """A number as the language writes it, with `digits` decimals."""
    language: rx.Var[str] = rx.Var.create(Language.language)
    options = f"{{minimumFractionDigits: {digits}, maximumFractionDigits: {digits}}}"
    return rx.Var(
        f"({value!s}).toLocaleString({language!s}, {options})",
        _var_type=str,
        _var_data=VarData.merge(value._get_all_var_data(), language._get_all_var_data()),
    )


def moment(value: rx.Var[str]) -> rx.Var[str]:
    """An ISO 8601 time as the language writes it, in the browser's time zone."""
    language: rx.Var[str] = rx.Var.create(Language.language)
    return rx.Var(
        f"new Date({value!s}).toLocaleString({language!s}, {{dateStyle: 'medium', timeStyle: 'short'}})",
        _var_type=str,
        _var_data=VarData.merge(value._get_all_var_data(), language._get_all_var_data()),
    )


def _filled(text: str, values: Mapping[str, rx.Var[Any] | str | int]) -> rx.Var[str] | str:
    words: list[Any] = PLACEHOLDER.split(text)
    if len(words) == 1:
        return text
    words[1::2] = [_written(values[name]) for name in words[1::2]]
    whole: rx.Var[str] = rx.Var.create([word for word in words if not isinstance(word, str) or word]).join("")
    return whole


def _written(given: rx.Var[Any] | str | int) -> rx.Var[str]:
    # Var.to_string(use_json=False) writes 0 as nothing.
    value: rx.Var[Any] = rx.Var.create(given)
    return rx.Var(f"String({value!s} ?? '')", _var_type=str, _var_data=value._get_all_var_data())
