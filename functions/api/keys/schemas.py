"""Shapes of API keys."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints

from adlens.domain.workspaces import LONGEST_OVERLAP, ApiKey, Scope
from functions.api.shapes import Shape, Utc

_HOUR = timedelta(hours=1)
KeyName = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    Field(description="What the key is for.", examples=["reporting"]),
]
ExpiresAt = Annotated[
    AwareDatetime | None,
    Field(description="Until when the key works; null for ever.", examples=["2027-03-01T00:00:00Z"]),
]


class KeyIn(Shape):
    name: KeyName
    scope: Scope = Field(description="`read`, `write` or `admin`; each includes those before it.")
    expires_at: ExpiresAt = None


class RotationIn(Shape):
    overlap_hours: int = Field(
        default=24, ge=0, le=LONGEST_OVERLAP // _HOUR, description="How long the old key works beside the new one."
    )
    expires_at: Annotated[
        AwareDatetime | None,
        Field(description="Until when the new key works; when null, as long as the old one was made for."),
    ] = None

    @property
    def overlap(self) -> timedelta:
        return self.overlap_hours * _HOUR


class KeyOut(Shape):
    key_id: UUID
    name: KeyName
    prefix: str = Field(description="How the key starts, after `adl_`.", examples=["a1b2c3d4"])
    scope: Scope
    created_at: Utc
    expires_at: Utc | None
    last_used_at: Utc | None = Field(description="To the minute.")
    expired: bool


class KeysOut(Shape):
    items: list[KeyOut]


class NewKeyOut(KeyOut):
    key: str = Field(description="The key itself. It is not shown again.", examples=["adl_a1b2c3d4_…"])


def key_out(key: ApiKey, now: datetime) -> KeyOut:
    return KeyOut(
        key_id=key.id,
        name=key.name,
        prefix=key.prefix,
        scope=key.scope,
        created_at=key.created_at,
        expires_at=key.expires_at,
        last_used_at=key.last_used_at,
        expired=key.expires_at is not None and key.expires_at <= now,
    )


def new_key_out(key: ApiKey, text: str, now: datetime) -> NewKeyOut:
    return NewKeyOut(**key_out(key, now).model_dump(), key=text)
