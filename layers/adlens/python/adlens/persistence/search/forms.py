"""Other forms of a word, from dictionaries: they are looked up when a word is written, never when one is searched for
(docs/adr/0013).
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from adlens.domain.words import fold

PHONE_DIGITS = 11


def forms_of(word: str) -> set[str]:
    """All forms of all words that `word` is a form of, folded; itself among them."""
    if "\u0400" <= word[:1] <= "\u04ff":
        return {word, *_russian(word)}
    return {word, *_english().get(word, ())}


def _russian(word: str) -> set[str]:
    parsed = _dictionary().parse(word)
    known = [parse for parse in parsed if parse.is_known] or parsed[:1]
    return {fold(form.word) for parse in known for form in parse.lexeme}


@functools.cache
def _dictionary() -> Any:
    import pymorphy3

    return pymorphy3.MorphAnalyzer(lang="ru")


@functools.cache
def _english() -> Mapping[str, set[str]]:
    """Only forms that the stemmer leaves apart; training/english_forms.py makes the file."""
    found: dict[str, set[str]] = {}
    for line in (files("adlens.persistence.search") / "english_forms.txt").read_text().splitlines():
        words = [] if line.startswith("#") else line.split()
        for word in words:
            found.setdefault(word, set()).update(words)
    return found


def national_number(word: str) -> str | None:
    """A Russian telephone number without the 7 or 8 before it, which are the same; None for any other word."""
    return word[1:] if len(word) == PHONE_DIGITS and word.isdigit() and word[0] in "78" else None
