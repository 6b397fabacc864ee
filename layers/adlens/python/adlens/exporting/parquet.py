"""Parquet: typed columns with nested findings, for pandas, DuckDB and Spark."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, BinaryIO, cast

import pyarrow as pa
import pyarrow.parquet as pq

from adlens.domain.creative import Creative
from adlens.domain.exports import ExportOrder
from adlens.domain.ports.exports import Sink
from adlens.exporting.records import embedding, record

ROWS_PER_BATCH = 250
"""Rows that are Python objects at once."""
ROWS_PER_GROUP = 5000

_TEXT, _NUMBER = pa.string(), pa.float64()
_BOX = pa.struct({"x1": _NUMBER, "y1": _NUMBER, "x2": _NUMBER, "y2": _NUMBER})
_OBJECT = pa.struct({"class": _TEXT, "confidence": _NUMBER, "bbox": _BOX})
COLUMNS: dict[str, pa.DataType] = {
    "creative_id": _TEXT,
    "group_id": _TEXT,
    "filename": _TEXT,
    "status": _TEXT,
    "failure": pa.struct({"code": _TEXT, "reason": _TEXT}),
    "uploaded_at": pa.timestamp("us", tz="UTC"),
    "format": _TEXT,
    "bytes": pa.int64(),
    "width": pa.int32(),
    "height": pa.int32(),
    "sha256": _TEXT,
    "phash": _TEXT,
    "topic": _TEXT,
    "topic_confidence": _NUMBER,
    "topic_decision": _TEXT,
    "topic_scores": pa.map_(_TEXT, _NUMBER),
    "topic_evidence": pa.list_(pa.struct({"kind": _TEXT, "what": _TEXT, "weight": _NUMBER})),
    "text_blocks": pa.list_(pa.struct({"text": _TEXT, "confidence": _NUMBER, "bbox": _BOX, "language": _TEXT})),
    "objects": pa.list_(_OBJECT),
    "weak_objects": pa.list_(_OBJECT),
    "swatches": pa.list_(pa.struct({"hex": _TEXT, "percent": _NUMBER, "role": _TEXT, "color_class": _TEXT})),
    "model": pa.struct({"name": _TEXT, "version": _TEXT, "checksum": _TEXT, "engines": pa.map_(_TEXT, _TEXT)}),
    "seconds": _NUMBER,
}


def write_parquet(creatives: Iterable[Creative], sink: Sink, order: ExportOrder) -> int:
    schema = pa.schema(COLUMNS)
    if order.with_embeddings:
        schema = schema.append(pa.field("embedding", pa.list_(pa.float32())))
    rows = 0
    waiting: list[pa.RecordBatch] = []
    with pq.ParquetWriter(
        pa.PythonFile(cast(BinaryIO, _File(sink)), mode="w"),
        schema,
        version="2.6",
        data_page_version="1.0",
        compression="zstd",
        compression_level=3,
    ) as table:

        def flush() -> None:
            table.write_table(pa.Table.from_batches(waiting, schema), row_group_size=ROWS_PER_GROUP)
            waiting.clear()

        for batch in _batches(creatives):
            rows_of_batch = [_row(creative, order.with_embeddings) for creative in batch]
            waiting.append(pa.RecordBatch.from_pylist(rows_of_batch, schema))
            rows += len(batch)
            if rows % ROWS_PER_GROUP == 0:
                flush()
        if waiting:
            flush()
    return rows


def _batches(creatives: Iterable[Creative]) -> Iterator[list[Creative]]:
    remaining = iter(creatives)
    while batch := list(islice(remaining, ROWS_PER_BATCH)):
        yield batch


def _row(creative: Creative, with_embeddings: bool) -> dict[str, Any]:
    row = record(creative)
    if row["topic_scores"] is not None:
        row["topic_scores"] = list(row["topic_scores"].items())
    if row["model"] is not None:
        row["model"]["engines"] = list(row["model"]["engines"].items())
    if with_embeddings:
        row["embedding"] = embedding(creative)
    return row


class _File:
    """As much of a file as Arrow asks for."""

    closed = False

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._position = 0

    def write(self, data: Any) -> int:
        written = self._sink.write(bytes(data))
        self._position += written
        return written

    def tell(self) -> int:
        return self._position

    def writable(self) -> bool:
        return True

    def flush(self) -> None: ...

    def close(self) -> None: ...
