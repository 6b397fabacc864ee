"""What the use cases need to find creatives. All reads are of one workspace."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from adlens.domain.duplicates import DuplicateCards
from adlens.domain.gallery import CreativeFilter, CreativeOrder, Gallery, Neighbours, SimilarCreative
from adlens.domain.paging import Page
from adlens.domain.search import SearchResult


class GalleryQueries(Protocol):
    def browse(
        self, workspace_id: UUID, filters: CreativeFilter, order: CreativeOrder, limit: int, cursor: str | None = None
    ) -> Gallery:
        """The creatives that match. Raises UnknownGroup, and InvalidValue for a foreign cursor."""
        ...

    def neighbours(
        self, workspace_id: UUID, creative_id: UUID, filters: CreativeFilter, order: CreativeOrder
    ) -> Neighbours:
        """Where a creative stands among those that match `filters`, or would stand when it is not one of them.

        Raises UnknownCreative and UnknownGroup.
        """
        ...


class SearchQueries(Protocol):
    def search(
        self, workspace_id: UUID, filters: CreativeFilter, order: CreativeOrder, limit: int, cursor: str | None = None
    ) -> SearchResult:
        """The creatives that match. Raises UnknownGroup, and InvalidValue for a foreign cursor."""
        ...


class SimilarityQueries(Protocol):
    def similar(self, workspace_id: UUID, creative_id: UUID, limit: int) -> tuple[SimilarCreative, ...]:
        """The creatives most like one, best first. Raises UnknownCreative."""
        ...

    def duplicates(
        self, workspace_id: UUID, group_id: str, limit: int, cursor: str | None = None
    ) -> Page[DuplicateCards]:
        """The families of near-duplicates in a group, largest first. Raises UnknownGroup, and InvalidValue for a
        foreign cursor."""
        ...
