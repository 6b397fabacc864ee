"""From the bytes of a picture to its analysis: each stage once, on the same decoded pixels."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TypeVar

from adlens.domain.analysis import Analysis, Detections, Looks, Stage, StageRun, StageState, Swatch
from adlens.domain.errors import PermanentError
from adlens.domain.ports.vision import DecodedImage, Engines

StageObserver = Callable[[StageRun], None]
Result = TypeVar("Result")
NO_MODEL = "The model bundle has no model for this stage."


def analyze_image(
    data: bytes,
    engines: Engines,
    dominant: int,
    secondary: int,
    on_stage: StageObserver = lambda run: None,
    on_decoded: Callable[[DecodedImage], None] = lambda image: None,
) -> Analysis:
    """Raises InvalidImage when the bytes are no acceptable picture.

    A stage without a model is NOT_AVAILABLE; one that fails for good is ERROR and the others go on. Where the engines
    have two threads or more, text is read beside what the picture shows. `on_decoded` sees the picture before the first
    stage, `on_stage` every change of a stage's state; both are called by the thread that called. Anything else that
    they or an engine raise passes through: it may be gone the next time.
    """
    image = engines.decoder.decode(data)
    on_decoded(image)
    runs: list[StageRun] = []

    def begin(stage: Stage) -> datetime:
        now = datetime.now(UTC)
        on_stage(StageRun(stage, StageState.PROCESSING, now))
        return now

    def end(run: StageRun) -> None:
        runs.append(run)
        on_stage(run)

    def run(stage: Stage, work: Callable[[], Result] | None) -> Result | None:
        if work is None:
            end(StageRun(stage, StageState.NOT_AVAILABLE, reason=NO_MODEL))
            return None
        ended, result = _timed(stage, begin(stage), work)
        end(ended)
        return result

    looked: list[Looks] = []

    def looks() -> Looks:
        """Of the picture as a whole: part of the time of the first stage that asks."""
        if not looked:
            looked.append(engines.looks.extract(image) if engines.looks else Looks())
        return looked[0]

    def see() -> tuple[Detections | None, tuple[Swatch, ...] | None]:
        detector = engines.objects
        detections = run(Stage.DETECTION, (lambda: detector.detect(image, looks())) if detector else None)
        _ = engines.topic, engines.embedding  # the first time they are made while the text is read
        palette = engines.palette
        return detections, run(Stage.COLOR, lambda: palette.extract(image, dominant, secondary))

    reader = engines.text
    if reader and engines.threads > 1:
        with ThreadPoolExecutor(1) as beside:
            reading = beside.submit(_timed, Stage.OCR, begin(Stage.OCR), lambda: reader.read(image))
            detections, palette = see()
            ended, text = reading.result()
        end(ended)
    else:
        text = run(Stage.OCR, (lambda: reader.read(image)) if reader else None)
        detections, palette = see()
    classifier, embedder = engines.topic, engines.embedding
    topic = run(
        Stage.CLASSIFICATION,
        (lambda: classifier.classify(text or (), detections or Detections(), looks())) if classifier else None,
    )
    embedding = embedder.embed(text or (), looks()) if embedder else None
    in_order = tuple(sorted(runs, key=lambda run: list(Stage).index(run.stage)))
    return Analysis(image.facts, engines.info, in_order, text, detections, topic, palette, embedding)


def _timed(stage: Stage, started_at: datetime, work: Callable[[], Result]) -> tuple[StageRun, Result | None]:
    started = time.perf_counter()
    try:
        result, state, reason = work(), StageState.SUCCESS, None
    except PermanentError as error:
        result, state, reason = None, StageState.ERROR, str(error)
    return StageRun(stage, state, started_at, time.perf_counter() - started, reason), result
