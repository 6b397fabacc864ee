"""Words of a creative as they are counted and searched for: lower case, ё as е, letters only."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

SHORTEST, LONGEST = 3, 40
"""Letters of a word that counts. What is longer is several words read as one, and no index takes it at any length."""


def fold(text: str) -> str:
    """`text` in the spelling that words are compared in."""
    return unicodedata.normalize("NFC", text).lower().replace("ё", "е")


def distinct_words(lines: Iterable[str]) -> tuple[str, ...]:
    """The words of `lines`, each once and sorted. Words that mean nothing alone are still among them."""
    letters = "".join(letter if letter.isalpha() else " " for letter in fold(" ".join(lines)))
    return tuple(sorted({word for word in letters.split() if SHORTEST <= len(word) <= LONGEST}))
