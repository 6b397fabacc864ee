"""Shapes of the trash."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from pydantic import Field

from adlens.domain.trash import TrashedCreative
from functions.api.shapes import CREATIVE_ID, Shape, Utc

MOST = 500


class TrashedCreativeOut(Shape):
    creative_id: UUID = Field(examples=[CREATIVE_ID])
    filename: str = Field(examples=["mug.jpg"])
    group_id: str = Field(examples=["grp_20260301_101502_a1b2c3"])
    group_name: str | None
    trashed_at: Utc
    deleted_at: Utc = Field(description="When it will be deleted for good.")


class TrashOut(Shape):
    items: list[TrashedCreativeOut]
    next_cursor: str | None


class TrashedIdsIn(Shape):
    creative_ids: list[UUID] = Field(min_length=1, max_length=MOST)


class TrashCountOut(Shape):
    count: int = Field(description="How many of them were in the trash.", examples=[3])


def trashed_out(entry: TrashedCreative, kept_for: timedelta) -> TrashedCreativeOut:
    return TrashedCreativeOut(
        creative_id=entry.id,
        filename=entry.filename,
        group_id=entry.group_id,
        group_name=entry.group_name,
        trashed_at=entry.trashed_at,
        deleted_at=entry.trashed_at + kept_for,
    )
