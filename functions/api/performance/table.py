"""Tables of figures in the body of a request."""

from __future__ import annotations

from fastapi import Request

from adlens.importing.rows import RowLimit
from adlens.importing.table import Table
from functions.api.errors import UnsupportedMediaType
from functions.api.request import Workspace

REQUEST_ROWS = RowLimit(200_000, "Send it as a file: POST /performance/files.")
"""The gateway waits for 29 seconds."""
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
    return Table(await request.body(), kind == JSON, encoding == "gzip", charset, REQUEST_ROWS)
