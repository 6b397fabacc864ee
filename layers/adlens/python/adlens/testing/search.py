"""A gallery in memory, which filters and sorts nothing."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from adlens.domain.analysis import SwatchRole
from adlens.domain.creative import Creative, CreativeId
from adlens.domain.duplicates import DuplicateCard, DuplicateCards
from adlens.domain.gallery import (
    CreativeCard,
    CreativeFilter,
    CreativeOrder,
    Gallery,
    Neighbours,
    SimilarCreative,
    Total,
)
from adlens.domain.paging import Page
from adlens.domain.ports.search import GalleryQueries, SearchQueries, SimilarityQueries
from adlens.domain.search import Hit, SearchResult, Term
from adlens.testing.creatives import MemoryCreatives, summary_of
from adlens.testing.paging import page_of


@dataclass
class MemoryGallery(GalleryQueries, SearchQueries, SimilarityQueries):
    """`asked` is the filter and the order of the last request."""

    creatives: MemoryCreatives
    asked: tuple[CreativeFilter, CreativeOrder] | None = None

    def browse(
        self, workspace_id: UUID, chosen: CreativeFilter, order: CreativeOrder, limit: int, cursor: str | None = None
    ) -> Gallery:
        self.asked = chosen, order
        cards = [_card_of(row) for row in self.creatives.of_workspace(workspace_id)]
        page = page_of(cards, limit, cursor)
        return Gallery(page.items, Total(len(cards)), page.next_cursor)

    def neighbours(
        self, workspace_id: UUID, creative_id: UUID, chosen: CreativeFilter, order: CreativeOrder
    ) -> Neighbours:
        self.asked = chosen, order
        self.creatives.creative(workspace_id, creative_id)
        ids = [row.key.id for row in self.creatives.of_workspace(workspace_id)]
        position = ids.index(creative_id)
        before, after = [None, *ids][position], [*ids, None][position + 1]
        return Neighbours(before, after, position + 1, Total(len(ids)))

    def search(
        self, workspace_id: UUID, chosen: CreativeFilter, order: CreativeOrder, limit: int, cursor: str | None = None
    ) -> SearchResult:
        """Every line of text is a hit, and every phrase means cups."""
        gallery = self.browse(workspace_id, chosen, order, limit, cursor)
        rows = [self.creatives.rows[CreativeId(workspace_id, card.id)] for card in gallery.cards]
        hits = [Hit(row.analysis.text or ()) if row.analysis else Hit() for row in rows]
        terms = (Term("cup", ("cup", "cups", "cap"), frozenset({"cup", "cups"})),) if chosen.phrase else ()
        return SearchResult(gallery, tuple(hits), terms)

    def similar(self, workspace_id: UUID, creative_id: UUID, limit: int) -> tuple[SimilarCreative, ...]:
        """All others are."""
        self.creatives.creative(workspace_id, creative_id)
        others = [row for row in self.creatives.of_workspace(workspace_id) if row.key.id != creative_id]
        return tuple(SimilarCreative(_card_of(row), 0.75) for row in others[:limit])

    def duplicates(
        self, workspace_id: UUID, group_id: str, limit: int, cursor: str | None = None
    ) -> Page[DuplicateCards]:
        """All of a group are one family."""
        rows = self.creatives.of_group(workspace_id, group_id)
        cards = tuple(DuplicateCard(_card_of(row), 2, None) for row in rows)
        return Page((DuplicateCards(len(cards), cards),), None)


def _card_of(row: Creative) -> CreativeCard:
    summary = summary_of(row)
    palette = (row.analysis and row.analysis.palette) or ()
    return CreativeCard(
        row.key.id,
        row.group_id,
        row.filename,
        row.object_key,
        row.status,
        row.uploaded_at,
        row.facts,
        row.failure,
        summary.topic,
        summary.topic_confidence,
        summary.topic_decision,
        tuple(swatch for swatch in palette if swatch.role is SwatchRole.DOMINANT),
        row.has_preview,
    )
