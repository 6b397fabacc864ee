"""What it takes to store an analysis: announced, claimed, completed, as a worker does."""

from __future__ import annotations

import statistics
import time
import uuid
from collections.abc import Mapping, Sequence
from uuid import UUID

import numpy as np
from sqlalchemy import Engine, text

from adlens.domain.analysis import (
    Analysis,
    BoundingBox,
    BundleInfo,
    DetectedObject,
    Detections,
    Evidence,
    EvidenceKind,
    ImageFacts,
    Stage,
    StageRun,
    StageState,
    Swatch,
    SwatchRole,
    TextBlock,
    TopicPrediction,
)
from adlens.domain.colors import from_hex
from adlens.domain.creative import CreativeId, NewCreative, object_key
from adlens.domain.events import ObjectCreated
from adlens.domain.media import ImageFormat
from adlens.domain.topics import taxonomy
from adlens.persistence.creatives.repository import PostgresCreatives
from benchmarks.scale.content import BUNDLE, OBJECTS, Made, creatives, plan


def analysis_of(made: Made, vector: Sequence[float]) -> Analysis:
    """A generated creative as what the worker found."""
    return Analysis(
        facts=ImageFacts(ImageFormat(made.format), made.width, made.height, made.size, made.sha256, made.phash),
        bundle=BundleInfo("compact", "1", BUNDLE, {Stage.OCR: "ppocr-ctc"}),
        stages=tuple(
            StageRun(stage, StageState.SUCCESS, made.uploaded, took)
            for stage, took in zip(Stage, made.seconds, strict=True)
        ),
        text=tuple(
            TextBlock(line, BoundingBox(*box), confidence, ((box[0], box[1]), (box[2], box[3])), "ru")
            for line, box, confidence in zip(made.lines, made.boxes, made.text_confidences, strict=True)
        ),
        detections=Detections(
            tuple(
                DetectedObject(name, confidence, BoundingBox(*box))
                for name, box, confidence in zip(made.objects, made.object_boxes, made.object_confidences, strict=True)
            ),
            dict.fromkeys(OBJECTS, 0.0125),
        ),
        topic=None
        if made.topic is None
        else TopicPrediction(
            made.topic,
            made.confidence,
            dict.fromkeys(taxonomy().topics, 0.1),
            (Evidence(EvidenceKind.WORD, "word", 1.25),),
            sure=made.sure,
        ),
        palette=tuple(
            Swatch(from_hex(hex_), percent, SwatchRole(role), name) for hex_, percent, name, role in made.swatches
        ),
        embedding=tuple(vector),
    )


def write_seconds(
    engines: Mapping[int, tuple[Engine, UUID]], count: int = 200, rounds: int = 5, warm_up: int = 200
) -> dict[int, float]:
    """The median seconds per creative on each of the databases, which take turns. What was written is deleted again."""
    # Creatives that no database has: those of another plan.
    of = plan(20_000, seed=77)
    made, embeddings = creatives(of, 5_000, 5_000 + warm_up + count)
    whole = [
        (one, analysis_of(one, vector))
        for one, vector in zip(made, np.asarray(embeddings).tolist(), strict=True)
        if one.analysed
    ]
    groups = {size: _some_groups(engine, workspace, len(whole)) for size, (engine, workspace) in engines.items()}
    took: dict[int, list[float]] = {size: [] for size in engines}
    written: dict[int, list[UUID]] = {size: [] for size in engines}
    portion = -(-len(whole) // rounds)
    for start in range(0, len(whole), portion):
        for size, (engine, workspace_id) in engines.items():
            repository = PostgresCreatives(engine)
            for at in range(start, min(start + portion, len(whole))):
                one, analysis = whole[at]
                seconds, id_ = _write(repository, workspace_id, groups[size][at], one, analysis)
                written[size].append(id_)
                if at >= warm_up:
                    took[size].append(seconds)
    for size, (engine, workspace_id) in engines.items():
        PostgresCreatives(engine).delete_creatives(workspace_id, written[size])
    return {size: statistics.median(seconds) for size, seconds in took.items()}


def _write(
    repository: PostgresCreatives, workspace_id: UUID, group_id: str, made: Made, analysis: Analysis
) -> tuple[float, UUID]:
    key = CreativeId(workspace_id, uuid.uuid4())
    started = time.perf_counter()
    repository.register(workspace_id, group_id, [NewCreative(key.id, made.filename, made.size)])
    event = ObjectCreated("uploads", object_key(key, group_id), made.size, "etag", "01")
    claim = repository.claim(event, "bench", 60)
    if claim is None or not repository.complete(claim, analysis, "etag"):
        raise RuntimeError(f"{key} could not be written")
    return time.perf_counter() - started, key.id


def _some_groups(engine: Engine, workspace_id: UUID, count: int) -> list[str]:
    """Those of random creatives, so that large ones come more often."""
    with engine.connect() as connection:
        rows = connection.scalars(
            text(
                "SELECT group_id FROM creatives TABLESAMPLE BERNOULLI (:percent) REPEATABLE (1) "
                "WHERE workspace_id = :workspace_id ORDER BY md5(id::text) LIMIT :count"
            ),
            {"workspace_id": workspace_id, "count": count, "percent": 20},
        )
        found = list(rows)
    return [found[at % len(found)] for at in range(count)]
