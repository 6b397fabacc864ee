"""Addresses of pictures."""

from __future__ import annotations

from adlens.domain.creative import Creative, CreativeSummary
from adlens.domain.gallery import CreativeCard
from adlens.domain.ports import ObjectStore


def picture_url(store: ObjectStore, creative: Creative | CreativeSummary | CreativeCard) -> str:
    """A URL a browser can open for a while. Only decoded pictures are shown; what may be anything is downloaded."""
    content_type = creative.facts.format.content_type if creative.facts else None
    return store.presigned_url(creative.object_key, creative.filename, content_type)
