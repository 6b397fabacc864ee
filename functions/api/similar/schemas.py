"""Shapes of similar creatives and of near-duplicates."""

from __future__ import annotations

from pydantic import Field

from functions.api.gallery.schemas import CreativeCardOut
from functions.api.shapes import Shape


class SimilarOut(CreativeCardOut):
    similarity: float = Field(description="Cosine of the two embeddings; 1 is the same picture.", examples=[0.83])


class DuplicateOut(CreativeCardOut):
    distance: int = Field(
        description="Bits of the perceptual hash, of 64, that differ from the representative's.", examples=[4]
    )
    similarity: float | None = Field(
        description="Cosine of its embedding and the representative's; null when one has none, or another model's.",
        examples=[0.97],
    )


class FamilyOut(Shape):
    size: int = Field(description="Creatives of the family.", examples=[3])
    members: list[DuplicateOut] = Field(
        description="The representative, which is the largest picture, then those nearest to it; 100 at most."
    )


class DuplicatesOut(Shape):
    items: list[FamilyOut]
    next_cursor: str | None = Field(description="`cursor` of the next page; null on the last.")
