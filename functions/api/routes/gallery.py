"""Browsing creatives: filtered, sorted, from one to the next."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import AfterValidator

from adlens.domain.colors import BY_NAME
from adlens.domain.creative import Status
from adlens.domain.errors import InvalidValue
from adlens.domain.gallery import CreativeCard, CreativeFilter, CreativeOrder
from adlens.domain.ports import ObjectStore
from adlens.domain.topics import taxonomy
from functions.api.dependencies import PAGE, CreativeKey, Cursor, Galleries, Limit, Previews, Store, Workspace
from functions.api.errors import documented
from functions.api.routes.pictures import picture_url, preview_url
from functions.api.schemas import CreativeCardOut, GalleryOut, GroupId, NeighboursOut, SimilarOut, creative_card_out

router = APIRouter(prefix="/creatives", tags=["creatives"])


def known_topic(topic: str) -> str:
    """Raises InvalidValue unless the taxonomy has it."""
    if topic not in (topics := taxonomy().topics):
        raise InvalidValue(f"There is no topic {topic!r}; there are {', '.join(topics)}.", "topic")
    return topic


def known_color(name: str) -> str:
    """Raises InvalidValue unless it is the English name of a colour class."""
    if name not in BY_NAME:
        raise InvalidValue(f"There is no colour class {name!r}; there are {', '.join(BY_NAME)}.", "color")
    return name


Confidence = Annotated[float | None, Query(ge=0, le=1, description="Of the topic.")]


async def creative_filter(
    group_id: Annotated[GroupId | None, Query()] = None,
    topic: Annotated[Annotated[str, AfterValidator(known_topic)] | None, Query(description="A topic's id.")] = None,
    color: Annotated[
        Annotated[str, AfterValidator(known_color)] | None, Query(description="The `class_en` of one of its colours.")
    ] = None,
    object_class: Annotated[
        str | None, Query(alias="object", max_length=100, description="The class of an object found.")
    ] = None,
    word: Annotated[str | None, Query(max_length=100, description="A word of its text, whole, as in `words`.")] = None,
    text: Annotated[
        str | None, Query(max_length=100, description="Part of a line of its text or of its file name.")
    ] = None,
    status: Status | None = None,
    min_confidence: Confidence = None,
    max_confidence: Confidence = None,
) -> CreativeFilter:
    return CreativeFilter(group_id, topic, color, object_class, word, text, status, min_confidence, max_confidence)


Filters = Annotated[CreativeFilter, Depends(creative_filter)]
Sort = Annotated[CreativeOrder, Query(description="`-` is the largest first; creatives without a topic come last.")]


@router.get("", responses=documented(404))
def browse_creatives(
    workspace: Workspace,
    galleries: Galleries,
    store: Store,
    previews: Previews,
    filters: Filters,
    sort: Sort = CreativeOrder.NEWEST,
    limit: Limit = PAGE,
    cursor: Cursor = None,
) -> GalleryOut:
    """The creatives that all filters are true of. A cursor holds for its `sort` only."""
    gallery = galleries.browse(workspace, filters, sort, limit, cursor)
    return GalleryOut(
        items=[_card_out(store, previews, card) for card in gallery.cards],
        total=gallery.total,
        next_cursor=gallery.next_cursor,
    )


@router.get("/{creative_id}/neighbours", responses=documented(404))
def get_neighbours(
    key: CreativeKey, galleries: Galleries, filters: Filters, sort: Sort = CreativeOrder.NEWEST
) -> NeighboursOut:
    """The creatives before and after one in the gallery of the same filters and sort."""
    found = galleries.neighbours(key.workspace_id, key.id, filters, sort)
    return NeighboursOut(previous=found.previous, next=found.next, position=found.position, total=found.total)


@router.get("/{creative_id}/similar", responses=documented(404))
def get_similar(
    key: CreativeKey,
    galleries: Galleries,
    store: Store,
    previews: Previews,
    limit: Annotated[int, Query(ge=1, le=100, description="At most so many.")] = 12,
) -> list[SimilarOut]:
    """The creatives that look and read most like one, best first; none when nothing comes near, or when its model
    bundle makes no embeddings.
    """
    return [
        SimilarOut(**dict(_card_out(store, previews, found.card)), similarity=round(found.similarity, 4))
        for found in galleries.similar(key.workspace_id, key.id, limit)
    ]


def _card_out(store: ObjectStore, previews: ObjectStore, card: CreativeCard) -> CreativeCardOut:
    return creative_card_out(card, picture_url(store, card), preview_url(previews, card))
