"""Results of a search: where in a creative it matched, and how the words were understood."""

from __future__ import annotations

from dataclasses import dataclass

from adlens.domain.analysis import DetectedObject, Swatch, TextBlock
from adlens.domain.gallery import Gallery


@dataclass(frozen=True, slots=True)
class Term:
    """A word as it was typed, and the words that count as it, most frequent first.

    `exact` are those that have it whole, in another form or as a part; the others are guesses: one letter away, or what
    the same keys make with the other keyboard layout. At least `least` and at most `most` creatives have one of `words`
    in the picture; None where one of them is not counted. `is_word`: it is in a picture as it was typed.
    All of `parts` together count as a compound, such as Wi-Fi, as well.
    """

    typed: str
    words: tuple[str, ...]
    exact: frozenset[str]
    least: int = 0
    most: int | None = None
    is_word: bool = False
    parts: tuple[Term, ...] = ()

    @property
    def all_words(self) -> frozenset[str]:
        """Those of its parts as well."""
        return frozenset(self.words).union(*(part.all_words for part in self.parts))


@dataclass(frozen=True, slots=True)
class Hit:
    """What of a creative was asked for: lines with a word of it, objects of the class, swatches like the colour."""

    text: tuple[TextBlock, ...] = ()
    objects: tuple[DetectedObject, ...] = ()
    colors: tuple[Swatch, ...] = ()


@dataclass(frozen=True, slots=True)
class SearchResult:
    """A page of a gallery, a hit for each of its cards, and how each word was understood."""

    gallery: Gallery
    hits: tuple[Hit, ...]
    terms: tuple[Term, ...]
