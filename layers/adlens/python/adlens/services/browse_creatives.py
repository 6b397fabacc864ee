"""Finding creatives: by filters, by words, by likeness."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from adlens.domain.creative import CreativeId
from adlens.domain.duplicates import DuplicateCards
from adlens.domain.gallery import CreativeFilter, CreativeOrder, Gallery, Neighbours, SimilarCreative
from adlens.domain.paging import Page
from adlens.domain.ports.search import GalleryQueries, SearchQueries, SimilarityQueries
from adlens.domain.search import SearchResult


@dataclass(frozen=True, slots=True)
class BrowseCreatives:
    gallery: GalleryQueries
    searches: SearchQueries
    likeness: SimilarityQueries

    def page(
        self, workspace_id: UUID, filters: CreativeFilter, order: CreativeOrder, limit: int, cursor: str | None
    ) -> Gallery:
        """Raises UnknownGroup, and InvalidValue for a foreign cursor."""
        return self.gallery.browse(workspace_id, filters, order, limit, cursor)

    def neighbours(self, key: CreativeId, filters: CreativeFilter, order: CreativeOrder) -> Neighbours:
        """Raises UnknownCreative and UnknownGroup."""
        return self.gallery.neighbours(key.workspace_id, key.id, filters, order)

    def search(
        self, workspace_id: UUID, filters: CreativeFilter, order: CreativeOrder, limit: int, cursor: str | None
    ) -> SearchResult:
        """Raises UnknownGroup, and InvalidValue for a foreign cursor."""
        return self.searches.search(workspace_id, filters, order, limit, cursor)

    def similar(self, key: CreativeId, limit: int) -> tuple[SimilarCreative, ...]:
        """Best first. Raises UnknownCreative."""
        return self.likeness.similar(key.workspace_id, key.id, limit)

    def duplicates(self, workspace_id: UUID, group_id: str, limit: int, cursor: str | None) -> Page[DuplicateCards]:
        """Families of near-duplicates. Raises UnknownGroup, and InvalidValue for a foreign cursor."""
        return self.likeness.duplicates(workspace_id, group_id, limit, cursor)
