"""Words of a creative as they are counted and searched for: lower case, ё as е, letters only."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

SHORTEST, LONGEST = 3, 40
"""Letters of a word that counts. What is longer is several words read as one, and no index takes it at any length."""


_RUNS = re.compile(r"[^\W\d_]+|\d+")


def fold(text: str) -> str:
    """`text` in the spelling that words are compared in."""
    return unicodedata.normalize("NFC", text).lower().replace("ё", "е")


def distinct_words(lines: Iterable[str]) -> tuple[str, ...]:
    """The words of `lines`, each once and sorted. Words that mean nothing alone are still among them."""
    runs = _RUNS.findall(fold(" ".join(lines)))
    return tuple(sorted({word for word in runs if is_countable(word)}))


def search_words(lines: Iterable[str]) -> list[str]:
    """The words of `lines` as they are searched for: runs of letters and runs of digits, each once and sorted.

    Those of `distinct_words` are among them.
    """
    words = (word for line in lines for word in _RUNS.findall(fold(line)))
    return sorted({word for word in words if len(word) <= LONGEST})


def is_countable(word: str) -> bool:
    """Whether a word can be one of `distinct_words`."""
    return word.isalpha() and SHORTEST <= len(word) <= LONGEST
