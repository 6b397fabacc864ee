"""Browsing creatives: filtered, sorted, from one to the next."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from adlens.domain.gallery import CreativeOrder
from functions.api.dependencies import UseBrowseCreatives, UsePictureLinks
from functions.api.errors import documented
from functions.api.gallery.schemas import GalleryOut, NeighboursOut, card_out
from functions.api.pages import fitting, written
from functions.api.query import Filters
from functions.api.request import PAGE, CreativeKey, Cursor, Limit, Workspace

router = APIRouter(prefix="/creatives", tags=["creatives"])
Sort = Annotated[CreativeOrder, Query(description="`-` is the largest first; creatives without a topic come last.")]


@router.get("", response_model=GalleryOut, responses=documented(404))
def browse_creatives(
    workspace: Workspace,
    browse: UseBrowseCreatives,
    links: UsePictureLinks,
    filters: Filters,
    sort: Sort = CreativeOrder.NEWEST,
    limit: Limit = PAGE,
    cursor: Cursor = None,
) -> Response:
    """The creatives that all filters are true of. A cursor holds for its `sort` only."""

    def answer(limit: int) -> Response:
        gallery = browse.page(workspace, filters, sort, limit, cursor)
        return written(
            GalleryOut(
                items=[card_out(links, card) for card in gallery.cards],
                total=gallery.total.count,
                more_than_total=gallery.total.more,
                next_cursor=gallery.next_cursor,
            )
        )

    return fitting(limit, answer)


@router.get("/{creative_id}/neighbours", responses=documented(404))
def get_neighbours(
    key: CreativeKey, browse: UseBrowseCreatives, filters: Filters, sort: Sort = CreativeOrder.NEWEST
) -> NeighboursOut:
    """The creatives before and after one in the gallery of the same filters and sort."""
    found = browse.neighbours(key, filters, sort)
    return NeighboursOut(
        previous=found.previous,
        next=found.next,
        position=found.position,
        total=found.total.count,
        more_than_total=found.total.more,
    )
