"""Letters that look alike: which script, which case, and whether it is a digit, the rest of the word tells."""

from __future__ import annotations

import re
from collections.abc import Callable

_LATIN = "ABCEHKMOPTXYaceopxyk"
_CYRILLIC = "АВСЕНКМОРТХУасеорхук"
_TO_CYRILLIC = str.maketrans(_LATIN, _CYRILLIC)
_TO_LATIN = str.maketrans(_CYRILLIC, _LATIN)
_ROUBLE = str.maketrans("pP", "рР")
_SAME_IN_BOTH_CASES = frozenset("CcOoSsUuVvWwXxZzСсОоВвГгЗзИиЙйКкЛлМмНнПпТтФфХхЦцЧчШшЩщЪъЫыЬьЭэЮюЯяЖж")
_WORD = re.compile(r"\S+")
_LETTERS = re.compile(r"[^\W\d_]+")
_ROUND_AMONG_DIGITS = re.compile(r"(?<=\d)[ОO]+(?=\d|%|$|[\s.,)])")
_THREE_IN_A_WORD = re.compile(r"(?<![\dA-Za-z])3(?=[А-ЯЁ]{2})|(?<=[А-ЯЁ]{2})3(?=[А-ЯЁ])")
_ZERO_IN_A_WORD = re.compile(r"(?<=[А-ЯЁ])0(?=[А-ЯЁ])")
_THREE_AMONG_DIGITS = re.compile(r"(?<![^\W\d_])[зЗ](?=\d)")
_GRAMS = re.compile(r"(?<=\d)r(?!\w)")
_ROUBLES = re.compile(r"(?<=\d )[pP](?=\.|$)|(?<=\d)[pP](?=\.)")
_CAMEL = re.compile("(?:[А-ЯЁ][а-яё]{2,}){2,}")
_SHORTEST_FOR_CASE = 4
_UNLIKELY = 100
_MOST_ROUNDS = 5


def unify(line: str) -> str:
    """The line with each word in one script and case where its unmistakable letters say which.

    'CКИДКA' in part Latin is 'СКИДКА', 'сКИДКА' too; '5О%' is '50%' and '3АКАЗ' is 'ЗАКАЗ'. What the word itself
    does not settle stays as it was read.
    """
    for _ in range(_MOST_ROUNDS):  # a letter that is mended can settle its neighbour
        mended = _mended(line)
        if mended == line:
            break
        line = mended
    return line


def _mended(line: str) -> str:
    line = _in_one_script(line)
    line = _THREE_IN_A_WORD.sub("З", _ZERO_IN_A_WORD.sub("О", line))
    line = _ROUND_AMONG_DIGITS.sub(lambda found: "0" * len(found[0]), line)
    line = _GRAMS.sub("г", _THREE_AMONG_DIGITS.sub("3", line))
    line = _ROUBLES.sub(lambda found: found[0].translate(_ROUBLE), line)
    # A letter of the right case can look like one of the other script: 'в' is unmistakable, 'В' is not.
    return _in_one_script(_LETTERS.sub(lambda word: _one_case(word[0]), line))


def _in_one_script(line: str) -> str:
    return _WORD.sub(lambda word: _one_script(word[0]), line)


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
    """A word in no case that people write ('СКИДкА', 'сКИДКА', 'скидКа') in the nearest that they do."""
    if len(word) < _SHORTEST_FOR_CASE or word.isupper() or word[1:].islower() or _CAMEL.fullmatch(word):
        return word
    usual = min((word.upper(), word[0] + word[1:].lower()), key=lambda usual: _mistakes(word, usual))
    # In Russian only whole words go together; Latin brands do as they like, so only letters alike in both cases change.
    return usual if all(map(_is_cyrillic, word)) or _mistakes(word, usual) < _UNLIKELY else word


def _mistakes(read: str, meant: str) -> int:
    """How hard it is to mistake one for the other: letters that look the same in both cases are taken easily."""
    return sum(
        1 if a in _SAME_IN_BOTH_CASES else 3 if _is_cyrillic(a) else _UNLIKELY
        for a, b in zip(read, meant, strict=True)
        if a != b
    )


def _is_cyrillic(character: str) -> bool:
    return "\u0400" <= character <= "\u04ff"


def _is_latin(character: str) -> bool:
    return character.isascii() and character.isalpha()
