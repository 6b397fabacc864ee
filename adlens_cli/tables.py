"""Where `adlens analyze` writes what it found: a table to look at, JSON lines, CSV, Parquet. One row at a time."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from adlens.domain.exports import Separator
from adlens.exporting.csv_table import CsvTable

Row = dict[str, Any]
Write = Callable[[Row], None]

CSV_COLUMNS = (
    "path", "overall_status", "failure", "main_topic", "topic_confidence", "ocr_text", "objects", "dominant_colors",
    "secondary_colors", "file_format", "image_width", "image_height", "file_size", "seconds", "creative_id",
    "topic_decision", "weak_objects",
)  # fmt: skip
PARQUET_BATCH = 256


def writers(
    as_json: bool, csv_file: Path | None, parquet_file: Path | None, separator: Separator = Separator.COMMA
) -> list[AbstractContextManager[Write]]:
    """What was asked for; a table for people when nothing was."""
    chosen: list[AbstractContextManager[Write]] = []
    if as_json:
        chosen.append(_json_lines())
    if csv_file:
        chosen.append(_csv(csv_file, separator))
    if parquet_file:
        chosen.append(_parquet(parquet_file))
    return chosen or [_table()]


def seconds(row: Row) -> float:
    return sum(stage["seconds"] or 0 for stage in row["stages"].values())


def objects(row: Row) -> str:
    """Classes with how often each was seen, such as "2 cup, spoon"; says so when nothing could be looked for."""
    if row["stages"]["detection"]["status"] == "NOT_AVAILABLE":
        return "not available"
    return _counted(row["detected_objects"])


def _counted(found: list[Row]) -> str:
    counts = Counter(thing["class"] for thing in found)
    return ", ".join(f"{count} {name}" if count > 1 else name for name, count in counts.items())


def topic_name(row: Row) -> str:
    """With a question mark where it is a guess; empty without a topic."""
    return f"{row['main_topic'] or ''}{'?' if row['topic_decision'] == 'unsure' else ''}"


def topic(row: Row) -> str:
    if row["main_topic"]:
        return f"{topic_name(row)} {row['topic_confidence']:.0%}"
    return "not available" if row["stages"]["classification"]["status"] == "NOT_AVAILABLE" else ""


def creatives_table(rows: list[Row]) -> Any:
    """A rich table of creatives as `GET /creatives/{id}` shows them."""
    from rich.markup import escape
    from rich.table import Table

    table = Table(header_style="bold", row_styles=("", "dim"))
    columns: dict[str, dict[str, Any]] = {
        "File": {"overflow": "fold", "max_width": 24},
        "Topic": {"no_wrap": True},
        "Text": {"max_width": 40},
        "Objects": {"max_width": 20},
        "Main colours": {},
        "Seconds": {"justify": "right"},
    }
    for column, options in columns.items():
        table.add_column(column, **options)
    for row in rows:
        text = escape(" · ".join((row["ocr_text"] or "").split("\n"))[:120])
        if row["failure"]:
            text = f"[red]{row['overall_status']}: {escape(row['failure']['reason'])}[/]"
        colors = " ".join(f"[{color['hex']}]██[/]{color['hex']}" for color in row["dominant_colors"])
        name = escape(Path(row.get("path") or row["original_filename"]).name)
        table.add_row(name, topic(row), text, objects(row), colors, f"{seconds(row):.2f}")
    return table


@contextmanager
def _table() -> Iterator[Write]:
    from rich.console import Console

    rows: list[Row] = []
    yield rows.append
    Console().print(creatives_table(rows))


@contextmanager
def _json_lines() -> Iterator[Write]:
    def write(row: Row) -> None:
        print(json.dumps(row, ensure_ascii=False), flush=True)

    yield write


@contextmanager
def _csv(path: Path, separator: Separator) -> Iterator[Write]:
    with nullcontext(sys.stdout.buffer) if str(path) == "-" else path.open("wb") as file:
        table = CsvTable(file.write, CSV_COLUMNS, separator)

        def write(row: Row) -> None:
            flat = {
                "failure": row["failure"]["reason"] if row["failure"] else "",
                "ocr_text": row["ocr_text"] and " | ".join(row["ocr_text"].split("\n")),
                "objects": objects(row),
                "weak_objects": _counted(row["weak_objects"]),
                "dominant_colors": " ".join(color["hex"] for color in row["dominant_colors"]),
                "secondary_colors": " ".join(color["hex"] for color in row["secondary_colors"]),
                "seconds": round(seconds(row), 3),
            }
            cells = {**row, **flat}
            table.add([cells.get(column) for column in CSV_COLUMNS])
            table.flush()

        yield write
        table.flush()


@contextmanager
def _parquet(path: Path) -> Iterator[Write]:
    from datetime import datetime

    import pyarrow as pa
    import pyarrow.parquet as pq

    text, fraction, box = pa.string(), pa.float32(), pa.list_(pa.float32())
    thing = pa.struct({"class": text, "confidence": fraction, "bbox": box})
    color = pa.struct({"rgb": pa.list_(pa.uint8()), "hex": text, "percent": fraction, "class_en": text})
    schema = pa.schema(
        {
            "path": text,
            "creative_id": text,
            "original_filename": text,
            "overall_status": text,
            "failure": pa.struct({"code": text, "reason": text}),
            "file_size": pa.int64(),
            "file_format": text,
            "image_width": pa.int32(),
            "image_height": pa.int32(),
            "upload_timestamp": pa.timestamp("us", tz="UTC"),
            "main_topic": text,
            "topic_confidence": fraction,
            "topic_decision": text,
            "topic_scores": pa.map_(text, fraction),
            "ocr_text": text,
            "ocr_blocks": pa.list_(pa.struct({"text": text, "bbox": box, "confidence": fraction, "language": text})),
            "detected_objects": pa.list_(thing),
            "weak_objects": pa.list_(thing),
            "dominant_colors": pa.list_(color),
            "secondary_colors": pa.list_(color),
            "models": pa.struct({"name": text, "version": text, "checksum": text}),
            "seconds": fraction,
        }
    )
    rows: list[Row] = []
    with pq.ParquetWriter(path, schema) as table:

        def flush() -> None:
            if rows:
                table.write_table(pa.Table.from_pylist(rows, schema))
                rows.clear()

        def write(row: Row) -> None:
            rows.append(
                row
                | {
                    "seconds": seconds(row),
                    "upload_timestamp": datetime.fromisoformat(row["upload_timestamp"]),
                    "topic_scores": list(row["topic_scores"].items()),
                }
            )
            if len(rows) >= PARQUET_BATCH:
                flush()

        yield write
        flush()
