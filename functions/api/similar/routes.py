"""Creatives similar to one, and a group's near-duplicates."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from functions.api.dependencies import UseBrowseCreatives, UsePictureLinks
from functions.api.errors import documented
from functions.api.gallery.schemas import card_out
from functions.api.pages import fitting, written, written_list
from functions.api.request import CreativeKey, Cursor, Workspace
from functions.api.shapes import GroupId
from functions.api.similar.schemas import DuplicateOut, DuplicatesOut, FamilyOut, SimilarOut

router = APIRouter()


@router.get(
    "/creatives/{creative_id}/similar", tags=["creatives"], response_model=list[SimilarOut], responses=documented(404)
)
def get_similar(
    key: CreativeKey,
    browse: UseBrowseCreatives,
    links: UsePictureLinks,
    limit: Annotated[int, Query(ge=1, le=100, description="At most so many.")] = 12,
) -> Response:
    """The creatives that look and read most like one, best first; none when nothing comes near, or when its model
    bundle makes no embeddings.
    """

    def answer(limit: int) -> Response:
        items = [
            SimilarOut(**dict(card_out(links, found.card)), similarity=round(found.similarity, 4))
            for found in browse.similar(key, limit)
        ]
        return written_list(items, limit, None)

    return fitting(limit, answer)


@router.get("/groups/{group_id}/duplicates", tags=["groups"], response_model=DuplicatesOut, responses=documented(404))
def list_duplicates(
    group_id: GroupId,
    workspace: Workspace,
    browse: UseBrowseCreatives,
    links: UsePictureLinks,
    limit: Annotated[int, Query(ge=1, le=100, description="At most so many families.")] = 20,
    cursor: Cursor = None,
) -> Response:
    """Families of creatives that are one picture over and over: the same file, or another size, compression, crop,
    colouring or price. The largest family comes first. Each is in one family at most, and near its representative.
    """

    def answer(limit: int) -> Response:
        page = browse.duplicates(workspace, group_id, limit, cursor)
        return written(
            DuplicatesOut(
                items=[
                    FamilyOut(
                        size=family.size,
                        members=[
                            DuplicateOut(
                                **dict(card_out(links, one.card)),
                                distance=one.distance,
                                similarity=None if one.similarity is None else round(one.similarity, 4),
                            )
                            for one in family.cards
                        ],
                    )
                    for family in page.items
                ],
                next_cursor=page.next_cursor,
            )
        )

    return fitting(limit, answer)
