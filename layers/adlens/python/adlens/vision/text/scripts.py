"""Letters that look alike: which script, which case, and whether it is a digit, the rest of the word tells."""

from __future__ import annotations

import re
from collections.abc import Callable

_LATIN = "ABCEHKMOPTXYaceopxyk"
_CYRILLIC = "АВСЕНКМОРТХУасеорхук"
_TO_CYRILLIC = str.maketrans(_LATIN, _CYRILLIC)
_TO_LATIN = str.maketrans(_CYRILLIC, _LATIN)
_SAME_IN_BOTH_CASES = frozenset("CcOoSsUuVvWwXxZzСсОоВвГгЗзИиЙйКкЛлМмНнПпТтФфХхЦцЧчШшЩщЪъЫыЬьЭэЮюЯяЖж")
_WORD = re.compile(r"\S+")
_LETTERS = re.compile(r"[^\W\d_]+")
_ROUND_AMONG_DIGITS = re.compile(r"(?<=\d)[ОO]+(?=\d|%|$|[\s.,)])")
_THREE_IN_A_WORD = re.compile(r"(?<![\dA-Za-z])3(?=[А-ЯЁ]{2})|(?<=[А-ЯЁ]{2})3(?=[А-ЯЁ])")
_ZERO_IN_A_WORD = re.compile(r"(?<=[А-ЯЁ])0(?=[А-ЯЁ])")
_SHORTEST_FOR_CASE = 4


def unify(line: str) -> str:
    """The line with each word in one script and case where its unmistakable letters say which.

    'CКИДКA' in part Latin is 'СКИДКА', 'сКИДКА' too; '5О%' is '50%' and '3АКАЗ' is 'ЗАКАЗ'. What the word itself
    does not settle stays as it was read.
    """
    line = _WORD.sub(lambda word: _one_script(word[0]), line)
    line = _THREE_IN_A_WORD.sub("З", _ZERO_IN_A_WORD.sub("О", line))
    line = _ROUND_AMONG_DIGITS.sub(lambda found: "0" * len(found[0]), line)
    return _LETTERS.sub(lambda word: _one_case(word[0]), line)


def _one_script(word: str) -> str:
    def count(letters: Callable[[str], bool]) -> int:
        return sum(map(letters, word))

    cyrillic = count(lambda c: _is_cyrillic(c) and c not in _CYRILLIC)
    latin = count(lambda c: _is_latin(c) and c not in _LATIN)
    if cyrillic == latin:
        cyrillic, latin = count(_is_cyrillic), count(_is_latin)
    if cyrillic == latin:
        return word
    return word.translate(_TO_CYRILLIC if cyrillic > latin else _TO_LATIN)


def _one_case(word: str) -> str:
    """Lone letters of the other case that look the same in both: 'СКИДкА', 'сКИДКА', 'скидКа'."""
    if len(word) < _SHORTEST_FOR_CASE:
        return word
    upper = [c.isupper() for c in word]
    if sum(upper) >= 0.6 * len(word) and _only_alike(word, [not is_upper for is_upper in upper]):
        return word.upper()
    inner = [False, *upper[1:]]
    if sum(inner) <= 0.34 * len(word) and _only_alike(word, inner):
        return word[0] + word[1:].lower()
    return word


def _only_alike(word: str, chosen: list[bool]) -> bool:
    return all(character in _SAME_IN_BOTH_CASES for character, is_chosen in zip(word, chosen, strict=True) if is_chosen)


def _is_cyrillic(character: str) -> bool:
    return "\u0400" <= character <= "\u04ff"


def _is_latin(character: str) -> bool:
    return character.isascii() and character.isalpha()
