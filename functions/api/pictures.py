"""Addresses of pictures."""

from __future__ import annotations

from adlens.domain.creative import Creative, CreativeSummary, preview_key
from adlens.domain.gallery import CreativeCard
from adlens.domain.media import ImageFormat
from adlens.domain.ports.storage import ObjectStore


def picture_url(store: ObjectStore, creative: Creative | CreativeSummary | CreativeCard) -> str:
    """A URL a browser can open for a while. Only decoded pictures are shown; what may be anything is downloaded."""
    content_type = creative.facts.format.content_type if creative.facts else None
    return store.presigned_url(creative.object_key, creative.filename, content_type)


def preview_url(previews: ObjectStore, creative: Creative | CreativeCard) -> str | None:
    """The same for its preview, if there is one."""
    if not creative.has_preview:
        return None
    return previews.presigned_url(
        preview_key(creative.object_key), f"{creative.filename}.webp", ImageFormat.WEBP.content_type
    )
