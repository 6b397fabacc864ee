"""CSV for spreadsheets: one flat row per creative."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from adlens.domain.analysis import Analysis, SwatchRole
from adlens.domain.creative import Creative
from adlens.domain.exports import ExportOrder, Separator
from adlens.domain.ports.exports import Sink
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
    "topic_decision", "weak_objects",
)  # fmt: skip
BOM = b"\xef\xbb\xbf"
"""Spreadsheets read UTF-8 as such when a file begins with it."""
ROWS_PER_WRITE = 200

# What spreadsheets skip before a formula, and what begins one: the usual four, and their full-width forms.
_SKIPPED = r"""[\s"\u200b-\u200f\u2060\ufeff]*"""
_FORMULA = r"[=+\-@＝＋－＠]"
_SEPARATORS = "".join(separator.character for separator in Separator)
_NEEDS_QUOTES = re.compile(rf'["{_SEPARATORS}]|^ | $')
_LINE_BREAKS = str.maketrans(dict.fromkeys("\r\n\t\v\f\x1c\x1d\x1e\x85\u2028\u2029", " "))


class CsvTable:
    """Rows for spreadsheets. Whichever separator a spreadsheet expects, no cell becomes a formula.

    `write` takes the file's bytes, piece by piece; `flush` writes what is left of them.
    """

    def __init__(self, write: Callable[[bytes], object], columns: Sequence[str], separator: Separator) -> None:
        self._write = write
        self._separator = separator.character
        others = re.escape(_SEPARATORS.replace(self._separator, ""))
        self._formula = re.compile(rf"(^{_SKIPPED}|[{others}]{_SKIPPED})(?={_FORMULA})")
        self._lines: list[str] = []
        write(BOM)
        self.add(columns)

    def add(self, cells: Iterable[object]) -> None:
        """A row. Texts are put on one line; numbers are written as they are, None as nothing."""
        self._lines.append(self._separator.join(map(self._cell, cells)) + "\r\n")
        if len(self._lines) > ROWS_PER_WRITE:
            self.flush()

    def flush(self) -> None:
        self._write("".join(self._lines).encode())
        self._lines.clear()

    def _cell(self, value: object) -> str:
        if value is None:
            return ""
        if not isinstance(value, str):
            return str(value)
        text = self._formula.sub(_neutralised, value).translate(_LINE_BREAKS)
        return '"' + text.replace('"', '""') + '"' if _NEEDS_QUOTES.search(text) else text


def _neutralised(found: re.Match[str]) -> str:
    return f"{found[1]}'" if found[1][:1] in (",", ";") else f"'{found[1]}"


def write_csv(creatives: Iterable[Creative], sink: Sink, order: ExportOrder) -> int:
    table = CsvTable(sink.write, (*COLUMNS, *(("embedding",) if order.with_embeddings else ())), order.separator)
    rows = 0
    for creative in creatives:
        flat = _flat(creative)
        cells = [flat.get(column) for column in COLUMNS]
        if order.with_embeddings:
            vector = embedding(creative)
            cells.append(None if vector is None else vector_text(vector))
        table.add(cells)
        rows += 1
    table.flush()
    return rows


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
        flat |= {"topic": topic.topic, "topic_confidence": topic.confidence, "topic_decision": topic.decision.value}
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
            "weak_objects": _counted(Counter(thing.class_name for thing in found.detections.weak)),
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
