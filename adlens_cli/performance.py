"""`adlens performance`: small files in a request, larger ones through the store and a job, the largest in parts that
have each creative's day whole."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import sys
import tempfile
import zlib
from array import array
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

import httpx

from adlens.domain.errors import InvalidValue
from adlens.domain.performance import MOST_ROWS, KeyKind
from adlens.domain.text import clean_filename
from adlens.importing.delimited import CsvSheet
from adlens.importing.numbers import NUMBERS, plain_number
from adlens.importing.rows import CONVERSION_DIGITS, Header
from adlens.importing.sheets import decoded, signs_of
from adlens_cli.api import chosen_api
from adlens_cli.client import ApiError, Client
from adlens_cli.jobs import JobEnded, wait_for

AT_ONCE = 4_000_000  # not compressed; larger tables are imported by a job
LARGEST_TABLE = 60_000_000  # not compressed; a job takes 64 MB
USUAL_PART = 16_000_000  # not compressed: tables of figures shrink to a fifth or less
SHOWN = 30
_BREAK = re.compile(r"\r\n|\r|\n")


class TooLargeToSplit(Exception):
    """All rows of one day and placement are more than one part, and could belong to one creative."""


@dataclass(frozen=True)
class Part:
    """A table, compressed, and its bytes when it is not. `lines` are those of the file that its lines come from, the
    header's first; None: all.
    """

    table: bytes
    size: int
    charset: str | None
    lines: array[int] | None = None


def run(files: list[Path], encoding: str | None, as_json: bool) -> int:
    complete = True
    for file in files:
        try:
            client = chosen_api()
            reports = [_with_lines(_send(client, part), part) for part in parts(file, encoding)]
        except (
            OSError,
            EOFError,
            zlib.error,
            InvalidValue,
            TooLargeToSplit,
            ApiError,
            JobEnded,
            httpx.HTTPError,
        ) as error:
            print(f"adlens: {file}: {error}", file=sys.stderr)
            return 2
        report = merged(reports)
        complete &= report["unmatched"] == report["malformed"] == 0
        if as_json:
            print(json.dumps({"file": str(file), **report}, ensure_ascii=False))
        else:
            _show(file, report)
    return 0 if complete else 1


def _send(client: Client, part: Part) -> dict[str, Any]:
    """The report on a part. Raises ApiError and JobEnded."""
    if part.size <= AT_ONCE:
        at_once: dict[str, Any] = client.send_table(part.table, part.charset)
        return at_once
    job = wait_for(client, client.import_table(part.table, part.charset))
    report: dict[str, Any] = job["report"]
    return report


def parts(file: Path, encoding: str | None) -> Iterator[Part]:
    """The file in tables that the API takes, in one if it can be.

    The API replaces what it has for a creative's day by the sum of one table, so all rows of a day and placement go
    into the same one, whatever names their creatives.
    """
    with ExitStack() as stack:
        if (whole := _packed(stack.enter_context(_opened(file)))) is not None:
            yield Part(*whole, encoding)
            return
        size = _size(file)
        first, text = (
            decoded(io.BufferedReader(stack.enter_context(_opened(file))), encoding)  # type: ignore[arg-type] # reads as raw files do
            for _ in range(2)
        )
        sheet = CsvSheet(text, signs_of(CsvSheet(first)))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="adlens-performance-")))
        yield from _split(sheet, sheet.records(), folder, size // USUAL_PART + 2, by_creative=False)


def _split(
    sheet: CsvSheet, records: Iterator[tuple[int, list[str]]], folder: Path, number: int, by_creative: bool
) -> Iterator[Part]:
    buckets: list[_Bucket] = []
    for line, fields in records:
        if not buckets:
            buckets = [_Bucket(folder / f"{n}.csv", sheet.header) for n in range(number)]
        buckets[_place(sheet.header, fields, by_creative) % number].add(line, _plain(sheet, fields))
    for bucket in buckets:
        bucket.file.close()
        if len(bucket.lines) == 1:
            continue
        with bucket.path.open("rb") as written:
            packed = _packed(written)
        if packed is not None:
            yield Part(*packed, "utf-8", bucket.lines)
            continue
        if by_creative or sum(kind in sheet.header.columns for kind in KeyKind) > 1:
            raise TooLargeToSplit(
                "The rows of one day and placement are too many for one part. Name creatives by one column only, and "
                "they can be split by creative."
            )
        within = folder / bucket.path.stem
        within.mkdir()
        yield from _split(sheet, bucket.records(), within, 8 * number, by_creative=True)


class _Bucket:
    def __init__(self, path: Path, header: Header) -> None:
        self.path = path
        self.file = path.open("w", encoding="utf-8", newline="")
        self._writer = csv.writer(self.file, delimiter=header.delimiter)
        self._delimiter = header.delimiter
        self._writer.writerow([column or f"column {n}" for n, column in enumerate(header.columns, 1)])
        self.lines = array("Q", [1])

    def add(self, line: int, fields: list[str]) -> None:
        # A field that goes on in the next line makes more of them.
        self.lines.extend([line] * (1 + sum(len(_BREAK.findall(field)) for field in fields)))
        self._writer.writerow(fields)

    def records(self) -> Iterator[tuple[int, list[str]]]:
        with self.path.open(encoding="utf-8", newline="") as text:
            for line, fields in CsvSheet(text).records():
                yield self.lines[line - 1], fields


def _plain(sheet: CsvSheet, fields: list[str]) -> list[str]:
    """The fields with numbers that a part of the file reads as the whole file does."""
    if len(fields) != len(sheet.header.columns):
        return fields
    return [
        (plain_number(field, name, sheet.decimals) if name in NUMBERS and name in sheet.decimals else None) or field
        for name, field in zip(sheet.header.columns, fields, strict=True)
    ]


def _place(header: Header, fields: list[str], by_creative: bool) -> int:
    names = ("day", "placement", *KeyKind) if by_creative else ("day", "placement")
    values = [
        clean_filename(value) if name == KeyKind.FILENAME else value.strip()
        for name, value in zip(header.columns, fields, strict=False)
        if name in names
    ]
    return zlib.crc32(
        "\0".join(values).lower().encode("utf-8", "replace") if by_creative else "\0".join(values).encode()
    )


def _opened(file: Path) -> IO[bytes]:
    return gzip.open(file) if file.suffix == ".gz" else file.open("rb")  # type: ignore[return-value] # GzipFile is no IO


def _size(file: Path) -> int:
    with _opened(file) as source:
        return sum(len(piece) for piece in iter(lambda: source.read(1 << 20), b""))


def _packed(source: IO[bytes]) -> tuple[bytes, int] | None:
    """The rest of `source` compressed, and its size before; None when it is more than one table."""
    target, size, lines = io.BytesIO(), 0, 0
    with gzip.GzipFile(fileobj=target, mode="wb", compresslevel=6, mtime=0) as packer:
        while piece := source.read(1 << 20):
            packer.write(piece)
            size += len(piece)
            lines += piece.count(b"\n")
            if size > LARGEST_TABLE or lines > MOST_ROWS:
                return None
    return target.getvalue(), size


def _with_lines(report: dict[str, Any], part: Part) -> dict[str, Any]:
    if part.lines is not None:
        for row in (*report["not_matched"], *report["malformed_rows"]):
            row["line"] = part.lines[row["line"] - 1]
    return report


def merged(reports: list[dict[str, Any]]) -> dict[str, Any]:
    """What became of a file, from what became of its parts. A key that several parts have not matched is one."""
    counts = (
        "rows",
        "matched",
        "unmatched",
        "malformed",
        "stored",
        "changed",
        "more_not_matched",
        "more_malformed_rows",
    )
    lost: dict[tuple[str, str], dict[str, Any]] = {}
    for found in (row for report in reports for row in report["not_matched"]):
        known = lost.setdefault((found["by"], found["key"]), {**found, "rows": 0, **dict.fromkeys(_METRICS, 0)})
        known["line"] = min(known["line"], found["line"])
        known["rows"] += found["rows"]
        for name in _METRICS:
            known[name] = _sum(known[name], found[name])
    return {
        **{name: sum(report[name] for report in reports) for name in counts},
        "totals": {
            name: {
                side: _sum(*(report["totals"][name][side] for report in reports))
                for side in ("sent", "matched", "unmatched")
            }
            for name in _METRICS
        },
        "not_matched": sorted(lost.values(), key=lambda row: row["line"]),
        "malformed_rows": sorted(
            (row for report in reports for row in report["malformed_rows"]), key=lambda row: row["line"]
        ),
        "ignored_columns": reports[0]["ignored_columns"] if reports else [],
    }


_METRICS = ("impressions", "clicks", "conversions", "spend")


def _sum(*values: float | str) -> float | str:
    """Of counts, of conversions to their four digits, or of money as exact text."""
    if any(isinstance(value, str) for value in values):
        return format(sum(map(Decimal, values), Decimal(0)), "f")
    return round(sum(values), CONVERSION_DIGITS)  # type: ignore[arg-type] # none is a text here


def _show(file: Path, report: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    totals = Table("", "sent", "matched", "not matched", title=str(file), title_justify="left", header_style="bold")
    for name, sides in (("rows", _rows(report)), *report["totals"].items()):
        totals.add_row(name, *(str(sides[side]) for side in ("sent", "matched", "unmatched")))
    console.print(totals)
    console.print(f"{report['stored']} days of creatives are stored, {report['changed']} of them new or changed.")
    if report["ignored_columns"]:
        console.print(f"Columns that mean nothing here: {', '.join(report['ignored_columns'])}.", markup=False)
    for title, columns, rows, more in (
        ("Matched no creative", ("line", "by", "key", "reason", "rows"), report["not_matched"], "more_not_matched"),
        ("Could not be read", ("line", "reason"), report["malformed_rows"], "more_malformed_rows"),
    ):
        if rows:
            listed = Table(*columns, title=title, title_justify="left", header_style="bold")
            for row in rows[:SHOWN]:
                listed.add_row(*(str(row[column]) for column in columns))
            console.print(listed, markup=False)
            if (rest := max(0, len(rows) - SHOWN) + report[more]) > 0:
                console.print(f"... and {rest} more; --json lists up to a thousand.")


def _rows(report: dict[str, Any]) -> dict[str, int]:
    return {
        "sent": report["rows"],
        "matched": report["matched"],
        "unmatched": report["unmatched"] + report["malformed"],
    }
