"""JSON Lines: one creative per line, as `records` nests it."""

from __future__ import annotations

from collections.abc import Iterable

from adlens.domain.creative import Creative
from adlens.domain.exports import ExportOrder
from adlens.domain.ports.exports import Sink
from adlens.exporting.json_text import json_text, vector_text
from adlens.exporting.records import embedding, record


def write_jsonl(creatives: Iterable[Creative], sink: Sink, order: ExportOrder) -> int:
    rows = 0
    for creative in creatives:
        line = json_text(record(creative))
        if order.with_embeddings:
            vector = embedding(creative)
            # The last key: its neighbours, sorted, would be looked up in the middle of a long line.
            line = f'{line[:-1]},"embedding":{"null" if vector is None else vector_text(vector)}}}'
        sink.write(line.encode() + b"\n")
        rows += 1
    return rows
