"""Words of a creative as they are counted and searched for: lower case, ё as е, letters only."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

SHORTEST, LONGEST = 3, 40
"""Letters of a word that counts. What is longer is several words read as one, and no index takes it at any length."""
SHORTEST_READING = 3
"""Letters of a word that may have been meant in the other alphabet."""

_RUNS = re.compile(r"[^\W\d_]+|\d+")
_PLAIN = dict.fromkeys(map(ord, "\u0300\u0301")) | str.maketrans("²³ё×", "23еx")


def fold(text: str) -> str:
    """`text` in the spelling that words are compared in: without marks of stress and what is invisible, raised figures
    on the line, × as x.
    """
    composed = unicodedata.normalize("NFC", text)
    if not composed.isprintable():
        composed = "".join(letter for letter in composed if unicodedata.category(letter) != "Cf")
    return composed.lower().translate(_PLAIN)


def distinct_words(lines: Iterable[str]) -> tuple[str, ...]:
    """The words of `lines`, each once and sorted. Words that mean nothing alone are still among them."""
    runs = _RUNS.findall(fold(" ".join(lines)))
    return tuple(sorted({word for word in runs if is_countable(word)}))


def search_words(lines: Iterable[str]) -> list[str]:
    """The words of `lines` as they are searched for: runs of letters, runs of digits, and compounds of them, each once
    and sorted.

    Those of `distinct_words` are among them.
    """
    found: set[str] = set()
    for line in lines:
        folded = fold(line)
        found.update(word for word in _RUNS.findall(folded) if len(word) <= LONGEST)
        found.update(compound.word for compound in compounds(folded))
    return sorted(found)


def is_countable(word: str) -> bool:
    """Whether a word can be one of `distinct_words`."""
    return word.isalpha() and SHORTEST <= len(word) <= LONGEST


# --- compounds ------------------------------------------------------------------------------------------------------

_HYPHENS = "-\u2010\u2011\u2012\u2013\u2014\u2212"
_APOSTROPHES = "'\u2019\u02bc"
_SPACES = " \u00a0\u2009\u202f"
_JOINED = re.compile(rf"(?<![^\W_])[^\W_]++(?:[{_HYPHENS}{_APOSTROPHES}][^\W_]++)+")
_GROUPED = re.compile(rf"(?<!\d)\d{{1,3}}(?:[{_SPACES}.,{_APOSTROPHES}]\d{{3}})+(?!\d)")
_PHONE = re.compile(rf"(?<!\d)\d(?:[{_SPACES}(){_HYPHENS}]{{0,2}}\d){{9,14}}(?!\d)")


@dataclass(frozen=True, slots=True)
class Compound:
    """What is written in one piece as well: Wi-Fi, 1 990, 8 800 555-35-35.

    `word` has one hyphen or space between its parts; `span` is where it stands in the text.
    """

    word: str
    parts: tuple[str, ...]
    span: tuple[int, int]


def compounds(folded: str) -> Iterator[Compound]:
    """The compounds of a folded text. Those of numbers may lie within each other."""
    for pattern, hyphen in ((_PHONE, " "), (_GROUPED, " "), (_JOINED, "-")):
        for found in pattern.finditer(folded):
            parts = tuple(_RUNS.findall(found[0]))
            if len(parts) > 1 and sum(map(len, parts)) <= LONGEST:
                yield Compound(hyphen.join(parts), parts, found.span())


def parts_of(word: str) -> list[str]:
    """The words that a word of `search_words` consists of, which are among these; itself unless it is a compound."""
    return word.replace("-", " ").split(" ")


def in_one_piece(word: str) -> str:
    """A word of `search_words` without what stands between its parts."""
    return word.replace("-", "").replace(" ", "")


# --- alphabets ------------------------------------------------------------------------------------------------------

# By the shape of their capitals, in which advertising is set.
_CYRILLIC, _LATIN = "авекмнорстухіјѕ", "abekmhopctyxijs"
_TO_LATIN, _TO_CYRILLIC = str.maketrans(_CYRILLIC, _LATIN), str.maketrans(_LATIN, _CYRILLIC)


def readings(word: str) -> tuple[str, ...]:
    """What looks like `word` in one alphabet: сомет for comet, скидка for cкидкa. Not the word itself."""
    if len(word) < SHORTEST_READING or not word.isalpha():
        return ()
    both = (word.translate(_TO_LATIN), word.translate(_TO_CYRILLIC))
    return tuple(reading for reading in both if reading != word and not is_mixed(reading))


def is_mixed(word: str) -> bool:
    """Whether a word has letters of both alphabets."""
    cyrillic = sum("\u0400" <= letter <= "\u04ff" for letter in word)
    return 0 < cyrillic < len(word)


# --- keyboards ------------------------------------------------------------------------------------------------------

_ENGLISH_KEYS = "qwertyuiop[]asdfghjkl;'zxcvbnm,.`"
_RUSSIAN_KEYS = "йцукенгшщзхъфывапролджэячсмитьбюе"
_TO_RUSSIAN, _TO_ENGLISH = str.maketrans(_ENGLISH_KEYS, _RUSSIAN_KEYS), str.maketrans(_RUSSIAN_KEYS, _ENGLISH_KEYS)


def on_the_other_keyboard(typed: str) -> str | None:
    """The word that the same keys make with the other layout: скидка for crblrf, sale for ыфду. None when they make no
    word.
    """
    folded = fold(typed)
    if is_mixed(folded) or len(folded) < SHORTEST:
        return None
    other = folded.translate(_TO_RUSSIAN if folded.isascii() else _TO_ENGLISH)
    return other if other != folded and other.isalpha() and not is_mixed(other) else None
