"""CSV for spreadsheets: one flat row per creative."""

from __future__ import annotations

import csv
import io
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from adlens.domain.analysis import Analysis, SwatchRole
from adlens.domain.creative import Creative
from adlens.domain.ports import Sink
from adlens.exporting.json_text import utc_text, vector_text
from adlens.exporting.records import embedding

COLUMNS = (
    "creative_id", "group_id", "filename", "status", "failure_code", "failure_reason", "uploaded_at",
    "format", "bytes", "width", "height", "sha256", "phash",
    "topic", "topic_confidence", "second_topic", "second_topic_score",
    "text", "text_blocks", "text_confidence", "languages",
    "objects", "object_count", "object_confidence",
    "dominant_colors", "secondary_colors", "color_classes",
    "model_name", "model_version", "model_checksum", "seconds",
)  # fmt: skip
BOM = b"\xef\xbb\xbf"
"""Spreadsheets read UTF-8 as such when a file begins with it."""
ROWS_PER_WRITE = 200

# The usual four, what spreadsheets skip before them, and their full-width forms.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_LINE_BREAKS = str.maketrans(dict.fromkeys("\r\n\t\v\f\x1c\x1d\x1e\x85\u2028\u2029", " "))


def write_csv(creatives: Iterable[Creative], sink: Sink, with_embeddings: bool) -> int:
    buffer = io.StringIO(newline="")
    table = csv.writer(buffer, lineterminator="\r\n")
    columns = (*COLUMNS, *(("embedding",) if with_embeddings else ()))
    table.writerow(columns)
    sink.write(BOM)

    def flush() -> None:
        sink.write(buffer.getvalue().encode())
        buffer.seek(0)
        buffer.truncate()

    rows = 0
    for creative in creatives:
        flat = _flat(creative)
        cells = [harmless(flat.get(column)) for column in COLUMNS]
        if with_embeddings:
            vector = embedding(creative)
            cells.append(None if vector is None else vector_text(vector))
        table.writerow(cells)
        rows += 1
        if rows % ROWS_PER_WRITE == 0:
            flush()
    flush()
    return rows


def harmless(value: object) -> object:
    """Text from a picture or a file name on one line, and never a formula in somebody's spreadsheet; numbers stay."""
    if not isinstance(value, str):
        return value
    text = value.translate(_LINE_BREAKS)
    return f"'{text}" if value.lstrip(" ").startswith(_FORMULA_STARTS) else text


def _flat(creative: Creative) -> dict[str, Any]:
    facts, failure = creative.facts, creative.failure
    flat: dict[str, Any] = {
        "creative_id": str(creative.key.id),
        "group_id": creative.group_id,
        "filename": creative.filename,
        "status": creative.status.value,
        "uploaded_at": utc_text(creative.uploaded_at),
    }
    if failure:
        flat |= {"failure_code": failure.code, "failure_reason": failure.reason}
    if facts:
        flat |= {name: getattr(facts, name) for name in ("bytes", "width", "height", "sha256", "phash")}
        flat["format"] = facts.format.value
    return flat | _findings(creative.analysis) if creative.analysis else flat


def _findings(found: Analysis) -> dict[str, Any]:
    flat: dict[str, Any] = {
        "model_name": found.bundle.name,
        "model_version": found.bundle.version,
        "model_checksum": found.bundle.checksum,
        "seconds": round(found.seconds, 6),
    }
    if topic := found.topic:
        flat |= {"topic": topic.topic, "topic_confidence": topic.confidence}
        others = [(-score, name) for name, score in topic.scores.items() if name != topic.topic]
        if others:
            score, name = min(others)
            flat |= {"second_topic": name, "second_topic_score": -score}
    if found.text is not None:
        flat |= {
            "text": " | ".join(block.text for block in found.text),
            "text_blocks": len(found.text),
            "text_confidence": _mean([block.confidence for block in found.text]),
            "languages": " ".join(sorted({block.language for block in found.text if block.language})),
        }
    if found.detections is not None:
        objects = found.detections.objects
        flat |= {
            "objects": _counted(Counter(thing.class_name for thing in objects)),
            "object_count": len(objects),
            "object_confidence": _mean([thing.confidence for thing in objects]),
        }
    if found.palette is not None:
        classes: dict[str, float] = defaultdict(float)
        for swatch in found.palette:
            classes[swatch.color_class] += swatch.percent
        ordered = sorted(classes.items(), key=lambda share: (-share[1], share[0]))
        flat |= {
            "dominant_colors": " ".join(s.hex for s in found.palette if s.role is SwatchRole.DOMINANT),
            "secondary_colors": " ".join(s.hex for s in found.palette if s.role is SwatchRole.SECONDARY),
            "color_classes": "; ".join(f"{name}: {percent:.2f}" for name, percent in ordered),
        }
    return flat


def _counted(counts: Mapping[str, int]) -> str:
    """cup: 2; tie: 1, most first."""
    ordered = sorted(counts.items(), key=lambda count: (-count[1], count[0]))
    return "; ".join(f"{name}: {count}" for name, count in ordered)


def _mean(values: list[float]) -> float | None:
    return round(sum(values) / len(values), 6) if values else None
