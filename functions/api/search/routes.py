"""Search in everything that was found."""

from __future__ import annotations

from fastapi import APIRouter, Response

from adlens.domain.gallery import CreativeOrder
from functions.api.dependencies import UseBrowseCreatives, UsePictureLinks
from functions.api.errors import documented
from functions.api.gallery.routes import Sort
from functions.api.gallery.schemas import card_out
from functions.api.pages import fitting, written
from functions.api.query import Filters
from functions.api.request import Cursor, Limit, Workspace
from functions.api.search.schemas import SearchOut, search_card_out, term_out

router = APIRouter(tags=["search"])


@router.get("/search", response_model=SearchOut, responses=documented(404))
def search_creatives(
    workspace: Workspace,
    browse: UseBrowseCreatives,
    links: UsePictureLinks,
    filters: Filters,
    sort: Sort = CreativeOrder.NEWEST,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """The creatives that all parameters are true of, and where: lines with their boxes, objects, colours.

    A word of `q` also finds its other forms (`кружка`, `кружек`), words that it is a part of (from three letters on),
    other ways to write it (`1990` and `1 990`, `wifi` and `Wi-Fi`, `COMET` in letters of either alphabet), and, when it
    is rare or unknown, words one letter away (from four letters on) with their forms, or what the same keys make with
    the other keyboard layout; `terms` tells which. All of them must be there.
    """

    def answer(limit: int) -> Response:
        found = browse.search(workspace, filters, sort, limit, cursor)
        cards = [card_out(links, card) for card in found.gallery.cards]
        return written(
            SearchOut(
                items=[search_card_out(card, hit) for card, hit in zip(cards, found.hits, strict=True)],
                total=found.gallery.total.count,
                more_than_total=found.gallery.total.more,
                next_cursor=found.gallery.next_cursor,
                terms=[term_out(term) for term in found.terms],
            )
        )

    return fitting(limit, answer)
