"""What was delivered: files of figures in, those of a creative out, and which elements go with better ones."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Annotated, Any, Literal, TextIO

from fastapi import APIRouter, Depends, Query, Request, Response

from adlens.domain.lift import Metric
from adlens.domain.performance import (
    MOST_LISTED,
    CsvSheet,
    Header,
    JsonSheet,
    MalformedRow,
    SentRow,
    decoded,
    rows_of,
    signs_of,
)
from functions.api.dependencies import PAGE, CreativeKey, Cursor, Lifts, Limit, Performances, Workspace
from functions.api.errors import MalformedRequest, RequestTooLarge, UnsupportedMediaType, documented
from functions.api.filters import Filters
from functions.api.routes.pages import fitting, written
from functions.api.schemas.performance import (
    CreativePerformanceOut,
    LiftOut,
    PerformanceReportOut,
    creative_performance_out,
    lift_out,
    report_out,
)

router = APIRouter()

MAX_TABLE_BYTES = 64_000_000
_CSV, _JSON = "text/csv", "application/json"
_ROW = {
    "type": "object",
    "required": ["day", "impressions", "clicks", "conversions", "spend"],
    "properties": {
        "creative_id": {"type": "string", "format": "uuid"},
        "sha256": {"type": "string"},
        "filename": {"type": "string"},
        "day": {"type": "string", "format": "date"},
        "placement": {"type": "string", "maxLength": 200},
        "impressions": {"type": "integer", "minimum": 0},
        "clicks": {"type": "integer", "minimum": 0},
        "conversions": {"type": "number", "minimum": 0},
        "spend": {"type": "number", "minimum": 0},
    },
}
_EXAMPLE = "filename,day,placement,impressions,clicks,conversions,spend\nmug.jpg,2026-03-01,feed,12000,180,9,54.20\n"
_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            _CSV: {"schema": {"type": "string"}, "example": _EXAMPLE},
            _JSON: {"schema": {"type": "array", "minItems": 1, "items": _ROW}},
        },
    }
}


@dataclass
class Table:
    """A body that holds rows; `header` is known once they have been read."""

    body: bytes
    as_json: bool
    compressed: bool
    charset: str | None
    header: Header | None = None

    def rows(self) -> Iterator[SentRow | MalformedRow]:
        """From the first one each time, never more than a piece of the text at once. CSV is read twice: all of a column
        decides what its commas and points mean.
        """
        sheet = JsonSheet(self._text()) if self.as_json else CsvSheet(self._text(), signs_of(CsvSheet(self._text())))
        yield from rows_of(sheet)
        self.header = sheet.header

    def _text(self) -> TextIO:
        return decoded(io.BufferedReader(_Bounded(self.body, self.compressed)), self.charset)


class _Bounded(io.RawIOBase):
    """A body's bytes, decompressed, which must not come to more than MAX_TABLE_BYTES."""

    def __init__(self, body: bytes, compressed: bool) -> None:
        whole = io.BytesIO(body)
        self._source: IO[bytes] | gzip.GzipFile = gzip.GzipFile(fileobj=whole) if compressed else whole
        self._read = 0

    def readable(self) -> Literal[True]:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            data = self._source.read(len(buffer))
        except (OSError, EOFError, zlib.error) as error:
            raise MalformedRequest("The body says that it is gzip, and is not, or not to its end.") from error
        self._read += len(data)
        if self._read > MAX_TABLE_BYTES:
            raise RequestTooLarge(
                f"The table is larger than {MAX_TABLE_BYTES // 1_000_000} MB. "
                "Send it in parts that each have all rows of their days."
            )
        buffer[: len(data)] = data
        return len(data)


async def sent_table(request: Request, _: Workspace) -> Table:
    kind, parameters = [*request.headers.get("content-type", "").split(";", 1), ""][:2]
    kind, encoding = kind.strip().lower(), request.headers.get("content-encoding", "").strip().lower()
    if kind not in (_CSV, _JSON):
        raise UnsupportedMediaType(f"Send {_CSV} or {_JSON}" + (f", not {kind}." if kind else "."))
    if encoding not in ("", "identity") and not (encoding == "gzip" and kind == _CSV):
        # API Gateway takes JSON for text, and would spoil it.
        raise UnsupportedMediaType(f"Send {_CSV} with Content-Encoding: gzip, and anything else uncompressed.")
    charset = next(
        (
            value.strip(" \"'")
            for name, _, value in (p.partition("=") for p in parameters.split(";"))
            if "charset" in name
        ),
        None,
    )
    return Table(await request.body(), kind == _JSON, encoding == "gzip", charset)


@router.post(
    "/performance",
    tags=["performance"],
    response_model=PerformanceReportOut,
    responses=documented(400, 413, 415),
    openapi_extra=_BODY,
)
def send_performance(
    workspace: Workspace, table: Annotated[Table, Depends(sent_table)], performances: Performances
) -> Response:
    """Takes impressions, clicks, conversions and spend per creative and day, and says what became of every row.

    Columns: `creative_id`, `sha256` or `filename` (one of them at least; a row goes by the first that it has), `day`,
    `impressions`, `clicks`, `conversions`, `spend`, and `placement` if you like. CSV with commas, semicolons or tabs,
    or a JSON list of objects; 4.5 MB, or CSV compressed with gzip, 64 MB when unpacked. The rows of one file for the
    same creative, day and placement are added up, and the sum replaces what was stored for these: sending a file again
    changes nothing. What matches no creative or cannot be read is listed and not stored; all the rest is.
    """
    report = performances.store(workspace, table.rows)
    ignored = table.header.ignored if table.header else ()
    return fitting(MOST_LISTED, lambda most: written(report_out(report, ignored, most)))


@router.get("/creatives/{creative_id}/performance", tags=["performance"], responses=documented(404))
def get_performance(
    key: CreativeKey, performances: Performances, limit: Limit = PAGE, cursor: Cursor = None
) -> CreativePerformanceOut:
    """What was delivered of one creative, by day and placement, oldest first."""
    page = performances.of_creative(key.workspace_id, key.id, limit, cursor)
    return creative_performance_out(page.items, page.next_cursor)


@router.get("/analytics/lift", tags=["analytics"], responses=documented(404))
def get_lift(
    workspace: Workspace,
    lifts: Lifts,
    filters: Filters,
    metric: Annotated[Metric, Query(description="Clicks per impression, conversions per click, spend per conversion.")],
) -> LiftOut:
    """How each topic, colour class, object, word, share of text and number of objects goes with a metric.

    Creatives that have it are compared with creatives of the same group and placement that have not. The intervals
    allow for how much creatives differ anyway, the corrected p values for how many elements are looked at. It is what
    goes together, not what causes what. docs/performance.md says how it is calculated.
    """
    return lift_out(lifts(workspace, metric, filters))
