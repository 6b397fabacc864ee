"""Which creatives are one picture over and over: resized, recompressed, cropped, recoloured, with a new price.

Two pictures are variants of each other when the cosine of their embeddings less the share of their hashes' bits that
differ reaches a level, and their words agree: creatives that five advertisers made from one template look similar, but
their words differ, be it by one. `benchmarks.duplicates` measures it. Where there is no cosine, only hashes that are
nearly the same count. Files with the same bytes are always variants.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher
from itertools import product, starmap
from uuid import UUID

from adlens.domain.gallery import CreativeCard

HASH_BITS = 64
LEAST_LIKENESS = 0.64
"""Of cosine less the share of bits that differ. docs/figures.md has what it finds."""
FARTHEST = 18
"""Bits that hashes of variants differ in at most; and those of pictures without an embedding."""
FARTHEST_ALONE = 6
FEWEST_WORDS = 2
"""Words of both pictures from which on they are compared as they are: a single one may be misread or cut."""
LEAST_RESEMBLANCE = 0.5
"""Of the letters of two words that were one before a misread or a crop."""
MOST_SHARED = 1 / 3
"""By texts that disagree, of the words of the picture that has fewer: a small or cropped variant loses some."""
MOST_COMPARED = 10_000
"""Creatives of a group. In a larger one only equal hashes are compared, which takes no time."""


@dataclass(frozen=True, slots=True)
class Print:
    """What a picture is compared by; `words` are the distinct ones of its text. `pixels` and `uploaded_at` decide which
    of a family stands for it.
    """

    id: UUID
    sha256: str
    phash: int
    pixels: int
    uploaded_at: datetime
    words: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Member:
    """`distance` is the bits that differ from the representative's hash, 0 to 64; `similarity` the cosine of the two
    embeddings, None when one has none or they are of two model bundles."""

    id: UUID
    distance: int
    similarity: float | None


Family = tuple[Member, ...]
"""The representative, then the others, nearest first."""
Cosines = Callable[[Sequence[tuple[UUID, UUID]]], Sequence[float | None]]
"""Cosines of pairs of creatives, in the order of the pairs."""


@dataclass(frozen=True, slots=True)
class DuplicateCard:
    card: CreativeCard
    distance: int
    similarity: float | None


@dataclass(frozen=True, slots=True)
class DuplicateCards:
    """A family as it is shown: the first of its `size` creatives."""

    size: int
    cards: tuple[DuplicateCard, ...]


def families(prints: Sequence[Print], cosines: Cosines) -> list[Family]:
    """Families of two or more, largest first. Each creative is in one at most, and near the representative itself: a
    chain of small steps makes no family.

    The representative is the largest picture, and of these the one uploaded first. `cosines` is asked a few times,
    about pairs with near hashes only.
    """
    copies: dict[str, list[Print]] = defaultdict(list)
    for one in sorted(prints, key=lambda one: (-one.pixels, one.uploaded_at, one.id)):
        copies[one.sha256].append(one)
    pictures = [same[0] for same in copies.values()]
    farthest = FARTHEST if len(pictures) <= MOST_COMPARED else 0
    found = [
        _family(copies, representative, variants)
        for representative, variants in _variants(pictures, farthest, cosines).items()
        if variants or len(copies[representative.sha256]) > 1
    ]
    return sorted(found, key=lambda family: (-len(family), family[0].id))


def _family(
    copies: dict[str, list[Print]], representative: Print, variants: list[tuple[Print, int, float | None]]
) -> Family:
    known = {representative.sha256: (0, 1.0), **{one.sha256: (bits, cosine) for one, bits, cosine in variants}}
    members = [Member(one.id, *known[sha256]) for sha256 in known for one in copies[sha256]]
    first, *others = members
    return first, *sorted(others, key=lambda one: (one.distance, -(one.similarity or 0.0)))


def _variants(
    pictures: Sequence[Print], farthest: int, cosines: Cosines
) -> dict[Print, list[tuple[Print, int, float | None]]]:
    """Per picture that stands for itself or more: the others that it stands for.

    Who comes first takes all that are near and not taken. That is decided in rounds, each for all pictures that have
    nobody before them who may still take them, so that cosines are asked for many at once.
    """
    found: dict[Print, list[tuple[Print, int, float | None]]] = {}
    waiting = list(pictures)
    while waiting:
        pairs: list[tuple[Print, Print]] = []
        taken: set[Print] = set()
        hashes = Hashes([one.phash for one in waiting])
        reached = 0
        for place, one in enumerate(waiting):
            near = hashes.near(one.phash, farthest)
            if not reached >> place & 1:
                found[one] = []
                taken.add(one)
                # Nobody earlier is near it, for then it were reached.
                pairs += [(one, waiting[other]) for other in places(near) if other != place]
            reached |= near
        answers = cosines([(leader.id, other.id) for leader, other in pairs]) if pairs else ()
        for (leader, other), cosine in zip(pairs, answers, strict=True):
            bits = (leader.phash ^ other.phash).bit_count()
            if other not in taken and are_variants(bits, cosine, leader.words, other.words):
                found[leader].append((other, bits, cosine))
                taken.add(other)
        waiting = [one for one in waiting if one not in taken]
    return found


def are_variants(
    bits: int, cosine: float | None, words: Set[str] = frozenset(), other_words: Set[str] = frozenset()
) -> bool:
    """Whether two pictures are one, from the bits of their hashes that differ, the cosine of their embeddings (None
    when they have none that compare) and their distinct words.
    """
    if not words_agree(words, other_words):
        return False
    if cosine is None:
        return bits <= FARTHEST_ALONE
    return bits <= FARTHEST and cosine - bits / HASH_BITS >= LEAST_LIKENESS


def words_agree(words: Set[str], other_words: Set[str]) -> bool:
    """False when both pictures have words and share too few of them."""
    fewer = min(len(words), len(other_words))
    if fewer == 0 or len(words & other_words) > MOST_SHARED * fewer:
        return True
    return fewer < FEWEST_WORDS and any(starmap(_resemble, product(words, other_words)))


def _resemble(word: str, other: str) -> bool:
    return word in other or other in word or SequenceMatcher(None, word, other).ratio() >= LEAST_RESEMBLANCE


# --- near hashes ----------------------------------------------------------------------------------------------------


class Hashes:
    """64-bit hashes, cut into 64 long numbers: the bit at n of each is of the hash at n.

    One hash is compared with thousands in some hundred operations on long numbers, whatever the distance and however
    similar the hashes. All pairs of 10,000 take 1.3 s; one by one 5 s, by pgvector's `<~>` 7 s of the database.
    `numpy.bitwise_count` takes 0.1 s, but NumPy would add 73 MB to the 102 MB of the API's layer.
    """

    def __init__(self, hashes: Sequence[int]) -> None:
        self._all = (1 << len(hashes)) - 1
        texts = [f"{one:064b}" for one in (0, *reversed(hashes))]  # of nothing there are 64 numbers too
        slices = [int("".join(bits), 2) for bits in zip(*texts, strict=True)]
        self._differs = [(of_ones, of_ones ^ self._all) for of_ones in slices]

    def near(self, phash: int, farthest: int) -> int:
        """A number whose bit at n is set when the hash at n differs in `farthest` bits or fewer."""
        near, equal = 0, self._all
        for place, digit in reversed(list(enumerate(self._distances(phash)))):
            if farthest >> place & 1:
                near |= equal & ~digit
                equal &= digit
            else:
                equal &= ~digit
        return near | equal

    def _distances(self, phash: int) -> list[int]:
        """The distances to all hashes, digit by digit, the lowest first: 64 numbers of one digit added up in a tree of
        full adders."""
        digits = []
        column = [differs[bit == "1"] for differs, bit in zip(self._differs, f"{phash:064b}", strict=True)]
        for _ in range(HASH_BITS.bit_length()):
            carried = []
            while len(column) > 2:
                a, b, c = column.pop(), column.pop(), column.pop()
                either = a ^ b
                column.append(either ^ c)
                carried.append(a & b | either & c)
            if len(column) == 2:
                a, b = column
                column = [a ^ b]
                carried.append(a & b)
            digits.append(column[0] if column else 0)
            column = carried
        return digits


def places(bits: int) -> list[int]:
    """Where the bits are set, from the lowest."""
    text = f"{bits:b}"[::-1]
    found, place = [], text.find("1")
    while place >= 0:
        found.append(place)
        place = text.find("1", place + 1)
    return found
