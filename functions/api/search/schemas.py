"""Shapes of a search."""

from __future__ import annotations

from pydantic import Field

from adlens.domain.search import Hit, Term
from functions.api.creatives.findings import (
    ColorOut,
    DetectedObjectOut,
    TextBlockOut,
    color_out,
    detected_object_out,
    text_block_out,
)
from functions.api.gallery.schemas import CreativeCardOut
from functions.api.shapes import MoreThanTotal, Shape


class TermOut(Shape):
    """A word of the search, and what was looked for."""

    typed: str = Field(examples=["скидки"])
    words: list[str] = Field(description="Words in pictures that count as it.", examples=[["скидка", "скидки"]])
    guessed: list[str] = Field(description="Those that are another word: by a slip or the other layout.", examples=[[]])


class SearchCardOut(CreativeCardOut):
    text_hits: list[TextBlockOut] = Field(description="The lines that have a word of the search.")
    object_hits: list[DetectedObjectOut] = Field(description="The objects of the class that was asked for.")
    color_hits: list[ColorOut] = Field(description="The swatches that are like `hex` and cover enough.")


class SearchOut(Shape):
    items: list[SearchCardOut]
    total: int = Field(description="Creatives found.", examples=[24])
    more_than_total: MoreThanTotal
    next_cursor: str | None = Field(description="`cursor` of the next page; null on the last.")
    terms: list[TermOut]


def term_out(term: Term) -> TermOut:
    return TermOut(
        typed=term.typed, words=list(term.words), guessed=[word for word in term.words if word not in term.exact]
    )


def search_card_out(card: CreativeCardOut, hit: Hit) -> SearchCardOut:
    return SearchCardOut(
        **dict(card),
        text_hits=[text_block_out(block) for block in hit.text],
        object_hits=[detected_object_out(found) for found in hit.objects],
        color_hits=[color_out(swatch) for swatch in hit.colors],
    )
