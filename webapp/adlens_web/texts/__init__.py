"""Everything the pages say, in Russian and English: `ru.toml` and `en.toml` have the same keys.

On a page a text is `t("upload.title")`, which changes with the language in the browser, without a call. What a state
makes up itself goes through `say`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import reflex as rx
from reflex.vars import VarData

LANGUAGES = ("ru", "en")
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


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
LOOKS: dict[str, str] = tomllib.loads(Path(__file__).with_name("looks.toml").read_text(encoding="utf-8"))
"""Russian titles of the classes of ImageNet; their English titles are the classes themselves."""


def say(language: str, key: str, **values: object) -> str:
    """The text in a language, placeholders filled. Raises KeyError for an unknown key."""
    return _PLACEHOLDER.sub(lambda found: str(values[found[1]]), CATALOGUES[language][key])


def object_title(class_name: str) -> tuple[str, str]:
    """What people call a class of objects, in Russian and English; the class itself where no title is known."""
    title = OBJECTS.get(class_name)
    return (title["ru"], title["en"]) if title else (class_name, class_name)


def looks_title(class_name: str) -> tuple[str, str]:
    """What a picture may look like as a whole, in Russian and English."""
    return LOOKS.get(class_name, class_name), class_name


def known(key: str) -> bool:
    return key in CATALOGUES["en"]


def t(key: str, **values: rx.Var[Any] | str | int) -> rx.Var[str]:
    """The text in the language of the browser; placeholders may be filled with Vars."""
    return both(*(_filled(CATALOGUES[language][key], values) for language in LANGUAGES))


def both(russian: rx.Var[Any] | str, english: rx.Var[Any] | str) -> rx.Var[str]:
    """One of two texts that come with the data, by the language of the browser."""
    from adlens_web.session import Session

    chosen: rx.Var[str] = rx.cond(Session.language == "ru", russian, english)
    return chosen


def one_of(section: str, value: rx.Var[Any] | str, otherwise: rx.Var[str] | None = None) -> rx.Var[str]:
    """The text `section.<value>` of a Var's value; `otherwise`, or the value itself, where the catalogue has none."""
    cases = [(key.rpartition(".")[2], t(key)) for key in CATALOGUES["en"] if key.rpartition(".")[0] == section]
    chosen: rx.Var[str] = rx.match(value, *cases, value if otherwise is None else otherwise)
    return chosen


def section_of(name: str) -> rx.Var[dict[str, str]]:
    """All texts of a section by their last names, for React components: they fill the placeholders themselves."""
    russian, english = (
        {key.rpartition(".")[2]: text for key, text in CATALOGUES[language].items() if key.rpartition(".")[0] == name}
        for language in LANGUAGES
    )
    return both(rx.Var.create(russian), rx.Var.create(english)).to(dict[str, str])


def number(value: rx.Var[Any], digits: int = 0) -> rx.Var[str]:
    """A number as the language writes it, with so many digits behind the point."""
    from adlens_web.session import Session

    language: rx.Var[str] = rx.Var.create(Session.language)
    options = f"{{minimumFractionDigits: {digits}, maximumFractionDigits: {digits}}}"
    return rx.Var(
        f"({value!s}).toLocaleString({language!s}, {options})",
        _var_type=str,
        _var_data=VarData.merge(value._get_all_var_data(), language._get_all_var_data()),
    )


def moment(value: rx.Var[str]) -> rx.Var[str]:
    """An ISO 8601 time as the language writes it, in the browser's time zone."""
    from adlens_web.session import Session

    language: rx.Var[str] = rx.Var.create(Session.language)
    return rx.Var(
        f"new Date({value!s}).toLocaleString({language!s}, {{dateStyle: 'medium', timeStyle: 'short'}})",
        _var_type=str,
        _var_data=VarData.merge(value._get_all_var_data(), language._get_all_var_data()),
    )


def _filled(text: str, values: Mapping[str, rx.Var[Any] | str | int]) -> rx.Var[str] | str:
    words: list[Any] = _PLACEHOLDER.split(text)
    if len(words) == 1:
        return text
    words[1::2] = [_written(values[name]) for name in words[1::2]]
    whole: rx.Var[str] = rx.Var.create([word for word in words if not isinstance(word, str) or word]).join("")
    return whole


def _written(given: rx.Var[Any] | str | int) -> rx.Var[str]:
    # Var.to_string(use_json=False) writes 0 as nothing.
    value: rx.Var[Any] = rx.Var.create(given)
    return rx.Var(f"String({value!s} ?? '')", _var_type=str, _var_data=value._get_all_var_data())
