"""A file of figures as it was sent: CSV or JSON, compressed or not."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any, Literal, TextIO

from adlens.domain.errors import DamagedTable, TableTooLarge
from adlens.domain.performance import MOST_BYTES, MalformedRow, SentRow
from adlens.importing.delimited import CsvSheet
from adlens.importing.json_list import JsonSheet
from adlens.importing.rows import FILE_ROWS, IN_PARTS, Header, RowLimit
from adlens.importing.sheets import decoded, rows_of, signs_of

_GZIP = b"\x1f\x8b"


@dataclass
class Table:
    """Implements `adlens.domain.ports.performance.SentTable`. `charset` is that of its text, UTF-8 or UTF-16 when it
    is None; `header` is known once the rows have been read.
    """

    data: bytes
    as_json: bool
    is_compressed: bool
    charset: str | None
    limit: RowLimit = FILE_ROWS
    most_bytes: int = MOST_BYTES
    header: Header | None = None

    @property
    def ignored_columns(self) -> tuple[str, ...]:
        return self.header.ignored if self.header else ()

    def rows(self) -> Iterator[SentRow | MalformedRow]:
        """From the first one each time, never more than a piece of the text at once. CSV is read twice: all of a column
        decides what its commas and points mean. Raises InvalidValue, DamagedTable and TableTooLarge.
        """
        sheet: CsvSheet | JsonSheet
        if self.as_json:
            sheet = JsonSheet(self._text(), limit=self.limit)
        else:
            signs = signs_of(CsvSheet(self._text(), limit=self.limit))
            sheet = CsvSheet(self._text(), signs, limit=self.limit)
        yield from rows_of(sheet)
        self.header = sheet.header

    def _text(self) -> TextIO:
        return decoded(io.BufferedReader(_Bounded(self.data, self.is_compressed, self.most_bytes)), self.charset)


def table_of_file(data: bytes, as_json: bool, charset: str | None) -> Table:
    """A table whose first bytes say whether it is compressed."""
    return Table(data, as_json, data.startswith(_GZIP), charset)


class _Bounded(io.RawIOBase):
    """Bytes, decompressed, of which there must not be more than `most`."""

    def __init__(self, data: bytes, is_compressed: bool, most: int) -> None:
        whole = io.BytesIO(data)
        self._source: IO[bytes] | gzip.GzipFile = gzip.GzipFile(fileobj=whole) if is_compressed else whole
        self._most = most
        self._read = 0

    def readable(self) -> Literal[True]:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            data = self._source.read(len(buffer))
        except (OSError, EOFError, zlib.error) as error:
            raise DamagedTable("The body says that it is gzip, and is not, or not to its end.") from error
        self._read += len(data)
        if self._read > self._most:
            raise TableTooLarge(f"The table is larger than {self._most // 1_000_000} MB. {IN_PARTS}")
        buffer[: len(data)] = data
        return len(data)
