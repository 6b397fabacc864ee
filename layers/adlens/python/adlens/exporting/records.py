"""One creative as nested plain values: what a line of JSON Lines and a row of Parquet hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from adlens.domain.analysis import Analysis, BoundingBox, DetectedObject
from adlens.domain.creative import Creative


def record(creative: Creative) -> dict[str, Any]:
    """A list is None when its stage failed or there was no model for it, and empty when nothing was found.

    The values are strings, numbers, booleans, None, UTC datetimes, and lists and dictionaries of them. Without the
    embedding.
    """
    facts, found, failure = creative.facts, creative.analysis, creative.failure
    topic = found and found.topic
    detections = found.detections if found else None
    return {
        "creative_id": str(creative.key.id),
        "group_id": creative.group_id,
        "filename": creative.filename,
        "status": creative.status.value,
        "failure": failure and {"code": failure.code, "reason": failure.reason},
        "uploaded_at": creative.uploaded_at,
        "format": facts and facts.format.value,
        "bytes": facts and facts.bytes,
        "width": facts and facts.width,
        "height": facts and facts.height,
        "sha256": facts and facts.sha256,
        "phash": facts and facts.phash,
        "topic": topic and topic.topic,
        "topic_confidence": topic and topic.confidence,
        "topic_decision": topic and topic.decision.value,
        "topic_scores": topic and dict(sorted(topic.scores.items())),
        "topic_evidence": topic
        and [{"kind": entry.kind.value, "what": entry.what, "weight": entry.weight} for entry in topic.evidence],
        "text_blocks": _text_blocks(found),
        "objects": None if detections is None else _objects(detections.objects),
        "weak_objects": None if detections is None else _objects(detections.weak),
        "swatches": _swatches(found),
        "model": found
        and {
            "name": found.bundle.name,
            "version": found.bundle.version,
            "checksum": found.bundle.checksum,
            "engines": {stage.value: engine for stage, engine in sorted(found.bundle.engines.items())},
        },
        "seconds": found and found.seconds,
    }


def embedding(creative: Creative) -> tuple[float, ...] | None:
    return None if creative.analysis is None else creative.analysis.embedding


def _text_blocks(found: Analysis | None) -> list[dict[str, Any]] | None:
    if found is None or found.text is None:
        return None
    return [
        {
            "text": block.text,
            "confidence": block.confidence,
            "bbox": _box(block.bbox),
            "language": block.language,
        }
        for block in found.text
    ]


def _objects(found: Sequence[DetectedObject]) -> list[dict[str, Any]]:
    return [{"class": thing.class_name, "confidence": thing.confidence, "bbox": _box(thing.bbox)} for thing in found]


def _swatches(found: Analysis | None) -> list[dict[str, Any]] | None:
    if found is None or found.palette is None:
        return None
    return [
        {
            "hex": swatch.hex,
            "percent": swatch.percent,
            "role": swatch.role.value,
            "color_class": swatch.color_class,
        }
        for swatch in found.palette
    ]


def _box(box: BoundingBox) -> dict[str, float]:
    return {"x1": box.x1, "y1": box.y1, "x2": box.x2, "y2": box.y2}
