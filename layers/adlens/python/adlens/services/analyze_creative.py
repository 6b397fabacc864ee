"""One queue event, one creative: claim it, read its object, keep a preview, analyse it, store what was found."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from enum import StrEnum

from adlens.domain.creative import Failure, preview_key
from adlens.domain.errors import PermanentError, TransientError, UnknownCreative
from adlens.domain.events import Event
from adlens.domain.media import MAX_FILE_BYTES, ImageFormat
from adlens.domain.ports import CreativeRepository, DecodedImage, Engines, ObjectStore
from adlens.services.analyze_image import analyze_image


class Outcome(StrEnum):
    ANALYSED = "analysed"
    FAILED = "failed"
    SKIPPED = "skipped"
    """Nothing to do: analysed already, overtaken by a newer event, or another worker is at it."""
    UNKNOWN = "unknown"
    """Nobody registered this object."""


@dataclass(frozen=True, slots=True)
class AnalyzeCreative:
    """`store` has the uploads, `previews` the previews: what is written to the former would be analysed."""

    creatives: CreativeRepository
    store: ObjectStore
    previews: ObjectStore
    engines: Engines

    def __call__(self, event: Event, claimant: str, lease_seconds: float) -> Outcome:
        """Permanent failures end in the creative's row; any other is raised, and the creative waits as PENDING."""
        try:
            claim = self.creatives.claim(event, claimant, lease_seconds)
        except UnknownCreative:
            return Outcome.UNKNOWN
        if claim is None:
            return Outcome.SKIPPED

        def keep_preview(image: DecodedImage) -> None:
            self.previews.put(preview_key(claim.object_key), image.preview(), ImageFormat.WEBP.content_type)

        etag = None
        try:
            stored = self.store.get(claim.object_key, MAX_FILE_BYTES)
            etag = stored.etag
            analysis = analyze_image(
                stored.data,
                self.engines,
                claim.dominant_colors,
                claim.secondary_colors,
                lambda run: self.creatives.record_stage(claim, run),
                keep_preview,
            )
            kept = self.creatives.complete(claim, analysis, etag)
        except PermanentError as error:
            kept = self.creatives.fail(claim, Failure(error.code, str(error)), etag)
            return Outcome.FAILED if kept else Outcome.SKIPPED
        except BaseException:
            with contextlib.suppress(TransientError):
                self.creatives.release(claim)
            raise
        if not kept:
            return Outcome.SKIPPED
        return Outcome.FAILED if analysis.failure else Outcome.ANALYSED
