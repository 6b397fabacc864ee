"""Performance tables as CSV, semicolon-separated or tab-separated text."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TextIO

from adlens.domain.errors import InvalidValue
from adlens.domain.performance import MalformedRow, SentRow
from adlens.importing.numbers import NUMBERS, WHOLE, Decimals, decimal_sign
from adlens.importing.rows import (
    COLUMNS,
    FILE_ROWS,
    LONGEST_ROW,
    MOST_EMPTY_ROWS,
    Header,
    RowLimit,
    read_header,
    read_row,
)


@dataclass
class CsvSheet:
    """Rows of delimited text, read one at a time. `header` is set when the first of `rows` is read.

    `text` must be opened with newline="". The delimiter is the comma, semicolon or tab that finds most columns in the
    header, or the one that a line `sep=;` before it declares.
    """

    text: TextIO
    decimals: Decimals = field(default_factory=dict)
    header: Header = field(default_factory=lambda: Header(()))
    limit: RowLimit = FILE_ROWS

    def rows(self) -> Iterator[SentRow | MalformedRow]:
        """Raises InvalidValue for a wrong header, at a row that is not CSV and after too many empty ones, and
        TableTooLarge."""
        for line, fields in self.records():
            yield self._row(line, fields)

    def signs(self) -> Decimals:
        """The decimal signs of the columns, from all rows. Reads the whole text: take another sheet for the rows."""
        found: dict[str, set[str]] = {name: set() for name in NUMBERS}
        places: list[tuple[int, str]] = []
        for _, fields in self.records():
            places = places or [(n, name) for n, name in enumerate(self.header.columns) if name in found]
            if len(fields) != len(self.header.columns):
                continue
            for n, name in places:
                if not fields[n].isdigit() and (sign := decimal_sign(fields[n].strip(), name in WHOLE)):
                    found[name].add(sign)
        return {name: signs.pop() if len(signs) == 1 else "" for name, signs in found.items() if signs}

    def records(self) -> Iterator[tuple[int, list[str]]]:
        """The number of the line and the fields of each row."""
        first, skipped = self.text.readline(LONGEST_ROW), 0
        first = first.removeprefix("\ufeff")
        declared = re.fullmatch(r"sep=([,;\t])", first.strip("\r\n"))
        if declared:
            first, skipped = self.text.readline(LONGEST_ROW), 1
        while first and not first.strip():
            first, skipped = self.text.readline(LONGEST_ROW), skipped + 1
            _check_empty(skipped, skipped)
        if not first:
            raise InvalidValue("The file is empty: its first line must name the columns.", "body")
        self.header = _read_first_line(first, declared[1] if declared else None)
        reader = csv.reader(_lines(self.text), delimiter=self.header.delimiter, strict=True)
        line = skipped + 2  # of the file; that of the header is before it
        empty = 0
        try:
            for number, fields in enumerate(reader, start=1):
                self.limit.check(number)
                if any(map(str.strip, fields)):
                    empty = 0
                    yield line, fields
                else:
                    empty += 1
                    _check_empty(empty, line)
                line = skipped + 2 + reader.line_num
        except csv.Error as error:
            raise InvalidValue(f"The row that begins in line {line} cannot be read: {error}.", "body") from error

    def _row(self, line: int, fields: list[str]) -> SentRow | MalformedRow:
        if len(fields) != len(self.header.columns):
            return MalformedRow(line, f"It has {len(fields)} fields where the header has {len(self.header.columns)}.")
        values = self.header.values(fields)
        if self.header.delimiter == ",":
            # Spreadsheets with a decimal comma separate by semicolons, so a point alone is a decimal point here.
            pointed = {name: "." for name in NUMBERS if "," not in values[name]}
            return read_row(line, values, {**pointed, **self.decimals})
        return read_row(line, values, self.decimals)


def _check_empty(count: int, line: int) -> None:
    if count > MOST_EMPTY_ROWS:
        raise InvalidValue(f"Line {line} follows {MOST_EMPTY_ROWS:,} empty ones. Delete the empty lines.", "body")


def _read_first_line(line: str, delimiter: str | None) -> Header:
    def names(by: str) -> list[str]:
        try:
            return next(csv.reader([line], delimiter=by))
        except csv.Error as error:
            raise InvalidValue(f"The header cannot be read: {error}.", "body") from error

    delimiter = delimiter or max(",;\t", key=lambda by: sum(name.strip().lower() in COLUMNS for name in names(by)))
    return read_header(names(delimiter), delimiter)


def _lines(text: TextIO) -> Iterator[str]:
    while line := text.readline(LONGEST_ROW):
        if len(line) == LONGEST_ROW:
            raise csv.Error(f"a line is longer than {LONGEST_ROW} characters")
        yield line
