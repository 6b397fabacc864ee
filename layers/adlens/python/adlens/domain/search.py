"""What a search answers with: where in a creative it was found, and how the words were understood."""

from __future__ import annotations

from dataclasses import dataclass

from adlens.domain.analysis import DetectedObject, Swatch, TextBlock
from adlens.domain.gallery import Gallery


@dataclass(frozen=True, slots=True)
class Term:
    """A word as it was typed, and the words that count as it, most frequent first.

    `exact` are those that have it whole, in another form or as a part; the others are one letter away.
    """

    typed: str
    words: tuple[str, ...]
    exact: frozenset[str]


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
