"""One message, one creative: whose turn it is. Claim it, read its object, keep a preview, analyse it, store what was
found."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from enum import StrEnum

from adlens.domain.creative import Failure, preview_key
from adlens.domain.errors import PermanentError, TransientError, UnknownCreative
from adlens.domain.events import AnalysisRequested
from adlens.domain.media import MAX_FILE_BYTES, ImageFormat
from adlens.domain.ports.creatives import AnalysisRepository
from adlens.domain.ports.storage import ObjectStore
from adlens.domain.ports.vision import DecodedImage, Engines
from adlens.services.analyze_image import analyze_image
from adlens.services.show_progress import ShowProgress


class AnalysisOutcome(StrEnum):
    ANALYSED = "analysed"
    FAILED = "failed"
    SKIPPED = "skipped"
    """Nothing to do: nothing waits, it was overtaken by a newer event or deleted, or another worker is at it."""


@dataclass(frozen=True, slots=True)
class AnalyzeCreative:
    """`store` has the uploads, `previews` the previews: what is written to the former would be analysed."""

    creatives: AnalysisRepository
    store: ObjectStore
    previews: ObjectStore
    engines: Engines

    def __call__(self, request: AnalysisRequested, claimant: str, lease_seconds: float) -> AnalysisOutcome:
        """Analyses the creative whose turn it is, which need not be that of `request`: as many messages as there are
        creatives that wait, and each of them takes one.

        Permanent failures end in the creative's row; any other is raised, and the creative waits as PENDING.
        """
        turn = self.creatives.take_turn(request, claimant, lease_seconds)
        if turn is None:
            return AnalysisOutcome.SKIPPED
        try:
            claim = self.creatives.claim(turn, claimant, lease_seconds)
        except UnknownCreative:
            return AnalysisOutcome.SKIPPED
        if claim is None:
            return AnalysisOutcome.SKIPPED

        def keep_preview(image: DecodedImage) -> None:
            self.previews.put(preview_key(claim.object_key), image.preview(), ImageFormat.WEBP.content_type)

        etag = None
        try:
            stored = self.store.get(claim.object_key, MAX_FILE_BYTES)
            etag = stored.etag
            with ShowProgress(lambda runs: self.creatives.record_stages(claim, runs)) as progress:
                analysis = analyze_image(
                    stored.data,
                    self.engines,
                    claim.dominant_colors,
                    claim.secondary_colors,
                    progress,
                    keep_preview,
                )
            kept = self.creatives.complete(claim, analysis, etag)
        except PermanentError as error:
            kept = self.creatives.fail(claim, Failure(error.code, str(error)), etag)
            return AnalysisOutcome.FAILED if kept else AnalysisOutcome.SKIPPED
        except BaseException:
            with contextlib.suppress(TransientError):
                self.creatives.release(claim)
            raise
        if not kept:
            if not self.creatives.exists(claim.key):  # deleted meanwhile, with the files that there were
                self.previews.delete([preview_key(claim.object_key)])
            return AnalysisOutcome.SKIPPED
        return AnalysisOutcome.FAILED if analysis.failure else AnalysisOutcome.ANALYSED
