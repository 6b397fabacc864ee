"""Tables of figures in the body of a request: CSV or JSON, compressed or not."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any, Literal, TextIO

from fastapi import Request

from adlens.domain.performance import MalformedRow, SentRow
from adlens.importing.delimited import CsvSheet
from adlens.importing.json_list import JsonSheet
from adlens.importing.rows import Header
from adlens.importing.sheets import decoded, rows_of, signs_of
from functions.api.errors import MalformedRequest, RequestTooLarge, UnsupportedMediaType
from functions.api.request import Workspace

MAX_TABLE_BYTES = 64_000_000
CSV, JSON = "text/csv", "application/json"
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
TABLE_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            CSV: {"schema": {"type": "string"}, "example": _EXAMPLE},
            JSON: {"schema": {"type": "array", "minItems": 1, "items": _ROW}},
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
    if kind not in (CSV, JSON):
        raise UnsupportedMediaType(f"Send {CSV} or {JSON}" + (f", not {kind}." if kind else "."))
    if encoding not in ("", "identity") and not (encoding == "gzip" and kind == CSV):
        # API Gateway takes JSON for text, and would spoil it.
        raise UnsupportedMediaType(f"Send {CSV} with Content-Encoding: gzip, and anything else uncompressed.")
    charset = next(
        (
            value.strip(" \"'")
            for name, _, value in (p.partition("=") for p in parameters.split(";"))
            if "charset" in name
        ),
        None,
    )
    return Table(await request.body(), kind == JSON, encoding == "gzip", charset)
