"""Shapes of the gallery: cards of creatives, and the way from one to the next."""

from __future__ import annotations

from uuid import UUID

from pydantic import Field

from adlens.domain.analysis import SwatchRole
from adlens.domain.creative import Status
from adlens.domain.gallery import CreativeCard
from adlens.services.picture_links import PictureLinks
from functions.api.creatives.findings import ColorOut, colors_out
from functions.api.shapes import (
    CREATIVE_ID,
    GROUP_ID,
    FailureOut,
    Fraction,
    MoreThanTotal,
    Shape,
    TitleOut,
    TopicDecision,
    Utc,
    failure_out,
    title_of,
)


class CreativeCardOut(Shape):
    """One creative of the gallery."""

    creative_id: UUID = Field(examples=[CREATIVE_ID])
    group_id: str = Field(examples=[GROUP_ID])
    original_filename: str = Field(examples=["mug.jpg"])
    file_path: str = Field(description="A URL that a browser can open for a while.")
    preview_url: str | None = Field(description="The same of a small WebP picture; null until there is one.")
    image_width: int | None = Field(examples=[900])
    image_height: int | None = Field(examples=[1200])
    upload_timestamp: Utc
    overall_status: Status
    failure: FailureOut | None
    main_topic: str | None = Field(examples=["cups"])
    main_topic_title: TitleOut | None
    topic_confidence: Fraction | None
    topic_decision: TopicDecision
    dominant_colors: list[ColorOut]


class GalleryOut(Shape):
    items: list[CreativeCardOut]
    total: int = Field(description="Creatives that the filters leave.", examples=[24])
    more_than_total: MoreThanTotal
    next_cursor: str | None = Field(description="`cursor` of the next page; null on the last.")


class NeighboursOut(Shape):
    previous: UUID | None
    next: UUID | None
    position: int | None = Field(
        description="From 1: where it stands, or would stand if the filters left it in; null where counting ended."
    )
    total: int = Field(description="Creatives that the filters leave.")
    more_than_total: MoreThanTotal


def card_out(links: PictureLinks, card: CreativeCard) -> CreativeCardOut:
    return CreativeCardOut(
        creative_id=card.id,
        group_id=card.group_id,
        original_filename=card.filename,
        file_path=links.original(card),
        preview_url=links.preview(card),
        image_width=card.facts.width if card.facts else None,
        image_height=card.facts.height if card.facts else None,
        upload_timestamp=card.uploaded_at,
        overall_status=card.status,
        failure=failure_out(card.failure),
        main_topic=card.topic,
        main_topic_title=title_of(card.topic) if card.topic else None,
        topic_confidence=card.topic_confidence,
        topic_decision=card.topic_decision,
        dominant_colors=colors_out(card.dominant, SwatchRole.DOMINANT),
    )
