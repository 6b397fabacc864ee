"""How right an analysis is, as counts that add up over pictures.

Words are compared whatever their order and case, and whichever of two scripts a letter is taken from that looks the
same in both: nobody can see whether СОК is written with a Latin C.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from unicodedata import name

_WORD = re.compile(r"[^\W_]+")
_REMARK = re.compile(r"\([^)]*\)")
# Case-folded; of several pairs only the capitals look alike (В B, Н H), and small letters cannot tell what they were.
_LOOK_ALIKES = str.maketrans("авсенкмортхуіјѕ", "abcehkmoptxyijs")


@dataclass(frozen=True, slots=True)
class Counts:
    """True positives, false positives, false negatives. A ratio of nothing is None."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.right + other.right, self.wrong + other.wrong, self.missed + other.missed)

    @property
    def precision(self) -> float | None:
        return _ratio(self.right, self.right + self.wrong)

    @property
    def recall(self) -> float | None:
        return _ratio(self.right, self.right + self.missed)

    @property
    def f1(self) -> float | None:
        return _ratio(2 * self.right, 2 * self.right + self.wrong + self.missed)


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def words(text: str) -> list[str]:
    """Runs of letters and digits, case-folded, ё as е: 'USB-C • 2.4 А' -> usb, c, 2, 4, а."""
    return _WORD.findall(text.casefold().replace("ё", "е"))


def fold_script(word: str) -> str:
    """A case-folded word with its Cyrillic letters replaced by the Latin ones that look the same: 'сок' -> 'cok'."""
    return word.translate(_LOOK_ALIKES)


def score_words(found: Iterable[str], expected: Iterable[str], optional: str = "") -> Counts:
    """Compares as multisets, scripts folded. A found word of `optional` (small print, but for remarks in brackets) is
    neither right nor wrong."""
    found_words, expected_words = Counter(map(fold_script, found)), Counter(map(fold_script, expected))
    right = found_words & expected_words
    extra = found_words - expected_words
    small_print = set(map(fold_script, words(_REMARK.sub(" ", optional))))
    wrong = sum(count for word, count in extra.items() if word not in small_print)
    return Counts(right.total(), wrong, (expected_words - found_words).total())


def score_sets(found: Iterable[str], expected: Iterable[str]) -> Counts:
    found_set, expected_set = set(found), set(expected)
    return Counts(len(found_set & expected_set), len(found_set - expected_set), len(expected_set - found_set))


def script_of(text: str) -> str:
    """'cyrillic', 'latin', 'mixed', or 'digits' when there is no letter of either."""
    cyrillic = any("\u0400" <= character <= "\u04ff" for character in text)
    latin = any("LATIN" in name(character, "") for character in text)
    if cyrillic and latin:
        return "mixed"
    return "cyrillic" if cyrillic else "latin" if latin else "digits"


def line_is_right(line: str, found_lines: Sequence[str], spaces: bool = True) -> bool:
    """Whether the words of `line` were found next to each other, in order: within one found line or across lines that
    follow one another. Without `spaces`, words that run together, or fall apart, are right too."""
    wanted = [fold_script(word) for word in words(line)]
    found = [fold_script(word) for found_line in found_lines for word in words(found_line)]
    runs = (found[start:end] for start in range(len(found)) for end in range(start + 1, len(found) + 1))
    return any(run == wanted if spaces else "".join(run) == "".join(wanted) for run in runs)
