"""What a creative has, as 64-bit numbers: what GIN indexes of PostgreSQL find without an extension.

A token is a hash of what it stands for and of the workspace, so that workspaces share no tokens and an
index never leads a search through rows of another workspace.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from itertools import takewhile
from uuid import UUID

from adlens.domain.color_distance import COARSE, cell_of
from adlens.domain.colors import from_hex
from adlens.domain.words import search_words

_MOST_OBJECTS = 9
SHARES = (0, 10, 25, 50)
"""Percents of a picture that a colour covers at least: there is a token for each."""

SHORTEST_MISSPELT = 4
"""Letters of a word that may have been misspelt; shorter ones are too near to each other."""

GRAM = 3


class Tokens:
    """The tokens of one workspace."""

    def __init__(self, workspace_id: UUID) -> None:
        self._key = workspace_id.bytes

    def _of(self, kind: str, value: str) -> int:
        digest = blake2b(f"{kind}\0{value}".encode("utf-8", "replace"), digest_size=8, key=self._key).digest()
        return int.from_bytes(digest, "big", signed=True)

    # What creatives have.

    def word(self, word: str) -> int:
        """A word in the picture."""
        return self._of("word", word)

    def name(self, word: str) -> int:
        """A word of the file name."""
        return self._of("name", word)

    def objects(self, name: str, count: int = 1) -> int:
        """At least `count` objects of a class."""
        return self._of("object", f"{name}\0{min(count, _MOST_OBJECTS)}")

    def color_class(self, name: str) -> int:
        return self._of("class", name)

    def color(self, coarse_cell: int, share: int) -> int:
        """A colour in a cube that covers at least `share`, one of SHARES."""
        return self._of("color", f"{coarse_cell}/{share}")

    # What leads to a word.

    def stem(self, stem: str) -> int:
        return self._of("stem", stem)

    @property
    def complete(self) -> int:
        """What all words of the vocabulary have whose keys are of this release."""
        return self._of("keys", "2")

    def spellings(self, word: str) -> set[int]:
        """Words with a token in common are at most two edits apart, and those one edit apart have one.

        By leaving out a letter on both sides, as SymSpell does.
        """
        if len(word) < SHORTEST_MISSPELT or word.isdigit():
            return set()
        return {self._of("spelling", word), *(self._of("spelling", left) for left in without_a_letter(word))}

    def parts(self, word: str) -> set[int]:
        """A word has all tokens of every part of it."""
        return {self._of("part", word[at : at + GRAM]) for at in range(len(word) - GRAM + 1)}

    # All of them together.

    def marks(self, filename: str, objects: Iterable[str], swatches: Iterable[tuple[str, float, str]]) -> list[int]:
        """Tokens of a creative besides those of its words. Swatches are (hex, percent, colour class)."""
        found = {self.name(word) for word in search_words([filename])}
        for name, count in Counter(objects).items():
            found.update(self.objects(name, least) for least in range(1, min(count, _MOST_OBJECTS) + 1))
        for hex_, percent, color_class in swatches:
            found.add(self.color_class(color_class))
            cell = cell_of(from_hex(hex_), COARSE)
            found.update(self.color(cell, share) for share in SHARES if percent >= share)
        return sorted(found)

    def keys(self, word: str, stems: Iterable[str]) -> set[int]:
        """What leads to a word of the vocabulary that is written like this."""
        return {
            *(self.stem(stem) for stem in stems),
            *self.spellings(word),
            *self.parts(word),
        }


def without_a_letter(word: str) -> Iterator[str]:
    return (word[:at] + word[at + 1 :] for at in range(len(word)))


def one_edit_apart(one: str, other: str) -> bool:
    """Whether a letter put in, left out, changed or swapped with its neighbour makes one word the other."""
    start = _shared_prefix(one, other)
    one, other = one[start:], other[start:]
    end = _shared_prefix(one[::-1], other[::-1])
    one, other = one[: len(one) - end], other[: len(other) - end]
    if len(one) <= 1 and len(other) <= 1:
        return one != other
    return len(one) == len(other) == 2 and one == other[::-1]


def _shared_prefix(one: str, other: str) -> int:
    """The number of equal letters at the beginning."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
