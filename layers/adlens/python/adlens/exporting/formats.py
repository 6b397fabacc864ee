"""The writer of each format; libraries are loaded with the first file that needs them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from adlens.domain.creative import Creative
from adlens.domain.exports import ExportFormat, ExportOrder
from adlens.domain.ports.exports import ExportWriter, Sink
from adlens.exporting.coco import write_coco
from adlens.exporting.csv_table import write_csv
from adlens.exporting.jsonl import write_jsonl


def write_parquet(creatives: Iterable[Creative], sink: Sink, order: ExportOrder) -> int:
    from adlens.exporting import parquet

    return parquet.write_parquet(creatives, sink, order)


WRITERS: Mapping[ExportFormat, ExportWriter] = {
    ExportFormat.CSV: write_csv,
    ExportFormat.PARQUET: write_parquet,
    ExportFormat.COCO: write_coco,
    ExportFormat.JSONL: write_jsonl,
}
