"""From the bytes of a picture to its analysis: each stage once, in order, on the same decoded pixels."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

from adlens.domain.analysis import Analysis, Detections, Stage, StageRun, StageState
from adlens.domain.errors import PermanentError
from adlens.domain.ports import DecodedImage, Engines

StageObserver = Callable[[StageRun], None]
Result = TypeVar("Result")


def analyze_image(
    data: bytes,
    engines: Engines,
    dominant: int,
    secondary: int,
    on_stage: StageObserver = lambda run: None,
    on_decoded: Callable[[DecodedImage], None] = lambda image: None,
) -> Analysis:
    """Raises InvalidImage when the bytes are no acceptable picture.

    A stage without a model is NOT_AVAILABLE; one that fails for good is ERROR and the others go on. `on_decoded` sees
    the picture before the first stage, `on_stage` every change of a stage's state. Anything else that they or an engine
    raise passes through: it may be gone the next time.
    """
    image = engines.decoder.decode(data)
    on_decoded(image)
    runs: list[StageRun] = []

    def run(stage: Stage, work: Callable[[], Result] | None) -> Result | None:
        if work is None:
            runs.append(
                StageRun(stage, StageState.NOT_AVAILABLE, reason="The model bundle has no model for this stage.")
            )
            on_stage(runs[-1])
            return None
        started_at, started = datetime.now(UTC), time.perf_counter()
        on_stage(StageRun(stage, StageState.PROCESSING, started_at))
        try:
            result, state, reason = work(), StageState.SUCCESS, None
        except PermanentError as error:
            result, state, reason = None, StageState.ERROR, str(error)
        runs.append(StageRun(stage, state, started_at, time.perf_counter() - started, reason))
        on_stage(runs[-1])
        return result

    reader, detector, classifier, embedder = engines.text, engines.objects, engines.topic, engines.embedding
    text = run(Stage.OCR, (lambda: reader.read(image)) if reader else None)
    detections = run(Stage.DETECTION, (lambda: detector.detect(image)) if detector else None)
    topic = run(
        Stage.CLASSIFICATION,
        (lambda: classifier.classify(image, text or (), detections or Detections())) if classifier else None,
    )
    palette = run(Stage.COLOR, lambda: engines.palette.extract(image, dominant, secondary))
    embedding = embedder.embed(image, text or (), detections or Detections()) if embedder else None
    return Analysis(image.facts, engines.info, tuple(runs), text, detections, topic, palette, embedding)
