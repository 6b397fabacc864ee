"""Addresses of pictures that a browser can open for a while."""

from __future__ import annotations

from dataclasses import dataclass

from adlens.domain.creative import Creative, CreativeSummary, preview_key
from adlens.domain.gallery import CreativeCard
from adlens.domain.media import ImageFormat
from adlens.domain.ports.storage import ObjectStore


@dataclass(frozen=True, slots=True)
class PictureLinks:
    """`store` has the uploads, `previews` the previews."""

    store: ObjectStore
    previews: ObjectStore

    def original(self, creative: Creative | CreativeSummary | CreativeCard) -> str:
        """Only decoded pictures are shown; what may be anything is downloaded."""
        content_type = creative.facts.format.content_type if creative.facts else None
        return self.store.presigned_url(creative.object_key, creative.filename, content_type)

    def preview(self, creative: Creative | CreativeCard) -> str | None:
        """None where there is no preview."""
        if not creative.has_preview:
            return None
        key, filename = preview_key(creative.object_key), f"{creative.filename}.webp"
        return self.previews.presigned_url(key, filename, ImageFormat.WEBP.content_type)
