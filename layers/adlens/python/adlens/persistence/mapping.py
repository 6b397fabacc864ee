"""Domain values to rows and back, in one place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from adlens.domain import analysis as domain
from adlens.domain.analysis import (
    BoundingBox,
    BundleInfo,
    Decision,
    Evidence,
    EvidenceKind,
    ImageFacts,
    Stage,
    StageRun,
    StageState,
    SwatchRole,
)
from adlens.domain.colors import from_hex
from adlens.domain.creative import Failure
from adlens.domain.media import ImageFormat
from adlens.persistence import schema

Row = dict[str, Any]
_FACTS = ("format", "width", "height", "bytes", "sha256", "phash", "ground")


class CreativeColumns(Protocol):
    """The columns that facts and failure are read from: a whole row, or the few of a list."""

    format: Any
    width: Any
    height: Any
    bytes: Any
    sha256: Any
    phash: Any
    ground: Any
    failure_code: Any
    failure_reason: Any


# --- to rows ----------------------------------------------------------------------------------------------------------


def facts_columns(facts: ImageFacts) -> Row:
    return {name: getattr(facts, name) for name in _FACTS} | {"format": facts.format.value}


def engines_json(bundle: BundleInfo) -> Row:
    return {stage.value: engine for stage, engine in bundle.engines.items()}


def stage_row(creative: schema.Creative, run: StageRun) -> Row:
    return {
        **_owner(creative),
        "stage": run.stage.value,
        "state": run.state.value,
        "started_at": run.started_at,
        "seconds": run.seconds,
        "reason": run.reason,
    }


def analysis_rows(
    creative: schema.Creative, found: domain.Analysis, words: Sequence[str]
) -> dict[type[schema.Base], list[Row]]:
    """The rows that hold an analysis, per table; an empty list where there is nothing to hold."""
    owner = _owner(creative)
    detections, topic = found.detections, found.topic
    analysis: Row = {
        **owner,
        "revision": creative.revision,
        "analysed_at": creative.updated_at,
        "seconds": found.seconds,
        "stages": [_stage_json(run) for run in found.stages],
        "bundle_name": found.bundle.name,
        "bundle_version": found.bundle.version,
        "bundle_checksum": found.bundle.checksum,
        "engines": engines_json(found.bundle),
        "has_text": found.text is not None,
        "has_palette": found.palette is not None,
        "class_scores": None if detections is None else dict(detections.class_scores),
        "topic": topic and topic.topic,
        "topic_confidence": topic and topic.confidence,
        "topic_scores": topic and dict(topic.scores),
        "topic_evidence": None if topic is None else [_evidence_json(entry) for entry in topic.evidence],
        "words": list(words),
        "topic_sure": topic is not None and topic.sure,
        "weak_objects": [_object_columns(thing) for thing in (detections.weak if detections else ())],
    }
    return {
        schema.StageRun: [stage_row(creative, run) for run in found.stages],
        schema.Analysis: [analysis],
        schema.TextBlock: [
            {
                **owner,
                "position": position,
                "text": block.text,
                "confidence": block.confidence,
                "polygon": [list(corner) for corner in block.polygon],
                "language": block.language,
                **_box_columns(block.bbox),
            }
            for position, block in enumerate(found.text or ())
        ],
        schema.DetectedObject: [
            {**owner, "position": position, **_object_columns(thing)}
            for position, thing in enumerate(detections.objects if detections else ())
        ],
        schema.Swatch: [
            {
                **owner,
                "position": position,
                "hex": swatch.hex,
                "percent": swatch.percent,
                "role": swatch.role.value,
                "color_class": swatch.color_class,
            }
            for position, swatch in enumerate(found.palette or ())
        ],
        schema.Embedding: []
        if found.embedding is None
        else [{**owner, "bundle_checksum": found.bundle.checksum, "vector": list(found.embedding)}],
    }


def _owner(creative: schema.Creative) -> dict[str, UUID]:
    return {"workspace_id": creative.workspace_id, "creative_id": creative.id}


def _object_columns(thing: domain.DetectedObject) -> Row:
    return {"class_name": thing.class_name, "confidence": thing.confidence, **_box_columns(thing.bbox)}


def _box_columns(box: BoundingBox) -> dict[str, float]:
    return dict(zip(("x1", "y1", "x2", "y2"), box.as_tuple(), strict=True))


def _evidence_json(evidence: Evidence) -> Row:
    return {"kind": evidence.kind.value, "what": evidence.what, "weight": evidence.weight}


def _stage_json(run: StageRun) -> Row:
    return {
        "stage": run.stage.value,
        "state": run.state.value,
        "started_at": run.started_at and run.started_at.isoformat(),
        "seconds": run.seconds,
        "reason": run.reason,
    }


# --- from rows --------------------------------------------------------------------------------------------------------


def facts(row: CreativeColumns) -> ImageFacts | None:
    if row.format is None:
        return None
    return ImageFacts(ImageFormat(row.format), row.width, row.height, row.bytes, row.sha256, row.phash, row.ground)


def failure(row: CreativeColumns) -> Failure | None:
    return None if row.failure_code is None else Failure(row.failure_code, row.failure_reason)


# A group's status names thousands of them, too many for as many calls of an enumeration.
_STAGES = {str(stage): stage for stage in Stage}
_STATES = {str(state): state for state in StageState}


def stages(values: Iterable[Sequence[Any]]) -> tuple[StageRun, ...]:
    """All stages in the order they run; those without values have not started.

    Told are lists of (stage, state, started_at, seconds, reason), as JSON has them.
    """
    known = {
        stage: StageRun(_STAGES[stage], _STATES[state], started and datetime.fromisoformat(started), seconds, reason)
        for stage, state, started, seconds, reason in values
    }
    return tuple([known.get(name) or StageRun(stage) for name, stage in _STAGES.items()])


def bundle(row: schema.Analysis | schema.ModelBundle) -> BundleInfo:
    engines = {Stage(stage): str(engine) for stage, engine in row.engines.items()}
    if isinstance(row, schema.ModelBundle):
        about = {Stage(stage): dict(texts) for stage, texts in row.about.items()}
        return BundleInfo(row.name, row.version, row.checksum, engines, about)
    return BundleInfo(row.bundle_name, row.bundle_version, row.bundle_checksum, engines)


def analysis(
    row: schema.Analysis,
    facts: ImageFacts,
    blocks: Sequence[schema.TextBlock],
    objects: Sequence[schema.DetectedObject],
    swatches: Sequence[schema.Swatch],
    embedding: Sequence[float] | None,
) -> domain.Analysis:
    return domain.Analysis(
        facts=facts,
        bundle=bundle(row),
        stages=tuple(_stage_of_json(entry) for entry in row.stages),
        text=tuple(map(text_block, blocks)) if row.has_text else None,
        detections=None
        if row.class_scores is None
        else domain.Detections(
            tuple(map(detected_object, objects)), row.class_scores, weak=tuple(map(_weak_object, row.weak_objects))
        ),
        topic=_topic(row),
        palette=palette(swatches) if row.has_palette else None,
        embedding=None if embedding is None else tuple(embedding),
    )


def text_block(row: schema.TextBlock, polygon: Sequence[Any] | None = None) -> domain.TextBlock:
    """`polygon` is that of a row whose own has not been read from JSON."""
    corners = tuple((x, y) for x, y in (row.polygon if polygon is None else polygon))
    return domain.TextBlock(row.text, _box(row), row.confidence, corners, row.language)


def detected_object(row: schema.DetectedObject) -> domain.DetectedObject:
    return domain.DetectedObject(row.class_name, row.confidence, _box(row))


def _weak_object(entry: Mapping[str, Any]) -> domain.DetectedObject:
    box = BoundingBox(entry["x1"], entry["y1"], entry["x2"], entry["y2"])
    return domain.DetectedObject(entry["class_name"], entry["confidence"], box)


def decision(value: str | None) -> Decision | None:
    return None if value is None else Decision(value)


def palette(rows: Iterable[schema.Swatch]) -> tuple[domain.Swatch, ...]:
    return tuple(domain.Swatch(from_hex(row.hex), row.percent, SwatchRole(row.role), row.color_class) for row in rows)


def dominant(values: Iterable[Sequence[Any]]) -> tuple[domain.Swatch, ...]:
    """Dominant swatches of lists of (hex, percent, colour class), as JSON has them."""
    return tuple([domain.Swatch(from_hex(hex_), percent, SwatchRole.DOMINANT, name) for hex_, percent, name in values])


def predicted_topic(row: schema.Analysis) -> str | None:
    """The topic that the model predicted, whatever a person chose after it."""
    if not row.topic_corrected:
        return row.topic
    scores = row.topic_scores or {}
    return max(scores, key=lambda topic: scores[topic]) if scores else None


def _topic(row: schema.Analysis) -> domain.TopicPrediction | None:
    if row.topic is None or row.topic_confidence is None:
        return None
    return domain.TopicPrediction(
        row.topic,
        row.topic_confidence,
        row.topic_scores or {},
        tuple(map(_evidence_of_json, row.topic_evidence or ())),
        row.topic_corrected,
        row.topic_sure,
    )


def _evidence_of_json(entry: Mapping[str, Any] | str) -> Evidence:
    if isinstance(entry, str):  # the first bundles named the classes of objects and nothing else
        return Evidence(EvidenceKind.OBJECT, entry)
    return Evidence(EvidenceKind(entry["kind"]), entry["what"], entry["weight"])


def _box(row: schema.TextBlock | schema.DetectedObject) -> BoundingBox:
    return BoundingBox(row.x1, row.y1, row.x2, row.y2)


def _stage_of_json(entry: Mapping[str, Any]) -> StageRun:
    started = entry["started_at"]
    return StageRun(
        Stage(entry["stage"]),
        StageState(entry["state"]),
        datetime.fromisoformat(started) if started else None,
        entry["seconds"],
        entry["reason"],
    )
